"""Read entries of another station that a command cites as evidence for a shipment.

If the other station is in this database, the entry is read from its books. If the command also
contains the entry, both copies must be the same. If the other station is elsewhere, only the hash
of the entry in the command is checked. Whether the other station's books contain this entry is
found out later, when they are verified.
"""

from __future__ import annotations

import hashlib
from typing import TypeVar

import msgspec

from supplies.domain.commands import ArrivalLine, CitedEntry, LotPart
from supplies.domain.entries import Body, decode_body
from supplies.domain.entry_rows import EntryRow, Shipment, ShipmentLine
from supplies.domain.fields import MAX_LINES
from supplies.domain.money import Money
from supplies.domain.validation import check_fields
from supplies.errors import InvalidField, Sentence, SuppliesError, template
from supplies.ledger.journal import Journal

SENT_BY, RECEIVED_BY = "shipment_sent", "shipment_received"
"""The kinds of entry of another station that a command can cite."""

S = TypeVar("S", bound=EntryRow)


class Cited(msgspec.Struct, frozen=True):
    """An entry of another station, with its hash.

    The hash was checked against the bytes of the entry.

    Attributes:
        body: The entry.
        hash: The hash of the entry, in hexadecimal.
    """

    body: Body
    hash: str


def cited_entry(
    journal: Journal, shipment: str, given: CitedEntry | None, kind: str, pointer: str
) -> Cited:
    """Return the entry of another station that a command cites.

    Args:
        given: The entry as the command contains it. If None, it is read from this database.
        kind: The kind that the entry must have.
        pointer: JSON pointer to the field of the command, for error messages.

    Raises:
        InvalidField: the entry does not exist, is invalid, or differs from the one in this
            database.
    """
    stored = _find_in_this_database(journal, shipment, kind)
    if given is None:
        if stored is None:
            raise InvalidField.at(
                pointer,
                Sentence(
                    "no other station in this database has an entry {kind} of {shipment}; if the "
                    "other station's books are elsewhere, give the entry that its shipment page "
                    "shows",
                    kind=kind,
                    shipment=shipment,
                ),
            )
        return stored
    body = _decoded(given, pointer)
    if (body.kind, body.document) != (kind, shipment):
        raise InvalidField.at(
            f"{pointer}/body",
            Sentence(
                "this is not an entry {kind} of shipment {shipment}", kind=kind, shipment=shipment
            ),
        )
    if body.station == journal.books.station_code:
        raise InvalidField.at(
            f"{pointer}/body",
            Sentence("this is an entry of this station; give the other station's entry"),
        )
    known = journal.books.for_station(body.station).last_entry().seq > 0
    if (stored is not None or known) and (stored is None or stored.hash != given.hash):
        raise InvalidField.at(
            f"{pointer}/hash",
            Sentence(
                "the books of station {station} in this database do not contain this entry",
                station=body.station,
            ),
        )
    return Cited(body, given.hash)


def read_cited_shipment(given: CitedEntry, pointer: str) -> tuple[Shipment, list[ShipmentLine]]:
    """Decode a shipment and its lines from an entry of the sender, to show what was sent.

    Raises:
        InvalidField: the bytes are not an entry that sends a shipment.
    """
    return cited_shipment(Cited(_decoded(given, pointer), given.hash), pointer)


def _decoded(given: CitedEntry, pointer: str) -> Body:
    if hashlib.sha256(bytes.fromhex(given.previous) + given.body).hexdigest() != given.hash:
        raise InvalidField.at(f"{pointer}/hash", Sentence("the hash does not match the bytes"))
    try:
        return decode_body(given.body)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise InvalidField.at(
            f"{pointer}/body", Sentence("this is not an entry of a ledger")
        ) from None


def _find_in_this_database(journal: Journal, shipment: str, kind: str) -> Cited | None:
    # The id of a shipment names its sender. The receiver is in the sender's own books.
    row = journal.books.one(
        "SELECT e.body, e.hash FROM shipments s CROSS JOIN entries e WHERE s.station = :sender "
        "AND s.station <> :station AND s.shipment = :shipment "
        "AND e.station = s.station AND e.seq = s.seq"
        if kind == SENT_BY
        else "SELECT e.body, e.hash FROM shipments o CROSS JOIN shipments_received s "
        "CROSS JOIN entries e WHERE o.station = :station AND o.shipment = :shipment "
        "AND s.station = o.destination AND s.shipment = o.shipment "
        "AND e.station = s.station AND e.seq = s.seq",
        shipment=shipment,
        sender=shipment.removeprefix("x_").rpartition("_")[0],
    )
    return None if row is None else Cited(decode_body(row[0]), row[1].hex())


def cited_shipment(cited: Cited, pointer: str) -> tuple[Shipment, list[ShipmentLine]]:
    """Return the shipment and its lines that an entry of the sending station contains.

    Raises:
        InvalidField: the entry contains no shipment, or a line has a value that is not allowed.
    """
    body = cited.body
    sent = single_row(body, Shipment, template("sent"), pointer)
    lines = [row for row in body.rows if isinstance(row, ShipmentLine)]
    complete = [line.line for line in lines] == list(range(1, len(lines) + 1))
    complete = complete and all(line.shipment == sent.shipment for line in lines)
    if (
        sent.shipment != body.document
        or body.document != f"x_{body.station}_{body.seq}"
        or not 1 <= len(lines) <= MAX_LINES
        or not complete
    ):
        raise InvalidField.at(
            f"{pointer}/body", Sentence("this entry does not contain a complete shipment")
        )
    try:
        for line in lines:
            check_fields(LotPart(lot=line.lot, quantity=line.quantity))
            # The expiry is not checked, because the sender may have recorded one refused today.
            check_fields(ArrivalLine(item=line.item, quantity=line.quantity, batch=line.batch))
            if line.expires_month is not None:
                check_fields(_expiring(line))
            if line.value_minor is not None:
                check_fields(Money(minor=line.value_minor, currency=line.currency or ""))
    except SuppliesError as error:
        raise InvalidField.at(
            f"{pointer}/body", Sentence("invalid shipment line: {error}", error=error.detail)
        ) from None
    return sent, lines


def _expiring(line: ShipmentLine) -> ArrivalLine:
    return ArrivalLine(
        item=line.item,
        quantity=line.quantity,
        expires_on=line.expires_on,
        expires_month=line.expires_month,
    )


def single_row(body: Body, statement: type[S], what: str, pointer: str) -> S:
    """Return the only row of one type in an entry of another station.

    Args:
        what: What such a row is called in the error message.

    Raises:
        InvalidField: the entry has no such row, or several.
    """
    found = [row for row in body.rows if isinstance(row, statement)]
    if len(found) != 1:
        raise InvalidField.at(
            f"{pointer}/body",
            Sentence(
                "this entry records {count} shipments that were {what} instead of one",
                count=len(found),
                what=Sentence(what),
            ),
        )
    return found[0]
