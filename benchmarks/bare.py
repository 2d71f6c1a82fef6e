"""The same rows with the same hash chain, in bare statements: what the ledger is held to."""

from __future__ import annotations

import hashlib
import re
import sqlite3
from collections.abc import Callable, Iterable
from typing import Any

import psycopg

from supplies.domain.entry_rows import TABLES
from supplies.storage import schema
from supplies.storage.store import Store

Rows = list[tuple[str, list[tuple[Any, ...]]]]


class Bare:
    """The ledger's tables and indexes in a file, without guards, triggers or foreign keys.

    Clients that name the same station share its chain, and take turns.
    """

    begin = "BEGIN IMMEDIATE"
    head = "SELECT hash FROM heads WHERE station = ?"

    def __init__(self, where: str, station: str) -> None:
        self.station = station
        self.execute: Callable[..., Any] = self.connect(where)
        self._told: dict[str, Any] = {}

    @staticmethod
    def connect(where: str) -> Callable[..., Any]:
        """A connection of its own; what is returned carries a statement out."""
        connection = sqlite3.connect(where, isolation_level=None, cached_statements=512)
        connection.execute("PRAGMA busy_timeout = 60000")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        return connection.execute

    @classmethod
    def make(cls, where: str, stations: Iterable[str]) -> None:
        """The tables, and each station's chain before its first entry."""
        execute = cls.connect(where)
        for migration in schema.migrations():
            for statement in migration.statements():
                execute(cls.told(_NO_KEYS.sub("", statement)))
        for station in stations:
            execute(cls.told("INSERT INTO heads VALUES (?, 0, ?, '')"), (station, bytes(32)))

    @staticmethod
    def told(sql: str) -> Any:
        """A statement as the engine's driver takes it."""
        return sql

    def write(self, *commands: Rows) -> None:
        """These commands' rows in one durable transaction."""
        self.execute(self._as_told(self.begin))
        ((last,),) = self.execute(self._as_told(self.head), (self.station,)).fetchall()
        for sql, values in (each for rows in commands for each in rows):
            told = self._as_told(sql)
            for value in values:
                if "INTO entries" in sql:
                    last = hashlib.sha256(last + value[-2]).digest()
                    self.execute(told, (*value[:-1], last))
                else:
                    self.execute(told, value)
        self.execute(self._as_told(_FOLLOW), (len(commands), last, self.station))
        self.execute(self._as_told("COMMIT"))

    def _as_told(self, sql: str) -> Any:
        told = self._told.get(sql)
        if told is None:
            told = self._told[sql] = self.told(sql)
        return told


class BareServer(Bare):
    """The same in a database of PostgreSQL, with what the ledger says to its sessions."""

    begin = "BEGIN"
    head = Bare.head + " FOR UPDATE"

    @staticmethod
    def connect(where: str) -> Callable[..., Any]:
        """A connection of its own; what is returned carries a statement out."""
        connection = psycopg.connect(where, autocommit=True)
        connection.prepare_threshold = 0
        connection.execute("SET jit = off")
        connection.execute("SET enable_seqscan = off")
        return connection.execute

    @staticmethod
    def told(sql: str) -> Any:
        """A statement as the engine's driver takes it."""
        return schema.to_postgresql(f"{sql};").removesuffix(";").replace("?", "%s").encode()


_FOLLOW = "UPDATE heads SET seq = seq + ?, hash = ? WHERE station = ?"
_NO_KEYS = re.compile(
    r",\s+(?:--[^\n]*\s+)*FOREIGN KEY \([^)]*\)\s+REFERENCES \w+ \([^)]*\)"
    r"| REFERENCES \w+ \([^)]*\)"
)


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
