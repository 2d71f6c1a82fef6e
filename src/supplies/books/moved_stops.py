"""Follow a moved stop: find the delivery that has it now, and the deliveries that had it before."""

from __future__ import annotations

from supplies.books.reader import Books
from supplies.domain.entry_rows import StopRemoval


def deliveries_of_stop(books: Books, delivery: str, allocation: str) -> list[str]:
    """Return the given delivery and the deliveries that had the stop before it, newest first."""
    found = [delivery]
    while (
        removal := books.latest_row(StopRemoval, moved_to=found[-1], allocation=allocation)
    ) is not None:
        found.append(removal.delivery)
    return found


def present_delivery(books: Books, delivery: str, allocation: str) -> str:
    """Return the delivery that has the goods of a stop now.

    This is the given delivery, unless the stop was later moved to another one.
    """
    while (
        removal := books.latest_row(StopRemoval, delivery=delivery, allocation=allocation)
    ) is not None and removal.moved_to is not None:
        delivery = removal.moved_to
    return delivery
