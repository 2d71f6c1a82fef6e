"""The storage of simulated books, with the faults and outages of each kind of storage."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Protocol

from psycopg.conninfo import conninfo_to_dict
from support.engines import Server, disable_fsync

from simulation.fault_injection import FaultInjectingStore
from supplies.ledger.clock import Clock
from supplies.ledger.ledger import Ledger
from supplies.storage.engines import open_store
from supplies.storage.sqlite.errors import BUSY_TIMEOUT_MS

_MAX_PAGES = 1_000_000
"""A number of pages that no file reaches."""

Outage = Callable[[list["LedgerConnection"]], Callable[[], None]]
"""Function that starts an outage for these connections. It returns a function that ends the outage.
"""


@dataclass
class LedgerConnection:
    """A ledger on its own connection."""

    ledger: Ledger
    store: FaultInjectingStore


class Storage(Protocol):
    """A place where books are stored.

    Attributes:
        readable: Whether the books can be read during an outage.
    """

    url: str
    readable: bool

    def stop(self) -> None:
        """Simulate a stop of the machine. Durable data is still there after reopening."""

    def outages(self) -> dict[str, Outage]:
        """Return the kinds of outages, by name."""

    def interrupt(self, connections: list[LedgerConnection]) -> None:
        """Cause a fault inside a transaction that does not end the program."""

    def recover(self, connections: list[LedgerConnection]) -> None:
        """End the fault that `interrupt` caused."""

    def remove_old_files(self) -> None:
        """Delete the files that a stop left."""


def open_connection(url: str, station: str, clock: Clock) -> LedgerConnection:
    """Open a station's books over a store that injects faults."""
    store = FaultInjectingStore(open_store(url, create=False))
    disable_fsync(store.inner)
    return LedgerConnection(Ledger(store, station, clock), store)


class SqliteStorage:
    """Books in a SQLite file. After a stop, the files continue as they were at that moment."""

    def __init__(self, folder: Path) -> None:
        self._paths = (folder / f"books-{number}.db" for number in count())
        self._old_paths: list[Path] = []
        self.path = next(self._paths)
        self.readable = True

    @property
    def url(self) -> str:
        return str(self.path)

    def stop(self) -> None:
        """Copy the file and its write-ahead log now and continue with the copies."""
        self._old_paths.append(self.path)
        source, self.path = self.path, next(self._paths)
        shutil.copy(source, self.path)
        log = _wal_of(source)
        if log.exists():
            shutil.copy(log, _wal_of(self.path))

    def remove_old_files(self) -> None:
        while self._old_paths:
            path = self._old_paths.pop()
            for left in path.parent.glob(f"{path.name}*"):
                left.unlink()

    def interrupt(self, connections: list[LedgerConnection]) -> None:
        """Make the disk full."""
        for connection in connections:
            _limit_pages(connection, None)

    def recover(self, connections: list[LedgerConnection]) -> None:
        """Make space on the disk again."""
        for connection in connections:
            _limit_pages(connection, _MAX_PAGES)

    def outages(self) -> dict[str, Outage]:
        return {
            "the disk is full": self._fill_disk,
            "another program holds the file": self._lock_file,
        }

    def _fill_disk(self, connections: list[LedgerConnection]) -> Callable[[], None]:
        self.interrupt(connections)
        return lambda: self.recover(connections)

    def _lock_file(self, connections: list[LedgerConnection]) -> Callable[[], None]:
        holder = sqlite3.connect(self.path, isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        for connection in connections:
            connection.store.inner.set_busy_timeout(0)

        def release() -> None:
            with closing(holder):
                holder.execute("ROLLBACK")
            for connection in connections:
                connection.store.inner.set_busy_timeout(BUSY_TIMEOUT_MS)

        return release


def _wal_of(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")


def _limit_pages(connection: LedgerConnection, pages: int | None) -> None:
    """Limit the file to this number of pages. None means its present size."""
    store = connection.store.inner
    (page_count,) = store.one("PRAGMA page_count")
    store.all(f"PRAGMA max_page_count = {page_count if pages is None else pages}")


class PostgresStorage:
    """Books in a PostgreSQL database."""

    def __init__(self, server: Server, url: str) -> None:
        self._server, self.url = server, url
        self._name = conninfo_to_dict(url)["dbname"]
        self.readable = True

    def stop(self) -> None:
        """End the program's connections until none is left, because the pool may open new ones.

        A connection that is being opened is not in `pg_stat_activity` yet, but it holds a lock on
        its database.
        """
        end = (
            b"SELECT pg_terminate_backend(pid) FROM ("
            b"SELECT pid FROM pg_stat_activity "
            b"WHERE datname = %(name)s AND application_name = 'supplies' "
            b"UNION SELECT pid FROM pg_locks JOIN pg_database ON pg_database.oid = objid "
            b"WHERE locktype = 'object' AND classid = 'pg_database'::regclass "
            b"AND datname = %(name)s) AS connections"
        )
        while self._server.admin.execute(end, {"name": self._name}).fetchall():
            pass

    def remove_old_files(self) -> None:
        """Do nothing, because a stop leaves no files."""

    def interrupt(self, connections: list[LedgerConnection]) -> None:
        """Let the server end the connections. The program continues."""
        self.stop()

    def recover(self, connections: list[LedgerConnection]) -> None:
        """Do nothing, because connections are reopened."""

    def outages(self) -> dict[str, Outage]:
        return {"the database is away": self._refuse_connections}

    def _refuse_connections(self, connections: list[LedgerConnection]) -> Callable[[], None]:
        self._allow_connections("false")
        self.stop()
        self.readable = False

        def restore() -> None:
            self._allow_connections("true")
            self.readable = True

        return restore

    def _allow_connections(self, allowed: str) -> None:
        self._server.admin.execute(
            f"ALTER DATABASE {self._name} WITH ALLOW_CONNECTIONS {allowed}".encode()
        )
