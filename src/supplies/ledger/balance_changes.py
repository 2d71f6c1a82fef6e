"""Compute how transfers change balances."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date

from supplies.domain.entries import Transfer

Key = tuple[str, str, str]
"""The account, item and lot that identify a balance."""


def net_changes(transfers: Iterable[Transfer]) -> Counter[Key]:
    """Return by how much these transfers change each balance in total."""
    changed: Counter[Key] = Counter()
    for source, target, item, lot, quantity in transfers:
        changed[source, item, lot] -= quantity
        changed[target, item, lot] += quantity
    return Counter({key: change for key, change in changed.items() if change})


def net_changes_by_day(steps: Iterable[tuple[date, Transfer]]) -> dict[Key, Counter[date]]:
    """Return by how much these transfers change each balance on each day.

    Args:
        steps: Each transfer with the day on which it is booked.
    """
    changed: dict[Key, Counter[date]] = defaultdict(Counter)
    for day, (source, target, item, lot, quantity) in steps:
        changed[source, item, lot][day] -= quantity
        changed[target, item, lot][day] += quantity
    return changed
