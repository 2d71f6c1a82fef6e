"""Read and write the access tables of one station, with one value of the current time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from supplies.books.reader import Books
from supplies.domain.entries import format_timestamp
from supplies.signing.sealed_tables import SEALED_TABLES
from supplies.signing.seals import Seals
from supplies.storage.store import Row

NO_LIMIT = 2**62
"""A limit for lists that must be returned completely. It is larger than any list."""


class AccessContext:
    """The access tables of one station within a transaction, and the current time.

    The tables of users, credentials and settings are sealed: each change appends a seal, which
    proves that the change was made by a process with the station's keys.

    Args:
        books: The books from `Ledger.reading()`, or from `Ledger.admin_transaction()` if something
            is to be written.
        now: The current time, with a time zone.

    Attributes:
        now: The current time as text, in the format of stored times.
    """

    def __init__(self, books: Books, now: datetime) -> None:
        self.books, self.station = books, books.station_code
        self._now = now.astimezone(UTC)
        self.now = format_timestamp(self._now)

    @property
    def unix_time(self) -> int:
        """Return the current time in whole seconds since 1970."""
        return int(self._now.timestamp())

    def time_after(self, interval: timedelta) -> str:
        """Return the current time plus an interval, as text in the stored form."""
        return format_timestamp(self._now + interval)

    def time_since(self, stored: str) -> timedelta:
        """Return how long ago a stored time was; negative if it is in the future."""
        return self._now - datetime.fromisoformat(stored)

    def all(self, sql: str, **params: Any) -> list[Row]:
        """Return the rows of a query. The SQL may use the parameter `:station`."""
        return self.books.all(sql, **params)

    def one(self, sql: str, **params: Any) -> Row | None:
        """Return the first row of a query, or None if there is none. The SQL may use `:station`."""
        return self.books.one(sql, **params)

    def run(self, sql: str, **params: Any) -> int:
        """Run an SQL statement. Return the number of changed rows. The SQL may use `:station`."""
        return self.books.store.run(sql, {"station": self.station, **params})

    @property
    def seals(self) -> Seals:
        """Return the object that writes the sealed tables and the access log, with their seals."""
        return Seals(self.books.store, self.station, self.now)

    def update(self, table: str, changes: str, where: str, **params: Any) -> int:
        """Change rows of a sealed table, as `Seals.update` does. Return how many were changed.

        Args:
            changes: Assignments in SQL, such as `disabled_at = NULL`.
            where: A condition in SQL.
        """
        return self.seals.update(table, changes, where, **params)

    def delete(self, table: str, where: str, **params: Any) -> int:
        """Delete rows of a sealed table, as `Seals.delete` does. Return how many were deleted.

        Args:
            where: A condition in SQL.
        """
        return self.seals.delete(table, where, **params)

    def next_number(self, table: str) -> int:
        """Return the number (`seq`) that the next row of a table gets."""
        row = self.one(f"SELECT coalesce(max(seq), 0) + 1 FROM {table} WHERE station = :station")
        return 1 if row is None else int(row[0])

    def insert(self, table: str, **values: Any) -> None:
        """Insert a row of this station. If the table is sealed, append a seal for the row."""
        if table in SEALED_TABLES:
            self.seals.insert(table, **values)
            return
        row = {"station": self.station, **values}
        columns, parameters = ", ".join(row), ", ".join(f":{name}" for name in row)
        self.books.store.run(f"INSERT INTO {table} ({columns}) VALUES ({parameters})", row)
