"""The same rows with the same hash chain, written by bare sqlite3: what the ledger is held to."""

from __future__ import annotations

import hashlib
import sqlite3
from pathlib import Path
from typing import Any

from supplies.model import TABLES
from supplies.store import Store, schema

Rows = list[tuple[str, list[tuple[Any, ...]]]]


class Bare:
    """The ledger's tables and indexes without guards, checks by trigger or foreign keys."""

    def __init__(self, path: Path) -> None:
        self.connection = sqlite3.connect(path, isolation_level=None, cached_statements=512)
        self.connection.execute("PRAGMA journal_mode = WAL")
        self.connection.execute("PRAGMA synchronous = FULL")
        self.connection.executescript(schema.tables())
        self.hash = bytes(32)

    def write(self, rows: Rows) -> None:
        """One command's rows in one durable transaction."""
        execute = self.connection.execute
        execute("BEGIN IMMEDIATE")
        self._write(rows)
        execute("COMMIT")

    def write_many(self, commands: list[Rows]) -> None:
        """Many commands' rows in one durable transaction."""
        self.connection.execute("BEGIN IMMEDIATE")
        for rows in commands:
            self._write(rows)
        self.connection.execute("COMMIT")

    def _write(self, rows: Rows) -> None:
        for sql, values in rows:
            if "INTO entries" in sql:
                for value in values:
                    self.hash = hashlib.sha256(self.hash + value[-2]).digest()
                    self.connection.execute(sql, (*value[:-1], self.hash))
            elif len(values) == 1:
                self.connection.execute(sql, values[0])
            else:
                self.connection.executemany(sql, values)


def rows_of(store: Store, first: int, last: int) -> Rows:
    """All rows that entries first to last wrote, and how balances and days followed."""
    rows: Rows = []
    for table in ("entries", *TABLES.values(), "erasable", "transfers"):
        found = store.all(
            f"SELECT * FROM {table} WHERE seq BETWEEN :first AND :last",
            {"first": first, "last": last},
        )
        if found:
            marks = ", ".join("?" * len(found[0]))
            rows.append((f"INSERT INTO {table} VALUES ({marks})", found))
    for transfer in rows[-1][1] if "transfers" in rows[-1][0] else []:
        rows += _balances(transfer)
    if first:
        rows.append(("INSERT OR REPLACE INTO heads VALUES (?, ?, ?, ?)", [("lx", last, b"", "")]))
    return rows


_MOVE = (
    "UPDATE balances SET quantity = quantity + ?, seq = ?, line = ? "
    "WHERE station = ? AND account = ? AND item = ? AND lot = ?"
)
_MOVE_DAYS = (
    "UPDATE days SET quantity = quantity + ?, seq = ?, line = ? "
    "WHERE station = ? AND account = ? AND item = ? AND lot = ? AND day >= ?"
)


def _balances(transfer: tuple[Any, ...]) -> Rows:
    station, seq, line, day, source, target, item, lot, quantity = transfer[:9]
    rows: Rows = []
    for account, change in ((source, -quantity), (target, quantity)):
        key = (station, account, item, lot)
        rows += [
            (
                "INSERT INTO balances VALUES (?, ?, ?, ?, 0, 0, 0) ON CONFLICT DO NOTHING",
                [key],
            ),
            (
                _MOVE,
                [(change, seq, line, *key)],
            ),
            (
                "INSERT INTO days VALUES (?, ?, ?, ?, ?, 0, 0, 0) ON CONFLICT DO NOTHING",
                [(*key, day)],
            ),
            (
                _MOVE_DAYS,
                [(change, seq, line, *key, day)],
            ),
        ]
    return rows
