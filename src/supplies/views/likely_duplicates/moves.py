"""Find entries that probably record the same move of goods, such as a loan or a write-off."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from supplies.books.reader import Books
from supplies.domain.entries import Body, Transfer
from supplies.storage.store import Row
from supplies.views.likely_duplicates.compared import MAX_COMPARED, MAX_WARNINGS
from supplies.views.pagination import Warned

Moved = dict[tuple[str, str], int]
"""By how much entries changed the balance of goods in each account, by account and item."""


def find_same_moves(books: Books, document: str, seq: int) -> list[Warned]:
    """Return a warning for each earlier entry that moved the same goods between the same accounts.

    At most `MAX_WARNINGS` are returned, for the latest of these entries.
    """
    body, *further = _entries_of_command(books, seq)
    if body.kind not in _MOVES or body.part > 0 or body.supersedes is not None:
        return []
    transfers = [
        transfer
        for entry in (body, *further)
        if (entry.document, entry.kind) == (body.document, body.kind)
        for transfer in entry.transfers
        if transfer.lot
    ]
    moved = _net(document, transfers)
    if not moved:
        return []
    same = dict[int, str]()
    # The last entries are read first, because often they suffice.
    for most in (MAX_WARNINGS, MAX_COMPARED):
        alike = _read_similar_moves(books, body, transfers, most)
        for earlier in alike:
            if earlier.happened_on == body.happened_on.isoformat() and earlier.moved == moved:
                same[earlier.first] = earlier.document
        if len(alike) < most or len(same) == most:
            break
    word = _MOVES[body.kind]
    end = f"records the same {word} on the same day; if they are one {word}, reverse "
    end += _moving_entry(seq, document)
    return [
        Warned(
            warning="likely-duplicate", detail=f"{_moving_entry(number, name)} {end}", about=name
        )
        for number, name in sorted(same.items())
        if name.endswith(f"_{number}") or name == document
    ][-MAX_WARNINGS:]


def _moving_entry(seq: int, document: str) -> str:
    """Return the name of an entry in warnings: the id of its document, such as m_12.

    For a later entry of the document, the number of the entry is added. For example, a return of
    issued goods is a later entry of the document of the issue.
    """
    return document if document.endswith(f"_{seq}") else f"entry {seq} ({document})"


def _entries_of_command(books: Books, first: int) -> list[Body]:
    """Return all entries of a command, which may have divided its transfers among several."""
    if first in books.written.entries:
        return [entry.body for entry in books.written.entries.values()]
    last = books.last_seq_of_command(first)
    return [books.body(seq) for seq in range(first, last + 1)]


def _net(document: str, transfers: Iterable[Sequence[Any]]) -> Moved:
    """Return by how much transfers change the balance of each account and item, without zeros.

    The id of the document is removed from accounts such as `converted:k_7`, so that the moves of
    two documents can be compared.

    Args:
        transfers: Source, target, item, lot and quantity of each transfer of goods.
    """
    moved: Moved = {}
    for source, target, item, _, quantity in transfers:
        for account, change in ((source, -quantity), (target, quantity)):
            key = account.removesuffix(document), item
            moved[key] = moved.get(key, 0) + change
    return {key: quantity for key, quantity in moved.items() if quantity}


class _EarlierMove(NamedTuple):
    """What a command that was recorded earlier has moved, with all corrections.

    Attributes:
        first: Number of the first entry of the command.
        happened_on: The day, as ISO text.
    """

    first: int
    document: str
    happened_on: str
    moved: Moved


_IS_CORRECTED = (
    "EXISTS (SELECT 1 FROM entries s WHERE s.station = :station AND s.supersedes = k.seq)"
)


_SIMILAR_MOVES = (
    "WITH alike AS (SELECT e.seq, e.document FROM (SELECT seq FROM entries "
    "WHERE station = :station AND kind = :kind AND seq < :seq ORDER BY seq DESC LIMIT :compared) k "
    # These conditions come first, because few entries meet them.
    "CROSS JOIN entries e WHERE ((SELECT sum(t.quantity) FROM transfers t "
    "WHERE t.station = :station AND t.seq = k.seq AND t.item = :item AND t.source = :account) "
    "= :taken OR (k.seq <= (SELECT max(c.supersedes) FROM entries c WHERE c.station = :station "
    f"AND c.supersedes < :seq) AND {_IS_CORRECTED}) "
    # A count of a later day may divide a command, with an entry about the count in between.
    "OR (:day < (SELECT latest_day FROM heads WHERE station = :station) "
    "AND k.seq - 1 IN (SELECT r.seq FROM entries r WHERE r.station = :station "
    "AND r.kind = 'stock_recounted' AND r.seq < :seq ORDER BY r.seq DESC LIMIT :compared))) "
    "AND e.station = :station AND e.seq = k.seq "
    f"AND (e.happened_on = :day OR e.part > 0 OR {_IS_CORRECTED}) "
    # Both databases keep the order of the inner query, so these are the latest entries.
    "LIMIT :most) "
    "SELECT a.seq, e.seq, e.part, e.supersedes, e.document, e.happened_on, "
    "t.source, t.target, t.item, t.lot, t.quantity FROM alike a "
    # A correction has the kind of the entry that it corrects.
    "CROSS JOIN entries e LEFT JOIN transfers t ON t.station = e.station AND t.seq = e.seq "
    "AND t.lot <> '' WHERE e.station = :station AND e.document = a.document AND e.kind = :kind "
    "ORDER BY a.seq, e.seq"
)


def _read_similar_moves(
    books: Books, body: Body, transfers: Sequence[Transfer], most: int
) -> list[_EarlierMove]:
    """Return what the latest commands moved that may have moved the same goods on the same day.

    Their entries have the kind of `body` and took the same quantity of an item from an account.
    Commands that were corrected or divided are also returned, whatever they moved.

    Args:
        body: The first entry of the command to compare.
        transfers: What this command moved.
        most: Maximum number of entries to read.
    """
    # An account with the id of the document, such as `converted:k_7`, has no other moves.
    first = min(transfers, key=lambda each: each.source.endswith(str(body.document)))
    taken = [
        each.quantity
        for each in transfers
        if (each.source, each.item) == (first.source, first.item)
    ]
    rows = books.all(
        _SIMILAR_MOVES,
        seq=body.seq,
        kind=body.kind,
        day=body.happened_on.isoformat(),
        item=first.item,
        account=first.source,
        taken=sum(taken),
        compared=MAX_COMPARED,
        most=most,
    )
    return [_add_up(seq, list(of_document)) for seq, of_document in groupby(rows, itemgetter(0))]


def _add_up(seq: int, rows: list[Row]) -> _EarlierMove:
    """Add up what a command moved, with all corrections.

    Args:
        seq: An entry of the command, or of a correction of it.
        rows: The rows of `_SIMILAR_MOVES` for the document of the entry.
    """
    document, day = rows[0][4], ""
    corrected: dict[int, int] = {}
    for _, entry, part, supersedes, *_ in rows:
        first = corrected.setdefault(entry - part, corrected.get(supersedes, entry - part))
        corrected[entry] = first
    first, transfers = corrected[seq], []
    for _, entry, part, _, _, happened_on, *transfer in rows:
        if corrected[entry] == first:
            day = day if part else happened_on
            if transfer[-1]:
                transfers.append(transfer)
    return _EarlierMove(first, document, day, _net(document, transfers))


_MOVES = {
    "found_again": "find",
    "goods_converted": "conversion",
    "goods_issued": "issue",
    "goods_lent": "loan",
    "goods_moved": "move",
    "goods_returned": "return",
    "issue_returned": "return",
    "loan_returned": "return",
    "settled": "settlement",
    "shipment_sent": "shipment",
    "taken_back": "take-back",
    "written_off": "write-off",
}
"""The kinds of entry that only move goods, each with the noun for it in warnings."""

MOVING = frozenset("fgikmrstwx")
"""Prefixes of the ids of documents that only move goods."""
