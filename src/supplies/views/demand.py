"""Report how much of each item is needed, promised and free."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container
from datetime import date

from supplies.books.reader import Books
from supplies.domain.accounts import CLAIMED, NEEDED, STOCK, keys_of
from supplies.views.balances_at import read_balances, sum_balances
from supplies.views.pagination import View
from supplies.views.shared_queries import read_lots


class DemandLine(View, frozen=True, kw_only=True):
    """The needs for one item and the unallocated stock that can meet them, in base units.

    Attributes:
        open: The needed quantity that no pledge claims and that is not set aside.
        claimed: The needed quantity that donors promised.
        free: The quantity in stock that is not set aside, without expired goods and goods in
            quarantine.
        missing: The part of `open` that exceeds `free`.
    """

    item: str
    open: int
    claimed: int
    free: int
    missing: int


def list_demand(books: Books, today: date) -> list[DemandLine]:
    """List the items with unmet needs. Items with the largest missing quantity come first.

    Args:
        today: The current day in the station's time zone. Goods that expired before it do not count
            as free.
    """
    needed = sum_balances(books, (NEEDED, CLAIMED))
    items = {item for _, item in needed}
    free = count_usable(books, today, items)
    lines = [
        DemandLine(
            item=item,
            open=needed[NEEDED.name, item],
            claimed=needed[CLAIMED.name, item],
            free=free[item],
            missing=max(0, needed[NEEDED.name, item] - free[item]),
        )
        for item in sorted(items)
    ]
    return sorted(
        (line for line in lines if line.open or line.claimed),
        key=lambda line: (-line.missing, -line.open, line.item),
    )


def count_usable(books: Books, today: date, items: Container[str]) -> Counter[str]:
    """Return the unallocated quantity of each item, without expired goods and goods in quarantine.

    Args:
        today: The current day in the station's time zone. Goods that expired before it do not
            count.
        items: The items to count.
    """
    free = {
        key: quantity for key, quantity in read_balances(books, (STOCK,)).items() if key[1] in items
    }
    described = read_lots(books, [lot for _, _, lot in free])
    usable: Counter[str] = Counter()
    for (account, item, lot), quantity in free.items():
        expires_on = described[lot].expires_on
        expired = expires_on is not None and expires_on < today
        if not expired and not books.location(keys_of(account)[0]).quarantine:
            usable[item] += quantity
    return usable
