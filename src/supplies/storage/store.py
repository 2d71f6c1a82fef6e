"""The interface of a storage engine. Both engines run the same SQL statements."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

Row = tuple[Any, ...]
Params = Mapping[str, Any]


class Store(Protocol):
    """A storage engine. Its SQL statements name their parameters `:name`.

    Every method raises a `StoreError` if the engine fails.
    """

    url: str

    def all(self, sql: str, params: Params = ...) -> list[Row]:
        """Return all rows of a query."""

    def one(self, sql: str, params: Params = ...) -> Row | None:
        """Return the first row of a query, or None."""

    def run(self, sql: str, params: Params | Sequence[Any] = ...) -> int:
        """Run one statement, and return the number of rows it changed."""

    def run_many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run one statement with `?` parameters for each row.

        The statement may run later. Its error is then raised by a later statement, or at the end of
        the savepoint or transaction.
        """

    def bulk_insert(self, table: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
        """Insert many rows as fast as the engine can. Call within a transaction."""

    def writing(self) -> AbstractContextManager[None]:
        """Begin a write transaction.

        It is on the disk when the block ends, and rolled back if the block raises.
        """

    def reading(self) -> AbstractContextManager[None]:
        """Begin a read transaction that sees one state of the books.

        Inside another transaction, read within that transaction instead.
        """

    def savepoint(self) -> AbstractContextManager[None]:
        """Begin a savepoint, which is rolled back alone if the block raises."""

    def create_tables(self) -> None:
        """Create the tables, empty and without triggers. Call within a transaction.

        Raises:
            AlreadyDone: the database has tables already.
        """

    def create_guards(self) -> None:
        """Create the triggers, after the tables were filled. Call within a transaction."""

    def lock(self, station: str) -> None:
        """Lock a station for writing until the transaction ends."""

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
        """Remove copies of erased rows that the engine still has. Call after a commit."""

    def catalogue_version(self, station: str) -> int:
        """Return a number that changes when another connection changes the station's catalogue."""

    def interrupt(self) -> None:
        """From another thread, end the statement that is running. That statement raises Busy."""

    def close(self) -> None:
        """Close the store."""
