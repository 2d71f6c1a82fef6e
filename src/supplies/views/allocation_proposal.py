"""Propose allocations of unallocated goods to open needs.

The rules, per item:

- More urgent needs get all that they lack before less urgent ones get anything.
- Needs of equal urgency share evenly by household: as long as a household still lacks goods, no
  other household gets more than one unit more. The needs of one household count together.
- The remainder goes to the needs with the earliest due day, then to the oldest needs.
- Lots that expire first are taken first. Lots in quarantine and expired lots are never taken.

Goods are proposed only for the open part of a need. A part that is claimed on a pledge is not open.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from operator import attrgetter

from supplies.books.account_range import account_range
from supplies.books.reader import Books
from supplies.domain.accounts import NEEDED, STOCK, keys_of
from supplies.domain.catalogue_records import Location
from supplies.domain.entry_rows import Lot
from supplies.domain.fields import MAX_LINES
from supplies.views.balances_at import BalanceKey, read_balances
from supplies.views.pagination import DEFAULT_LIMIT, Page, View, check_codes, paginate
from supplies.views.shared_queries import read_lots

_URGENCIES: dict[str, int] = {"high": 0, "normal": 1, "low": 2}

_NO_DAY = date.max.isoformat()

_SortKey = tuple[int, str, int, str]
"""Sort key of a need: urgency, due day, number of the need's first entry, and id."""


class ProposedLot(View, frozen=True, kw_only=True):
    """The quantity of one lot in a proposed allocation, in base units."""

    lot: str
    quantity: int


class ProposedLine(View, frozen=True, kw_only=True):
    """A quantity of one item for one need, in base units, and the lots that the goods are from."""

    item: str
    quantity: int
    need: str
    lots: list[ProposedLot]


class ProposedAllocation(View, frozen=True, kw_only=True):
    """A proposed allocation of goods at one location to one recipient.

    It has the fields of the command `Allocate`, so that it can be sent as a request.
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

    Retired items are left out. Every request for a page computes the whole proposal.

    Args:
        today: The current day in the station's time zone. Lots that expired before it are not
            proposed.
        item, location: Filters. If None, no filter is applied.

    Raises:
        InvalidField: a filter, `after` or `limit` is invalid.
    """
    check_codes(books, item=item, location=location)
    lowest = _LowestBalances(books, today)
    shelves = _shelves(books, today, lowest, item, location)
    needs = _open_needs(books, lowest, shelves, item) if shelves else []
    drafts = _combine(_distribute(needs, shelves))

    def fetch(position: int, wanted: int) -> list[tuple[int, ProposedAllocation]]:
        shown = drafts[position : position + wanted]
        return [(number, each.to_view()) for number, each in enumerate(shown, position + 1)]

    return paginate(fetch, after, limit)


# --- free goods and open needs -------------------------------------------------------------------


class _LowestBalances:
    """The lowest balance that each account has on a day or on any later day.

    Entries may be booked on days in the future. Only the lowest balance can be allocated: with
    more, the balance on one of these days would be negative.
    """

    def __init__(self, books: Books, day: date) -> None:
        self._books, self._day = books, day
        self._moved_later: set[BalanceKey] = set()
        if books.last_entry().latest_day > day.isoformat():
            rows = books.all(
                "SELECT t.source, t.target, t.item, t.lot FROM entries e CROSS JOIN transfers t "
                "WHERE e.station = :station AND e.booked_on > :day "
                "AND t.station = e.station AND t.seq = e.seq",
                day=day.isoformat(),
            )
            for source, target, item, lot in rows:
                self._moved_later |= {(source, item, lot), (target, item, lot)}

    def get(self, key: BalanceKey, now: int) -> int:
        """Return the lowest balance of an account.

        Args:
            now: The current balance.
        """
        if key not in self._moved_later:
            return now
        return min(self._books.balance_and_lowest_since(self._day, *key))


@dataclass(slots=True)
class _OnShelf:
    """A lot at a location, and the part of its quantity that is not proposed for a need yet."""

    location: str
    lot: str
    quantity: int


def _shelves(
    books: Books, today: date, lowest: _LowestBalances, item: str | None, location: str | None
) -> dict[str, list[_OnShelf]]:
    """Return the lots that can be allocated today, by item.

    For each item, lots that expire first come first.
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
        there = lowest.get((account, what, lot), quantity)
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


@dataclass(slots=True)
class _OpenNeed:
    """A need with its open quantity and the quantity that is proposed for it so far.

    Attributes:
        household: The code of the recipient or, after a merge, the code that stays in use.
    """

    need: str
    recipient: str
    household: str
    item: str
    urgency: int
    lacks: int
    sort_key: _SortKey
    given: int = 0


def _open_needs(
    books: Books, lowest: _LowestBalances, items: Container[str], item: str | None
) -> list[_OpenNeed]:
    """Return the open needs for these items, the most urgent first.

    Needs of equal urgency are ordered by due day, and those with equal due days by age, oldest
    first.
    """
    rows = books.all(
        "SELECT b.account, b.item, b.lot, b.quantity, n.need, n.recipient, n.urgency, n.needed_by "
        "FROM balances b CROSS JOIN needs n WHERE b.station = :station "
        f"AND {account_range('start', 'end', column='b.account')} AND b.quantity <> 0 "
        f"{'' if item is None else 'AND b.item = :item '}AND n.station = b.station "
        f"AND n.need = substr(b.account, {len(NEEDED.prefix) + 1}) AND n.seq = ("
        "SELECT max(m.seq) FROM needs m WHERE m.station = n.station AND m.need = n.need)",
        start=NEEDED.prefix,
        end=f"{NEEDED.name};",  # ";" follows ":" in ASCII
        item=item,
    )
    merged = books.catalogue.merged_codes("recipient")
    found = []
    for account, what, lot, quantity, need, recipient, urgency, needed_by in rows:
        if what not in items:
            continue
        lacks = lowest.get((account, what, lot), quantity)
        if lacks > 0:
            household = merged.get(recipient, recipient)
            # Years have four digits, so that days as text are in the order of time.
            turn = _URGENCIES[urgency], needed_by or _NO_DAY, int(need.rpartition("_")[2]), need
            found.append(_OpenNeed(need, recipient, household, what, turn[0], lacks, turn))
    return sorted(found, key=attrgetter("sort_key"))


# --- sharing -------------------------------------------------------------------------------------


def _distribute(
    needs: list[_OpenNeed], shelves: dict[str, list[_OnShelf]]
) -> Iterator[tuple[_OpenNeed, _OnShelf, int]]:
    """Yield a need, a lot, and how much of the lot the need gets, in the order of needs."""
    free = {item: sum(on.quantity for on in shelf) for item, shelf in shelves.items()}
    tiers: defaultdict[tuple[int, str], list[_OpenNeed]] = defaultdict(list)
    for one in needs:
        tiers[one.urgency, one.item].append(one)
    for (_, item), tier in sorted(tiers.items(), key=lambda pair: pair[0]):
        if free[item]:
            free[item] -= _share(tier, free[item])
    left = {item: deque(shelf) for item, shelf in shelves.items()}
    for one in needs:
        shelf = left[one.item]
        while one.given:
            on = shelf[0]
            part = min(one.given, on.quantity)
            on.quantity -= part
            one.given -= part
            yield one, on, part
            if not on.quantity:
                shelf.popleft()


def _share(tier: Sequence[_OpenNeed], free: int) -> int:
    """Propose unallocated goods of one item for needs of equal urgency. Share the goods evenly.

    Return the total quantity that is proposed for these needs.

    Args:
        tier: The needs.
        free: The unallocated quantity of the item.
    """
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
    """Divide units evenly between recipients. Nobody gets more than they lack.

    If the division leaves a remainder, the recipients that come first in `lacks` get one unit more.

    >>> share_evenly({"lx-01": 1, "lx-02": 9, "lx-03": 9}, 12)
    {'lx-01': 1, 'lx-02': 6, 'lx-03': 5}

    Args:
        lacks: The quantity that each recipient lacks, by code.
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
    """An allocation that is being proposed. Goods of one lot in it are for one need only."""

    recipient: str
    location: str
    parts: dict[tuple[str, str], dict[str, int]] = field(default_factory=dict)
    serves: dict[str, str] = field(default_factory=dict)

    def can_take(self, need: str, lot: str) -> bool:
        return self.serves.get(lot, need) == need and len(self.serves) < MAX_LINES

    def add(self, need: _OpenNeed, lot: str, quantity: int) -> None:
        self.serves[lot] = need.need
        by_lot = self.parts.setdefault((need.need, need.item), {})
        by_lot[lot] = by_lot.get(lot, 0) + quantity

    def to_view(self) -> ProposedAllocation:
        return ProposedAllocation(
            recipient=self.recipient,
            location=self.location,
            lines=[
                ProposedLine(
                    item=item,
                    quantity=sum(by_lot.values()),
                    need=need,
                    lots=[ProposedLot(lot=lot, quantity=part) for lot, part in by_lot.items()],
                )
                for (need, item), by_lot in self.parts.items()
            ],
        )


def _combine(served: Iterator[tuple[_OpenNeed, _OnShelf, int]]) -> list[_AllocationDraft]:
    """Combine proposed quantities into allocations, if possible one per recipient and location.

    The allocations are ordered by their first need.
    """
    rows: list[_AllocationDraft] = []
    last: dict[tuple[str, str], _AllocationDraft] = {}
    for need, on, part in served:
        where = need.recipient, on.location
        row = last.get(where)
        if row is None or not row.can_take(need.need, on.lot):
            row = last[where] = _AllocationDraft(*where)
            rows.append(row)
        row.add(need, on.lot, part)
    return rows
