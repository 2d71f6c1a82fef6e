"""The rows that an entry writes into tables, in addition to its transfers."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal, get_args

import msgspec

from supplies.domain.commands import (
    ConfirmationWay,
    EndReason,
    FailureReason,
    FirstFailureReason,
    Outcome,
    PersonKind,
    Resolved,
    Urgency,
)
from supplies.domain.product_expiry import ExpiryBasis


class EntryRow(msgspec.Struct, frozen=True, kw_only=True, tag_field="table", gc=False):
    """Base class of the rows that entries write. The fields are the columns of the row's table."""


class Lot(EntryRow, frozen=True, kw_only=True, tag="lots"):
    """Goods of one item that arrived together. If a lot has several rows, the latest is valid.

    Attributes:
        origin: The account from which the goods came.
        expires_month: The month of expiry, if the goods show no day; otherwise None. `expires_on`
            is then the last day of this month.
        value_minor: The value in minor units of `currency`, such as cents; None if no value was
            given.
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
    """A lot that a conversion made, paired with one of the lots from which it was made.

    When a conversion is corrected, all of its pairs are recorded again. Only the pairs of the
    latest entry are valid.
    """

    lot: str
    parent: str


class ProductExpiry(EntryRow, frozen=True, kw_only=True, tag="product_expiries"):
    """The expiry that the command of a conversion gives for one of its products.

    The product's own expiry is computed from this row and the consumed lots, and is stored with the
    product's lot.

    Attributes:
        lot: The lot of the product.
        basis: What decides the expiry of the product.
        expires_on: The expiry in the command; None if the command has none. If the basis is
            "reason", None means that the product does not expire.
        expires_month: As in `Lot`.
    """

    lot: str
    basis: ExpiryBasis
    expires_on: date | None = None
    expires_month: str | None = None


class ProductPledge(EntryRow, frozen=True, kw_only=True, tag="product_pledges"):
    """How much of a conversion's product fulfilled the pledge that the command names for it.

    If a conversion is corrected, the rows of all its products are recorded again. The rows of the
    latest entry are valid.

    Attributes:
        on_pledge: The part of `quantity` that fulfilled the pledge. The rest is an additional gift.
    """

    lot: str
    item: str
    pledge: str
    quantity: int
    on_pledge: int


class PackedLine(EntryRow, frozen=True, kw_only=True, tag="packed_lines"):
    """A line of a command whose quantity was given in packs.

    Attributes:
        field: Name of the command's list that contains the line; "lines" if the command is a need,
            which has only one line.
        line: Number of the line, from 1.
        quantity: Number of packs.
        size: Number of base units in one pack when the line was first recorded. It stays the same
            when the registered size changes later.
    """

    field: Literal["lines", "consumed", "produced", "spilled"]
    line: int
    item: str
    pack: str
    quantity: int
    size: int


class LatestDay(EntryRow, frozen=True, kw_only=True, tag="latest_days"):
    """The latest possible day of an event that may also have happened earlier (`or_earlier`)."""

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

    Goods for an ended need that come back later are booked on the account `ended` instead of
    reopening the need.
    """

    need: str
    reason: EndReason


class Pledge(EntryRow, frozen=True, kw_only=True, tag="pledges"):
    """A donor's promise of goods."""

    pledge: str
    donor: str
    due_on: date | None


class PledgeCampaign(EntryRow, frozen=True, kw_only=True, tag="pledge_campaigns"):
    """The campaign for which a donor promised goods.

    A pledge without a campaign has no row here.
    """

    pledge: str
    campaign: str


class PledgeLine(EntryRow, frozen=True, kw_only=True, tag="pledge_lines"):
    """The promised quantity of one item, in base units."""

    pledge: str
    line: int
    item: str
    quantity: int


class Arrival(EntryRow, frozen=True, kw_only=True, tag="arrivals"):
    """Goods that arrived by one command.

    Attributes:
        origin: The kind of account from which the goods came; "donor" for a donation.
        party: Code of the donor ("anonymous" if unnamed), supplier, maker or lender; for opening
            stock, code of the location.
    """

    arrival: str
    origin: Literal["donor", "bought", "made", "borrowed", "opening"]
    party: str
    location: str


class ArrivalCampaign(EntryRow, frozen=True, kw_only=True, tag="arrival_campaigns"):
    """The campaign from which the goods of an arrival come.

    An arrival without a campaign has no row here.
    """

    arrival: str
    campaign: str


class ArrivalLine(EntryRow, frozen=True, kw_only=True, tag="arrival_lines"):
    """One line of an arrival, in base units.

    Attributes:
        pledge: The pledge that the command named for the line; None if it named none.
        on_pledge: The part of `quantity` that fulfilled this pledge. Without a pledge, the part
            that fulfilled any open pledges of the donor.
        recipient: The recipient for whom the donor meant the goods; None if the donor named no
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
        arrival: The donation or conversion whose goods were set aside on arrival; None if the goods
            were already in stock.
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
    """A collection: a recipient fetched allocated goods at the counter.

    Attributes:
        received_by: Who took the goods, as in `StopOutcome`; None if unknown.
    """

    allocation: str
    recipient: str
    received_by: str | None


class Delivery(EntryRow, frozen=True, kw_only=True, tag="deliveries"):
    """A delivery and its team.

    If another team takes over, a further row names that team. The latest row is valid.
    """

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
    """The removal of a stop from a delivery before an outcome was reported.

    Attributes:
        moved_to: The delivery to which the stop was moved; None if its goods are set aside again
            where they were loaded.
    """

    delivery: str
    allocation: str
    moved_to: str | None


class StopOutcome(EntryRow, frozen=True, kw_only=True, tag="outcomes"):
    """The outcome of a stop.

    Attributes:
        first: 1 for the first outcome that was recorded for the stop, 0 for a corrected one.
    """

    delivery: str
    allocation: str
    outcome: Outcome
    happened_at: datetime | None
    received_by: str | None
    proof: str | None
    first: int


class OutcomeDetails(EntryRow, frozen=True, kw_only=True, tag="outcome_details"):
    """Further details from the report of an outcome. Reports without such details have no row.

    Attributes:
        why: Why the goods could not be handed over, if this is a reason that the first version of
            the program knew.
        reason: Why the goods could not be handed over, if this is another reason.
        next_attempt: The day on which the household wants the goods.
        phone_time: The time on the phone's clock, if the reported time was corrected.
    """

    delivery: str
    allocation: str
    why: FirstFailureReason | None
    next_attempt: date | None
    phone_time: datetime | None
    reason: FailureReason | None = None

    @property
    def any_reason(self) -> FailureReason | None:
        """Why the goods could not be handed over."""
        return self.reason or self.why


def reason_columns(why: FailureReason | None) -> dict[str, Any]:
    """Return the columns `why` and `reason` of `OutcomeDetails` for a reason.

    The column `why` accepts only the reasons that existed when its table was made. Each newer
    reason is stored in the column `reason`.
    """
    is_first = why in get_args(FirstFailureReason)
    return {"why": why if is_first else None, "reason": None if is_first else why}


CodeResult = Literal["matched", "wrong", "not_compared"]
"""The result of comparing a reported code with the code of the stop.

The codes are not compared if the stop has no code, or after too many wrong attempts.
"""


class CodeAttempt(EntryRow, frozen=True, kw_only=True, tag="code_attempts"):
    """The result of comparing a code that a courier reported with the code of the stop."""

    delivery: str
    allocation: str
    result: CodeResult


class StopCode(EntryRow, frozen=True, kw_only=True, tag="stop_codes"):
    """The code of a stop: digits that the household tells the courier on receiving the goods.

    Attributes:
        digest: Salted digest of the code. The code itself is in the table `erasable`.
    """

    delivery: str
    allocation: str
    digest: str


class Proof(EntryRow, frozen=True, kw_only=True, tag="proofs"):
    """A signature or photo that shows what happened at a stop.

    Attributes:
        digest: Salted digest of the content. The content itself is in the table `erasable`.
    """

    delivery: str
    allocation: str
    kind: Literal["signature", "photo"]
    digest: str


class Confirmation(EntryRow, frozen=True, kw_only=True, tag="confirmations"):
    """A household's confirmation of a hand-over. The latest one of a stop is valid.

    Attributes:
        way: How the household confirmed it; `withdrawn` if a confirmation was taken back.
        confirmed_by: Who confirmed it; None if the confirmation was taken back.
    """

    delivery: str
    allocation: str
    way: ConfirmationWay
    confirmed_by: str | None


class OutcomeLine(EntryRow, frozen=True, kw_only=True, tag="outcome_lines"):
    """What happened to the goods of one loaded line, in base units."""

    delivery: str
    allocation: str
    line: int
    received: int
    brought_back: int
    lost: int
    target: str


class DeliveryEnd(EntryRow, frozen=True, kw_only=True, tag="delivery_ends"):
    """The end of a delivery. Recorded when no goods of the delivery are in transit."""

    delivery: str


class Conflict(EntryRow, frozen=True, kw_only=True, tag="conflicts"):
    """A reported fact that contradicts the books. A conflict moves no goods until it is resolved.

    Attributes:
        document: Id of the delivery or count sheet that the report is about. For a reported
            hand-out, a new id.
        because: In what way the report contradicts the books.
        stated: The reported command as JSON, without its free text.
    """

    document: str
    because: str
    stated: str


ContradictionKind = Literal[
    "other_outcome",
    "other_quantities",
    "more_than_loaded",
    "taken_off",
    "before_dispatch",
    "future",
    "too_old",
    "other_counter",
    "quarantine",
    "erased",
    "not_a_group",
    "unknown_pack",
    "missing_goods",
    "counted_less",
    "refused",
]
"""In what way a reported fact contradicts the books.

If the kind is `refused`, the fact is not allowed for a reason that has no kind of its own.
"""


class ConflictReason(EntryRow, frozen=True, kw_only=True, tag="conflict_reasons"):
    """In what way the fact in a conflict contradicts the books, in a form that can be translated.

    Conflicts that were recorded before version 46 of the schema have no such row.

    Attributes:
        kind: The kind of the contradiction.
        fields: A JSON object with further values, by `kind`: `entry`, `before` and `outcome` for
            `other_outcome` and `other_quantities`; `entry` for `taken_off` and `before_dispatch`;
            `line`, `reported` and `loaded` for `more_than_loaded`; `place` (a code) for
            `other_counter` and `quarantine`. The object is empty for all other kinds.
    """

    kind: ContradictionKind
    fields: str


class Resolution(EntryRow, frozen=True, kw_only=True, tag="resolutions"):
    """The first resolution of a conflict.

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
    """The sheet for a stock count at a location.

    The count is compared with the stock in the books at the moment of the entry with this row.
    """

    sheet: str
    location: str


class CountedLine(EntryRow, frozen=True, kw_only=True, tag="counted_lines"):
    """A counted quantity, and the quantity in the books, in base units.

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
    """A new expected quantity for a counted line, in base units.

    This row is written if an event is recorded after a count but happened before the count. The
    latest row of each line is valid.
    """

    sheet: str
    line: int
    expected: int


class Withdrawal(EntryRow, frozen=True, kw_only=True, tag="withdrawals"):
    """Goods that were issued or lent and may come back.

    Attributes:
        account: The account that received the goods: `used:PURPOSE` or `lent:BORROWER`.
        due_on: The day by which lent goods should be back; None if no day was agreed.
    """

    withdrawal: str
    account: str
    location: str
    due_on: date | None


class HandOutTo(EntryRow, frozen=True, kw_only=True, tag="hand_outs"):
    """A hand-out at the counter or to a group.

    Attributes:
        headcount: Number of people in the group; None if the goods were for one household.
    """

    hand_out: str
    recipient: str
    location: str
    headcount: int | None


class HandOutReport(EntryRow, frozen=True, kw_only=True, tag="hand_out_reports"):
    """The team and times in a report about a hand-out at the team's counter.

    Attributes:
        happened_at: When the goods were handed out; None if only the day is known.
        phone_time: The time on the phone's clock, if the reported time was corrected.
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


class Receipt(EntryRow, frozen=True, kw_only=True, tag="receipts"):
    """A receipt that was issued.

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
    """A donation that a receipt confirms. A receipt has one such row per donation."""

    number: str
    donation: str


class ReceiptReplacement(EntryRow, frozen=True, kw_only=True, tag="receipt_replacements"):
    """The replacement of an older receipt by a newer one."""

    number: str
    replaced: str


class ReceiptVoid(EntryRow, frozen=True, kw_only=True, tag="receipt_voids"):
    """The row that makes a receipt void."""

    number: str


class Reprint(EntryRow, frozen=True, kw_only=True, tag="reprints"):
    """A further printing of a receipt, which is marked as a numbered copy.

    Attributes:
        copy: Number of the copy, from 1.
    """

    number: str
    copy: int


class Period(EntryRow, frozen=True, kw_only=True, tag="periods"):
    """A change of the closing date: all days up to this day are closed, until the next row.

    If the day is earlier than in the row before, the days in between are open again.
    """

    closed_through: date


class Activity(EntryRow, frozen=True, kw_only=True, tag="activities"):
    """Work that moves no goods, and how often it was done."""

    activity: str
    kind: str
    count: int


class Merge(EntryRow, frozen=True, kw_only=True, tag="merges"):
    """The merge of two codes of one person, or its reversal. The latest row of each code is valid.

    Attributes:
        merge: Id of the merge.
        code: The code that was retired.
        stays: The code that stays in use; None if the merge was reversed.
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
    """The digest of a text that was erased together with its salt."""

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
    | PledgeCampaign
    | PledgeLine
    | Arrival
    | ArrivalCampaign
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
    | Confirmation
    | OutcomeLine
    | DeliveryEnd
    | Conflict
    | ConflictReason
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
"""The name of the database table for each type of row."""

_FORGOTTEN_TEXT = "entry:"


def forgotten_text(seq: int) -> str:
    """Return the value of `Forgetting.party` that means the free text of an entry: `entry:SEQ`."""
    return f"{_FORGOTTEN_TEXT}{seq}"


def entry_of_forgotten_text(party: str) -> int | None:
    """Return the number of the entry whose text was erased, from `Forgetting.party`.

    Return None if the value means a person instead.
    """
    return int(party.removeprefix(_FORGOTTEN_TEXT)) if party.startswith(_FORGOTTEN_TEXT) else None
