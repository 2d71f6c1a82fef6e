"""Goods that teams are bringing back: the books have them in stock, but teams still carry them.

When an outcome is recorded, goods that were not handed over are booked back into stock at once. But
the team carries them until it comes back and the delivery is closed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from supplies.books.queries import query_ids
from supplies.books.reader import Books
from supplies.domain.accounts import ALLOCATED, STOCK, keys_of, kind_of
from supplies.domain.entry_rows import Delivery
from supplies.views.pagination import Warned

Goods = tuple[str, str, str]
"""A location or an account, an item and a lot."""


class GoodsWithTeam(NamedTuple):
    """Goods of one lot that a team brings back from an open delivery, in base units.

    Attributes:
        account: The account, free or set aside, to which the outcome returned the goods.
    """

    delivery: str
    team: str
    account: str
    item: str
    lot: str
    quantity: int

    @property
    def location(self) -> str:
        """The location to which the books returned the goods."""
        return keys_of(self.account)[-1]


def list_goods_with_teams(books: Books) -> list[GoodsWithTeam]:
    """Return the goods that the teams of all open deliveries still have to bring back, by delivery.

    These are the quantities brought back in the latest outcome of each stop that is on the
    delivery. The bag on a team's phone shows the same goods.
    """
    rows = books.all(
        "SELECT p.number, r.delivery, r.target, l.item, l.lot, r.brought_back "
        "FROM pending p CROSS JOIN outcome_lines r CROSS JOIN stop_lines l "
        "WHERE p.station = :station AND p.noun = 'delivery' "
        "AND r.station = p.station AND r.delivery = 'v_' || p.number AND r.brought_back > 0 "
        "AND r.seq = (SELECT max(o.seq) FROM outcomes o WHERE o.station = r.station "
        "AND o.delivery = r.delivery AND o.allocation = r.allocation) "
        "AND NOT EXISTS (SELECT 1 FROM stop_removals m WHERE m.station = r.station "
        "AND m.delivery = r.delivery AND m.allocation = r.allocation) "
        "AND l.station = r.station AND l.delivery = r.delivery "
        "AND l.allocation = r.allocation AND l.line = r.line"
    )
    if not rows:
        return []
    sums: Counter[tuple[int, str, str, str, str]] = Counter()
    for number, delivery, account, item, lot, quantity in rows:
        sums[number, delivery, account, item, lot] += quantity
    teams = books.latest_rows(Delivery, "delivery", {delivery for _, delivery, *_ in sums})
    return [
        GoodsWithTeam(delivery, teams[delivery].team, account, item, lot, quantity)
        for (_, delivery, account, item, lot), quantity in sorted(sums.items())
    ]


def sum_by_place(goods: Iterable[GoodsWithTeam]) -> Counter[Goods]:
    """Return the quantities that teams still carry, by location, item and lot."""
    sums: Counter[Goods] = Counter()
    for one in goods:
        sums[one.location, one.item, one.lot] += one.quantity
    return sums


def free_with_teams(books: Books, goods: Iterable[GoodsWithTeam]) -> list[GoodsWithTeam]:
    """Return the goods that teams still carry, but that are free according to the books.

    These are goods that a household refused, and goods that were set aside and released since.
    """
    free = []
    for one in goods:
        quantity = one.quantity
        if kind_of(one.account) is ALLOCATED:
            quantity = min(quantity, _released(books, one))
        if quantity:
            free.append(one._replace(account=STOCK(one.location), quantity=quantity))
    return free


def _released(books: Books, goods: GoodsWithTeam) -> int:
    """Return how many of these goods were released after the team reported them."""
    found = books.value(
        "SELECT coalesce(sum(t.quantity), 0) FROM transfers t WHERE t.station = :station "
        "AND t.source = :account AND t.target = :free AND t.item = :item AND t.lot = :lot "
        "AND t.seq > (SELECT max(o.seq) FROM outcomes o WHERE o.station = t.station "
        "AND o.delivery = :delivery AND o.allocation = :allocation)",
        account=goods.account,
        free=STOCK(goods.location),
        item=goods.item,
        lot=goods.lot,
        delivery=goods.delivery,
        allocation=keys_of(goods.account)[0],
    )
    return int(found)


def find_goods_with_teams(books: Books, first: int, last: int) -> list[Warned]:
    """Return a warning for each team that still carries goods which a command took from stock.

    A command takes goods if they leave a location or are set aside. There is no warning if the
    place has enough other goods of the lot.

    Args:
        first, last: The numbers of the first and the last entry of the command.
    """
    taken = _taken(books, first, last)
    goods = list_goods_with_teams(books) if taken else []
    if not goods:
        return []
    carried = [one for one in goods if kind_of(one.account) is ALLOCATED]
    places = {(keys_of(account)[-1], item, lot) for account, item, lot in taken}
    carried += free_with_teams(
        books, (one for one in goods if (one.location, one.item, one.lot) in places)
    )
    lacking = {
        key: min(quantity, _sum(carried, key) - books.balance(*key))
        for key, quantity in taken.items()
    }
    warnings = []
    for one in carried:
        key = one.account, one.item, one.lot
        quantity = min(one.quantity, lacking.get(key, 0))
        if quantity > 0:
            lacking[key] -= quantity
            warnings.append(_warning(books, one._replace(quantity=quantity)))
    return warnings


def _sum(goods: Iterable[GoodsWithTeam], key: Goods) -> int:
    return sum(one.quantity for one in goods if (one.account, one.item, one.lot) == key)


def _taken(books: Books, first: int, last: int) -> dict[Goods, int]:
    """Return the quantities that a command took from storage locations, by account, item and lot.

    Quantities that the command put back are subtracted. Goods that the command released are
    ignored, because they stay at their location.
    """
    changes: Counter[Goods] = Counter()
    for source, target, item, lot, quantity in _transfers(books, first, last):
        is_release = kind_of(source) is ALLOCATED and target == STOCK(keys_of(source)[-1])
        if not is_release:
            changes[source, item, lot] += quantity
            changes[target, item, lot] -= quantity
    return {
        key: quantity
        for key, quantity in changes.items()
        if quantity > 0 and kind_of(key[0]) in (STOCK, ALLOCATED)
    }


def _transfers(books: Books, first: int, last: int) -> Iterable[Sequence[Any]]:
    """Return source, target, item, lot and quantity of each transfer of a command.

    No query is made if the command was just written.
    """
    if first in books.written.entries:
        return [each for one in books.written.entries.values() for each in one.body.transfers]
    return query_ids(
        books,
        range(first, last + 1),
        "SELECT t.source, t.target, t.item, t.lot, t.quantity FROM wanted w "
        "CROSS JOIN transfers t WHERE t.station = :station AND t.seq = w.id",
    )


def _warning(books: Books, goods: GoodsWithTeam) -> Warned:
    name, quantity = books.item(goods.item).name, goods.quantity
    return Warned(
        warning="still-with-team",
        detail=f"{quantity} × {name} of lot {goods.lot} {'is' if quantity == 1 else 'are'} still "
        f"with team {goods.team}, which brings them back from delivery {goods.delivery}. Wait "
        f"until the team is back and the delivery is closed, or take other goods",
        about=goods.delivery,
        item=goods.item,
        quantity=quantity,
    )
