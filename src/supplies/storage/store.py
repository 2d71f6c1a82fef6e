"""The interface of a storage engine; both engines run the same statements."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

Row = tuple[Any, ...]
Params = Mapping[str, Any]


class Store(Protocol):
    """The interface of a storage engine. Statements name their parameters `:name`.

    Every method raises a `StoreError` if the engine fails.
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

        It may run later: an error may be raised by a later statement, or at the end of the
        savepoint or transaction.
        """

    def bulk_insert(self, table: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
        """Insert many rows as fast as the engine can. Call within a transaction."""

    def writing(self) -> AbstractContextManager[None]:
        """Begin a write transaction: durable at its end, rolled back if the block raises."""

    def reading(self) -> AbstractContextManager[None]:
        """Begin a read transaction that sees one state of the books.

        Inside another transaction, read within that transaction instead.
        """

    def savepoint(self) -> AbstractContextManager[None]:
        """Begin a savepoint, rolled back alone if the block raises."""

    def create_tables(self) -> None:
        """Create the empty tables, without triggers. Call within a transaction.

        Raises:
            AlreadyDone: the database has tables already.
        """

    def create_guards(self) -> None:
        """Create the triggers after the tables are filled. Call within a transaction."""

    def lock(self, station: str) -> None:
        """Lock a station for writing, from the next statement on. Call within a transaction."""

    def check_guards(self) -> None:
        """Check that all triggers and constraints are unchanged.

        Raises:
            GuardMissing: a trigger or constraint is missing or changed.
        """

    def check_integrity(self) -> None:
        """Check the database file for damage.

        Raises:
            NotADatabase: the file is damaged.
        """

    def purge_erased(self) -> None:
        """Remove remaining copies of erased rows where possible. Call after the commit."""

    def catalogue_version(self, station: str) -> int:
        """Return a number that changes when another connection changes the station's catalogue."""

    def interrupt(self) -> None:
        """End the running statement from another thread. It then raises Busy."""

    def close(self) -> None:
        """Close the store."""
