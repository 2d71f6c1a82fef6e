"""Read how conflicts were resolved."""

from __future__ import annotations

from typing import NamedTuple

from supplies.books.reader import Books
from supplies.domain.commands import Resolved
from supplies.domain.entry_rows import LaterResolution, Resolution


class LatestResolution(NamedTuple):
    """The latest resolution of a conflict: the decision, and the number of the resolving entry."""

    seq: int
    way: Resolved


def latest_resolution(books: Books, conflict: int) -> LatestResolution | None:
    """Return the latest resolution of a conflict, or None if the conflict is not resolved."""
    seq = books.latest_seq(LaterResolution, conflict=conflict)
    if seq is not None:
        (later,) = books.rows_of_entry(LaterResolution, seq, conflict=conflict)
        return LatestResolution(seq, later.way)
    seq = books.latest_seq(Resolution, conflict=conflict)
    if seq is None:
        return None
    (row,) = books.rows_of_entry(Resolution, seq, conflict=conflict)
    return LatestResolution(seq, row.way)
