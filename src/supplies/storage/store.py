"""The interface that both engines, SQLite and PostgreSQL, implement. Both run the same SQL."""

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
    """The URL of the database, without its password."""

    address: str
    """The URL with which the database can be opened again. It may contain a password."""

    sealed: set[str]
    """Stations with new seals since the last commit; see `supplies.signing.seals`."""

    in_process: bool
    """Whether queries are answered within this process, without a round trip to a server."""

    def all(self, sql: str, params: Params = ...) -> list[Row]:
        """Return all rows of a query."""

    def one(self, sql: str, params: Params = ...) -> Row | None:
        """Return the first row of a query, or None."""

    def all_of_each(self, sql: str, params: Sequence[Params]) -> list[list[Row]]:
        """Run a query once for each set of parameters, in one round trip.

        Return the rows of each run, in the order of `params`.

        Args:
            params: The values of one name are all of the same type, and none is None.
        """

    def wanted_ids(self, ids: Sequence[str | int]) -> tuple[str, Params]:
        """Return `WITH wanted (id) AS (…)`, a table of these ids for a query, and its parameters.

        Args:
            ids: At most `MAX_IDS` in `supplies.books.queries`.
        """

    def run(self, sql: str, params: Params | Sequence[Any] = ...) -> int:
        """Run one SQL statement. Return the number of rows that it changed."""

    def run_many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run an SQL statement once for each row. Write its parameters as `?`.

        The statement may be queued. If it then fails, the error is raised by a later statement, or
        at the end of the savepoint or transaction.
        """

    def bulk_insert(self, table: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
        """Insert many rows as fast as the database can. Call within a transaction."""

    def writing(self) -> AbstractContextManager[None]:
        """Begin a transaction that may write, for the `with` block.

        When the block ends, the changes are on the disk. If the block raises an error, they are
        rolled back.
        """

    def reading(self) -> AbstractContextManager[None]:
        """Begin a transaction that only reads, for the `with` block.

        All queries in it see the same state of the books. If a transaction is open already, use
        that transaction.
        """

    def savepoint(self) -> AbstractContextManager[None]:
        """Begin a savepoint for the `with` block.

        If the block raises an error, only the changes since the savepoint are rolled back.
        """

    def large_cache(self) -> AbstractContextManager[None]:
        """Keep more pages of the database in memory for the `with` block, to write many rows."""

    def create_tables(self) -> None:
        """Create the tables, without rows and triggers. Call within a transaction.

        Raises:
            AlreadyDone: the database has tables already.
        """

    def create_guards(self) -> None:
        """Create the triggers. Call after the tables were filled, within a transaction."""

    def lock(self, station: str) -> None:
        """Prevent other connections from writing to a station until the transaction ends."""

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
        """Remove remains of erased rows from the files of the database. Call after a commit."""

    def catalogue_version(self, station: str) -> int:
        """Return a number that changes when another connection changes the station's catalogue."""

    def database_version(self) -> object:
        """Return a value that changes with each commit of any connection to the database.

        Return None if the engine has no such value. Call this outside a transaction.
        """

    def interrupt(self) -> None:
        """End the SQL statement that another thread is running on this connection.

        In that thread, the statement raises Busy.
        """

    def close(self) -> None:
        """Close the connection."""
