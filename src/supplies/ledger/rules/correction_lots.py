"""Decide which lines of a corrected version keep the lots that the command created before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

from supplies.ledger.corrected_command import CreatedLot
from supplies.ledger.journal import Journal

_Likeness = Callable[[CreatedLot], tuple[Any, ...]]


def _label(lot: CreatedLot) -> tuple[Any, ...]:
    """Return the item, batch and expiry of a lot.

    Goods with the same three values cannot be told apart.
    """
    return lot.item, lot.batch, lot.expires_on


def _purpose(lot: CreatedLot) -> tuple[Any, ...]:
    return *_label(lot), lot.value_minor, lot.currency, lot.pledge, lot.recipient


_LIKENESSES: tuple[_Likeness, ...] = (
    lambda lot: (*_purpose(lot), lot.quantity, lot.line),
    lambda lot: (*_purpose(lot), lot.quantity),
    lambda lot: (*_purpose(lot), lot.line),
    _purpose,
    lambda lot: (*_label(lot), lot.quantity, lot.line),
    lambda lot: (*_label(lot), lot.quantity),
    lambda lot: (*_label(lot), lot.line),
    _label,
    lambda lot: (lot.item, lot.line),
)
"""Functions that return the key by which a line is matched to a lot, the strictest first.

A line keeps a lot if both have the same key. The last function uses only item and line number, so
a line keeps its lot even if batch or expiry were mistyped.
"""


def matching_lots(journal: Journal, lines: Iterable[CreatedLot]) -> dict[int, str]:
    """Return the lot that each line of a corrected version keeps, by line number.

    Lines that are not in the result need a new lot. Lots of the latest version of the command are
    matched first, then lots that an earlier correction dropped. So lines can be swapped or dropped
    without changing the lots of the other lines.
    """
    if journal.corrected is None:
        return {}
    found: dict[int, str] = {}
    waiting = list(lines)
    for current in (True, False):
        left = [lot for lot in journal.corrected.lots if lot.is_current is current]
        for alike in _LIKENESSES:
            by_likeness: dict[tuple[Any, ...], list[CreatedLot]] = defaultdict(list)
            for lot in left:
                by_likeness[alike(lot)].append(lot)
            for line in waiting:
                if candidates := by_likeness[alike(line)]:
                    found[line.line] = candidates.pop(0).lot
            taken = set(found.values())
            left = [lot for lot in left if lot.lot not in taken]
            waiting = [line for line in waiting if line.line not in found]
    return found
