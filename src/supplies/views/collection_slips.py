"""Build the slip with which a household fetches the goods of an allocation at the counter."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import NamedTuple

import msgspec

from supplies.books.reader import Books
from supplies.domain.accounts import ALLOCATED, kind_of
from supplies.domain.entries import COLLECTED
from supplies.domain.entry_rows import Collection
from supplies.papers.collection_slip import CollectedGoods, CollectionSlip
from supplies.stations.paper_settings import station_head
from supplies.views.allocations import get_allocation
from supplies.views.delivery_slips import masked_name, slip_line
from supplies.views.shared_queries import read_lots, read_net_transfers


def build_collection_slip(books: Books, allocation: str) -> CollectionSlip:
    """Build the collection slip of an allocation: goods that are set aside, and goods collected.

    Raises:
        NotFound: there is no such allocation.
        Forgotten: the recipient's data was erased, so no slip can be printed.
    """
    found = get_allocation(books, allocation)
    recipient = books.recipient(found.recipient)
    lots = read_lots(books, [line.lot for line in found.lines])
    moves = [
        (move.item, move.lot, -move.quantity)
        for move in read_net_transfers(books, ALLOCATED, [allocation])
        if move.kind == COLLECTED and move.quantity < 0
    ]
    collected: CollectedGoods | msgspec.UnsetType = msgspec.UNSET
    if moves:
        last = _last_collection(books, allocation)
        collected = CollectedGoods(
            day=last.happened_on,
            received_by=last.received_by,
            lines=[slip_line(books, item, lots[lot], quantity) for item, lot, quantity in moves],
        )
    return CollectionSlip(
        allocation=allocation,
        station=station_head(books),
        day=found.happened_on,
        recipient=found.recipient,
        name=masked_name(recipient),
        location=books.location(found.location).name,
        lines=[
            slip_line(books, line.item, lots[line.lot], line.allocated)
            for line in found.lines
            if line.allocated
        ],
        collected=collected,
    )


class _LastCollection(NamedTuple):
    """When goods of an allocation were last collected, and by whom."""

    happened_on: date
    first_seq: int
    received_by: str | None


def _last_collection(books: Books, allocation: str) -> _LastCollection:
    """Return the last collection of an allocation, as corrected. Reversed ones are left out."""
    latest: dict[int, _LastCollection] = {}
    quantities: defaultdict[int, int] = defaultdict(int)
    first_of: dict[int | None, int] = {}
    heads = books.all(
        "SELECT seq FROM collections WHERE station = :station AND allocation = :allocation "
        "ORDER BY seq",
        allocation=allocation,
    )
    for (seq,) in heads:
        body = books.body(seq)
        first = first_of.get(body.supersedes, int(seq))
        first_of[int(seq)] = first
        (row,) = books.rows_of_entry(Collection, seq, allocation=allocation)
        latest[first] = _LastCollection(body.happened_on, first, row.received_by)
        for part in map(books.body, range(seq, books.last_seq_of_command(seq) + 1)):
            if part.kind == COLLECTED:
                for move in part.transfers:
                    quantities[first] += move.quantity * (kind_of(move.source) is ALLOCATED)
                    quantities[first] -= move.quantity * (kind_of(move.target) is ALLOCATED)
    return max(last for first, last in latest.items() if quantities[first])
