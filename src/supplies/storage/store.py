"""The interface of the two databases. Both run the same SQL statements."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

Row = tuple[Any, ...]
Params = Mapping[str, Any]


class Store(Protocol):
    """A connection to the books in SQLite or PostgreSQL. SQL parameters are written `:name`.

    Every method raises a `StoreError` if the database fails.
    """

    url: str

    sealed: set[str]
    """Stations in which rows were sealed since the last commit, see `supplies.signing.seals`."""

    def all(self, sql: str, params: Params = ...) -> list[Row]:
        """Return all rows of a query."""

    def one(self, sql: str, params: Params = ...) -> Row | None:
        """Return the first row of a query, or None."""

    def run(self, sql: str, params: Params | Sequence[Any] = ...) -> int:
        """Run one statement. Return the number of rows that it changed."""

    def run_many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run one statement for each row. The parameters in the statement are written `?`.

        The statement may run later. Its error is then raised by a later statement, or at the end of
        the savepoint or transaction.
        """

    def bulk_insert(self, table: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
        """Insert many rows as fast as the database can. Call within a transaction."""

    def writing(self) -> AbstractContextManager[None]:
        """Begin a transaction for the `with` block that may write.

        When the block ends, the changes are on the disk. If the block raises an error, they are
        rolled back.
        """

    def reading(self) -> AbstractContextManager[None]:
        """Begin a transaction for the `with` block that reads one state of the books.

        If a transaction is open already, it is used.
        """

    def savepoint(self) -> AbstractContextManager[None]:
        """Begin a savepoint for the `with` block. If the block raises an error, roll it back."""

    def create_tables(self) -> None:
        """Create the tables, without rows and triggers. Call within a transaction.

        Raises:
            AlreadyDone: the database has tables already.
        """

    def create_guards(self) -> None:
        """Create the triggers, after the tables were filled. Call within a transaction."""

    def lock(self, station: str) -> None:
        """Keep others from writing to a station until the transaction ends."""

    def check_guards(self) -> None:
        """Check that all triggers and constraints are as this program made them.

        Raises:
            GuardMissing: a trigger or constraint is missing or was changed.
        """

    def check_integrity(self) -> None:
        """Check the database file for damage.

        Raises:
            NotADatabase: the file is damaged.
        """

    def purge_erased(self) -> None:
        """Remove the copies of erased rows that the database still contains.

        Call after a commit.
        """

    def catalogue_version(self, station: str) -> int:
        """Return a number that changes when another connection changes the station's catalogue."""

    def database_version(self) -> object:
        """Return a value that changes with each commit of any connection to the database.

        Return None if the engine has no such value. Call this outside of a transaction.
        """

    def interrupt(self) -> None:
        """End the statement that another thread is running on this connection.

        That statement raises Busy.
        """

    def close(self) -> None:
        """Close the connection."""
