"""Write the rows and the hash chain of the ledger with plain SQL statements, for comparison."""

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


class BareSqlite:
    """Writes to a SQLite file with the tables and indexes of the ledger.

    There are no triggers or foreign keys. Clients of one station write one after another, because
    they share its hash chain.
    """

    begin = "BEGIN IMMEDIATE"
    head = "SELECT hash FROM heads WHERE station = ?"

    def __init__(self, database: str, station: str) -> None:
        self.station = station
        self.execute: Callable[..., Any] = self.connect(database)
        self._statements: dict[str, Any] = {}

    @staticmethod
    def connect(database: str) -> Callable[..., Any]:
        """Open a connection. Return a function that executes SQL statements on the connection."""
        connection = sqlite3.connect(database, isolation_level=None, cached_statements=512)
        connection.execute("PRAGMA busy_timeout = 60000")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        return connection.execute

    @classmethod
    def create(cls, database: str, stations: Iterable[str]) -> None:
        """Create the tables, and the first hash of each station's chain."""
        execute = cls.connect(database)
        for migration in schema.migrations():
            for statement in migration.statements():
                execute(cls.to_driver(_FOREIGN_KEYS.sub("", statement)))
        for station in stations:
            execute(cls.to_driver("INSERT INTO heads VALUES (?, 0, ?, '')"), (station, bytes(32)))

    @staticmethod
    def to_driver(sql: str) -> Any:
        """Convert an SQL statement to the form that the database driver expects."""
        return sql

    def write(self, *commands: Rows) -> None:
        """Write the rows of some commands in one durable transaction."""
        self.execute(self._prepared(self.begin))
        ((last,),) = self.execute(self._prepared(self.head), (self.station,)).fetchall()
        for sql, values in (each for rows in commands for each in rows):
            statement = self._prepared(sql)
            for value in values:
                if "INTO entries" in sql:
                    last = hashlib.sha256(last + value[-2]).digest()
                    self.execute(statement, (*value[:-1], last))
                else:
                    self.execute(statement, value)
        self.execute(self._prepared(_UPDATE_HEAD), (len(commands), last, self.station))
        self.execute(self._prepared("COMMIT"))

    def _prepared(self, sql: str) -> Any:
        statement = self._statements.get(sql)
        if statement is None:
            statement = self._statements[sql] = self.to_driver(sql)
        return statement


class BarePostgresql(BareSqlite):
    """Writes to a PostgreSQL database with the tables and the session settings of the ledger."""

    begin = "BEGIN"
    head = BareSqlite.head + " FOR UPDATE"

    @staticmethod
    def connect(database: str) -> Callable[..., Any]:
        """Open a connection. Return a function that executes SQL statements on the connection."""
        connection = psycopg.connect(database, autocommit=True)
        connection.prepare_threshold = 0
        connection.execute("SET jit = off")
        connection.execute("SET enable_seqscan = off")
        return connection.execute

    @staticmethod
    def to_driver(sql: str) -> Any:
        """Convert an SQL statement to the form that the database driver expects."""
        return schema.to_postgresql(f"{sql};").removesuffix(";").replace("?", "%s").encode()


_UPDATE_HEAD = "UPDATE heads SET seq = seq + ?, hash = ? WHERE station = ?"
_FOREIGN_KEYS = re.compile(
    r",\s+(?:--[^\n]*\s+)*FOREIGN KEY \([^)]*\)\s+REFERENCES \w+ \([^)]*\)"
    r"| REFERENCES \w+ \([^)]*\)"
)


def read_rows(store: Store, first: int, last: int) -> Rows:
    """Return the rows that the entries from `first` to `last` wrote.

    The result includes the SQL statements that update balances.
    """
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
        rows += balance_updates(transfer)
    return rows


_UPDATE_BALANCE = (
    "UPDATE balances SET quantity = quantity + ?, seq = ?, line = ? "
    "WHERE station = ? AND account = ? AND item = ? AND lot = ?"
)
_UPDATE_DAYS = (
    "UPDATE days SET quantity = quantity + ?, seq = ?, line = ? "
    "WHERE station = ? AND account = ? AND item = ? AND lot = ? AND day >= ?"
)


def balance_updates(transfer: tuple[Any, ...]) -> Rows:
    """Return the SQL statements by which a row of `transfers` updates the balances."""
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
                _UPDATE_BALANCE,
                [(change, seq, line, *key)],
            ),
            (
                "INSERT INTO days VALUES (?, ?, ?, ?, ?, 0, 0, 0) ON CONFLICT DO NOTHING",
                [(*key, day)],
            ),
            (
                _UPDATE_DAYS,
                [(change, seq, line, *key, day)],
            ),
        ]
    return rows
