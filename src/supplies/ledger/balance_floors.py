"""Floors on both time axes, foreseen: what stands at each day's end while transfers are made.

The database refuses what breaks a floor; this tells beforehand, and in which order it would not.
What stands now is what stands at the end of the last day.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date

from supplies.books.reader import Books
from supplies.domain.accounts import kind_of
from supplies.domain.entries import Transfer

Step = tuple[date, Transfer]
"""A transfer, and the day it is booked on."""

_Key = tuple[str, str, str]


class Floors:
    """The floored balances that some steps touch, as they stand after the steps made so far."""

    def __init__(self, books: Books, steps: Iterable[Step]) -> None:
        moved: dict[_Key, set[str]] = defaultdict(set)
        for day, (source, target, item, lot, _) in steps:
            for account in (source, target):
                if kind_of(account).floored:
                    moved[account, item, lot].add(day.isoformat())
        latest = books.head()[2]
        self._ends = {key: _ends(books, key, days, latest) for key, days in moved.items()}

    def ends(self, key: _Key) -> dict[str, int]:
        """What stands at each day's end since the first step, by ISO day, in order."""
        return self._ends[key]

    def available(self, day: date, key: _Key) -> int:
        """What may be taken on a day: the least that stands at its end or any since."""
        since = day.isoformat()
        return min(there for end, there in self._ends[key].items() if end >= since)

    def allow(self, step: Step) -> bool:
        """Whether a step could be made next."""
        day, (source, _, item, lot, quantity) = step
        return not kind_of(source).floored or self.available(day, (source, item, lot)) >= quantity

    def make(self, step: Step) -> None:
        """Go on as if this step were made."""
        day, (source, target, item, lot, quantity) = step
        for account, change in ((source, -quantity), (target, quantity)):
            ends = self._ends.get((account, item, lot), {})
            for end in ends:
                if end >= day.isoformat():
                    ends[end] += change


def _ends(books: Books, key: _Key, days: set[str], latest: str) -> dict[str, int]:
    if len(days) == 1 and min(days) >= latest:
        return dict.fromkeys(days, books.balance(*key))
    closings = books.closings(key, since=min(days))
    ends: dict[str, int] = {}
    for day in sorted(days.union(end for end in closings if end >= min(days))):
        before = max((end for end in closings if end <= day), default=None)
        ends[day] = 0 if before is None else closings[before]
    return ends
