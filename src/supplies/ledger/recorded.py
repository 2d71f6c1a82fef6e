"""The result of recording a command. A repeated request gets the earlier result."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from supplies.books.reader import Books
from supplies.domain.catalogue_records import missing_labels
from supplies.domain.entries import salted_digest
from supplies.domain.entry_rows import (
    ArrivalLine,
    Conflict,
    EntryRow,
    Lot,
    ProductPledge,
    Receipt,
    Recount,
)
from supplies.errors import AlreadyDone, IdempotencyConflict, Sentence
from supplies.ledger.writer import CheckedRequest, shipment_command_id
from supplies.stations.public_address import first_receipt_warning


class Recorded(msgspec.Struct, frozen=True, kw_only=True):
    """The result of recording a command.

    Attributes:
        seq, id, document: Number, id and document of the first entry of the command.
        last: Number of the last entry of the command.
        repeated: Whether the same request was recorded before, so that nothing new was written.
        conflict: How the reported fact contradicts the books, so that a coordinator must resolve
            the conflict; None if it does not contradict them.
        recounted: Ids of count sheets whose expected quantities this command has changed. Such a
            command was recorded after the stock count, but its event happened before the count.
        warnings: Messages about possible mistakes, such as goods that exceed the pledge they name.
    """

    seq: int
    last: int
    id: str
    document: str | None
    repeated: bool = False
    conflict: str | None = None
    recounted: list[str] = []
    warnings: list[str] = []


def warnings_in(books: Books, rows: Iterable[EntryRow], first: int, last: int) -> list[str]:
    """Return a message for each possible mistake in a command.

    Args:
        rows: The rows of the command's entries.
        first: The number of the command's first entry.
        last: The number of the command's last entry.
    """
    rows = list(rows)
    arrived = [row for row in rows if type(row) is ArrivalLine or type(row) is ProductPledge]
    lots = {row.lot: row for row in rows if type(row) is Lot} if arrived else {}
    warnings = []
    for row in arrived:
        where = f"line {row.line}" if type(row) is ArrivalLine else f"lot {row.lot}"
        if row.pledge and row.on_pledge < row.quantity:
            warnings.append(
                f"{where}: {row.quantity - row.on_pledge} × {row.item} are not counted "
                f"towards pledge {row.pledge}: its rest is fulfilled, cancelled or claimed for "
                "others, or it was made on a later day"
            )
        if type(row) is ArrivalLine and row.lot in lots:
            lot = lots[row.lot]
            warnings += [
                f"line {row.line}: {row.item} has no {label}, which this item needs"
                for label in missing_labels(books.item(row.item), lot.batch, lot.expires_on)
            ]
    # Later receipts of the year are not the station's first.
    if any(type(row) is Receipt and row.ordinal == 1 for row in rows):
        receipt = first_receipt_warning(books, first, last)
        if receipt is not None:
            warnings.append(receipt[1])
    return warnings


def recounted_in(rows: Iterable[EntryRow]) -> list[str]:
    """Return the ids of the count sheets whose expected quantities these rows change."""
    return list(dict.fromkeys(row.sheet for row in rows if type(row) is Recount))


def earlier_result(books: Books, request: CheckedRequest, seq: int) -> Recorded:
    """Return the result of an earlier request with the same id.

    Args:
        seq: Number of the entry that has the id.

    Raises:
        IdempotencyConflict: the id was used for another command.
        AlreadyDone: the shipment was received or acknowledged before, with other content.
    """
    body = books.body(seq)
    salt = b""
    if body.texts is not None:
        salt = books.value(
            "SELECT salt FROM erasable "
            "WHERE station = :station AND seq = :seq AND digest = :digest",
            seq=seq,
            digest=body.texts,
        )
    # Erasing texts also erases their salt. Without it, the request cannot be compared.
    if salt is not None and all(
        body.request != salted_digest(salt, content) for content in request.contents
    ):
        if shipment_command_id(request.command) is not None:
            raise AlreadyDone(
                Sentence(
                    "entry {seq} recorded this for shipment {document} already, with other content",
                    seq=seq,
                    document=body.document,
                )
            )
        raise IdempotencyConflict(
            Sentence(
                "the id {id} was used for another command (entry {seq}); use a new id for a new "
                "command",
                id=request.id,
                seq=seq,
            )
        )
    return recorded_result(books, seq)


def recorded_result(books: Books, seq: int) -> Recorded:
    """Return the result of the command whose first entry is `seq`, with `repeated` set."""
    body = books.body(seq)
    conflicts = [row.because for row in body.rows if isinstance(row, Conflict)]
    last = books.last_seq_of_command(seq)
    rows = [row for part in range(seq, last + 1) for row in books.body(part).rows]
    return Recorded(
        seq=seq,
        last=last,
        id=body.id,
        document=body.document,
        repeated=True,
        conflict=conflicts[0] if conflicts else None,
        recounted=recounted_in(rows),
        warnings=warnings_in(books, rows, seq, last),
    )
