"""The rows that an entry records beside its transfers."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal, get_args

import msgspec

from supplies.domain.commands import EndReason, Outcome, Urgency


class EntryRow(msgspec.Struct, frozen=True, kw_only=True, tag_field="table", gc=False):
    """A row that an entry writes into the table its tag names, one column a field."""


class Lot(EntryRow, frozen=True, kw_only=True, tag="lots"):
    """Goods that came together. A lot described anew appears again; the latest holds.

    origin: the account it was born from. value_minor: minor units of `currency`; None: not valued.
    """

    lot: str
    item: str
    origin: str
    batch: str | None = None
    expires_on: date | None = None
    value_minor: int | None = None
    currency: str | None = None


class LotParent(EntryRow, frozen=True, kw_only=True, tag="lot_parents"):
    """A lot born of repacking, and one of the lots it was made from.

    A corrected repacking states them again; those of the latest entry hold.
    """

    lot: str
    parent: str


class PackedLine(EntryRow, frozen=True, kw_only=True, tag="packed_lines"):
    """A line of a command that counted packs: `quantity` × `pack` of `size` base units.

    field: the list that the line is in; "lines" for the one line of a need. line: from 1. The size
    applied when the line was first stated: a pack that is redefined later does not change it.
    """

    field: Literal["lines", "consumed", "produced", "spilled"]
    line: int
    item: str
    pack: str
    quantity: int
    size: int


class Need(EntryRow, frozen=True, kw_only=True, tag="needs"):
    """What one recipient lacks of one item, in base units."""

    need: str
    recipient: str
    item: str
    quantity: int
    urgency: Urgency
    needed_by: date | None


class NeedEnd(EntryRow, frozen=True, kw_only=True, tag="need_ends"):
    """A need that is no longer asked for: what comes back to it goes to `ended`."""

    need: str
    reason: EndReason


class Pledge(EntryRow, frozen=True, kw_only=True, tag="pledges"):
    """A promise of goods."""

    pledge: str
    donor: str
    due_on: date | None


class PledgeLine(EntryRow, frozen=True, kw_only=True, tag="pledge_lines"):
    """What a pledge promises of one item."""

    pledge: str
    line: int
    item: str
    quantity: int


class Arrival(EntryRow, frozen=True, kw_only=True, tag="arrivals"):
    """Goods that came in: a donation where origin is "donor", else as the chart names it.

    party: code of the donor ("anonymous"), supplier, maker, lender, or the location of an opening.
    """

    arrival: str
    origin: Literal["donor", "bought", "made", "borrowed", "opening"]
    party: str
    location: str


class ArrivalLine(EntryRow, frozen=True, kw_only=True, tag="arrival_lines"):
    """One line of an arrival, in base units. on_pledge: how much of it kept `pledge`."""

    arrival: str
    line: int
    item: str
    quantity: int
    lot: str
    pledge: str | None
    on_pledge: int
    recipient: str | None


class Allocation(EntryRow, frozen=True, kw_only=True, tag="allocations"):
    """Goods set aside for one recipient. arrival: the one they came with, if they did."""

    allocation: str
    recipient: str
    location: str
    arrival: str | None


class AllocationLine(EntryRow, frozen=True, kw_only=True, tag="allocation_lines"):
    """What an allocation holds of one lot, and the need it serves."""

    allocation: str
    line: int
    item: str
    lot: str
    need: str | None
    quantity: int


class Delivery(EntryRow, frozen=True, kw_only=True, tag="deliveries"):
    """A team on its way. Stated again when another team takes over."""

    delivery: str
    team: str


class Stop(EntryRow, frozen=True, kw_only=True, tag="stops"):
    """One door of a delivery. An allocation is one stop of a delivery."""

    delivery: str
    stop: int
    allocation: str
    recipient: str


class StopLine(EntryRow, frozen=True, kw_only=True, tag="stop_lines"):
    """What was loaded for a stop."""

    delivery: str
    allocation: str
    line: int
    item: str
    lot: str
    location: str
    loaded: int


class StopOutcome(EntryRow, frozen=True, kw_only=True, tag="outcomes"):
    """What happened at a stop. first: 1 unless it restates an earlier outcome of the stop."""

    delivery: str
    allocation: str
    outcome: Outcome
    happened_at: datetime | None
    received_by: str | None
    proof: str | None
    first: int


class OutcomeLine(EntryRow, frozen=True, kw_only=True, tag="outcome_lines"):
    """What became of one loaded line."""

    delivery: str
    allocation: str
    line: int
    received: int
    brought_back: int
    lost: int
    target: str


class DeliveryEnd(EntryRow, frozen=True, kw_only=True, tag="delivery_ends"):
    """The delivery is closed, at zero."""

    delivery: str


class Conflict(EntryRow, frozen=True, kw_only=True, tag="conflicts"):
    """A fact that the books contradicted: kept, moving nothing, until a coordinator decides.

    document: the delivery or count sheet. stated: the command's codes as JSON.
    """

    document: str
    because: str
    stated: str


class Resolution(EntryRow, frozen=True, kw_only=True, tag="resolutions"):
    """How a conflict was decided. conflict: its entry's seq."""

    conflict: int
    way: Literal["correct", "unexplained"]


class CountSheet(EntryRow, frozen=True, kw_only=True, tag="count_sheets"):
    """A stock-take at a place, compared with the books as of its own entry."""

    sheet: str
    location: str


class CountedLine(EntryRow, frozen=True, kw_only=True, tag="counted_lines"):
    """What a count found beside what the books held. lot "": all lots together."""

    sheet: str
    line: int
    item: str
    lot: str
    expected: int
    counted: int


class Recount(EntryRow, frozen=True, kw_only=True, tag="recounts"):
    """What a counted line is compared with since an entry of an earlier moment was recorded.

    The latest row applies, before the figure of the counted line itself.
    """

    sheet: str
    line: int
    expected: int


class Withdrawal(EntryRow, frozen=True, kw_only=True, tag="withdrawals"):
    """Goods that left the shelf for a party they may come back from: an issue or a loan.

    account: `used:purpose` or `lent:borrower`. due_on: when a loan is due; None: not said.
    """

    withdrawal: str
    account: str
    location: str
    due_on: date | None


class HandOutTo(EntryRow, frozen=True, kw_only=True, tag="hand_outs"):
    """A hand-over at the counter or to a group. headcount: None for one household."""

    hand_out: str
    recipient: str
    location: str
    headcount: int | None


class Shipment(EntryRow, frozen=True, kw_only=True, tag="shipments"):
    """Goods sent to another station. destination: its code. location: where they left from."""

    shipment: str
    destination: str
    location: str


class ShipmentLine(EntryRow, frozen=True, kw_only=True, tag="shipment_lines"):
    """What a shipment carries of one lot, described so that the other station can take it in.

    value_minor: this part's share of the lot's value, in minor units; None: not valued.
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


class ShipmentReceived(EntryRow, frozen=True, kw_only=True, tag="shipments_received"):
    """Goods that another station sent have come. sent_seq, sent_hash: of its entry, hash in hex."""

    shipment: str
    sender: str
    sent_seq: int
    sent_hash: str
    location: str


class ShipmentArrival(EntryRow, frozen=True, kw_only=True, tag="shipment_arrivals"):
    """What arrived of a shipment's line. sent_lot: its lot there. lot: here; None: none arrived."""

    shipment: str
    line: int
    item: str
    sent_lot: str
    lot: str | None
    sent: int
    arrived: int


class ShipmentAcknowledged(EntryRow, frozen=True, kw_only=True, tag="shipments_acknowledged"):
    """The other station has the goods. received_seq, received_hash: of its entry, hash in hex."""

    shipment: str
    received_seq: int
    received_hash: str


class Receipt(EntryRow, frozen=True, kw_only=True, tag="receipts"):
    """A numbered paper. digest: of the frozen document, hex."""

    number: str
    series: str
    year: int
    ordinal: int
    issued_on: date
    digest: str


class ReceiptDonation(EntryRow, frozen=True, kw_only=True, tag="receipt_donations"):
    """A donation that a receipt is for."""

    number: str
    donation: str


class ReceiptReplacement(EntryRow, frozen=True, kw_only=True, tag="receipt_replacements"):
    """A receipt and an older one that it replaces."""

    number: str
    replaced: str


class ReceiptVoid(EntryRow, frozen=True, kw_only=True, tag="receipt_voids"):
    """A receipt that no longer holds."""

    number: str


class Reprint(EntryRow, frozen=True, kw_only=True, tag="reprints"):
    """A marked copy of a receipt. copy: 1 for the first."""

    number: str
    copy: int


class Period(EntryRow, frozen=True, kw_only=True, tag="periods"):
    """From here on nothing may be booked on or before this day. Stated anew to reopen."""

    closed_through: date


class Activity(EntryRow, frozen=True, kw_only=True, tag="activities"):
    """Work that moves no goods."""

    activity: str
    kind: str
    count: int


class Forgetting(EntryRow, frozen=True, kw_only=True, tag="forgettings"):
    """A person who was forgotten: `donor:CODE` or `recipient:CODE`."""

    party: str


class Erasure(EntryRow, frozen=True, kw_only=True, tag="erasures"):
    """A digest whose salt and content were erased."""

    digest: str


AnyEntryRow = (
    Lot
    | LotParent
    | PackedLine
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
"""The table of each kind of row."""
