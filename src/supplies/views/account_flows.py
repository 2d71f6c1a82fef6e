"""Compute the net quantities that moved into accounts over a period."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from supplies.books.reader import Books
from supplies.domain.accounts import AccountKind

TRANSFERS_OF_PERIOD = (
    "FROM entries e CROSS JOIN transfers t WHERE e.station = :station "
    "AND e.booked_on >= :first AND e.booked_on <= :last "
    "AND t.station = e.station AND t.seq = e.seq AND t.lot <> ''"
)
"""SQL clauses FROM and WHERE that select the transfers of goods from day `:first` to day `:last`.

The table of the transfers has the alias `t`.
"""


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
