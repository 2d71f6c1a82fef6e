"""Read the books as they were at the end of a past day, without entries booked on later days."""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache
from typing import Any, Literal

from supplies.books.booked_days import days_with_entries
from supplies.books.reader import Books
from supplies.domain.entry_rows import TABLES

_UNTIL = "booked_on <= :past_day"

_TABLES = {
    **{
        table: f"SELECT * FROM {table} AS x WHERE x.station = :station AND EXISTS (SELECT 1 "
        f"FROM entries AS y WHERE y.station = x.station AND y.seq = x.seq AND y.{_UNTIL})"
        for table in TABLES.values()
    },
    "entries": f"SELECT * FROM entries WHERE station = :station AND {_UNTIL}",
    "transfers": "SELECT * FROM transfers WHERE station = :station AND day <= :past_day",
    "days": "SELECT * FROM days WHERE station = :station AND day <= :past_day",
    "balances": "SELECT station, account, item, lot, quantity, seq, line FROM days AS x "
    "WHERE station = :station AND day = (SELECT max(y.day) FROM days AS y "
    "WHERE y.station = x.station AND y.account = x.account AND y.item = x.item "
    "AND y.lot = x.lot AND y.day <= :past_day)",
    "heads": f"{days_with_entries(until=':past_day')} SELECT station, seq, hash, "
    "(SELECT max(b.day) FROM booked b) AS latest_day FROM entries WHERE station = :station "
    "AND seq = (SELECT max((SELECT max(e.seq) FROM entries e WHERE e.station = :station "
    "AND e.booked_on = b.day)) FROM booked b)",
    "pending": "SELECT station, 'delivery' AS noun, seq AS number FROM deliveries d "
    "WHERE station = :station AND delivery = 'v_' || seq AND NOT EXISTS (SELECT 1 "
    "FROM delivery_ends y WHERE y.station = d.station AND y.delivery = d.delivery) "
    "UNION ALL SELECT station, 'conflict', seq FROM conflicts c WHERE station = :station "
    "AND NOT EXISTS (SELECT 1 FROM resolutions y WHERE y.station = c.station "
    "AND y.conflict = c.seq)",
}
"""For each table, SQL that selects the rows that existed at the end of the day `:past_day`."""

_KEYWORDS = "cross|except|full|group|having|inner|intersect|join|left|limit|natural|on|order|set"
_REFERENCE = re.compile(
    rf"\b(FROM|JOIN)\s+({'|'.join(_TABLES)})\b"
    rf"(?:\s+(?:AS\s+)?(?!(?:{_KEYWORDS}|union|using|where)\b)([a-z_]\w*))?",
    re.IGNORECASE,
)


class PastBooks(Books):
    """The books of one station as they were at the end of a past day, for reading.

    Entries that were recorded later are included if they are booked on or before that day.
    Catalogue data, such as names and minimum stocks, is not from that day but current.

    In every query, the names of the tables are replaced by subqueries, so that every view can show
    a past day.
    """

    def __init__(self, books: Books, day: date) -> None:
        super().__init__(books.store, books.catalogue)
        self.past_day: date = day

    def for_station(self, station: str) -> PastBooks:
        """Return the books of another station as they were at the end of the same day."""
        return PastBooks(super().for_station(station), self.past_day)

    def _query(self, way: Literal["all", "one"], sql: str, params: dict[str, Any]) -> Any:
        return super()._query(way, _past(sql), {**params, "past_day": self.past_day.isoformat()})


def books_as_of(books: Books, day: date | None) -> Books:
    """Return the books as they were at the end of a day, or the current books if `day` is None."""
    return books if day is None else PastBooks(books, day)


@lru_cache(maxsize=512)
def _past(sql: str) -> str:
    """Return an SQL query whose tables are replaced by their rows at the end of `:past_day`."""
    return _REFERENCE.sub(_subquery, sql)


def _subquery(found: re.Match[str]) -> str:
    word, table, alias = found.groups()
    # The rows of `pending` are computed from other tables, whose names are replaced too.
    inner = _past(_TABLES[table]) if table == "pending" else _TABLES[table]
    return f"{word} ({inner}) AS {alias or table}"
