"""Build the slip with which a household fetches the goods of an allocation at the counter."""

from __future__ import annotations

import msgspec

from supplies.books.reader import Books
from supplies.domain.accounts import ALLOCATED
from supplies.domain.entries import COLLECTED
from supplies.papers.collection_slip import CollectedGoods, CollectionSlip
from supplies.stations.paper_settings import letterhead
from supplies.views.allocations import get_allocation
from supplies.views.collections import read_last_collections
from supplies.views.delivery_slips import masked_name, slip_line
from supplies.views.shared_queries import read_lots, read_net_transfers


def build_collection_slip(books: Books, allocation: str) -> CollectionSlip:
    """Build the collection slip of an allocation: goods that are set aside, and goods collected.

    Raises:
        NotFound: the allocation does not exist.
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
        last = read_last_collections(books, [allocation])[allocation]
        collected = CollectedGoods(
            day=last.happened_on,
            received_by=last.received_by,
            lines=[slip_line(books, item, lots[lot], quantity) for item, lot, quantity in moves],
        )
    return CollectionSlip(
        allocation=allocation,
        station=letterhead(books),
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
