"""Find goods of a receipt that were given back to the donor later."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from supplies.books.account_range import account_range
from supplies.books.queries import query_ids
from supplies.books.reader import Books
from supplies.domain.accounts import CONVERTED, RETURNED, AccountKind, kind_of
from supplies.domain.entry_rows import Arrival, ArrivalLine
from supplies.views.lot_ownership import read_owned_goods
from supplies.views.pagination import View
from supplies.views.shared_queries import read_latest


class GivenBackLine(View, frozen=True, kw_only=True):
    """The quantity of one item of a receipt that was given back to the donor, in base units.

    Attributes:
        received: The quantity that was received, as last corrected, minus what was repacked into
            other items. If the item was made by repacking goods of the receipt, this is the
            quantity made.
    """

    item: str
    received: int
    given_back: int


class GivenBackView(View, frozen=True, kw_only=True):
    """The goods of a receipt that were given back to the donor.

    Attributes:
        all: True if all goods of the receipt were given back, False if only a part of them.
        lines: The goods that were given back, by item.
    """

    all: bool
    lines: list[GivenBackLine]


def read_given_back(
    books: Books, donations: Mapping[str, Sequence[str]]
) -> dict[str, GivenBackView]:
    """Return the goods that were given back to donors, by receipt number.

    A receipt is left out if none of its goods was given back. Goods that were made by repacking
    goods of the receipt are included.

    Args:
        donations: The donations of each receipt, by receipt number.
    """
    names = {name for each in donations.values() for name in each}
    lines = read_latest(books, ArrivalLine, "arrival", names, decided_by=Arrival)
    lots = [line.lot for recorded in lines.values() for line in recorded]
    quantities = _quantities_in(books, lots, RETURNED, CONVERTED)
    returned = quantities[RETURNED]
    repacked = read_owned_goods(books, quantities[CONVERTED])
    found = {}
    for receipt, each in donations.items():
        received: Counter[str] = Counter()
        back: Counter[str] = Counter()
        for line in (line for name in each for line in lines.get(name, ())):
            if line.lot not in repacked:
                received[line.item] += line.quantity
                back[line.item] += returned.get(line.lot, 0)
            for share in repacked.get(line.lot, ()):
                kind = kind_of(share.account)
                if kind is not CONVERTED:
                    received[share.item] += share.quantity
                if kind is RETURNED:
                    back[share.item] += share.quantity
        if back.total():
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
    """Return the last entry that may have changed which goods of these donations were given back.

    The entry records, corrects or reverses a return of goods to donors, or repacks goods of the
    donations. Return None if no goods of the donations are given back.
    """
    recorded = read_latest(books, ArrivalLine, "arrival", set(donations), decided_by=Arrival)
    own = [line.lot for lines in recorded.values() for line in lines]
    owned = read_owned_goods(books, _quantities_in(books, own, CONVERTED)[CONVERTED])
    lots = {*own, *(share.lot for shares in owned.values() for share in shares)}
    if not _quantities_in(books, lots, RETURNED)[RETURNED]:
        return None
    rows = query_ids(
        books,
        lots,
        "SELECT w.id, max(b.seq) FROM wanted w CROSS JOIN balances b "
        "WHERE b.station = :station AND b.lot = w.id AND b.lot <> '' "
        f"AND ({account_range('returned', 'beyond_returned', column='b.account')} "
        f"OR {account_range('converted', 'beyond_converted', column='b.account')}) GROUP BY w.id",
        returned=RETURNED.prefix,
        beyond_returned=f"{RETURNED.name};",  # ";" follows ":" in ASCII
        converted=CONVERTED.prefix,
        beyond_converted=f"{CONVERTED.name};",
    )
    return max(int(seq) for _, seq in rows)


def _quantities_in(
    books: Books, lots: Iterable[str], *kinds: AccountKind
) -> dict[AccountKind, Counter[str]]:
    """Return the quantity of each lot in accounts of each of these kinds.

    Lots without a positive quantity are left out.
    """
    ranges = " OR ".join(
        f"b.account >= '{kind.prefix}' AND b.account < '{kind.name};'"  # ";" follows ":" in ASCII
        for kind in kinds
    )
    written, lots = books.written, dict.fromkeys(lots)
    rows = query_ids(
        books,
        [lot for lot in lots if not written.began(lot)],
        "SELECT w.id, b.account, b.quantity FROM wanted w CROSS JOIN balances b "
        "WHERE b.station = :station AND b.lot = w.id AND b.lot <> '' "
        f"AND ({ranges}) AND b.quantity > 0",
    )
    rows += [
        (lot, account, quantity)
        for lot in lots
        if written.began(lot)
        for account, quantity in written.balances(lot).items()
        if kind_of(account) in kinds and quantity > 0
    ]
    found: dict[AccountKind, Counter[str]] = {kind: Counter() for kind in kinds}
    for lot, account, quantity in rows:
        found[kind_of(account)][lot] += int(quantity)
    return found
