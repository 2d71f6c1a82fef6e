"""Propose allocations of free goods to open needs.

The most urgent needs come first: a less urgent one gets of an item only what all more urgent ones
leave. Between households of one urgency it is shared evenly, as if handed round one by one: nobody
gets two more of an item than somebody who still lacks it. What is left of the last round goes to
those whose day is nearest, then to those who asked first. Lots leave first-expired-first-out,
never from a quarantine and never past their day.

Promised goods (claims) are not proposed anew: only what is open of a need.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from supplies.books.reader import Books
from supplies.domain.accounts import NEEDED, STOCK, keys_of
from supplies.domain.catalogue_records import Location
from supplies.domain.entry_rows import Lot, Need
from supplies.domain.fields import MAX_LINES
from supplies.views.balances_at import read_balances
from supplies.views.pagination import DEFAULT_LIMIT, Page, View, paginate
from supplies.views.shared_queries import read_latest, read_lots

_URGENCIES = ("high", "normal", "low")

_Turn = tuple[date, int, str]
"""When a need's turn is among needs of its urgency: its day, the entry it began with, its id."""


class ProposedLot(View, frozen=True, kw_only=True):
    """A quantity of a lot in base units."""

    lot: str
    quantity: int


class ProposedLine(View, frozen=True, kw_only=True):
    """A quantity of an item in base units for one need, by lot."""

    item: str
    quantity: int
    need: str
    lots: list[ProposedLot]


class ProposedAllocation(View, frozen=True, kw_only=True):
    """Goods at one location for one recipient; can be posted as an allocation."""

    recipient: str
    location: str
    lines: list[ProposedLine]


def propose_allocations(
    books: Books,
    today: date,
    *,
    item: str | None = None,
    location: str | None = None,
    after: str | None = None,
    limit: int | None = DEFAULT_LIMIT,
) -> Page[ProposedAllocation]:
    """Propose allocations, most urgent needs first. Nothing is allocated.

    today: the station's day; what has expired before it stays where it is. item, location: only
    of this item, from this place.
    """
    shelves = _shelves(books, today, item, location)
    needs = _open_needs(books, today, item)
    rows = _rows(_served(books, needs, shelves))

    def fetch(position: int, wanted: int) -> list[tuple[int, ProposedAllocation]]:
        return list(enumerate(rows, 1))[position : position + wanted]

    return paginate(fetch, after, limit)


# --- what there is, and what is lacked -----------------------------------------------------------


@dataclass(slots=True)
class _OnShelf:
    """How much of a lot may still be taken from a place."""

    location: str
    lot: str
    quantity: int


def _shelves(
    books: Books, today: date, item: str | None, location: str | None
) -> dict[str, list[_OnShelf]]:
    """What may be allocated today of each item, in the order in which it leaves."""
    free = read_balances(books, (STOCK,), item=item)
    described = read_lots(books, [lot for _, _, lot in free])
    found: defaultdict[str, list[tuple[date, str, int, _OnShelf]]] = defaultdict(list)
    for (account, what, lot), quantity in free.items():
        place = keys_of(account)[0]
        expires = described[lot].expires_on or date.max
        if expires < today or location not in (None, place) or _quarantined(books, place):
            continue
        there = _takeable(books, today, account, what, lot, quantity)
        if there > 0:
            on = _OnShelf(place, lot, there)
            found[what].append((expires, place, _born(described[lot]), on))
    return {
        what: [on for *_, on in sorted(there, key=lambda one: (*one[:3], one[3].lot))]
        for what, there in found.items()
    }


def _quarantined(books: Books, code: str) -> bool:
    place = books.catalogue.get(Location, code)
    return place is None or place.quarantine


def _born(lot: Lot) -> int:
    return int(lot.lot.rsplit("_", 2)[1])


def _takeable(books: Books, today: date, account: str, item: str, lot: str, now: int) -> int:
    """The least that stands there today or on a later day that was booked on already."""
    if books.head()[2] <= today.isoformat():
        return now
    return min(books.balance_and_lowest_since(today, account, item, lot))


@dataclass(slots=True)
class _OpenNeed:
    """How much a need still lacks, and how much of that it is given."""

    need: Need
    lacks: int
    turn: _Turn
    given: int = 0


def _open_needs(books: Books, today: date, item: str | None) -> list[_OpenNeed]:
    """What is open, the most urgent first, then whose day is nearest, then the oldest."""
    open_ = {
        keys_of(key[0])[0]: (key, n)
        for key, n in read_balances(books, (NEEDED,), item=item).items()
    }
    stated = read_latest(books, Need, "need", open_)
    found = []
    for name, (key, quantity) in open_.items():
        need = stated[name][0]
        lacks = _takeable(books, today, *key, quantity)
        if lacks > 0:
            turn = need.needed_by or date.max, int(name.rpartition("_")[2]), name
            found.append(_OpenNeed(need, lacks, turn))
    return sorted(found, key=lambda one: (_URGENCIES.index(one.need.urgency), one.turn))


# --- who gets how much ---------------------------------------------------------------------------


def _served(
    books: Books, needs: list[_OpenNeed], shelves: dict[str, list[_OnShelf]]
) -> Iterator[tuple[Need, _OnShelf, int]]:
    """Each need with what it is given of which lot, in the order of the needs."""
    free = {item: sum(on.quantity for on in shelf) for item, shelf in shelves.items()}
    tiers: defaultdict[tuple[int, str], list[_OpenNeed]] = defaultdict(list)
    for one in needs:
        tiers[_URGENCIES.index(one.need.urgency), one.need.item].append(one)
    for (_, item), tier in sorted(tiers.items(), key=lambda pair: pair[0]):
        free[item] = free.get(item, 0) - _share(tier, free.get(item, 0))
    for one in needs:
        for on in shelves.get(one.need.item, ()):
            part = min(one.given, on.quantity)
            if part:
                on.quantity -= part
                one.given -= part
                yield one.need, on, part


def _share(tier: Sequence[_OpenNeed], free: int) -> int:
    """Share free goods between needs of equal urgency; return how much was given."""
    households: defaultdict[str, list[_OpenNeed]] = defaultdict(list)
    for one in tier:
        households[one.need.recipient].append(one)
    lacks = {code: sum(one.lacks for one in theirs) for code, theirs in households.items()}
    given = share_evenly(lacks, free)
    for code, theirs in households.items():
        rest = given[code]
        for one in theirs:
            one.given = min(rest, one.lacks)
            rest -= one.given
    return sum(given.values())


def share_evenly(lacks: dict[str, int], free: int) -> dict[str, int]:
    """Share units as if handed round one by one to all who still lack some.

    lacks: how much each lacks; what does not come out even goes to those who stand first.
    """
    given = dict.fromkeys(lacks, 0)
    waiting = sorted(lacks, key=lambda code: lacks[code])
    for index, code in enumerate(waiting):
        # All who are left get this much at least, so who lacks no more is content with it.
        level = free // (len(waiting) - index)
        if lacks[code] > level:
            rest = free - level * (len(waiting) - index)
            short = set(waiting[index:])
            for position, name in enumerate(name for name in lacks if name in short):
                given[name] = level + (position < rest)
            break
        given[code] = lacks[code]
        free -= lacks[code]
    return given


# --- as allocations ------------------------------------------------------------------------------


@dataclass(slots=True)
class _Row:
    """An allocation being put together: within it a lot serves one need."""

    recipient: str
    location: str
    parts: dict[Need, Counter[str]] = field(default_factory=dict)
    serves: dict[str, Need] = field(default_factory=dict)

    def takes(self, need: Need, lot: str) -> bool:
        return self.serves.get(lot, need) == need and len(self.serves) < MAX_LINES

    def add(self, need: Need, lot: str, quantity: int) -> None:
        self.serves[lot] = need
        self.parts.setdefault(need, Counter())[lot] += quantity

    def shown(self) -> ProposedAllocation:
        return ProposedAllocation(
            recipient=self.recipient,
            location=self.location,
            lines=[
                ProposedLine(
                    item=need.item,
                    quantity=by_lot.total(),
                    need=need.need,
                    lots=[ProposedLot(lot=lot, quantity=part) for lot, part in by_lot.items()],
                )
                for need, by_lot in self.parts.items()
            ],
        )


def _rows(served: Iterator[tuple[Need, _OnShelf, int]]) -> list[ProposedAllocation]:
    """One allocation a recipient and place, as far as that goes; each stands at its first need."""
    rows: list[_Row] = []
    last: dict[tuple[str, str], _Row] = {}
    for need, on, part in served:
        where = need.recipient, on.location
        row = last.get(where)
        if row is None or not row.takes(need, on.lot):
            row = last[where] = _Row(*where)
            rows.append(row)
        row.add(need, on.lot, part)
    return [row.shown() for row in rows]
