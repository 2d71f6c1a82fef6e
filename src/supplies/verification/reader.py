"""Read one station's rows in bulk, and name the first difference.

Rows are compared as whole lists, which is fast while they are equal. Only if two lists differ is
the first differing row looked for, and in it the first differing column.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from supplies.errors import BooksBroken
from supplies.storage.store import Row, Store

ROW = "row"
"""What stands for a column where a whole row is missing or too many."""

FIRST, LAST = -(2**63), 2**63 - 1
"""Below and above every entry: so the outermost ranges hold rows of entries that never were."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table to compare. columns: all but `station`; `seq` comes first if possible."""

    name: str
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads the store for the verification of one station, within one reading transaction."""

    store: Store
    station: str

    def rows(self, table: Table, low: int, high: int) -> list[Row]:
        """The rows of entries `low` to `high`, in order of entries; within an entry in any order.

        Sorted here and not by the database, which is faster for rows that are nearly sorted.
        """
        rows = self.store.all(
            f"SELECT {', '.join(table.columns)} FROM {table.name} WHERE station = :station "
            "AND seq >= :low AND seq <= :high",
            {"station": self.station, "low": low, "high": high},
        )
        rows.sort(key=_first)
        return rows

    def everything(self, table: Table) -> list[Row]:
        """All rows of a table, in any order."""
        return self.store.all(
            f"SELECT {', '.join(table.columns)} FROM {table.name} WHERE station = :station",
            {"station": self.station},
        )

    def one(self, sql: str, **params: Any) -> Row | None:
        """Return the first row of a query, or None; `:station` is filled in."""
        return self.store.one(sql, {"station": self.station, **params})

    def broken(
        self, table: str, column: str, seq: int | None, expected: object, found: object
    ) -> BooksBroken:
        """Return the error that names what is wrong."""
        return BooksBroken(
            station=self.station,
            seq=seq,
            table=table,
            column=column,
            expected=expected,
            found=found,
        )

    def compare(self, table: Table, expected: Sequence[Row], found: Sequence[Row]) -> None:
        """Raise for the first row that is missing, changed or surplus; order does not matter."""
        if expected == found:
            return
        wanted, there = Counter(expected), Counter(found)
        missing, extra = wanted - there, there - wanted
        row = next((row for row in expected if row in missing), None)
        if row is not None:
            raise self._changed(table, row, list(extra)) or self._missing(table, row)
        for row in found:
            if row in extra:
                raise self.broken(table.name, ROW, _seq(table, row), None, _named(table, row))

    def _changed(self, table: Table, row: Row, extra: list[Row]) -> BooksBroken | None:
        """The changed column, if a surplus row mostly equals a missing one."""

        def alike(other: Row) -> int:
            return sum(a == b for a, b in zip(row, other, strict=True))

        twin = max(extra, key=alike, default=None)
        if twin is None or 2 * alike(twin) < len(row):
            return None
        for column, expected, found in zip(table.columns, row, twin, strict=True):
            if expected != found:
                return self.broken(table.name, column, _seq(table, row), expected, found)
        return None

    def _missing(self, table: Table, row: Row) -> BooksBroken:
        """The error for a row that is missing, or is stored under another station now."""
        values = dict(zip(table.columns, row, strict=True))
        where = " AND ".join(
            f"{name} IS NULL" if value is None else f"{name} = :{name}"
            for name, value in values.items()
        )
        given = {name: value for name, value in values.items() if value is not None}
        moved = self.store.one(f"SELECT station FROM {table.name} WHERE {where}", given)
        if moved is not None and moved[0] != self.station:
            return self.broken(table.name, "station", _seq(table, row), self.station, moved[0])
        return self.broken(table.name, ROW, _seq(table, row), _named(table, row), None)


_first = itemgetter(0)


def _seq(table: Table, row: Row) -> int:
    return int(row[table.columns.index("seq")])


def _named(table: Table, row: Row) -> str:
    """A row for an error message: its columns by name."""
    return ", ".join(
        f"{name}={value}"
        for name, value in zip(table.columns, row, strict=True)
        if name != "seq" and value is not None
    )
