"""Read the rows of one station in bulk, and find the first difference between two lists of rows.

First the lists are compared as a whole. This is fast, and enough if the books are intact. Single
rows and columns are compared only if the lists differ.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from supplies.errors import BooksBroken
from supplies.storage.store import Row, Store

WHOLE_ROW = "row"
"""Stands for the column name in an error about a row that is missing or surplus."""

FIRST, LAST = -(2**63), 2**63 - 1
"""Lowest and highest entry number that the database can store.

With these limits, rows with an impossible entry number are read and compared too.
"""

ENTRIES_PER_CHUNK = 500
"""Number of entries that are read into memory at a time.

With more, they would no longer be in the processor's cache when they are checked.
"""


def chunks(low: int, count: int) -> Iterator[tuple[int, int]]:
    """Yield ranges of entry numbers from `low` on, each as its first and last number.

    Together, the ranges contain every integer from `low` on, so that rows with impossible entry
    numbers are found too.

    Args:
        count: How many entries there are.
    """
    for last in range(max(low, 1) + ENTRIES_PER_CHUNK - 1, count, ENTRIES_PER_CHUNK):
        yield low, last
        low = last + 1
    yield low, LAST


@dataclass(frozen=True, slots=True)
class Table:
    """A table whose stored rows are compared with the expected rows.

    Attributes:
        columns: All columns except `station`. If the table has a column `seq` (the entry number),
            this column is the first.
    """

    name: str
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads the rows of one station, within the read transaction of a verification."""

    store: Store
    station: str

    def rows(self, table: Table, low: int, high: int) -> list[Row]:
        """Return the rows that the entries from `low` to `high` wrote into a table.

        The rows are sorted by entry number. Python sorts them faster than the database, because
        they are nearly sorted already.
        """
        rows = self.store.all(
            f"SELECT {', '.join(table.columns)} FROM {table.name} WHERE station = :station "
            "AND seq >= :low AND seq <= :high",
            {"station": self.station, "low": low, "high": high},
        )
        rows.sort(key=_first)
        return rows

    def rows_after(self, table: Table, through: int) -> list[Row]:
        """Return the rows of a table that name an entry after `through`, in any order."""
        return self.store.all(
            f"SELECT {', '.join(table.columns)} FROM {table.name} WHERE station = :station "
            "AND seq > :through",
            {"station": self.station, "through": through},
        )

    def all_rows(self, table: Table) -> list[Row]:
        """Return all rows that a table has for the station, in any order."""
        return self.store.all(
            f"SELECT {', '.join(table.columns)} FROM {table.name} WHERE station = :station",
            {"station": self.station},
        )

    def earlier(self, table: str, columns: str, through: int, where: str = "1 = 1") -> list[Row]:
        """Return columns of the rows that the entries up to `through` wrote into a table.

        Args:
            columns: Names of columns, separated by commas.
            where: A further condition in SQL.
        """
        return self.store.all(
            f"SELECT {columns} FROM {table} WHERE station = :station AND seq <= :through "
            f"AND {where}",
            {"station": self.station, "through": through},
        )

    def one(self, sql: str, **params: Any) -> Row | None:
        """Return the first row of a query, or None. The SQL may contain `:station`."""
        return self.store.one(sql, {"station": self.station, **params})

    def broken(
        self, table: str, column: str, seq: int | None, expected: object, found: object
    ) -> BooksBroken:
        """Return the error that describes a difference between expected and stored data.

        Args:
            seq: Number of the entry concerned; None if no single entry is concerned.
        """
        return BooksBroken(
            station=self.station,
            seq=seq,
            table=table,
            column=column,
            expected=expected,
            found=found,
        )

    def compare(self, table: Table, expected: Sequence[Row], found: Sequence[Row]) -> None:
        """Check that the stored rows of a table are the expected rows, in any order.

        Raises:
            BooksBroken: a row is missing, changed or surplus. The error describes the first such
                row.
        """
        if expected == found:
            return
        wanted, stored = Counter(expected), Counter(found)
        missing, extra = wanted - stored, stored - wanted
        row = next((row for row in expected if row in missing), None)
        if row is not None:
            raise self._changed(table, row, list(extra)) or self._missing(table, row)
        for row in found:
            if row in extra:
                raise self.broken(
                    table.name, WHOLE_ROW, _seq(table, row), None, _row_text(table, row)
                )

    def _changed(self, table: Table, row: Row, extra: list[Row]) -> BooksBroken | None:
        """Return the error for an expected row that is stored with other values.

        Return None if no similar row is stored. A row is similar if it agrees in at least half of
        the columns.

        Args:
            extra: Stored rows that were not expected.
        """

        def similarity(other: Row) -> int:
            return sum(a == b for a, b in zip(row, other, strict=True))

        similar = max(extra, key=similarity, default=None)
        if similar is None or 2 * similarity(similar) < len(row):
            return None
        for column, expected, found in zip(table.columns, row, similar, strict=True):
            if expected != found:
                return self.broken(table.name, column, _seq(table, row), expected, found)
        return None

    def _missing(self, table: Table, row: Row) -> BooksBroken:
        """Return the error for an expected row that is not stored.

        If the row is stored for another station, the error says so.
        """
        values = dict(zip(table.columns, row, strict=True))
        where = " AND ".join(
            f"{name} IS NULL" if value is None else f"{name} = :{name}"
            for name, value in values.items()
        )
        given = {name: value for name, value in values.items() if value is not None}
        moved = self.store.one(f"SELECT station FROM {table.name} WHERE {where}", given)
        if moved is not None and moved[0] != self.station:
            return self.broken(table.name, "station", _seq(table, row), self.station, moved[0])
        return self.broken(table.name, WHOLE_ROW, _seq(table, row), _row_text(table, row), None)


_first = itemgetter(0)


def _seq(table: Table, row: Row) -> int:
    return int(row[table.columns.index("seq")])


def _row_text(table: Table, row: Row) -> str:
    """Describe a row for an error message: its column names and values."""
    return ", ".join(
        f"{name}={value}"
        for name, value in zip(table.columns, row, strict=True)
        if name != "seq" and value is not None
    )
