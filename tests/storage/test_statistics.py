"""SQLite files have the same statistics, whatever they contain."""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from supplies.ledger.ledger import Ledger
from supplies.storage import schema
from supplies.storage.sqlite.statistics import fixed_statistics
from supplies.storage.sqlite.store import SqliteStore


def statistics(path: Path) -> dict[tuple[str, str], str]:
    with closing(sqlite3.connect(path)) as raw:
        rows = raw.execute("SELECT tbl, idx, stat FROM sqlite_stat1")
        return {(table, index): stat for table, index, stat in rows}


def test_a_new_file_has_statistics_of_all_indexes_that_begin_with_the_station(
    tmp_path: Path,
) -> None:
    Ledger.open(str(tmp_path / "books.db"), station="lx").close()
    found = statistics(tmp_path / "books.db")
    tables = {table for table, _ in found}
    assert {*schema.ENTRY_ROW_TABLES, "entries", "transfers", "balances", "days"} <= tables
    assert found["entries", "entries_by_kind"].split()[:2] == ["4000000000", "100000"]
    assert found["entries", "sqlite_autoindex_entries_1"].split()[2] == "1"


def test_migrating_a_file_without_statistics_adds_them(tmp_path: Path) -> None:
    path = tmp_path / "books.db"
    with closing(sqlite3.connect(path)) as raw:
        for migration in schema.migrations()[:23]:
            for statement in migration.statements():
                raw.execute(statement)
            raw.execute("INSERT INTO migrations VALUES (?, '2020')", (migration.version,))
        for guard in schema.sqlite_guards().values():
            with suppress(sqlite3.OperationalError):  # the table of a later migration
                raw.execute(guard)
        raw.commit()
    store = SqliteStore(str(path))
    expected = fixed_statistics(store)
    store.close()
    assert statistics(path) == expected
