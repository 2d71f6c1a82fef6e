"""Rows about shipments between stations."""

from __future__ import annotations

from datetime import date

from supplies.domain.entry_rows.base import EntryRow


class Shipment(EntryRow, frozen=True, kw_only=True, tag="shipments"):
    """Goods that were sent to another station.

    Attributes:
        destination: Code of the other station.
        location: The location from which the goods were taken.
    """

    shipment: str
    destination: str
    location: str


class ShipmentLine(EntryRow, frozen=True, kw_only=True, tag="shipment_lines"):
    """The quantity of one lot in a shipment, and a description of the lot for the other station.

    Attributes:
        quantity: In base units.
        expires_month: As in `Lot`.
        value_minor: The value of this quantity, in minor units of `currency`; None if the lot has
            no value.
    """

    shipment: str
    line: int
    item: str
    unit: str
    lot: str
    quantity: int
    batch: str | None
    expires_on: date | None
    value_minor: int | None
    currency: str | None
    expires_month: str | None = None


class ShipmentReceived(EntryRow, frozen=True, kw_only=True, tag="shipments_received"):
    """The arrival of a shipment from another station at this one.

    Attributes:
        sent_seq, sent_hash: Number and hash (hexadecimal) of the entry with which the other station
            sent the shipment.
    """

    shipment: str
    sender: str
    sent_seq: int
    sent_hash: str
    location: str


class ShipmentArrival(EntryRow, frozen=True, kw_only=True, tag="shipment_arrivals"):
    """What arrived of a shipment line, in base units.

    Attributes:
        sent_lot: Id of the lot at the sending station.
        lot: Id of the lot at this station; None if nothing arrived.
    """

    shipment: str
    line: int
    item: str
    sent_lot: str
    lot: str | None
    sent: int
    arrived: int


class ShipmentAcknowledged(EntryRow, frozen=True, kw_only=True, tag="shipments_acknowledged"):
    """The acknowledgement, at the sending station, that the other station received a shipment.

    Attributes:
        received_seq, received_hash: Number and hash (hexadecimal) of the entry with which the other
            station received the shipment.
    """

    shipment: str
    received_seq: int
    received_hash: str
