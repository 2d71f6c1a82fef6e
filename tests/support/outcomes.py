"""Lines of a partial outcome, and the decision that a new one replaces."""

from __future__ import annotations

from supplies.books.conflicts import latest_resolution
from supplies.books.reader import Books
from supplies.domain import commands as c


def partial_outcome(
    received: int, back: int = 0, lost: int = 0, **more: str
) -> list[c.OutcomeLine]:
    line = c.OutcomeLine(line=1, received=received, brought_back=back, lost=lost, **more)  # type: ignore[arg-type]  # fields by name
    return [line]


def latest_decision(books: Books, conflict: int) -> int | None:
    """Return the number of the entry that decided a conflict last; None if it is not decided."""
    latest = latest_resolution(books, conflict)
    return None if latest is None else latest.seq
