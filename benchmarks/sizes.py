"""Measure the size of the books on the disk: bytes per row of each table, including its indexes.

The books contain the ordinary work of a station. SQLite and PostgreSQL are measured. docs/scale.md
uses the results to estimate the disk space for an organisation of many stations.
"""

from __future__ import annotations

import itertools
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import psycopg

from benchmarks.engines import postgresql_server
from benchmarks.workload import COMMANDS_PER_ROUND, open_books, yield_commands
from supplies.ledger.ledger import Ledger
from supplies.ledger.recorded import Recorded
from supplies.ledger.writer import Request
from supplies.storage import schema

ENTRIES = 50_000
GROUP = 50 * COMMANDS_PER_ROUND

MIN_SHARE = 0.005
"""Minimum share of all bytes that a table must have to be printed."""


class TableSize(NamedTuple):
    """The number of rows of a table, and the sizes of the table and its indexes in bytes."""

    rows: int
    size: int
    indexes: int

    @property
    def total(self) -> int:
        """Size of the table and its indexes, in bytes."""
        return self.size + self.indexes


def run() -> None:
    """Print the size of each table, and the size of one entry in all tables together."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        _print("SQLite", _measure_sqlite(place / "books.db"))
        with postgresql_server(place) as database:
            tables, log = _measure_postgresql(database("books"))
            _print("PostgreSQL", tables)
            entries = tables["entries"].rows
            print(
                f"  write-ahead log, which standbys and backups read: {log / entries:.0f} an entry"
            )


def _print(engine: str, tables: dict[str, TableSize]) -> None:
    total = sum(table.total for table in tables.values())
    entries, transfers = tables["entries"].rows, tables["transfers"].rows
    print(f"{engine}: {entries} entries, {transfers} transfers, {total / 2**20:.0f} MiB")
    print(f"  bytes in all: {total / entries:.0f} an entry, {total / transfers:.0f} a transfer")
    print(f"  {'table':20} {'rows an entry':>14} {'a row':>7} {'indexes a row':>14} {'of all':>7}")
    for name, table in sorted(tables.items(), key=lambda each: -each[1].total):
        if table.total >= MIN_SHARE * total:
            print(
                f"  {name:20} {table.rows / entries:14.2f} {table.size / table.rows:7.0f} "
                f"{table.indexes / table.rows:14.0f} {table.total / total:7.1%}"
            )


def _record_entries(ledger: Ledger) -> None:
    commands = yield_commands(ledger)
    while ledger.books.last_entry().seq < ENTRIES:
        requests = [Request(command=c, by="u_1") for c in itertools.islice(commands, GROUP)]
        assert all(isinstance(answer, Recorded) for answer in ledger.record_many(requests))


def _measure_sqlite(path: Path) -> dict[str, TableSize]:
    with open_books(path) as ledger:
        ledger.store.run("PRAGMA synchronous = OFF")
        _record_entries(ledger)
    with sqlite3.connect(path) as raw:
        parts = raw.execute(
            "SELECT m.tbl_name, m.type, sum(s.pgsize) FROM dbstat s "
            "JOIN sqlite_master m ON m.name = s.name GROUP BY m.tbl_name, m.type"
        ).fetchall()
        rows = _row_counts(raw.execute(f"SELECT count(*) FROM {name}") for name in _table_names())
    raw.close()
    return _tables(rows, parts)


def _measure_postgresql(url: str) -> tuple[dict[str, TableSize], int]:
    """Return the sizes of the tables, and the growth of the write-ahead log in bytes."""
    with open_books(url) as ledger, psycopg.connect(url, autocommit=True) as raw:
        before = raw.execute("SELECT pg_current_wal_lsn()").fetchone()
        _record_entries(ledger)
        grown = raw.execute("SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), %s)", before).fetchone()
        # As autovacuum leaves them: the space of old row versions is free for reuse.
        raw.execute("VACUUM")
        parts = raw.execute(
            "SELECT relname, unnest(ARRAY['table', 'index']), "
            "unnest(ARRAY[pg_table_size(oid), pg_indexes_size(oid)]) FROM pg_class "
            "WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace"
        ).fetchall()
        rows = _row_counts(
            raw.execute(f"SELECT count(*) FROM {name}".encode()) for name in _table_names()
        )
    assert grown is not None
    return _tables(rows, parts), int(grown[0])


def _table_names() -> list[str]:
    return schema.table_names()


def _row_counts(answers: Iterable[sqlite3.Cursor | psycopg.Cursor]) -> dict[str, int]:
    counts = (answer.fetchone() for answer in answers)
    return {
        name: row[0] for name, row in zip(_table_names(), counts, strict=True) if row is not None
    }


def _tables(rows: dict[str, int], parts: list[tuple[str, str, int]]) -> dict[str, TableSize]:
    sizes: Counter[tuple[str, bool]] = Counter()
    for name, kind, size in parts:
        sizes[name, kind == "index"] += int(size)
    return {
        name: TableSize(count, sizes[name, False], sizes[name, True])
        for name, count in rows.items()
        if count
    }
