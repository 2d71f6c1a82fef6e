"""Balances that must not fall below zero (floors), computed ahead for a list of transfers.

A floor applies now and at each day's end. The database refuses a transfer that breaks one; this
module tells beforehand which transfers would, and in which order they would not.
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
    """The balances with a floor that some steps change, as they are after the steps made so far."""

    def __init__(self, books: Books, steps: Iterable[Step]) -> None:
        moved: dict[_Key, set[str]] = defaultdict(set)
        for day, (source, target, item, lot, _) in steps:
            for account in (source, target):
                if kind_of(account).floored:
                    moved[account, item, lot].add(day.isoformat())
        latest = books.head()[2]
        self._ends = {key: _ends(books, key, days, latest) for key, days in moved.items()}

    def ends(self, key: _Key) -> dict[str, int]:
        """The balance at each day's end since the first step, by ISO day, in order."""
        return self._ends[key]

    def available(self, day: date, key: _Key) -> int:
        """The quantity that may be taken on a day: the smallest balance at its end or later."""
        since = day.isoformat()
        return min(there for end, there in self._ends[key].items() if end >= since)

    def allow(self, step: Step) -> bool:
        """Return whether this step may come next."""
        day, (source, _, item, lot, quantity) = step
        return not kind_of(source).floored or self.available(day, (source, item, lot)) >= quantity

    def make(self, step: Step) -> None:
        """Apply a step."""
        day, (source, target, item, lot, quantity) = step
        for account, change in ((source, -quantity), (target, quantity)):
            ends = self._ends.get((account, item, lot), {})
            for end in ends:
                if end >= day.isoformat():
                    ends[end] += change


def _ends(books: Books, key: _Key, days: set[str], latest: str) -> dict[str, int]:
    if len(days) == 1 and min(days) >= latest:
        return dict.fromkeys(days, books.balance(*key))
    closings = books.daily_balances(key, since=min(days))
    ends: dict[str, int] = {}
    for day in sorted(days.union(end for end in closings if end >= min(days))):
        before = max((end for end in closings if end <= day), default=None)
        ends[day] = 0 if before is None else closings[before]
    return ends
