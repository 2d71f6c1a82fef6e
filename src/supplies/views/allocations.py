"""Allocations: goods set aside for one recipient, and where those goods are now."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Literal, get_args

import msgspec

from supplies.books.merged_codes import codes_of_person
from supplies.books.reader import Books
from supplies.domain.accounts import ALLOCATED, IN_TRANSIT
from supplies.domain.entries import COLLECTED
from supplies.domain.entry_rows import Allocation, AllocationLine
from supplies.errors import NotFound, Sentence
from supplies.views.delivery_lines import read_loaded_lines
from supplies.views.document_lists import (
    all_numbers,
    list_documents,
    numbers_by_balance,
    numbers_by_column,
)
from supplies.views.pagination import (
    DEFAULT_LIMIT,
    OrEarlier,
    PackedLineView,
    Page,
    View,
    check_choice,
    check_codes,
)
from supplies.views.remarks import DocumentEntries, DocumentEntry, RemarkView
from supplies.views.shared_queries import (
    DocumentState,
    DocumentType,
    find_document,
    read_account_balances,
    read_latest,
    read_net_transfers,
    read_packed_lines,
)

AllocationStatus = Literal["allocated", "in_transit", "partly_received", "received", "released"]

AllocationFilter = Literal["waiting", AllocationStatus]
"""A status of allocations, or `waiting`: allocations with goods that are still set aside.

Other goods of a waiting allocation may be on a delivery or received.
"""

DOCUMENT_TYPE = DocumentType(Allocation, "allocation", kind="allocated", prefix="a")

QUERIES_BY_STATUS = {
    "waiting": numbers_by_balance(ALLOCATED),
    "allocated": numbers_by_balance(ALLOCATED),
    "in_transit": numbers_by_balance(IN_TRANSIT, last=True),
}
"""For some statuses, the query that finds the allocations with the status by an index.

For other statuses, all allocations are read and then filtered.
"""

ALLOCATING_KINDS = ("allocated", "donation_received", "goods_converted")
"""The kinds of entry that allocate goods.

Entries of the first kind only allocate goods. Entries of the other kinds allocate goods that arrive
or are repacked, for a claim or a donor's wish.
"""

COUNTING_KIND = "stock_counted"
"""The kind of the entries that record stock counts. A count may reduce allocated goods."""

LineKey = tuple[str, str, str]
"""The allocation, item and lot that identify an allocation line."""


class AllocationLineView(View, frozen=True, kw_only=True):
    """The quantity that was allocated of one lot, with all corrections, and where it is now.

    Attributes:
        released: The quantity that is no longer set aside for this recipient: it was released, or
            brought back from a delivery to unallocated stock.
    """

    line: int
    item: str
    lot: str
    need: str | None
    quantity: int
    allocated: int
    in_transit: int
    received: int
    released: int
    lost: int


class AllocationView(View, frozen=True, kw_only=True):
    """An allocation to one recipient.

    Attributes:
        location: The location where the goods were allocated.
        stated: The lines whose quantities were given in packs; absent if there are none.
        note: Free text; None if there is none, or if it was erased.
        remarks: All other free text about the allocation, such as why goods were released.
    """

    id: str
    recipient: str
    location: str
    status: AllocationStatus
    lines: list[AllocationLineView]
    happened_on: date
    note: str | None
    remarks: list[RemarkView]
    stated: list[PackedLineView] | msgspec.UnsetType = msgspec.UNSET
    or_earlier: OrEarlier = msgspec.UNSET


def get_allocation(books: Books, name: str) -> AllocationView:
    """Return the allocation with this id.

    Raises:
        NotFound: the allocation does not exist.
    """
    found = find_document(books, DOCUMENT_TYPE, name)
    if found is None:
        raise NotFound(
            Sentence("unknown allocation {name}; see the list of allocations", name=name)
        )
    return _views(books, [found])[0]


def list_allocations(
    books: Books,
    *,
    recipient: str | None = None,
    status: str | None = None,
    after: str | None = None,
    limit: int | None = DEFAULT_LIMIT,
) -> Page[AllocationView]:
    """List allocations, oldest first.

    Args:
        recipient: Filter; the allocations under all merged codes of the recipient are listed. If
            None, no filter is applied.
        status: An `AllocationFilter`. If None, all are listed.

    Raises:
        InvalidField: `recipient`, `status`, `after` or `limit` is invalid.
    """
    check_choice("status", status, get_args(AllocationFilter))
    check_codes(books, recipient=recipient)
    source = QUERIES_BY_STATUS.get(status or "", all_numbers(DOCUMENT_TYPE))
    codes = None if recipient is None else codes_of_person(books, "recipient", recipient)
    return list_documents(
        books,
        DOCUMENT_TYPE,
        _views,
        source if codes is None else numbers_by_column(DOCUMENT_TYPE, "recipient", codes),
        after=after,
        limit=limit,
        state_filter=lambda one: codes is None or one.recipient in codes,
        view_filter=lambda view: _is_shown(view, status),
    )


def _is_shown(view: AllocationView, status: str | None) -> bool:
    if status == "waiting":
        return any(line.allocated for line in view.lines)
    return status in (None, view.status)


def _views(books: Books, found: Sequence[DocumentState[Allocation]]) -> list[AllocationView]:
    ids = [one.stated.allocation for one in found]
    lines = read_latest(books, AllocationLine, "allocation", ids)
    parts = _parts(books, ids)
    entries = DocumentEntries(books, ids)
    latest = {name: _latest(entries.of(name)) for name in ids}
    packed = read_packed_lines(books, [entry.seq for entry in latest.values()])
    views = []
    for name, one in zip(ids, found, strict=True):
        shown = [_line(line, parts[name, line.item, line.lot]) for line in lines.get(name, [])]
        views.append(
            AllocationView(
                id=name,
                recipient=one.stated.recipient,
                location=one.stated.location,
                status=_status(shown),
                lines=shown,
                happened_on=latest[name].happened_on,
                or_earlier=latest[name].or_earlier,
                note=entries.text(latest[name].seq, "note"),
                remarks=entries.remarks(name),
                stated=packed.get(latest[name].seq, msgspec.UNSET),
            )
        )
    return views


def find_counts(books: Books, allocation: str) -> list[int]:
    """Return the entry numbers of the stock counts that reduced an allocation, oldest first."""
    rows = books.all(
        "SELECT DISTINCT t.seq FROM locations p CROSS JOIN transfers t CROSS JOIN entries e "
        "WHERE p.station = :station AND t.station = p.station AND t.source = :prefix || p.code "
        "AND e.station = t.station AND e.seq = t.seq AND e.kind = :kind ORDER BY t.seq",
        prefix=f"{ALLOCATED(allocation)}:",
        kind=COUNTING_KIND,
    )
    return [int(seq) for (seq,) in rows]


def read_stated_packs(books: Books, ids: list[str]) -> dict[str, list[PackedLineView]]:
    """Return, for each allocation, the lines whose quantities were given in packs.

    The lines are from the latest command that made or corrected the allocation.
    """
    entries = DocumentEntries(books, ids)
    latest = {name: _latest(entries.of(name)).seq for name in ids}
    packed = read_packed_lines(books, latest.values())
    return {name: packed.get(seq, []) for name, seq in latest.items()}


def _latest(entries: list[DocumentEntry]) -> DocumentEntry:
    """Return the entry with the latest version of an allocation's lines.

    This is the latest entry of the command `Allocate` or of a correction of that command. If
    another command made the allocation, such as a donation, it is the first entry.
    """
    stated = [each for each in entries if each.kind == "allocated" and each.part == 0]
    return stated[-1] if stated else entries[0]


def _parts(books: Books, ids: list[str]) -> defaultdict[LineKey, Counter[str]]:
    """Return the quantities of each allocation line, by field of `AllocationLineView`."""
    parts: defaultdict[LineKey, Counter[str]] = defaultdict(Counter)
    for move in read_net_transfers(books, ALLOCATED, ids):
        if move.kind in ALLOCATING_KINDS:
            parts[move.id, move.item, move.lot]["quantity"] += move.quantity
        elif move.kind == COLLECTED:
            parts[move.id, move.item, move.lot]["received"] -= move.quantity
        elif move.kind == COUNTING_KIND:
            parts[move.id, move.item, move.lot]["lost"] -= move.quantity
    for row in read_account_balances(books, ALLOCATED, ids):
        parts[row.id, row.item, row.lot]["allocated"] += row.quantity
    for loaded in read_loaded_lines(books, "allocation", ids):
        part = parts[loaded.allocation, loaded.item, loaded.lot]
        part["in_transit"] += loaded.in_transit
        part["received"] += loaded.received
        part["lost"] += loaded.lost
    return parts


def _line(line: AllocationLine, part: Counter[str]) -> AllocationLineView:
    elsewhere = part["allocated"] + part["in_transit"] + part["received"] + part["lost"]
    return AllocationLineView(
        line=line.line,
        item=line.item,
        lot=line.lot,
        need=line.need,
        quantity=part["quantity"],
        allocated=part["allocated"],
        in_transit=part["in_transit"],
        received=part["received"],
        # More may be received than was allocated, if a conflict was resolved as unexplained.
        released=max(0, part["quantity"] - elsewhere),
        lost=part["lost"],
    )


def _status(lines: list[AllocationLineView]) -> AllocationStatus:
    if any(line.in_transit for line in lines):
        return "in_transit"
    received = any(line.received for line in lines)
    if any(line.allocated for line in lines):
        return "partly_received" if received else "allocated"
    if not received:
        return "released"
    short = any(line.released or line.lost for line in lines)
    return "partly_received" if short else "received"
