"""Compute the net quantities that moved into accounts over a period."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

from supplies.books.booked_days import days_with_entries
from supplies.books.reader import Books
from supplies.domain.accounts import AccountKind
from supplies.storage.store import Row

TRANSFERS_OF_PERIOD = (
    "FROM entries e CROSS JOIN transfers t WHERE e.station = :station "
    "AND e.booked_on >= :first AND e.booked_on <= :last "
    "AND t.station = e.station AND t.seq = e.seq AND t.lot <> ''"
)
"""SQL clauses FROM and WHERE that select the transfers of goods from day `:first` to day `:last`.

The table of the transfers has the alias `t`.
"""


ENTRIES_PER_QUERY = 25_000
"""Number of entries whose transfers are added up at once. More would be sorted outside of memory.

Sorting on disk takes half as long again, with a million entries on SQLite.
"""


class EntriesOfPeriod(NamedTuple):
    """The numbers of the entries that are booked on the days of a period.

    Attributes:
        lowest, highest: The lowest and the highest number.
        before_next: The number of the last entry before the first entry that is booked on the next
            day with entries after the period; `highest` if no later day has entries. Entries of
            the period that are recorded after that day has begun have higher numbers.
    """

    lowest: int
    highest: int
    before_next: int


def find_entries_of_period(books: Books, first: date, last: date) -> EntriesOfPeriod | None:
    """Return the numbers of the entries of a period, or None if there are no entries."""
    of_day = "FROM entries e WHERE e.station = :station AND e.booked_on = b.day"
    row = books.one(
        f"{days_with_entries(':first')} SELECT min((SELECT min(e.seq) {of_day})), "
        f"max((SELECT max(e.seq) {of_day})), (SELECT e.seq - 1 FROM entries e "
        "WHERE e.station = :station AND e.booked_on > :last ORDER BY e.booked_on, e.seq LIMIT 1) "
        "FROM booked b",
        first=first.isoformat(),
        last=last.isoformat(),
    )
    if row is None or row[0] is None:
        return None
    lowest, highest, before_next = row
    return EntriesOfPeriod(lowest, highest, highest if before_next is None else before_next)


def sum_goods_moved(books: Books, first: date, last: date, columns: Sequence[str]) -> list[Row]:
    """Return the quantities of goods that moved in a period, added up by some columns.

    Transfers are read in the order of their entries, which takes half as long as finding the
    transfers of each entry. Only entries that were booked late are found one by one.

    Args:
        columns: SQL expressions with columns of the table of transfers, which has the alias `t`.

    Returns:
        Rows with these columns and, as the last column, a sum. Several rows may have the same
        columns.
    """
    period = find_entries_of_period(books, first, last)
    if period is None:
        return []
    group = f"GROUP BY {', '.join(columns)}"
    of_period = "t.day >= :first AND t.day <= :last AND t.lot <> ''"
    parameters = {
        "first": first.isoformat(),
        "last": last.isoformat(),
    }
    rows: list[Row] = []
    for low in range(period.lowest, period.before_next + 1, ENTRIES_PER_QUERY):
        rows += books.all(
            f"SELECT {', '.join(columns)}, sum(t.quantity) FROM transfers t "
            "WHERE t.station = :station AND t.seq >= :low AND t.seq <= :high "
            f"AND {of_period} {group}",
            low=low,
            high=min(low + ENTRIES_PER_QUERY - 1, period.before_next),
            **parameters,
        )
    if period.highest > period.before_next:
        rows += books.all(
            f"{days_with_entries(':first')} SELECT {', '.join(columns)}, sum(t.quantity) "
            "FROM booked b CROSS JOIN entries e CROSS JOIN transfers t WHERE e.station = :station "
            "AND e.booked_on = b.day AND e.seq > :high AND t.station = e.station "
            f"AND t.seq = e.seq AND {of_period} {group}",
            high=period.before_next,
            **parameters,
        )
    return rows


def net_flows(
    books: Books, kinds: Iterable[AccountKind], first: date, last: date
) -> dict[tuple[str, str], int]:
    """Return, by account and item, the quantity of goods that came in minus the quantity that left.

    Sums of zero are left out. The first and the last day are included.
    """
    within = " OR ".join(
        f"(account >= '{kind.prefix}' AND account < '{kind.name};')"  # ";" follows ":"
        for kind in kinds
    )
    sides = " UNION ALL ".join(
        f"SELECT t.{side} AS account, t.item, {sign}t.quantity AS quantity {TRANSFERS_OF_PERIOD}"
        for side, sign in (("target", ""), ("source", "-"))
    )
    rows = books.all(
        # Materialized, so that engines find transfers by their entries, not by kind of account.
        "WITH flows AS MATERIALIZED (SELECT account, item, sum(quantity) AS quantity "
        f"FROM ({sides}) AS moves GROUP BY account, item) SELECT account, item, quantity "
        f"FROM flows WHERE ({within}) AND quantity <> 0 ORDER BY account, item",
        first=first.isoformat(),
        last=last.isoformat(),
    )
    return {(account, item): int(quantity) for account, item, quantity in rows}
