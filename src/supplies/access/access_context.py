"""The context of access checks: one station's rows at one time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from supplies.books.reader import Books
from supplies.domain.entries import format_timestamp
from supplies.storage.store import Row

EVERYTHING = 2**62
"""A limit that no list reaches."""


class Gate:
    """One station's access tables within a transaction, and the present time.

    Made over the books that `Ledger.reading()` or `Ledger.admin_transaction()` yields.
    """

    def __init__(self, books: Books, now: datetime) -> None:
        self.books, self.station = books, books.station_code
        self._now = now.astimezone(UTC)

    @property
    def now(self) -> str:
        """The present time as stored: text that sorts by time."""
        return format_timestamp(self._now)

    @property
    def seconds(self) -> int:
        """The present time in whole seconds since 1970."""
        return int(self._now.timestamp())

    def later(self, lasting: timedelta) -> str:
        """Return the time this much later, as stored."""
        return format_timestamp(self._now + lasting)

    def all(self, sql: str, **params: Any) -> list[Row]:
        """Return the rows of a query; `:station` is filled in."""
        return self.books.all(sql, **params)

    def one(self, sql: str, **params: Any) -> Row | None:
        """Return the first row of a query, or None."""
        return self.books.one(sql, **params)

    def run(self, sql: str, **params: Any) -> int:
        """Run a statement; return the number of rows it changed."""
        return self.books.store.run(sql, {"station": self.station, **params})

    def insert(self, table: str, **values: Any) -> None:
        """Write a new row."""
        row = {"station": self.station, **values}
        names, marks = ", ".join(row), ", ".join(f":{name}" for name in row)
        self.books.store.run(f"INSERT INTO {table} ({names}) VALUES ({marks})", row)

    def next(self, table: str) -> int:
        """Return the next row number of a numbered table."""
        row = self.one(f"SELECT coalesce(max(seq), 0) + 1 FROM {table} WHERE station = :station")
        return 1 if row is None else int(row[0])
