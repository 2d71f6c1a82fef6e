"""The storage interface and how to open it; both engines run the same statements."""

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
"""A mistyped server URL, which may contain a password."""


class Store(Protocol):
    """The interface of a storage engine. Statements name their parameters `:name`.

    Every method raises a `StoreError` of its own words where the engine fails.
    """

    url: str

    def all(self, sql: str, params: Params = ...) -> list[Row]:
        """Return all rows of a query."""

    def one(self, sql: str, params: Params = ...) -> Row | None:
        """Return the first row of a query, or None."""

    def run(self, sql: str, params: Params | Sequence[Any] = ...) -> int:
        """Run one statement; return the number of rows it changed."""

    def many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run one statement with `?` parameters for each row.

        Nobody waits for it: what is refused may be told only by a later statement, or when the
        savepoint or the transaction ends.
        """

    def fill(self, table: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
        """Insert many rows as fast as the engine can. Call within a transaction."""

    def writing(self) -> AbstractContextManager[None]:
        """A write transaction: durable when it ends, rolled back when it fails."""

    def reading(self) -> AbstractContextManager[None]:
        """A read transaction that sees one state; inside another transaction, part of it."""

    def savepoint(self) -> AbstractContextManager[None]:
        """A savepoint: rolled back alone when it fails."""

    def make_tables(self) -> None:
        """Create the empty tables, without triggers. Call within a transaction.

        Raises AlreadyDone where there are tables.
        """

    def make_guards(self) -> None:
        """Create the triggers of filled tables. Call within a transaction."""

    def lock(self, station: str) -> None:
        """Lock a station for writing, from the next statement on. Call within a transaction."""

    def check_guards(self) -> None:
        """Raise GuardMissing where what protects the books is gone or changed."""

    def check_integrity(self) -> None:
        """Check the database file for damage. Raises NotADatabase."""

    def purge_erased(self) -> None:
        """Remove remaining copies of erased rows where possible. Call after the commit."""

    def changes(self, station: str) -> int:
        """Return a number that changes when another connection changes the station's catalogue."""

    def interrupt(self) -> None:
        """End the running statement from another thread; it then fails with Busy."""

    def close(self) -> None:
        """Close the store."""


def database_file(url: str) -> Path | None:
    """Return the file that a URL names; None if the books are not in a file.

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
    """Grant a PostgreSQL role the right to record in these books and to alter nothing."""
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
    """Open the store that a URL or path names; `postgresql://…` is PostgreSQL.

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
