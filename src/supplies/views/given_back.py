"""Goods of receipts that were given back to their donors."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from supplies.books.reader import Books, query_ids
from supplies.domain.accounts import RETURNED
from supplies.domain.entry_rows import Arrival, ArrivalLine
from supplies.views.pagination import View
from supplies.views.shared_queries import read_latest


class GivenBackLine(View, frozen=True, kw_only=True):
    """The quantity of one item on a receipt, and how much was given back, in base units.

    Attributes:
        received: The quantity on the receipt, with all corrections.
    """

    item: str
    received: int
    given_back: int


class GivenBackView(View, frozen=True, kw_only=True):
    """The goods of a receipt that were given back to the donor.

    Attributes:
        all: Whether all goods of the receipt were given back.
        lines: The items given back, in whole or in part.
    """

    all: bool
    lines: list[GivenBackLine]


def read_given_back(
    books: Books, donations: Mapping[str, Sequence[str]]
) -> dict[str, GivenBackView]:
    """Return the goods that were given back to donors, by receipt number.

    Receipts of which nothing was given back are left out. Goods that were repacked before they were
    given back are not counted.

    Args:
        donations: The donations of each receipt.
    """
    names = {name for each in donations.values() for name in each}
    lines = read_latest(books, ArrivalLine, "arrival", names, head=Arrival)
    returned = _returned(books, (line.lot for stated in lines.values() for line in stated))
    if not returned:
        return {}
    found = {}
    for receipt, each in donations.items():
        received: Counter[str] = Counter()
        back: Counter[str] = Counter()
        lots: defaultdict[str, set[str]] = defaultdict(set)
        for line in (line for name in each for line in lines.get(name, ())):
            received[line.item] += line.quantity
            lots[line.item].add(line.lot)
        for item, of_item in lots.items():
            back[item] = sum(returned.get(lot, 0) for lot in of_item)
        if any(back.values()):
            found[receipt] = GivenBackView(
                all=all(back[item] == quantity for item, quantity in received.items()),
                lines=[
                    GivenBackLine(item=item, received=received[item], given_back=quantity)
                    for item, quantity in back.items()
                    if quantity
                ],
            )
    return found


def last_return(books: Books, donations: Sequence[str]) -> int | None:
    """Return the last entry that changed what was given back of these donations' goods.

    Return None if nothing was given back.
    """
    stated = read_latest(books, ArrivalLine, "arrival", set(donations), head=Arrival)
    lots = {line.lot for lines in stated.values() for line in lines}
    first, beyond = RETURNED.prefix, RETURNED.prefix[:-1] + ";"
    rows = [
        row
        for end in ("source", "target")
        for row in books.all(
            f"SELECT seq, lot FROM transfers WHERE station = :station "
            f"AND {end} >= :first AND {end} < :beyond",
            first=first,
            beyond=beyond,
        )
    ]
    return max((int(seq) for seq, lot in rows if lot in lots), default=None)


def _returned(books: Books, lots: Iterable[str]) -> dict[str, int]:
    """Return the quantity of each lot that was given back to donors."""
    rows = query_ids(
        books,
        lots,
        "SELECT w.id, sum(b.quantity) FROM wanted w CROSS JOIN balances b "
        "WHERE b.station = :station AND b.lot = w.id AND b.lot <> '' "
        "AND b.account >= :first AND b.account < :beyond AND b.quantity <> 0 GROUP BY w.id",
        first=RETURNED.prefix,
        beyond=RETURNED.prefix[:-1] + ";",  # ";" follows ":" in ASCII
    )
    return {lot: int(quantity) for lot, quantity in rows}
