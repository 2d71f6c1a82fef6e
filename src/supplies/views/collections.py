"""Read when households fetched goods of their allocations at the counter."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from typing import NamedTuple

from supplies.books.queries import query_ids
from supplies.books.reader import Books
from supplies.domain.accounts import ALLOCATED, kind_of
from supplies.domain.entries import COLLECTED
from supplies.domain.entry_rows import Collection, OutcomeLine
from supplies.views.delivery_lines import LoadedLine


class LastCollection(NamedTuple):
    """When goods of an allocation were last collected, and by whom.

    Attributes:
        first_seq: Number of the entry that recorded the collection, before any correction.
    """

    happened_on: date
    first_seq: int
    received_by: str | None


def read_last_collections(books: Books, allocations: Iterable[str]) -> dict[str, LastCollection]:
    """Return the last collection of each of these allocations, as corrected.

    Reversed collections are left out, and so are allocations without any other collection.
    """
    rows = query_ids(
        books,
        allocations,
        "SELECT DISTINCT w.id FROM wanted w CROSS JOIN collections c "
        "WHERE c.station = :station AND c.allocation = w.id",
    )
    found = {str(allocation): _last_collection(books, allocation) for (allocation,) in rows}
    return {allocation: last for allocation, last in found.items() if last is not None}


def day_of_collection(
    books: Books, line: LoadedLine, collections: Mapping[str, LastCollection]
) -> date | None:
    """Return the day on which a household fetched goods of a stop that a team had brought back.

    Return None if the household fetched no such goods, or if they were first sent out again.

    Args:
        line: Any line of the stop.
        collections: The last collection of each allocation.
    """
    last = collections.get(line.allocation)
    if last is None or line.moved_to is not None:
        return None
    back = line.removed_in or _came_back_in(books, line, last.first_seq)
    if back is None or back > last.first_seq:
        return None
    if not line.removed_in and _came_back_in(books, line, (line.reported_in or 0) + 1) is None:
        return None
    sent_again = books.value(
        "SELECT 1 FROM stops WHERE station = :station AND allocation = :allocation "
        "AND seq > :back AND seq < :collected LIMIT 1",
        allocation=line.allocation,
        back=back,
        collected=last.first_seq,
    )
    return None if sent_again else last.happened_on


def _came_back_in(books: Books, line: LoadedLine, before: int) -> int | None:
    """Return the entry of a stop's last outcome before entry `before`, if goods came back with it.

    Return None if no goods came back, or if none of them stayed set aside for the household.
    """
    where = {"delivery": line.delivery, "allocation": line.allocation}
    seq = books.value(
        "SELECT max(seq) FROM outcomes WHERE station = :station AND delivery = :delivery "
        "AND allocation = :allocation AND seq < :before",
        before=before,
        **where,
    )
    rows = [] if seq is None else books.rows_of_entry(OutcomeLine, seq, **where)
    came_back = any(row.brought_back and kind_of(row.target) is ALLOCATED for row in rows)
    return int(seq) if came_back else None


def _last_collection(books: Books, allocation: str) -> LastCollection | None:
    latest: dict[int, LastCollection] = {}
    quantities: defaultdict[int, int] = defaultdict(int)
    first_of: dict[int | None, int] = {}
    numbers = books.all(
        "SELECT seq FROM collections WHERE station = :station AND allocation = :allocation "
        "ORDER BY seq",
        allocation=allocation,
    )
    for (seq,) in numbers:
        body = books.body(seq)
        first = first_of.get(body.supersedes, int(seq))
        first_of[int(seq)] = first
        (row,) = books.rows_of_entry(Collection, seq, allocation=allocation)
        latest[first] = LastCollection(body.happened_on, first, row.received_by)
        for part in map(books.body, range(seq, books.last_seq_of_command(seq) + 1)):
            if part.kind == COLLECTED:
                for move in part.transfers:
                    quantities[first] += move.quantity * (kind_of(move.source) is ALLOCATED)
                    quantities[first] -= move.quantity * (kind_of(move.target) is ALLOCATED)
    return max((last for first, last in latest.items() if quantities[first]), default=None)
