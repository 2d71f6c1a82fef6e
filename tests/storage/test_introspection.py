"""The structure of the tables as sqlite-utils reads it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from supplies.storage import introspection, schema


def test_the_structure_of_every_table_is_read() -> None:
    assert list(introspection.tables()) == schema.table_names()
    assert introspection.tables()["transfers"].columns[:2] == ["station", "seq"]
    assert introspection.tables()["items"].primary_key == ["station", "code"]


def test_a_table_comes_after_the_tables_that_it_refers_to() -> None:
    before: set[str] = set()
    for name, table in introspection.tables().items():
        assert table.refers_to <= before | {name}
        before.add(name)


@pytest.mark.parametrize("name", [*schema.APPEND_ONLY, *schema.UNDELETABLE_TABLES])
def test_the_trigger_against_replacement_compares_every_unique_key(name: str) -> None:
    trigger = schema.sqlite_guards()[f"{name}_no_replace"]
    compared = re.search(r"AS old WHERE (.*)\) BEGIN", trigger)
    assert compared is not None
    keys = {tuple(re.findall(r"old\.(\w+) = NEW", key)) for key in compared[1].split(" OR ")}
    assert keys == introspection.tables()[name].unique_keys


def test_opening_and_reading_books_does_not_import_sqlite_utils(tmp_path: Path) -> None:
    program = (
        "import sys; from supplies.storage.engines import open_store; "
        f"open_store({str(tmp_path / 'books.db')!r}).close(); "
        "assert 'sqlite_utils' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
