"""Where the books lie, and what can befall them there."""

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
from support.engines import Server, hasten

from simulation.fragile import FragileStore
from supplies.ledger.ledger import Clock, Ledger
from supplies.storage.engines import open_store

_ROOM = 1_000_000
"""Pages to which a file may grow: more than it ever needs."""

Trouble = Callable[[list["Door"]], Callable[[], None]]
"""Begins for the ledgers behind some doors, and answers how it ends."""


@dataclass
class Door:
    """One way to a station's books: a ledger on a connection of its own."""

    ledger: Ledger
    store: FragileStore


class Place(Protocol):
    """Where books are kept.

    readable: whether they can be read while something is the matter.
    """

    url: str
    readable: bool

    def stop(self) -> None:
        """The machine stops. What is durable is there when the books are opened again."""

    def troubles(self) -> dict[str, Trouble]:
        """By name what can go wrong for a while."""

    def interrupt(self, doors: list[Door]) -> None:
        """What may go wrong within a transaction without ending the program."""

    def recover(self, doors: list[Door]) -> None:
        """That is over."""

    def tidy(self) -> None:
        """Leave nothing behind of what a stop left."""


def open_door(url: str, station: str, clock: Clock) -> Door:
    """Open a station's books over a connection in whose transactions something can happen."""
    store = FragileStore(open_store(url, create=False))
    hasten(store.engine)
    return Door(Ledger(store, station, clock), store)  # type: ignore[arg-type]  # all but in name


class File:
    """The books in a file of SQLite. When the machine stops, the files are as they were then."""

    def __init__(self, folder: Path) -> None:
        self._paths = (folder / f"books-{number}.db" for number in count())
        self._left: list[Path] = []
        self.path = next(self._paths)
        self.readable = True

    @property
    def url(self) -> str:
        return str(self.path)

    def stop(self) -> None:
        """Go on with copies of the file and its log, made in the middle of whatever goes on."""
        self._left.append(self.path)
        there, self.path = self.path, next(self._paths)
        shutil.copy(there, self.path)
        log = _log_of(there)
        if log.exists():
            shutil.copy(log, _log_of(self.path))

    def tidy(self) -> None:
        while self._left:
            path = self._left.pop()
            for left in path.parent.glob(f"{path.name}*"):
                left.unlink()

    def interrupt(self, doors: list[Door]) -> None:
        """The disk is full from now on."""
        for door in doors:
            _limit(door, None)

    def recover(self, doors: list[Door]) -> None:
        """There is room again."""
        for door in doors:
            _limit(door, _ROOM)

    def troubles(self) -> dict[str, Trouble]:
        return {"the disk is full": self._full, "another program holds the file": self._held}

    def _full(self, doors: list[Door]) -> Callable[[], None]:
        self.interrupt(doors)
        return lambda: self.recover(doors)

    def _held(self, doors: list[Door]) -> Callable[[], None]:
        holder = sqlite3.connect(self.path, isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        waits = [(door, door.store.engine.one("PRAGMA busy_timeout")) for door in doors]
        for door in doors:
            door.store.engine.run("PRAGMA busy_timeout = 0")

        def let_go() -> None:
            with closing(holder):
                holder.execute("ROLLBACK")
            for door, (timeout,) in waits:
                door.store.engine.run(f"PRAGMA busy_timeout = {timeout}")

        return let_go


def _log_of(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")


def _limit(door: Door, pages: int | None) -> None:
    """Let the file grow to so many pages; None: not at all."""
    store = door.store.engine
    (there,) = store.one("PRAGMA page_count")
    store.all(f"PRAGMA max_page_count = {there if pages is None else pages}")


class Database:
    """The books in a database of PostgreSQL, whose server ends connections and takes new ones."""

    def __init__(self, server: Server, url: str) -> None:
        self._server, self.url = server, url
        self._name = conninfo_to_dict(url)["dbname"]
        self.readable = True

    def stop(self) -> None:
        """End every connection of the program, whatever it is doing, until there is none.

        The pool may be making one while the others are ended.
        """
        end = (
            b"SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            b"WHERE datname = %s AND application_name = 'supplies'"
        )
        while self._server.admin.execute(end, (self._name,)).fetchall():
            pass

    def tidy(self) -> None:
        """Nothing is left by a stop."""

    def interrupt(self, doors: list[Door]) -> None:
        """The server ends the connections; the program goes on."""
        self.stop()

    def recover(self, doors: list[Door]) -> None:
        """Nothing to do: the connection is made anew."""

    def troubles(self) -> dict[str, Trouble]:
        return {"the database is away": self._away}

    def _away(self, doors: list[Door]) -> Callable[[], None]:
        self._allow_connections("false")
        self.stop()
        self.readable = False

        def back() -> None:
            self._allow_connections("true")
            self.readable = True

        return back

    def _allow_connections(self, allowed: str) -> None:
        self._server.admin.execute(
            f"ALTER DATABASE {self._name} WITH ALLOW_CONNECTIONS {allowed}".encode()
        )
