"""Find the person, team or place that a document or an account is about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

import msgspec

from supplies.books.reader import Books
from supplies.domain.accounts import keys_of, kind_of
from supplies.domain.entry_rows import (
    Allocation,
    Arrival,
    CountSheet,
    Delivery,
    HandOutTo,
    Merge,
    Need,
    Pledge,
    Shipment,
    ShipmentReceived,
    Withdrawal,
)

PartyKind = Literal[
    "donors",
    "recipients",
    "parties",
    "teams",
    "locations",
    "items",
    "communities",
    "campaigns",
    "purposes",
    "stations",
]


_RECORDS: Mapping[str, PartyKind] = {
    "donor": "donors",
    "supplier": "parties",
    "maker": "parties",
    "lender": "parties",
    "borrower": "parties",
    "recipient": "recipients",
    "location": "locations",
    "place": "locations",
    "purpose": "purposes",
    "item": "items",
}
"""The kinds of party, by the kind of a record or the meaning of the first key of an account."""


class Party(NamedTuple):
    """Whom or what a document or an account is about.

    Attributes:
        kind: The table of the record. Suppliers, makers, lenders and borrowers are "parties": a
            donor, or the station itself.
        code: The code of the record. For a gift of an anonymous donor it is `ANONYMOUS`.
    """

    kind: PartyKind
    code: str


def find_document_party(books: Books, document: str) -> Party | None:
    """Return whom or what a document is about.

    Return None if it is about nobody, or if the document does not exist.
    """
    row: Any
    match document.partition("_")[0]:
        case "n":
            row = books.latest_row(Need, need=document)
            return row and Party("recipients", row.recipient)
        case "p":
            row = books.latest_row(Pledge, pledge=document)
            return row and Party("donors", row.donor)
        case "a":
            row = books.latest_row(Allocation, allocation=document)
            return row and Party("recipients", row.recipient)
        case "c":
            row = books.latest_row(CountSheet, sheet=document)
            return row and Party("locations", row.location)
        case "d":
            row = books.latest_row(Arrival, arrival=document)
            return Party("donors", row.party) if row and row.origin == "donor" else None
        case "j":
            row = books.latest_row(Merge, merge=document)
            return row and Party(_RECORDS[row.kind], row.code)
        case "v":
            row = books.latest_row(Delivery, delivery=document)
            return row and Party("teams", row.team)
    return _party_of_goods(books, document)


def _party_of_goods(books: Books, document: str) -> Party | None:
    """Return the party of a document that only moves goods, such as a hand-out."""
    row: Any
    match document.partition("_")[0]:
        case "b":
            row = books.latest_row(Arrival, arrival=document)
            return row and Party("parties", row.party)
        case "g":
            row = books.latest_row(Withdrawal, withdrawal=document)
            return row and Party("parties", keys_of(row.account)[0])
        case "i":
            row = books.latest_row(Withdrawal, withdrawal=document)
            return row and Party("purposes", keys_of(row.account)[0])
        case "h":
            row = books.latest_row(HandOutTo, hand_out=document)
            return row and Party("recipients", row.recipient)
        case "x":
            sent = books.latest_row(Shipment, shipment=document)
            received = books.latest_row(ShipmentReceived, shipment=document)
            if sent is not None:
                return Party("stations", sent.destination)
            return None if received is None else Party("stations", received.sender)
    return None


def find_account_party(books: Books, account: str) -> Party | None:
    """Return whom or what an account is about: the party of its first key.

    Return None if the key is a reason, or the document of the key is about nobody.
    """
    key = keys_of(account)[0]
    kind = _RECORDS.get(kind_of(account).keys[0])
    return find_document_party(books, key) if kind is None else Party(kind, key)


def find_conflict_parties(books: Books, stated: bytes, document: str) -> list[Party]:
    """Return the recipient, the team or the place that a conflict is about, as far as known.

    Args:
        stated: The reported command as JSON.
        document: The document of the conflict's entry.
    """
    command = msgspec.json.decode(stated)
    if "recipient" in command:
        return [Party("recipients", command["recipient"]), Party("teams", command["team"])]
    documents = command.get("allocation", ""), document
    return [party for each in documents if (party := find_document_party(books, each))]
