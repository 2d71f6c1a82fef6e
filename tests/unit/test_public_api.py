"""`supplies`: the names that library users import."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
import typing
from collections.abc import Iterator
from pathlib import Path

import pytest

import supplies
from supplies import errors
from supplies.domain import catalogue_records, commands
from supplies.domain.fields import StrictStruct
from supplies.ledger.rules import RULES

ROOT = Path(__file__).parents[2]


def classes_of(module: object) -> list[type]:
    """Classes that a module defines itself."""
    name = getattr(module, "__name__", None)
    return [one for _, one in inspect.getmembers(module, inspect.isclass) if one.__module__ == name]


def structs_in(hint: object) -> Iterator[type]:
    """Yield the structs in a type hint, and those in their fields, at any depth."""
    if isinstance(hint, type) and issubclass(hint, StrictStruct):
        yield hint
        for field in typing.get_type_hints(hint).values():
            yield from structs_in(field)
    for part in typing.get_args(hint):
        yield from structs_in(part)


def test_every_command_that_has_a_rule_is_public() -> None:
    for command in RULES:
        assert getattr(supplies, command.__name__) is command


def test_every_line_that_a_command_takes_is_public() -> None:
    lines = {
        struct
        for command in RULES
        for struct in structs_in(command)
        if not issubclass(struct, commands.Command)
    }
    assert len(lines) >= 15
    for line in lines:
        assert getattr(supplies, line.__name__) is line


def test_every_error_is_public() -> None:
    for error in classes_of(errors):
        assert getattr(supplies, error.__name__) is error


def test_every_catalogue_record_is_public() -> None:
    for record in classes_of(catalogue_records):
        if "code" in getattr(record, "__struct_fields__", ()) and "table" in vars(record):
            assert getattr(supplies, record.__name__) is record


def test_the_list_of_names_is_what_type_checkers_see() -> None:
    tree = ast.parse(Path(supplies.__file__).read_text(encoding="utf-8"))
    (block,) = [
        node
        for node in tree.body
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    ]
    imported = {
        alias.name: node.module
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert sorted(imported) == sorted(supplies.__all__)
    for name, module in imported.items():
        defined_in = getattr(supplies, name).__module__
        assert defined_in == module or defined_in.startswith(f"{module}.")


def test_star_import_and_dir_give_all_public_names() -> None:
    names: dict[str, object] = {}
    exec("from supplies import *", names)
    assert set(supplies.__all__) == names.keys() - {"__builtins__"}
    assert dir(supplies) == sorted(supplies.__all__)
    assert len(set(supplies.__all__)) == len(supplies.__all__)


@pytest.mark.parametrize("name", ["RecrodDonation", "Ledger_", "_Turn", "Sequence", "StrictStruct"])
def test_a_name_that_is_not_public_is_an_attribute_error(name: str) -> None:
    with pytest.raises(AttributeError, match=f"module 'supplies' has no attribute '{name}'"):
        getattr(supplies, name)


def run(script: str) -> list[str]:
    """Return the words that a program prints in a separate interpreter."""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    return done.stdout.split()


def test_importing_supplies_loads_no_other_module() -> None:
    script = "import sys; before = {*sys.modules}; import supplies; print(*{*sys.modules} - before)"
    assert run(script) == ["supplies"]


def test_importing_an_error_does_not_load_the_ledger() -> None:
    script = "import sys; from supplies import NotFound; print('supplies.domain' in sys.modules)"
    assert run(script) == ["False"]


def test_mypy_knows_the_public_names_and_rejects_misspelt_ones(tmp_path: Path) -> None:
    right, wrong = tmp_path / "right.py", tmp_path / "wrong.py"
    right.write_text(
        """
from supplies import *
from supplies import DonationLine, Recorded, RecordDonation, SendShipment, Uncertain

def give(ledger: Ledger) -> Recorded:
    line = DonationLine(item="mask", quantity=1)
    return ledger.record(RecordDonation(location="a", handled_by="x", lines=[line]), by="u_1")

reveal_type(Uncertain("x").detail)
"""
    )
    wrong.write_text("from supplies import RecrodDonation\n")
    done = subprocess.run(  # Use the project's settings and cache.
        [sys.executable, "-m", "mypy", "--no-error-summary", str(right), str(wrong)],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    typo, revealed = sorted(
        (line.rpartition("/")[2] for line in done.stdout.splitlines()), reverse=True
    )
    assert typo.startswith('wrong.py:1: error: Module "supplies" has no attribute "RecrodDonation"')
    assert revealed == 'right.py:9: note: Revealed type is "str"'
