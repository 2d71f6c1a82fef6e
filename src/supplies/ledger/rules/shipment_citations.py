"""Entries that stations cite from one another, with their bytes and hash.

If the other station's books are in this database, the entry is looked up, and a given one must be
the same. Otherwise only the hash of the given bytes is checked; that it belongs to the other
chain is found when those books are verified.
"""

from __future__ import annotations

import hashlib
from typing import TypeVar

import msgspec

from supplies.domain.commands import ArrivalLine, CitedEntry, LotPart, Money
from supplies.domain.entries import Body, decode_body
from supplies.domain.entry_rows import EntryRow, Shipment, ShipmentLine
from supplies.domain.fields import MAX_LINES
from supplies.domain.validation import check_fields
from supplies.errors import InvalidField, SuppliesError
from supplies.ledger.journal import Journal

SENT_BY, RECEIVED_BY = "shipment_sent", "shipment_received"
"""The kinds of entry that stations cite from one another."""

S = TypeVar("S", bound=EntryRow)


class Cited(msgspec.Struct, frozen=True):
    """An entry of another station whose bytes match its hash."""

    body: Body
    hash: str


def cited_entry(
    journal: Journal, shipment: str, given: CitedEntry | None, kind: str, pointer: str
) -> Cited:
    """Return the other station's entry: as given, as in this database, or both if they agree."""
    here = _in_this_database(journal, shipment, kind)
    if given is None:
        if here is None:
            raise InvalidField.at(
                pointer,
                f"no other station in this database has an entry {kind} of {shipment}; if its "
                "books are elsewhere, give the entry that its page of the shipment shows",
            )
        return here
    if hashlib.sha256(bytes.fromhex(given.previous) + given.body).hexdigest() != given.hash:
        raise InvalidField.at(f"{pointer}/hash", "the bytes do not give this hash")
    try:
        body = decode_body(given.body)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise InvalidField.at(f"{pointer}/body", "this is not an entry of a ledger") from None
    if (body.kind, body.document) != (kind, shipment):
        raise InvalidField.at(
            f"{pointer}/body", f"this is not an entry {kind} of shipment {shipment}"
        )
    if body.station == journal.books.station_code:
        raise InvalidField.at(f"{pointer}/body", "this is an entry of this station itself")
    known = journal.books.for_station(body.station).head()[0] > 0
    if (here is not None or known) and (here is None or here.hash != given.hash):
        raise InvalidField.at(
            f"{pointer}/hash",
            f"the books of station {body.station} in this database do not contain this entry",
        )
    return Cited(body, given.hash)


def _in_this_database(journal: Journal, shipment: str, kind: str) -> Cited | None:
    table = "shipments" if kind == SENT_BY else "shipments_received"
    row = journal.books.one(
        f"SELECT e.body, e.hash FROM {table} s JOIN entries e "
        "ON e.station = s.station AND e.seq = s.seq "
        "WHERE s.shipment = :shipment AND s.station <> :station",
        shipment=shipment,
    )
    return None if row is None else Cited(decode_body(row[0]), row[1].hex())


def sent_in(cited: Cited, pointer: str) -> tuple[Shipment, list[ShipmentLine]]:
    """What a sender's entry says was sent, checked against the limits of our own commands."""
    body = cited.body
    sent = only(body, Shipment, pointer)
    lines = [row for row in body.rows if isinstance(row, ShipmentLine)]
    whole = [line.line for line in lines] == list(range(1, len(lines) + 1))
    whole = whole and all(line.shipment == sent.shipment for line in lines)
    if (
        sent.shipment != body.document
        or body.document != f"x_{body.station}_{body.seq}"
        or not 1 <= len(lines) <= MAX_LINES
        or not whole
    ):
        raise InvalidField.at(f"{pointer}/body", "this entry does not say what was sent")
    try:
        for line in lines:
            check_fields(LotPart(lot=line.lot, quantity=line.quantity))
            check_fields(
                ArrivalLine(
                    item=line.item,
                    quantity=line.quantity,
                    batch=line.batch,
                    expires_on=line.expires_on,
                )
            )
            if line.value_minor is not None:
                check_fields(Money(minor=line.value_minor, currency=line.currency or ""))
    except SuppliesError as error:
        raise InvalidField.at(f"{pointer}/body", f"what was sent cannot be: {error}") from None
    return sent, lines


def only(body: Body, statement: type[S], pointer: str) -> S:
    """The single row of this type in a cited entry."""
    found = [row for row in body.rows if isinstance(row, statement)]
    if len(found) != 1:
        raise InvalidField.at(f"{pointer}/body", "this entry does not say what became of it")
    return found[0]
