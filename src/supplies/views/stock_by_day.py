"""List the stock of each item at the end of each day of a period, for charts."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, timedelta

from supplies.books.reader import Books
from supplies.errors import InvalidField, Sentence
from supplies.views.account_flows import TRANSFERS_OF_PERIOD
from supplies.views.balances_at import ON_HAND, Sums, of_kinds, sum_balances
from supplies.views.pagination import View


class StockOfDay(View, frozen=True, kw_only=True):
    """The quantity on hand and in transit at the end of a day, in base units."""

    day: date
    quantity: int


def list_stock_by_day(
    books: Books, first: date, last: date, sums: Sums | None = None
) -> dict[str, list[StockOfDay]]:
    """Return, by item, the stock before the period and at the end of each day on which it changed.

    The first value of an item is for the day before `first`. Items that were neither in stock nor
    moved are left out.

    Args:
        sums: The balances of `ON_HAND`, and perhaps of other kinds, at the end of the last day. If
            None, they are read from the books.

    Raises:
        InvalidField: `last` is before `first`.
    """
    if last < first:
        raise InvalidField.at("/to", Sentence("{last} is before {first}", last=last, first=first))
    closing: Counter[str] = Counter()
    sums = sum_balances(books, ON_HAND, on=last) if sums is None else sums
    for (_, item), quantity in of_kinds(sums, ON_HAND).items():
        closing[item] += quantity
    changes = _changes(books, first, last)
    found: dict[str, list[StockOfDay]] = {}
    for item in sorted({*closing, *changes}):
        days, quantity = [], closing[item]
        for day, change in reversed(changes[item]):
            days.append(StockOfDay(day=day, quantity=quantity))
            quantity -= change
        days.append(StockOfDay(day=first - timedelta(days=1), quantity=quantity))
        found[item] = days[::-1]
    return found


def _changes(books: Books, first: date, last: date) -> defaultdict[str, list[tuple[date, int]]]:
    """Return, by item, the days on which its stock changed and by how much, oldest first."""
    incoming, outgoing = (
        " OR ".join(
            f"(t.{side} >= '{kind.prefix}' AND t.{side} < '{kind.name};')"  # ";" follows ":"
            for kind in ON_HAND
        )
        for side in ("target", "source")
    )
    rows = books.all(
        f"SELECT t.item, e.booked_on, sum(CASE WHEN {incoming} THEN t.quantity ELSE 0 END) "
        f"- sum(CASE WHEN {outgoing} THEN t.quantity ELSE 0 END) {TRANSFERS_OF_PERIOD} "
        "GROUP BY t.item, e.booked_on ORDER BY t.item, e.booked_on",
        first=first.isoformat(),
        last=last.isoformat(),
    )
    found: defaultdict[str, list[tuple[date, int]]] = defaultdict(list)
    for item, day, change in rows:
        if change:
            found[item].append((date.fromisoformat(day), int(change)))
    return found
