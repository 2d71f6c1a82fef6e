"""The counter of a team: the goods that its phones may hand out without an allocation."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Protocol

from supplies.books.reader import Books
from supplies.domain.accounts import STOCK
from supplies.views.pagination import View
from supplies.views.shared_queries import read_lots


class CounterNames(Protocol):
    """The words of a phone's language."""

    def item(self, code: str) -> str:
        """Return the name of an item."""

    def location(self, code: str) -> str:
        """Return the name of a location."""

    def quantity(self, quantity: int, item: str) -> str:
        """Return a quantity with its unit."""


class CounterGroup(View, frozen=True, kw_only=True):
    """A group of people that receives goods together, such as newcomers."""

    code: str
    name: str | None


class CounterGoods(View, frozen=True, kw_only=True):
    """The free goods of an item at a counter, in base units, without expired lots.

    Attributes:
        words: The quantity with its unit, in the language of the phone.
    """

    item: str
    name: str
    quantity: int
    words: str


class TeamCounter(View, frozen=True, kw_only=True):
    """The location whose free goods the phones of a team may hand out."""

    location: str
    name: str
    groups: list[CounterGroup]
    goods: list[CounterGoods]


def get_team_counter(
    books: Books, team: str, names: CounterNames, today: date
) -> TeamCounter | None:
    """Return the counter of a team, or None if it has none.

    Raises:
        InvalidField: there is no such team.
    """
    location = books.team(team).counter
    if location is None:
        return None
    balances = books.nonzero_balances(STOCK(location))
    lots = read_lots(books, [lot for _, _, lot in balances])
    free: Counter[str] = Counter()
    for (_, item, lot), quantity in balances.items():
        expires_on = lots[lot].expires_on
        if expires_on is None or expires_on >= today:
            free[item] += quantity
    groups = books.all(
        "SELECT code, name FROM recipients WHERE station = :station AND kind = 'group' "
        "AND retired = 0 ORDER BY code"
    )
    return TeamCounter(
        location=location,
        name=names.location(location),
        groups=[CounterGroup(code=code, name=name) for code, name in groups],
        goods=[
            CounterGoods(
                item=item,
                name=names.item(item),
                quantity=quantity,
                words=names.quantity(quantity, item),
            )
            for item, quantity in sorted(free.items())
        ],
    )
