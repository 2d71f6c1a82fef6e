"""The rows that an entry records in addition to its transfers."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal, get_args

import msgspec

from supplies.domain.commands import (
    EndReason,
    FailureReason,
    Outcome,
    PersonKind,
    Resolved,
    Urgency,
)
from supplies.domain.product_expiry import ExpiryBasis


class EntryRow(msgspec.Struct, frozen=True, kw_only=True, tag_field="table", gc=False):
    """A row that an entry writes into a table. Its fields are the columns of the table."""


class Lot(EntryRow, frozen=True, kw_only=True, tag="lots"):
    """Goods of one item that arrived together. The latest row of a lot describes it.

    Attributes:
        origin: The account from which the goods came.
        expires_month: The month of expiry, if the goods show no day. `expires_on` is then its last
            day.
        value_minor: In minor units of `currency`; None if no value was given.
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
    """A lot that a conversion made, and one of the lots from which it was made.

    When a conversion is corrected, all pairs are recorded again. Only the pairs of the latest entry
    are valid.
    """

    lot: str
    parent: str


class ProductExpiry(EntryRow, frozen=True, kw_only=True, tag="product_expiries"):
    """The expiry that the line of a conversion gives for its product.

    The expiry of the product is computed from this row and the consumed lots, and is stored with
    the product's lot.

    Attributes:
        lot: The lot of the product.
        basis: What decides the expiry.
        expires_on: The expiry in the line; None if it has none. If the basis is "reason", None
            means that the product does not expire.
        expires_month: As in `Lot`.
    """

    lot: str
    basis: ExpiryBasis
    expires_on: date | None = None
    expires_month: str | None = None


class ProductPledge(EntryRow, frozen=True, kw_only=True, tag="product_pledges"):
    """How much of the product of a conversion fulfilled the pledge that its line names.

    When a conversion is corrected, all of its products are recorded again. The rows of the latest
    entry are valid.

    Attributes:
        on_pledge: The part that fulfilled the pledge. The rest is a gift beside it.
    """

    lot: str
    item: str
    pledge: str
    quantity: int
    on_pledge: int


class PackedLine(EntryRow, frozen=True, kw_only=True, tag="packed_lines"):
    """A line of a command whose quantity was given in packs.

    Attributes:
        field: Name of the list that contains the line; "lines" for the only line of a need.
        line: Number of the line, from 1.
        quantity: Number of packs.
        size: Base units in one pack when the line was first recorded. Later changes of the pack do
            not change it.
    """

    field: Literal["lines", "consumed", "produced", "spilled"]
    line: int
    item: str
    pack: str
    quantity: int
    size: int


class LatestDay(EntryRow, frozen=True, kw_only=True, tag="latest_days"):
    """Marks an entry whose event happened on its day or earlier."""

    latest_day: date


class Need(EntryRow, frozen=True, kw_only=True, tag="needs"):
    """What a recipient needs of one item, in base units."""

    need: str
    recipient: str
    item: str
    quantity: int
    urgency: Urgency
    needed_by: date | None


class NeedEnd(EntryRow, frozen=True, kw_only=True, tag="need_ends"):
    """The end of a need.

    If goods for it come back later, they go to the account `ended`.
    """

    need: str
    reason: EndReason


class Pledge(EntryRow, frozen=True, kw_only=True, tag="pledges"):
    """A donor's promise of goods."""

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
    """Goods that arrived.

    Attributes:
        origin: "donor" for a donation, else another origin on the chart of accounts.
        party: Code of the donor ("anonymous" if unnamed), supplier, maker or lender; for opening
            stock, the location.
    """

    arrival: str
    origin: Literal["donor", "bought", "made", "borrowed", "opening"]
    party: str
    location: str


class ArrivalLine(EntryRow, frozen=True, kw_only=True, tag="arrival_lines"):
    """One line of an arrival, in base units.

    Attributes:
        pledge: The pledge that the line names; None if it names none.
        on_pledge: The part that fulfilled this pledge or, without a pledge, open pledges of the
            donor.
        recipient: The recipient for whom the donor wishes the goods; None if the donor named no
            recipient.
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
    """Goods that are set aside for one recipient.

    Attributes:
        arrival: The donation or conversion whose goods were set aside on arrival; None if a command
            allocated goods that were already in stock.
    """

    allocation: str
    recipient: str
    location: str
    arrival: str | None


class AllocationLine(EntryRow, frozen=True, kw_only=True, tag="allocation_lines"):
    """The quantity of one lot in an allocation, in base units, and the need that it is for."""

    allocation: str
    line: int
    item: str
    lot: str
    need: str | None
    quantity: int


class Collection(EntryRow, frozen=True, kw_only=True, tag="collections"):
    """The collection of allocated goods by their recipient at the counter.

    Attributes:
        received_by: Who took the goods, as in `StopOutcome`; None if it is unknown.
    """

    allocation: str
    recipient: str
    received_by: str | None


class Delivery(EntryRow, frozen=True, kw_only=True, tag="deliveries"):
    """A delivery and its team. If another team takes over, a further row is added."""

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


class StopRemoval(EntryRow, frozen=True, kw_only=True, tag="stop_removals"):
    """The removal of a stop from a delivery, before the stop had an outcome.

    Attributes:
        moved_to: The delivery that has the goods now; None if they are set aside again where they
            were loaded.
    """

    delivery: str
    allocation: str
    moved_to: str | None


class StopOutcome(EntryRow, frozen=True, kw_only=True, tag="outcomes"):
    """The outcome of a stop.

    Attributes:
        first: 1 for the first outcome recorded for the stop, 0 for a correction.
    """

    delivery: str
    allocation: str
    outcome: Outcome
    happened_at: datetime | None
    received_by: str | None
    proof: str | None
    first: int


class OutcomeDetails(EntryRow, frozen=True, kw_only=True, tag="outcome_details"):
    """Further details of a report about a stop. Reports without such details have no row.

    Attributes:
        why: Why the stop failed.
        next_attempt: The day on which the household wants the goods.
        phone_time: What the clock of the phone showed.
    """

    delivery: str
    allocation: str
    why: FailureReason | None
    next_attempt: date | None
    phone_time: datetime | None


CodeResult = Literal["matched", "wrong", "not_compared"]
"""The result of comparing a reported code with the code of the stop.

The codes are not compared if the books have no code for the stop, or after too many wrong attempts.
"""


class CodeAttempt(EntryRow, frozen=True, kw_only=True, tag="code_attempts"):
    """A code that a household told a courier, and that was compared with the code of the stop."""

    delivery: str
    allocation: str
    result: CodeResult


class StopCode(EntryRow, frozen=True, kw_only=True, tag="stop_codes"):
    """The code of a stop, which the household tells the courier.

    Attributes:
        digest: Salted digest of the code, which is in the table `erasable`.
    """

    delivery: str
    allocation: str
    digest: str


class Proof(EntryRow, frozen=True, kw_only=True, tag="proofs"):
    """A signature or photo that shows what happened at a stop.

    Attributes:
        digest: Salted digest of the content, which is in the table `erasable`.
    """

    delivery: str
    allocation: str
    kind: Literal["signature", "photo"]
    digest: str


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
    """The end of a delivery, recorded when no goods of the delivery are in transit any more."""

    delivery: str


class Conflict(EntryRow, frozen=True, kw_only=True, tag="conflicts"):
    """A reported fact that contradicts the books. It moves no goods until it is resolved.

    Attributes:
        document: Id of the delivery or count sheet that the report is about. If it is about a
            hand-out, an id for this report.
        because: In what way the report contradicts the books.
        stated: The reported command without its free text, as JSON.
    """

    document: str
    because: str
    stated: str


class Resolution(EntryRow, frozen=True, kw_only=True, tag="resolutions"):
    """The resolution of a conflict.

    Attributes:
        conflict: Number of the entry that recorded the conflict.
        way: As `by` in `ResolveConflict`.
    """

    conflict: int
    way: Resolved


class LaterResolution(EntryRow, frozen=True, kw_only=True, tag="later_resolutions"):
    """A resolution that replaces an earlier one of the same conflict.

    Attributes:
        conflict, way: As in `Resolution`.
    """

    conflict: int
    way: Resolved


class CountSheet(EntryRow, frozen=True, kw_only=True, tag="count_sheets"):
    """A stock count at a location.

    The count is compared with the stock in the books at the moment of this entry.
    """

    sheet: str
    location: str


class CountedLine(EntryRow, frozen=True, kw_only=True, tag="counted_lines"):
    """A counted quantity, and the quantity in the books that it is compared with, in base units.

    Attributes:
        lot: The counted lot; "" if all lots of the item were counted together.
    """

    sheet: str
    line: int
    item: str
    lot: str
    expected: int
    counted: int


class Recount(EntryRow, frozen=True, kw_only=True, tag="recounts"):
    """A new quantity for the comparison with a counted line, in base units.

    It is recorded when an event that happened before a count is recorded after it. The latest row
    of a line is valid.
    """

    sheet: str
    line: int
    expected: int


class Withdrawal(EntryRow, frozen=True, kw_only=True, tag="withdrawals"):
    """Goods that were issued or lent and may come back.

    Attributes:
        account: The account that received the goods: `used:PURPOSE` or `lent:BORROWER`.
        due_on: The day on which a loan is due; None if no day was agreed.
    """

    withdrawal: str
    account: str
    location: str
    due_on: date | None


class HandOutTo(EntryRow, frozen=True, kw_only=True, tag="hand_outs"):
    """A hand-out at the counter or to a group.

    Attributes:
        headcount: Number of people in the group; None for one household.
    """

    hand_out: str
    recipient: str
    location: str
    headcount: int | None


class HandOutReport(EntryRow, frozen=True, kw_only=True, tag="hand_out_reports"):
    """The times that a team reported about a hand-out at its counter.

    Attributes:
        happened_at: When the goods were handed out; None if only the day is known.
        phone_time: What the clock of the phone showed.
    """

    hand_out: str
    team: str
    happened_at: datetime | None
    phone_time: datetime | None


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
    """The quantity of one lot in a shipment, with a description for the other station.

    Attributes:
        quantity: In base units.
        expires_month: As in `Lot`.
        value_minor: The share of the lot's value, in minor units; None if the lot has no value.
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
    """The arrival of a shipment from another station.

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
    """The acknowledgement that a shipment arrived at the other station.

    Attributes:
        received_seq, received_hash: Number and hash (hexadecimal) of the entry with which the other
            station received the shipment.
    """

    shipment: str
    received_seq: int
    received_hash: str


class Receipt(EntryRow, frozen=True, kw_only=True, tag="receipts"):
    """A receipt with its number.

    Attributes:
        digest: Digest of the stored content of the receipt, hexadecimal.
    """

    number: str
    series: str
    year: int
    ordinal: int
    issued_on: date
    digest: str


class ReceiptDonation(EntryRow, frozen=True, kw_only=True, tag="receipt_donations"):
    """A donation that a receipt confirms. A receipt has one such row for each of its donations."""

    number: str
    donation: str


class ReceiptReplacement(EntryRow, frozen=True, kw_only=True, tag="receipt_replacements"):
    """The replacement of an older receipt by a newer one."""

    number: str
    replaced: str


class ReceiptVoid(EntryRow, frozen=True, kw_only=True, tag="receipt_voids"):
    """The voiding of a receipt."""

    number: str


class Reprint(EntryRow, frozen=True, kw_only=True, tag="reprints"):
    """A reprint of a receipt.

    Attributes:
        copy: Number of the copy, from 1.
    """

    number: str
    copy: int


class Period(EntryRow, frozen=True, kw_only=True, tag="periods"):
    """The last day that is closed, from this entry until the next row of this type.

    A row with an earlier day than the row before it reopens the days in between.
    """

    closed_through: date


class Activity(EntryRow, frozen=True, kw_only=True, tag="activities"):
    """Work that moves no goods, and how often it was done."""

    activity: str
    kind: str
    count: int


class Merge(EntryRow, frozen=True, kw_only=True, tag="merges"):
    """The merge of two codes of one person. The latest row of a code is valid.

    Attributes:
        merge: Id of the merge.
        code: The code that was retired.
        stays: The code that stays; None if the merge was reversed.
    """

    merge: str
    kind: PersonKind
    code: str
    stays: str | None


class Forgetting(EntryRow, frozen=True, kw_only=True, tag="forgettings"):
    """The erasure of a person's data, or of the text of an entry.

    Attributes:
        party: `donor:CODE`, `recipient:CODE`, or `entry:SEQ` for the text of an entry.
    """

    party: str


class Erasure(EntryRow, frozen=True, kw_only=True, tag="erasures"):
    """The digest of a text that this entry erased, together with the salt of the text."""

    digest: str


AnyEntryRow = (
    Lot
    | LotParent
    | ProductExpiry
    | ProductPledge
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
    | Collection
    | Delivery
    | Stop
    | StopLine
    | StopRemoval
    | StopOutcome
    | OutcomeDetails
    | CodeAttempt
    | StopCode
    | Proof
    | OutcomeLine
    | DeliveryEnd
    | Conflict
    | Resolution
    | LaterResolution
    | CountSheet
    | CountedLine
    | Recount
    | Withdrawal
    | HandOutTo
    | HandOutReport
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
    | Merge
    | Forgetting
    | Erasure
)

ENTRY_ROWS: tuple[type[EntryRow], ...] = get_args(AnyEntryRow)

TABLES: dict[type[EntryRow], str] = {
    statement: str(statement.__struct_config__.tag) for statement in ENTRY_ROWS
}
"""The name of the table for each type of row."""

_FORGOTTEN_TEXT = "entry:"


def forgotten_text(seq: int) -> str:
    """Return the value of `Forgetting.party` for the text of an entry."""
    return f"{_FORGOTTEN_TEXT}{seq}"


def entry_of_forgotten_text(party: str) -> int | None:
    """Return the entry whose text was erased, from the value of `Forgetting.party`.

    Return None if the data of a person was erased.
    """
    return int(party.removeprefix(_FORGOTTEN_TEXT)) if party.startswith(_FORGOTTEN_TEXT) else None
