"""The list of the kinds of entries contains all kinds that rules make."""

from __future__ import annotations

import ast
import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from supplies.books.stock_counts import RECOUNTED
from supplies.domain.entries import ENTRY_KINDS
from supplies.ledger import rules
from supplies.ledger.rules.command_history import CORRECTABLE, WAYS_BACK


def kinds_made_by(module: ModuleType) -> Iterator[str]:
    """The kinds that calls of `journal.entry` name, as text or as a constant of the module."""
    for node in ast.walk(ast.parse(Path(str(module.__file__)).read_text())):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "journal.entry":
            (kind, *_) = node.args
            if isinstance(kind, ast.Constant):
                yield str(kind.value)
            elif isinstance(kind, ast.Name) and hasattr(module, kind.id):
                yield str(getattr(module, kind.id))


def test_every_kind_of_entry_that_a_rule_makes_is_listed() -> None:
    found = {
        kind
        for each in pkgutil.iter_modules(rules.__path__, f"{rules.__name__}.")
        for kind in kinds_made_by(importlib.import_module(each.name))
    }
    assert len(found) > 30
    assert found <= set(ENTRY_KINDS)


def test_every_kind_of_entry_can_be_corrected_or_names_another_way_back() -> None:
    assert sorted([*CORRECTABLE, *WAYS_BACK, RECOUNTED]) == sorted(ENTRY_KINDS)


def test_the_kinds_of_entries_are_listed_once_and_in_order() -> None:
    assert list(ENTRY_KINDS) == sorted(set(ENTRY_KINDS))
