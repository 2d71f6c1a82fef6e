"""The examples in docstrings give the results that they show."""

from __future__ import annotations

import doctest
import importlib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

import supplies
from supplies import ArrivalLine, Item, Ledger, Location, OpenStock, Recipient, Station


def _module(path: Path) -> ModuleType:
    parts = path.relative_to(Path(supplies.__file__).parents[1]).with_suffix("").parts
    return importlib.import_module(".".join(parts).removesuffix(".__init__"))


EXAMPLES = [
    example
    for path in sorted(Path(supplies.__file__).parent.rglob("*.py"))
    if ">>> " in path.read_text(encoding="utf-8")
    for example in doctest.DocTestFinder(exclude_empty=True).find(_module(path))
    if example.examples
]

DOCUMENTED = ("", ".open", ".record", ".record_many", ".balance", ".reading", ".verify")
"""The functions that a library user needs first. Each has an example."""


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """The `ledger` of the examples: 71 masks in store-a, and a recipient."""
    with Ledger.open(str(tmp_path / "example.db"), station="lx") as ledger:
        ledger.register(
            Station(code="lx", name="Longxue"),
            Item(code="mask", name="mask"),
            Location(code="store-a", name="Store A"),
            Recipient(code="R-1", name="Wang"),
        )
        lines = [ArrivalLine(item="mask", quantity=71)]
        ledger.record(OpenStock(location="store-a", lines=lines), by="u-1")
        yield ledger


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: str(example.name))
def test_a_docstring_example_gives_the_result_that_it_shows(
    example: doctest.DocTest, ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    example.globs["ledger"] = ledger
    runner = doctest.DebugRunner(verbose=False)
    runner.run(example)
    assert runner.summarize(verbose=False).attempted == len(example.examples)


def test_the_main_functions_of_the_library_have_examples() -> None:
    documented = {example.name for example in EXAMPLES}
    prefix = "supplies.ledger.ledger.Ledger"
    assert {f"{prefix}{name}" for name in DOCUMENTED} <= documented
