"""The rows that an entry records beside its transfers."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal, get_args

import msgspec

from supplies.domain.commands import EndReason, Outcome, Urgency
from supplies.domain.product_expiry import ExpiryBasis


class EntryRow(msgspec.Struct, frozen=True, kw_only=True, tag_field="table", gc=False):
    """A row that an entry writes into a table. The tag names the table, the fields its columns."""


class Lot(EntryRow, frozen=True, kw_only=True, tag="lots"):
    """Goods that arrived together. A new description is a new row; the latest is valid.

    origin: account that the lot came from. expires_month: the expiry as printed on the goods, if
    it names only a month; `expires_on` is then its last day. value_minor: in minor units of
    `currency`, or None if no value was given.
    """

    lot: str
    item: str
    origin: str
    batch: str | None = None
    expires_on: date | None = None
    value_minor: int | None = None
    currency: str | None = None
    expires_month: str | None = None


class LotParent(EntryRow, frozen=True, kw_only=True, tag="lot_parents"):
    """A lot made by a conversion, and a lot that went into it.

    A corrected conversion states all pairs again; those of the latest entry are valid.
    """

    lot: str
    parent: str


class ProductExpiry(EntryRow, frozen=True, kw_only=True, tag="product_expiries"):
    """What the line of a conversion says about the expiry of its product.

    The expiry itself is that of the lot; it follows from this row and the parents.

    Attributes:
        lot: The lot of the product.
        basis: What decides the expiry.
        expires_on: The expiry that the line states. None if it states none; with the basis
            "reason", the product then does not expire.
        expires_month: As in `Lot`.
    """

    lot: str
    basis: ExpiryBasis
    expires_on: date | None = None
    expires_month: str | None = None


class PackedLine(EntryRow, frozen=True, kw_only=True, tag="packed_lines"):
    """A line of a command given in packs: `quantity` × `pack` of `size` base units.

    field: name of the list with the line; "lines" for the single line of a need. line: from 1.
    size: as of the first statement of the line; later changes of the pack do not change it.
    """

    field: Literal["lines", "consumed", "produced", "spilled"]
    line: int
    item: str
    pack: str
    quantity: int
    size: int


class LatestDay(EntryRow, frozen=True, kw_only=True, tag="latest_days"):
    """A row for an entry that happened on its day or earlier. latest_day: the day of the entry."""

    latest_day: date


class Need(EntryRow, frozen=True, kw_only=True, tag="needs"):
    """What one recipient needs of one item, in base units."""

    need: str
    recipient: str
    item: str
    quantity: int
    urgency: Urgency
    needed_by: date | None


class NeedEnd(EntryRow, frozen=True, kw_only=True, tag="need_ends"):
    """The end of a need. Goods for it that come back later go to `ended`."""

    need: str
    reason: EndReason


class Pledge(EntryRow, frozen=True, kw_only=True, tag="pledges"):
    """A promise of goods."""

    pledge: str
    donor: str
    due_on: date | None


class PledgeLine(EntryRow, frozen=True, kw_only=True, tag="pledge_lines"):
    """The promised quantity of one item, in base units."""

    pledge: str
    line: int
    item: str
    quantity: int


class Arrival(EntryRow, frozen=True, kw_only=True, tag="arrivals"):
    """Goods that came in. origin: "donor" for a donation, else another origin of the chart.

    party: code of the donor ("anonymous"), supplier, maker, lender, or the location of an opening.
    """

    arrival: str
    origin: Literal["donor", "bought", "made", "borrowed", "opening"]
    party: str
    location: str


class ArrivalLine(EntryRow, frozen=True, kw_only=True, tag="arrival_lines"):
    """One line of an arrival, in base units.

    pledge: the pledge that the line names. on_pledge: the part that fulfilled it or, if the line
    names none, open pledges of the donor.
    """

    arrival: str
    line: int
    item: str
    quantity: int
    lot: str
    pledge: str | None
    on_pledge: int
    recipient: str | None


class Allocation(EntryRow, frozen=True, kw_only=True, tag="allocations"):
    """Goods set aside for one recipient.

    arrival: the donation or conversion that they came with, or None if a separate command allocated
    them.
    """

    allocation: str
    recipient: str
    location: str
    arrival: str | None


class AllocationLine(EntryRow, frozen=True, kw_only=True, tag="allocation_lines"):
    """The allocated quantity of one lot, and the need it serves."""

    allocation: str
    line: int
    item: str
    lot: str
    need: str | None
    quantity: int


class Delivery(EntryRow, frozen=True, kw_only=True, tag="deliveries"):
    """A delivery and its team. Another row is added when another team takes over the delivery."""

    delivery: str
    team: str


class Stop(EntryRow, frozen=True, kw_only=True, tag="stops"):
    """A stop of a delivery: the place where the goods of one allocation are handed over."""

    delivery: str
    stop: int
    allocation: str
    recipient: str


class StopLine(EntryRow, frozen=True, kw_only=True, tag="stop_lines"):
    """The quantity of one lot from one location that was loaded for a stop, in base units."""

    delivery: str
    allocation: str
    line: int
    item: str
    lot: str
    location: str
    loaded: int


class StopOutcome(EntryRow, frozen=True, kw_only=True, tag="outcomes"):
    """The outcome of a stop. first: 1, or 0 if it restates an earlier outcome of the stop."""

    delivery: str
    allocation: str
    outcome: Outcome
    happened_at: datetime | None
    received_by: str | None
    proof: str | None
    first: int


class OutcomeLine(EntryRow, frozen=True, kw_only=True, tag="outcome_lines"):
    """The outcome of one loaded line, in base units."""

    delivery: str
    allocation: str
    line: int
    received: int
    brought_back: int
    lost: int
    target: str


class DeliveryEnd(EntryRow, frozen=True, kw_only=True, tag="delivery_ends"):
    """The end of a delivery, with nothing in transit."""

    delivery: str


class Conflict(EntryRow, frozen=True, kw_only=True, tag="conflicts"):
    """A reported fact that contradicts the books. It moves no goods until it is resolved.

    document: id of the delivery or count sheet that the report is about. because: how the report
    contradicts the books. stated: the reported command without its free text, as JSON.
    """

    document: str
    because: str
    stated: str


class Resolution(EntryRow, frozen=True, kw_only=True, tag="resolutions"):
    """The resolution of a conflict. conflict: number of the entry that recorded the conflict."""

    conflict: int
    way: Literal["correct", "unexplained"]


class CountSheet(EntryRow, frozen=True, kw_only=True, tag="count_sheets"):
    """A stock count at a location. It is compared with the books as of this entry."""

    sheet: str
    location: str


class CountedLine(EntryRow, frozen=True, kw_only=True, tag="counted_lines"):
    """A counted quantity, and the quantity that the books expected, in base units.

    lot: "" if all lots were counted together.
    """

    sheet: str
    line: int
    item: str
    lot: str
    expected: int
    counted: int


class Recount(EntryRow, frozen=True, kw_only=True, tag="recounts"):
    """A new expected quantity of a counted line.

    It is recorded when an entry for a time before the count is recorded later. The latest row
    replaces the expected quantity of the counted line.
    """

    sheet: str
    line: int
    expected: int


class Withdrawal(EntryRow, frozen=True, kw_only=True, tag="withdrawals"):
    """Goods taken from stock that may come back: an issue or a loan.

    account: `used:purpose` or `lent:borrower`. due_on: when a loan is due, or None if it has no
    date.
    """

    withdrawal: str
    account: str
    location: str
    due_on: date | None


class HandOutTo(EntryRow, frozen=True, kw_only=True, tag="hand_outs"):
    """A hand-out at the counter or to a group. headcount: None for one household."""

    hand_out: str
    recipient: str
    location: str
    headcount: int | None


class Shipment(EntryRow, frozen=True, kw_only=True, tag="shipments"):
    """Goods sent to another station. destination: its code. location: where they were before."""

    shipment: str
    destination: str
    location: str


class ShipmentLine(EntryRow, frozen=True, kw_only=True, tag="shipment_lines"):
    """The shipped quantity of one lot, described for the other station.

    expires_month: as in `Lot`. value_minor: this part's share of the lot's value, in minor units,
    or None if it has no value.
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
    """The receipt of a shipment.

    sent_seq, sent_hash: number and hash (hexadecimal) of the entry with which the sender recorded
    the shipment.
    """

    shipment: str
    sender: str
    sent_seq: int
    sent_hash: str
    location: str


class ShipmentArrival(EntryRow, frozen=True, kw_only=True, tag="shipment_arrivals"):
    """What arrived of a shipment line, in base units.

    sent_lot: the sender's lot. lot: the lot at this station, or None if nothing arrived.
    """

    shipment: str
    line: int
    item: str
    sent_lot: str
    lot: str | None
    sent: int
    arrived: int


class ShipmentAcknowledged(EntryRow, frozen=True, kw_only=True, tag="shipments_acknowledged"):
    """The acknowledgement of a shipment.

    received_seq, received_hash: number and hash (hexadecimal) of the entry with which the receiver
    recorded its arrival.
    """

    shipment: str
    received_seq: int
    received_hash: str


class Receipt(EntryRow, frozen=True, kw_only=True, tag="receipts"):
    """A numbered receipt. digest: digest of its document, hexadecimal."""

    number: str
    series: str
    year: int
    ordinal: int
    issued_on: date
    digest: str


class ReceiptDonation(EntryRow, frozen=True, kw_only=True, tag="receipt_donations"):
    """A donation on a receipt."""

    number: str
    donation: str


class ReceiptReplacement(EntryRow, frozen=True, kw_only=True, tag="receipt_replacements"):
    """A receipt, and an older receipt that it replaces."""

    number: str
    replaced: str


class ReceiptVoid(EntryRow, frozen=True, kw_only=True, tag="receipt_voids"):
    """The voiding of a receipt."""

    number: str


class Reprint(EntryRow, frozen=True, kw_only=True, tag="reprints"):
    """A reprint of a receipt. copy: number of the printed copy, 1 for the first."""

    number: str
    copy: int


class Period(EntryRow, frozen=True, kw_only=True, tag="periods"):
    """The last closed day from this entry on. An earlier day than before reopens the books."""

    closed_through: date


class Activity(EntryRow, frozen=True, kw_only=True, tag="activities"):
    """Work that moves no goods."""

    activity: str
    kind: str
    count: int


class Forgetting(EntryRow, frozen=True, kw_only=True, tag="forgettings"):
    """Who or what was forgotten: `donor:CODE`, `recipient:CODE`, or `entry:SEQ` for its text."""

    party: str


class Erasure(EntryRow, frozen=True, kw_only=True, tag="erasures"):
    """The digest of a text that was erased with its salt."""

    digest: str


AnyEntryRow = (
    Lot
    | LotParent
    | ProductExpiry
    | PackedLine
    | LatestDay
    | Need
    | NeedEnd
    | Pledge
    | PledgeLine
    | Arrival
    | ArrivalLine
    | Allocation
    | AllocationLine
    | Delivery
    | Stop
    | StopLine
    | StopOutcome
    | OutcomeLine
    | DeliveryEnd
    | Conflict
    | Resolution
    | CountSheet
    | CountedLine
    | Recount
    | Withdrawal
    | HandOutTo
    | Shipment
    | ShipmentLine
    | ShipmentReceived
    | ShipmentArrival
    | ShipmentAcknowledged
    | Receipt
    | ReceiptDonation
    | ReceiptReplacement
    | ReceiptVoid
    | Reprint
    | Period
    | Activity
    | Forgetting
    | Erasure
)

ENTRY_ROWS: tuple[type[EntryRow], ...] = get_args(AnyEntryRow)

TABLES: dict[type[EntryRow], str] = {
    statement: str(statement.__struct_config__.tag) for statement in ENTRY_ROWS
}
"""Table of each kind of row."""

_FORGOTTEN_TEXT = "entry:"


def forgotten_text(seq: int) -> str:
    """Return the `party` of a forgetting that erases the free text of an entry."""
    return f"{_FORGOTTEN_TEXT}{seq}"


def entry_of_forgotten_text(party: str) -> int | None:
    """Return the entry whose text a forgetting erases; None if it forgets a person."""
    return int(party.removeprefix(_FORGOTTEN_TEXT)) if party.startswith(_FORGOTTEN_TEXT) else None
