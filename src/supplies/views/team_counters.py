"""The counter of a team: a location whose unallocated goods the phones of the team may hand out."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import Protocol

import msgspec

from supplies.books.reader import Books
from supplies.domain.accounts import STOCK
from supplies.domain.commands import GoodsLine, ReportHandOut
from supplies.errors import Sentence
from supplies.views.conflict_reasons import reason_of_conflict
from supplies.views.entries import list_conflicts
from supplies.views.pagination import View
from supplies.views.shared_queries import read_lots
from supplies.views.team_runs import ShownGoods, UnitNames, unit_words

LISTED_AFTER_USE = timedelta(days=30)
"""How long an item stays in a counter's list of goods after all goods of the item were used up."""


class CounterNames(UnitNames, Protocol):
    """Writes names and quantities in the language to which a phone is set."""

    def item(self, code: str) -> str:
        """Return the name of an item."""

    def location(self, code: str) -> str:
        """Return the name of a location."""

    def quantity(self, quantity: int, item: str) -> str:
        """Return a quantity with its unit."""

    def phone(self, by: str) -> str | None:
        """Return the label and number of the phone with the code `by`, or None if no phone has it.

        Args:
            by: The code of the user, program or phone that recorded an entry.
        """

    def sentence(self, sentence: Sentence) -> str:
        """Return a sentence in the language of the phone."""


class CounterGroup(View, frozen=True, kw_only=True):
    """A group of people that receives goods together, such as newcomers.

    Attributes:
        persons: How many people belong to it; None if unknown.
    """

    code: str
    name: str | None
    persons: int | None


class CounterGoods(ShownGoods, frozen=True, kw_only=True):
    """The unallocated goods of an item at a counter, in base units, without expired lots.

    The quantity is 0 if all goods are expired, or were used up in the last 30 days. Such items are
    listed because the team may have handed out goods that the books do not contain.
    """


class ReportedGoods(View, frozen=True, kw_only=True):
    """The goods in one line of a reported hand-out.

    Attributes:
        words: The quantity with its unit, in the language of the phone.
    """

    item: str
    name: str
    words: str


class WaitingHandOut(View, frozen=True, kw_only=True):
    """A reported hand-out that contradicts the books and is not resolved.

    Attributes:
        entry: Number of the entry that recorded the conflict.
        because: Why the report contradicts the books, in the language of the phone.
        phone: The label and number of the phone that reported it; None if no phone did.
    """

    entry: int
    because: str
    recipient: str
    headcount: int | None
    happened_on: date
    happened_at: str | None
    goods: list[ReportedGoods]
    phone: str | None


class TeamCounter(View, frozen=True, kw_only=True):
    """The counter of a team, with its goods and the groups that may receive them."""

    location: str
    name: str
    groups: list[CounterGroup]
    goods: list[CounterGoods]


def get_team_counter(
    books: Books, team: str, names: CounterNames, today: date
) -> TeamCounter | None:
    """Return the counter of a team, or None if it has none.

    Raises:
        InvalidField: the team does not exist.
    """
    location = books.team(team).counter
    if location is None:
        return None
    balances = books.nonzero_balances(STOCK(location))
    lots = read_lots(books, [lot for _, _, lot in balances])
    free: Counter[str] = Counter(dict.fromkeys(_items_used_up(books, location, today), 0))
    for (_, item, lot), quantity in balances.items():
        expires_on = lots[lot].expires_on
        is_expired = expires_on is not None and expires_on < today
        free[item] += 0 if is_expired else quantity
    groups = books.all(
        "SELECT code, name, persons FROM recipients WHERE station = :station AND kind = 'group' "
        "AND retired = 0 ORDER BY code"
    )
    return TeamCounter(
        location=location,
        name=names.location(location),
        groups=[
            CounterGroup(code=code, name=name, persons=persons) for code, name, persons in groups
        ],
        goods=[
            CounterGoods(
                item=item,
                name=names.item(item),
                quantity=quantity,
                words=names.quantity(quantity, item),
                unit=unit_words(names, item),
            )
            for item, quantity in sorted(free.items())
        ],
    )


def list_waiting_hand_outs(books: Books, team: str, names: CounterNames) -> list[WaitingHandOut]:
    """Return the open conflicts about hand-outs that a team reported, oldest first."""
    waiting = []
    for conflict in list_conflicts(books, limit=None).items:
        if not conflict.document.startswith("q_"):
            continue
        report = msgspec.json.decode(conflict.stated, type=ReportHandOut)
        if report.team != team:
            continue
        at = report.happened_at
        waiting.append(
            WaitingHandOut(
                entry=conflict.seq,
                because=names.sentence(reason_of_conflict(books, conflict)),
                recipient=report.recipient,
                headcount=report.headcount,
                happened_on=conflict.happened_on,
                happened_at=None if at is None else at.isoformat(),
                goods=[
                    ReportedGoods(
                        item=line.item, name=names.item(line.item), words=_in_words(line, names)
                    )
                    for line in report.lines
                ],
                phone=names.phone(conflict.recorded_by),
            )
        )
    return waiting


def _in_words(line: GoodsLine, names: CounterNames) -> str:
    if line.pack is None:
        return names.quantity(line.quantity, line.item)
    return f"{line.quantity} × {line.pack}"


def _items_used_up(books: Books, location: str, today: date) -> list[str]:
    """Return the items with a lot that was used up at a location within `LISTED_AFTER_USE`."""
    rows = books.all(
        "SELECT DISTINCT b.item FROM balances b CROSS JOIN entries e WHERE b.station = :station "
        "AND b.account = :account AND b.quantity = 0 AND e.station = b.station AND e.seq = b.seq "
        "AND e.recorded_at >= :since",
        account=STOCK(location),
        since=(today - LISTED_AFTER_USE).isoformat(),
    )
    return [str(item) for (item,) in rows]
