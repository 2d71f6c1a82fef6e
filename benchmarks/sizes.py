"""How large the books grow: bytes a row of each table with its indexes, on both engines.

Books of a station's ordinary work, measured as they lie on the disk; docs/scale.md reckons from
these figures what a federation needs.
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

from benchmarks.engines import server
from benchmarks.workload import CYCLE, open_books, work
from supplies.ledger.ledger import Ledger
from supplies.ledger.recorded import Recorded
from supplies.ledger.writer import Request
from supplies.storage import schema

ENTRIES = 50_000
GROUP = 50 * CYCLE

MUCH = 0.005
"""A table that takes less of the whole is printed with the rest."""


class Table(NamedTuple):
    """What a table takes. size, indexes: bytes, the indexes apart."""

    rows: int
    size: int
    indexes: int

    @property
    def total(self) -> int:
        """With its indexes."""
        return self.size + self.indexes


def run() -> None:
    """Print what each table takes, and what an entry takes in all."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        _print("SQLite", _of_file(place / "books.db"))
        with server(place) as database:
            tables, log = _of_database(database("books"))
            _print("PostgreSQL", tables)
            entries = tables["entries"].rows
            print(f"  its log, from which standbys and backups live: {log / entries:.0f} an entry")


def _print(engine: str, tables: dict[str, Table]) -> None:
    total = sum(table.total for table in tables.values())
    entries, transfers = tables["entries"].rows, tables["transfers"].rows
    print(f"{engine}: {entries} entries, {transfers} transfers, {total / 2**20:.0f} MiB")
    print(f"  bytes in all: {total / entries:.0f} an entry, {total / transfers:.0f} a transfer")
    print(f"  {'table':20} {'rows an entry':>14} {'a row':>7} {'indexes a row':>14} {'of all':>7}")
    for name, table in sorted(tables.items(), key=lambda each: -each[1].total):
        if table.total >= MUCH * total:
            print(
                f"  {name:20} {table.rows / entries:14.2f} {table.size / table.rows:7.0f} "
                f"{table.indexes / table.rows:14.0f} {table.total / total:7.1%}"
            )


def _fill(ledger: Ledger) -> None:
    commands = work(ledger)
    while ledger.books.head()[0] < ENTRIES:
        requests = [Request(command=c, by="u_1") for c in itertools.islice(commands, GROUP)]
        assert all(isinstance(answer, Recorded) for answer in ledger.record_many(requests))


def _of_file(path: Path) -> dict[str, Table]:
    with open_books(path) as ledger:
        ledger.store.run("PRAGMA synchronous = OFF")
        _fill(ledger)
    with sqlite3.connect(path) as raw:
        parts = raw.execute(
            "SELECT m.tbl_name, m.type, sum(s.pgsize) FROM dbstat s "
            "JOIN sqlite_master m ON m.name = s.name GROUP BY m.tbl_name, m.type"
        ).fetchall()
        rows = _count(raw.execute(f"SELECT count(*) FROM {name}") for name in _names())
    raw.close()
    return _tables(rows, parts)


def _of_database(url: str) -> tuple[dict[str, Table], int]:
    """Its tables, and how many bytes its log grew by meanwhile."""
    with open_books(url) as ledger, psycopg.connect(url, autocommit=True) as raw:
        before = raw.execute("SELECT pg_current_wal_lsn()").fetchone()
        _fill(ledger)
        grown = raw.execute("SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), %s)", before).fetchone()
        # As autovacuum leaves them: what was updated away is free to be used again.
        raw.execute("VACUUM")
        parts = raw.execute(
            "SELECT relname, unnest(ARRAY['table', 'index']), "
            "unnest(ARRAY[pg_table_size(oid), pg_indexes_size(oid)]) FROM pg_class "
            "WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace"
        ).fetchall()
        rows = _count(raw.execute(f"SELECT count(*) FROM {name}".encode()) for name in _names())
    assert grown is not None
    return _tables(rows, parts), int(grown[0])


def _names() -> list[str]:
    return schema.table_names()


def _count(answers: Iterable[sqlite3.Cursor | psycopg.Cursor]) -> dict[str, int]:
    counts = (answer.fetchone() for answer in answers)
    return {name: row[0] for name, row in zip(_names(), counts, strict=True) if row is not None}


def _tables(rows: dict[str, int], parts: list[tuple[str, str, int]]) -> dict[str, Table]:
    sizes: Counter[tuple[str, bool]] = Counter()
    for name, kind, size in parts:
        sizes[name, kind == "index"] += int(size)
    return {
        name: Table(count, sizes[name, False], sizes[name, True])
        for name, count in rows.items()
        if count
    }
