"""Where the books are kept: one small seam, one set of statements, a room for each engine."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

from supplies.errors import InvalidField, StoreError

Row = tuple[Any, ...]
Params = Mapping[str, Any]


_SERVERS = ("postgresql://", "postgres://")

_MISTYPED_SERVER = re.compile(r"(?!sqlite:///)\w{2,}:.*@|.*password\s*=", re.DOTALL | re.IGNORECASE)
"""What may hold a password, where a path or a URL is to stand."""


class Store(Protocol):
    """What the ledger needs of an engine. Statements name their parameters `:name`.

    Every method raises a `StoreError` of its own words where the engine fails.
    """

    url: str

    def all(self, sql: str, params: Params = ...) -> list[Row]:
        """All rows of a query."""

    def one(self, sql: str, params: Params = ...) -> Row | None:
        """The first row of a query, or None."""

    def run(self, sql: str, params: Params | Sequence[Any] = ...) -> int:
        """Carry out one statement; the number of rows it changed."""

    def many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Carry out one statement with `?` parameters for each row.

        Nobody waits for it: what is refused may be told only by a later statement, or when the
        savepoint or the transaction ends.
        """

    def fill(self, table: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
        """Within a transaction: put many rows into a table, as fast as the engine can."""

    def writing(self) -> AbstractContextManager[None]:
        """A transaction that may write: durable when it ends, undone when it fails."""

    def reading(self) -> AbstractContextManager[None]:
        """A transaction in which every query sees the same state; within another, that one."""

    def savepoint(self) -> AbstractContextManager[None]:
        """A part of a transaction that is undone alone when it fails."""

    def make_tables(self) -> None:
        """Within a transaction: the tables of new books, with nothing in them and no guards yet.

        Raises AlreadyDone where there are tables.
        """

    def make_guards(self) -> None:
        """Within a transaction: the guards of tables that were made and filled."""

    def lock(self, station: str) -> None:
        """Within a transaction: from its next statement on no one else writes to this station."""

    def check_guards(self) -> None:
        """Raise GuardMissing where what protects the books is gone or changed."""

    def check_integrity(self) -> None:
        """Raise NotADatabase where what the books lie in is damaged, whatever its rows say."""

    def purge_erased(self) -> None:
        """After a commit that erased: leave no copy of it behind where the engine can help it."""

    def changes(self, station: str) -> int:
        """A number that differs when another connection has changed the station's nouns since."""

    def interrupt(self) -> None:
        """From another thread: end the statement that is waited for, which then fails as Busy."""

    def close(self) -> None:
        """Let go of the engine."""


def database_file(url: str) -> Path | None:
    """The file that a URL names; None where the books are no file.

    Raises InvalidField for what names neither; what may hold a password is not repeated in it.
    """
    if url.startswith(_SERVERS):
        return None
    if _MISTYPED_SERVER.match(url):
        raise InvalidField(
            "this looks like the mistyped address of a server (it is not repeated here, as it may "
            "hold a password); write postgresql://USER@HOST/DATABASE, or name a file"
        )
    scheme, separator, path = url.partition("://")
    if not separator:
        return Path(url)
    if scheme != "sqlite":
        raise InvalidField(
            f"{scheme}:// is no kind of database; "
            "name a file, sqlite:///FILE or postgresql://USER@HOST/DATABASE"
        )
    if not path.startswith("/"):
        raise InvalidField(f"{url} names no file; write sqlite:///{path}")
    file = Path(path[1:])
    if not file.parent.is_dir() and Path(path).parent.is_dir():
        raise InvalidField(
            f"there is no {file.parent} in this directory; an absolute path takes four slashes: "
            f"sqlite:///{path}"
        )
    return file


def grant(url: str, role: str) -> None:
    """Let another role of the server record in these books, and alter nothing in them."""
    if database_file(url) is not None:
        raise InvalidField(
            f"{url} is a file: who may write it is who may record; roles are a server's"
        )
    store = open_store(url, create=False)
    try:
        from supplies.storage.postgresql import privileges

        privileges.grant(store, role)
    finally:
        store.close()


def open_store(url: str, *, create: bool = True, guarded: bool = True, made: bool = True) -> Store:
    """The store that a URL names: `postgresql://…` is a database of PostgreSQL.

    A path or `sqlite:///PATH` is a file of SQLite.

    create: make and migrate the tables where they are not there yet. guarded: refuse books
    whose guards are missing; only verification looks at such. made: False where the caller makes
    new books by `make_tables` and `make_guards`.
    """
    file = database_file(url)
    if file is not None:
        from supplies.storage.sqlite.store import SqliteStore

        return SqliteStore(str(file), create=create, guarded=guarded, made=made)
    try:
        from supplies.storage.postgresql.store import PostgresStore
    except ImportError as error:
        raise StoreError(
            "PostgreSQL needs its driver: install it with `pip install 'supplies[postgres]'`"
        ) from error
    return PostgresStore(url, create=create, guarded=guarded, made=made)
