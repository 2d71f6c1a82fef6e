"""The interface of a storage engine; both engines run the same statements."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

Row = tuple[Any, ...]
Params = Mapping[str, Any]


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

    def run_many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run one statement with `?` parameters for each row.

        Nobody waits for it: what is refused may be told only by a later statement, or when the
        savepoint or the transaction ends.
        """

    def bulk_insert(self, table: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
        """Insert many rows as fast as the engine can. Call within a transaction."""

    def writing(self) -> AbstractContextManager[None]:
        """A write transaction: durable when it ends, rolled back when it fails."""

    def reading(self) -> AbstractContextManager[None]:
        """A read transaction that sees one state; inside another transaction, part of it."""

    def savepoint(self) -> AbstractContextManager[None]:
        """A savepoint: rolled back alone when it fails."""

    def create_tables(self) -> None:
        """Create the empty tables, without triggers. Call within a transaction.

        Raises AlreadyDone where there are tables.
        """

    def create_guards(self) -> None:
        """Create the triggers of filled tables. Call within a transaction."""

    def lock(self, station: str) -> None:
        """Lock a station for writing, from the next statement on. Call within a transaction."""

    def check_guards(self) -> None:
        """Raise GuardMissing where what protects the books is gone or changed."""

    def check_integrity(self) -> None:
        """Check the database file for damage. Raises NotADatabase."""

    def purge_erased(self) -> None:
        """Remove remaining copies of erased rows where possible. Call after the commit."""

    def catalogue_version(self, station: str) -> int:
        """Return a number that changes when another connection changes the station's catalogue."""

    def interrupt(self) -> None:
        """End the running statement from another thread; it then fails with Busy."""

    def close(self) -> None:
        """Close the store."""
