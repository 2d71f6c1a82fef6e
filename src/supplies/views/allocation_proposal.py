"""Propose allocations of free goods to open needs.

The rules, per item:

- More urgent needs are served in full before less urgent ones.
- Needs of equal urgency share evenly by household: as long as a household still lacks goods, no
  other household gets more than one unit more. The needs of one household count together.
- The remainder goes to the needs with the earliest due day, then to the oldest needs.
- Lots that expire first are taken first. Lots in quarantine and expired lots are never taken.

Only the open part of a need is served. A part that a pledge claims is not proposed again.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from supplies.books.merged_codes import code_that_stays
from supplies.books.reader import Books
from supplies.domain.accounts import NEEDED, STOCK, keys_of
from supplies.domain.catalogue_records import Location
from supplies.domain.entry_rows import Lot, Need
from supplies.domain.fields import MAX_LINES
from supplies.views.balances_at import read_balances
from supplies.views.pagination import DEFAULT_LIMIT, Page, View, check_codes, paginate
from supplies.views.shared_queries import read_latest, read_lots

_URGENCIES = ("high", "normal", "low")

_SortKey = tuple[date, int, str]
"""Sorts needs of the same urgency: by due date, number of the first entry, and id."""


class ProposedLot(View, frozen=True, kw_only=True):
    """The quantity of one lot in a proposed allocation, in base units."""

    lot: str
    quantity: int


class ProposedLine(View, frozen=True, kw_only=True):
    """A quantity of one item for one need, in base units, split by lot."""

    item: str
    quantity: int
    need: str
    lots: list[ProposedLot]


class ProposedAllocation(View, frozen=True, kw_only=True):
    """Proposed goods at one location for one recipient.

    The fields are those of a request to allocate goods.
    """

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
    """Propose allocations, the most urgent needs first. Nothing is recorded.

    Retired items are left out. The whole proposal is computed for every page.

    Args:
        today: The station's day. Lots that expired before this day are not proposed.
        item, location: Filters. None lists all.

    Raises:
        InvalidField: a filter, `after` or `limit` is invalid.
    """
    check_codes(books, item=item, location=location)
    shelves = _shelves(books, today, item, location)
    needs = _open_needs(books, today, item)
    rows = _combine(_distribute(books, needs, shelves))

    def fetch(position: int, wanted: int) -> list[tuple[int, ProposedAllocation]]:
        return list(enumerate(rows, 1))[position : position + wanted]

    return paginate(fetch, after, limit)


# --- free goods and open needs -------------------------------------------------------------------


@dataclass(slots=True)
class _OnShelf:
    """The quantity of a lot at a location that can still be proposed."""

    location: str
    lot: str
    quantity: int


def _shelves(
    books: Books, today: date, item: str | None, location: str | None
) -> dict[str, list[_OnShelf]]:
    """Return the lots of each item that can be allocated today.

    Lots that expire first come first.
    """
    free = read_balances(books, (STOCK,), item=item)
    described = read_lots(books, [lot for _, _, lot in free])
    found: defaultdict[str, list[tuple[date, str, int, _OnShelf]]] = defaultdict(list)
    for (account, what, lot), quantity in free.items():
        place = keys_of(account)[0]
        expires = described[lot].expires_on or date.max
        if expires < today or location not in (None, place) or _quarantined(books, place):
            continue
        if books.item(what).retired:
            continue
        there = _lowest_balance(books, today, account, what, lot, quantity)
        if there > 0:
            on = _OnShelf(place, lot, there)
            found[what].append((expires, place, _entry_of(described[lot]), on))
    return {
        what: [on for *_, on in sorted(there, key=lambda one: (*one[:3], one[3].lot))]
        for what, there in found.items()
    }


def _quarantined(books: Books, code: str) -> bool:
    place = books.catalogue.get(Location, code)
    return place is None or place.quarantine


def _entry_of(lot: Lot) -> int:
    return int(lot.lot.rsplit("_", 2)[1])


def _lowest_balance(books: Books, today: date, account: str, item: str, lot: str, now: int) -> int:
    """Return the lowest balance of the account on `today` or any later day.

    Entries may already be booked on later days. If more than this quantity were taken, the balance
    of such a day would be negative.
    """
    if books.head()[2] <= today.isoformat():
        return now
    return min(books.balance_and_lowest_since(today, account, item, lot))


@dataclass(slots=True)
class _OpenNeed:
    """A need, its open quantity, and how much of that quantity is proposed so far.

    Attributes:
        household: The code of the recipient that stays, if codes were merged.
    """

    need: Need
    household: str
    lacks: int
    sort_key: _SortKey
    given: int = 0


def _open_needs(books: Books, today: date, item: str | None) -> list[_OpenNeed]:
    """Return open needs, the most urgent first.

    Needs of equal urgency are ordered by due date. Of these, the oldest come first.
    """
    open_ = {
        keys_of(key[0])[0]: (key, n)
        for key, n in read_balances(books, (NEEDED,), item=item).items()
    }
    stated = read_latest(books, Need, "need", open_)
    found = []
    for name, (key, quantity) in open_.items():
        need = stated[name][0]
        lacks = _lowest_balance(books, today, *key, quantity)
        if lacks > 0:
            turn = need.needed_by or date.max, int(name.rpartition("_")[2]), name
            household = code_that_stays(books, "recipient", need.recipient)
            found.append(_OpenNeed(need, household, lacks, turn))
    return sorted(found, key=lambda one: (_URGENCIES.index(one.need.urgency), one.sort_key))


# --- sharing -------------------------------------------------------------------------------------


def _distribute(
    books: Books, needs: list[_OpenNeed], shelves: dict[str, list[_OnShelf]]
) -> Iterator[tuple[Need, _OnShelf, int]]:
    """Yield each need, in the order of `needs`, with the lots that it gets and their quantities."""
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
    """Share free goods between needs of equal urgency. Return the quantity that the needs got."""
    households: defaultdict[str, list[_OpenNeed]] = defaultdict(list)
    for one in tier:
        households[one.household].append(one)
    lacks = {code: sum(one.lacks for one in needs) for code, needs in households.items()}
    given = share_evenly(lacks, free)
    for code, needs in households.items():
        rest = given[code]
        for one in needs:
            one.given = min(rest, one.lacks)
            rest -= one.given
    return sum(given.values())


def share_evenly(lacks: dict[str, int], free: int) -> dict[str, int]:
    """Divide free units evenly between recipients. Nobody gets more than they lack.

    The remainder of the division goes, one unit each, to those that come first in `lacks`.

    >>> share_evenly({"lx-01": 1, "lx-02": 9, "lx-03": 9}, 12)
    {'lx-01': 1, 'lx-02': 6, 'lx-03': 5}

    Args:
        lacks: The quantity that each recipient lacks.
    """
    given = dict.fromkeys(lacks, 0)
    waiting = sorted(lacks, key=lambda code: lacks[code])
    for index, code in enumerate(waiting):
        # Each remaining recipient gets at least this much, so a smaller lack is met in full.
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
class _AllocationDraft:
    """An allocation to which lines are still being added. Each of its lots serves only one need."""

    recipient: str
    location: str
    parts: dict[Need, Counter[str]] = field(default_factory=dict)
    serves: dict[str, Need] = field(default_factory=dict)

    def can_take(self, need: Need, lot: str) -> bool:
        return self.serves.get(lot, need) == need and len(self.serves) < MAX_LINES

    def add(self, need: Need, lot: str, quantity: int) -> None:
        self.serves[lot] = need
        self.parts.setdefault(need, Counter())[lot] += quantity

    def to_view(self) -> ProposedAllocation:
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


def _combine(served: Iterator[tuple[Need, _OnShelf, int]]) -> list[ProposedAllocation]:
    """Combine the proposed lines into few allocations, if possible one per recipient and location.

    The allocations are ordered by the first need that each of them serves.
    """
    rows: list[_AllocationDraft] = []
    last: dict[tuple[str, str], _AllocationDraft] = {}
    for need, on, part in served:
        where = need.recipient, on.location
        row = last.get(where)
        if row is None or not row.can_take(need, on.lot):
            row = last[where] = _AllocationDraft(*where)
            rows.append(row)
        row.add(need, on.lot, part)
    return [row.to_view() for row in rows]
