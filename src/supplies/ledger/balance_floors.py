"""Find transfers that would make a balance fall below zero, before they are written.

The balance of an account with a floor must not be below zero, now or at the end of any day. The
database refuses a command that breaks this rule, but does not say which transfer is at fault. This
module finds that transfer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from functools import partial

from supplies.books.reader import Books
from supplies.domain.accounts import kind_of
from supplies.domain.entries import Transfer
from supplies.domain.validation import MAX_FAULTS
from supplies.errors import Fault, NotEnough, Sentence
from supplies.ledger.balance_changes import Key
from supplies.ledger.drafts import Draft
from supplies.ledger.not_enough import join_sentences, not_enough_error

Step = tuple[date, Transfer]
"""The day on which a transfer is booked, and the transfer."""


class Floors:
    """Checks whether planned transfers keep all balances at or above zero on every day.

    Only accounts with a floor are checked. The transfers are applied one after another. Only the
    balances that they change are read from the books.
    """

    def __init__(self, books: Books, steps: Iterable[Step]) -> None:
        moved: dict[Key, set[str]] = defaultdict(set)
        for day, (source, target, item, lot, _) in steps:
            for account in (source, target):
                if kind_of(account).floored:
                    moved[account, item, lot].add(day.isoformat())
        latest = books.last_entry().latest_day
        # These balances change only on the latest day, so all of them are read in one query.
        final = {key for key, days in moved.items() if len(days) == 1 and min(days) >= latest}
        now = books.balances(final)
        books.read_together(
            partial(books.daily_balances, key, since=min(days))
            for key, days in moved.items()
            if key not in final
        )
        self._ends = {
            key: dict.fromkeys(days, now[key])
            if key in final
            else _day_end_balances(books, key, days)
            for key, days in moved.items()
        }

    def day_end_balances(self, key: Key) -> dict[str, int]:
        """Return a balance at the end of each day on which it changes.

        The keys of the result are days in ISO format, in order. They begin with the day of the
        first planned transfer.
        """
        return self._ends[key]

    def available(self, day: date, key: Key) -> int:
        """Return the quantity that can be taken from a balance on `day`.

        This is the smallest balance at the end of that day or of any later day.
        """
        since = day.isoformat()
        return min(balance for end, balance in self._ends[key].items() if end >= since)

    def allows(self, step: Step) -> bool:
        """Return whether a transfer can be applied next without a balance falling below zero."""
        day, (source, _, item, lot, quantity) = step
        return not kind_of(source).floored or self.available(day, (source, item, lot)) >= quantity

    def hold_after(self, steps: Iterable[Step]) -> bool:
        """Apply all transfers, then return whether no balance is below zero on any day."""
        for step in steps:
            self.apply(step)
        return all(there >= 0 for ends in self._ends.values() for there in ends.values())

    def apply(self, step: Step) -> None:
        """Apply a transfer to the balances of its two accounts."""
        day, (source, target, item, lot, quantity) = step
        for account, change in ((source, -quantity), (target, quantity)):
            ends = self._ends.get((account, item, lot), {})
            for end in ends:
                if end >= day.isoformat():
                    ends[end] += change


def floor_error(books: Books, drafts: Sequence[Draft]) -> NotEnough | None:
    """Return the error for drafted transfers that make a balance fall below zero on some day.

    Return None if there are no such transfers. The transfers are applied in order. A transfer that
    is at fault is left out when the next ones are checked. If one field of the command caused
    several transfers at fault, the error has one fault for this field.
    """
    steps = [(draft.booked_on, move) for draft in drafts for move in draft.moves]
    floors = Floors(books, [(day, move.transfer) for day, move in steps])
    found: dict[str, NotEnough] = {}
    for day, move in steps:
        step = day, move.transfer
        if floors.allows(step):
            floors.apply(step)
        elif move.pointer not in found:
            source, _, item, lot, quantity = move.transfer
            key = source, item, lot
            least, now = (
                floors.available(day, key),
                list(floors.day_end_balances(key).values())[-1],
            )
            qualifier = Sentence("on every day since {day}", day=day) if least < now else None
            found[move.pointer] = not_enough_error(
                books, source, item, quantity, max(0, least), move.pointer, qualifier
            )
    if len(found) < 2:
        return next(iter(found.values()), None)
    faults: list[Fault] = [fault for error in found.values() for fault in error.faults]
    detail = join_sentences([error.detail for error in found.values()])
    return NotEnough(detail, faults[:MAX_FAULTS])


def _day_end_balances(books: Books, key: Key, days: set[str]) -> dict[str, int]:
    """Return a balance at the end of each of `days`, and of each later day on which it changes."""
    closings = books.daily_balances(key, since=min(days))
    ends: dict[str, int] = {}
    for day in sorted(days.union(end for end in closings if end >= min(days))):
        last_moved = max((moved for moved in closings if moved <= day), default=None)
        ends[day] = 0 if last_moved is None else closings[last_moved]
    return ends
