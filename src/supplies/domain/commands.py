"""Commands to the ledger. A command is also the body of the REST request that records it.

Every command may have `happened_on`, the day of the event; None means today at the station.
Quantities are in base units of the item, or in packs if `pack` names one. Fields of the types
`Text` and `ShortText` are free text. They are stored outside the hash chain and can be erased.
Fields marked "by path" are in the URL of a REST request.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from msgspec import Meta, field

from supplies.domain.fields import (
    MAX_LINES,
    Batch,
    Bytes,
    Code,
    Count,
    EntryNumber,
    ExpiryDay,
    Hash,
    Month,
    PhotoBytes,
    Quantity,
    Reason,
    ShortText,
    SpokenCode,
    StrictStruct,
    Strokes,
    Text,
    Timestamp,
)
from supplies.domain.money import Value

PersonKind = Literal["donor", "recipient"]

LINE_LIMITS = Meta(min_length=1, max_length=MAX_LINES)


class Command(StrictStruct, frozen=True, kw_only=True, tag=True, tag_field="type"):
    """Base class of all commands. In JSON, the field `type` has the name of the command.

    Attributes:
        happened_on: The day of the event; None means today at the station.
        or_earlier: Whether the event may have happened before that day, as in "by 28 February"
            (截至28日). It is booked on that day all the same.
    """

    happened_on: date | None = None
    or_earlier: bool = False


class GoodsLine(StrictStruct, frozen=True, kw_only=True):
    """A quantity of an item.

    Attributes:
        quantity: The number of packs, or of base units if `pack` is None.
        pack: The pack in which `quantity` is counted; None means base units.
        pack_size: Base units in each pack, if the content of packs varies. None means the size
            registered for the item.
    """

    item: Code
    quantity: Quantity
    pack: Code | None = None
    pack_size: Quantity | None = None


class LotLine(GoodsLine, frozen=True, kw_only=True):
    """A quantity of an item to take from stock, from one lot or from several.

    Attributes:
        lot: The lot to take; None takes the lots that expire first.
        allow_expired: Whether to take expired lots too.
    """

    lot: Code | None = None
    allow_expired: bool = False


class RecipientLine(LotLine, frozen=True, kw_only=True):
    """Goods that are handed to a recipient, or that are taken back from one.

    Attributes:
        need: The need that the goods meet. If goods are taken back, the need that is open again.
            None means the most urgent needs, or the least urgent ones if goods are taken back.
    """

    need: Code | None = None


# --- needs ----------------------------------------------------------------------------------

Urgency = Literal["low", "normal", "high"]
EndReason = Literal["withdrawn", "helped_elsewhere", "moved", "died"]


class NoteNeed(Command, frozen=True, kw_only=True):
    """Record what a recipient needs.

    Attributes:
        pack, pack_size: As in `GoodsLine`.
        needed_by: The day by which the goods are needed; None if no day was given.
    """

    recipient: Code
    item: Code
    quantity: Quantity
    pack: Code | None = None
    pack_size: Quantity | None = None
    urgency: Urgency = "normal"
    needed_by: date | None = None
    note: Text | None = None


class EndNeed(Command, frozen=True, kw_only=True):
    """End the part of a need that is still open, and drop the claims on it.

    Attributes:
        reason: Why the need is ended, such as `withdrawn`.
        goods: What happens to goods that are set aside for the need. "keep": they are still
            delivered. "release": they become free stock again. Goods on the way stay with the team.
    """

    need: Code  # by path
    reason: EndReason
    goods: Literal["keep", "release"] = "keep"
    note: Text | None = None


# --- pledges --------------------------------------------------------------------------------


class Claim(StrictStruct, frozen=True, kw_only=True):
    """A claim (认领): the part of a pledge line that is promised to one need.

    Attributes:
        quantity: In base units.
    """

    need: Code
    quantity: Quantity


class PledgeLine(GoodsLine, frozen=True, kw_only=True):
    """The promised quantity of one item, and the needs for which it is promised.

    A pledge has one line per item.
    """

    claims: list[Claim] = field(default_factory=list)


class MakePledge(Command, frozen=True, kw_only=True):
    """Record a donor's promise of goods.

    Attributes:
        due_on: The day by which the goods should come; None if no day was given.
    """

    donor: Code
    lines: Annotated[list[PledgeLine], LINE_LIMITS]
    due_on: date | None = None
    note: Text | None = None


class ClaimNeeds(Command, frozen=True, kw_only=True):
    """Promise parts of a recorded pledge to needs, or drop such promises.

    Attributes:
        claims: Parts of the pledge that no need claims yet, and the needs that claim them now.
        drop: Claims that are dropped before the new claims are made.
    """

    pledge: Code  # by path
    claims: Annotated[list[Claim], Meta(max_length=MAX_LINES)] = field(default_factory=list)
    drop: Annotated[list[Claim], Meta(max_length=MAX_LINES)] = field(default_factory=list)
    note: Text | None = None


class DroppedLine(StrictStruct, frozen=True, kw_only=True):
    """The part of a pledge line that is cancelled.

    Attributes:
        quantity: In base units.
        drop: The claims that are dropped with this part. If it is None, the part that no need
            claims is cancelled first. Then claims are dropped: those of the least urgent needs
            first, and the newest first among needs of the same urgency.
    """

    line: Annotated[int, Meta(ge=1)]
    quantity: Quantity
    drop: list[Claim] | None = None


class CancelPledge(Command, frozen=True, kw_only=True):
    """Cancel a pledge at the donor's request.

    Attributes:
        lines: The parts to cancel; None cancels all that is outstanding.
    """

    pledge: Code  # by path
    reason: Reason
    lines: Annotated[list[DroppedLine], LINE_LIMITS] | None = None


class LapsePledge(Command, frozen=True, kw_only=True):
    """End a pledge because the promised goods did not come.

    Attributes:
        lines: The parts that did not come; None means all that is outstanding.
    """

    pledge: Code  # by path
    reason: Reason
    lines: Annotated[list[DroppedLine], LINE_LIMITS] | None = None


# --- arrivals --------------------------------------------------------------------------------


class DonationLine(GoodsLine, frozen=True, kw_only=True):
    """Donated goods.

    Attributes:
        pledge: The pledge that the goods fulfil. Goods beyond the pledge are a gift.
        recipient ("for" in JSON): The one recipient to whom the donor wants to give the goods.
        need: The need of this recipient that the goods are for; None means the most urgent one.
            Claims of pledges on a need that is named are dropped as far as these goods take their
            place.
        expires_on: The last day on which the goods may be used.
        expires_month: The month of expiry, if the goods show no day; see `Month`.
        quarantine: A location for these goods instead of the command's location.
        write_off: The reason for which the goods are written off at once, such as `expired`.
            Expired goods need `quarantine` or `write_off`.
    """

    pledge: Code | None = None
    recipient: Code | None = field(name="for", default=None)
    need: Code | None = None
    batch: Batch | None = None
    expires_on: ExpiryDay | None = None
    expires_month: Month | None = None
    value: Value | None = None
    quarantine: Code | None = None
    write_off: Code | None = None


class RecordDonation(Command, frozen=True, kw_only=True):
    """Record a donation.

    Attributes:
        donor: None for an anonymous gift.
        handled_by: The person who took the goods in (经办人), as required by art. 38 of the Charity
            Law of China, 2023.
        checked_by: The person who checked the goods (复核人).
        wish: What the goods are for, in the donor's words (定向意愿).
        agreement: Number of the donation agreement.
        fiscal_ticket: Number of the fiscal ticket that a partner charity issued for the donation.
        keep_pledges: Whether lines without a pledge fulfil open pledges of the donor for their
            item, the oldest first. Goods beyond the pledges are a gift.
    """

    donor: Code | None = None
    location: Code
    handled_by: ShortText
    lines: Annotated[list[DonationLine], LINE_LIMITS]
    wish: Text | None = None
    checked_by: ShortText | None = None
    agreement: ShortText | None = None
    fiscal_ticket: ShortText | None = None
    note: Text | None = None
    keep_pledges: bool = False


class ArrivalLine(GoodsLine, frozen=True, kw_only=True):
    """Goods that arrived other than as a donation.

    Attributes:
        expires_month, quarantine, write_off: As in `DonationLine`.
    """

    batch: Batch | None = None
    expires_on: ExpiryDay | None = None
    expires_month: Month | None = None
    value: Value | None = None
    quarantine: Code | None = None
    write_off: Code | None = None


class OpenStock(Command, frozen=True, kw_only=True):
    """Record the opening stock: goods that were in stock before these books began."""

    location: Code
    lines: Annotated[list[ArrivalLine], LINE_LIMITS]
    note: Text | None = None


class RecordArrival(Command, frozen=True, kw_only=True):
    """Record goods that were bought, made or borrowed.

    Attributes:
        party: Code of the supplier, maker or lender.
    """

    origin: Literal["bought", "made", "borrowed"]
    party: Code
    location: Code
    lines: Annotated[list[ArrivalLine], LINE_LIMITS]
    note: Text | None = None


# --- allocations ----------------------------------------------------------------------------


class LotPart(StrictStruct, frozen=True, kw_only=True):
    """A lot to take for an allocation line, and the quantity to take of it, in base units."""

    lot: Code
    quantity: Quantity


class AllocationLine(GoodsLine, frozen=True, kw_only=True):
    """Goods to allocate.

    Attributes:
        need: The need that the goods are for; None means the recipient's most urgent need of the
            item. Claims of pledges on the need are dropped if more is allocated than is open.
        lots: The lots to take, with their quantities; None takes the lots that expire first.
        allow_expired: Whether to take expired lots too.
    """

    need: Code | None = None
    lots: Annotated[list[LotPart], LINE_LIMITS] | None = None
    allow_expired: bool = False


class Allocate(Command, frozen=True, kw_only=True):
    """Set free goods at a location aside for one recipient."""

    recipient: Code
    location: Code
    lines: Annotated[list[AllocationLine], LINE_LIMITS]
    note: Text | None = None


class ReleasedLine(StrictStruct, frozen=True, kw_only=True):
    """A line of an allocation, and the quantity of it to release, in base units."""

    line: Annotated[int, Meta(ge=1)]
    quantity: Quantity


class Release(Command, frozen=True, kw_only=True):
    """Make allocated goods free stock again.

    Attributes:
        lines: The quantities to release; None releases all that is still allocated.
    """

    allocation: Code  # by path
    reason: Reason
    lines: Annotated[list[ReleasedLine], LINE_LIMITS] | None = None


class AllocationPart(StrictStruct, frozen=True, kw_only=True):
    """A line of an allocation, and the quantity of it that is taken, in base units."""

    line: Annotated[int, Meta(ge=1)]
    quantity: Quantity


ReceivedBy = Literal["self", "family", "neighbour", "guard", "door"]


class CollectAllocation(Command, frozen=True, kw_only=True):
    """Record that a household fetched its own allocation at the counter.

    The goods meet the needs for which they were set aside. What is not collected stays set aside.

    Attributes:
        lines: The quantities that were collected; None means all that is still set aside.
        allow_expired: Whether expired goods may be handed over too.
    """

    allocation: Code  # by path
    lines: Annotated[list[AllocationPart], LINE_LIMITS] | None = None
    received_by: ReceivedBy | None = None
    allow_expired: bool = False
    note: Text | None = None


# --- deliveries -----------------------------------------------------------------------------

Outcome = Literal["handed_over", "partly", "refused", "not_at_home", "lost"]

FailureReason = Literal["bad_address", "moved", "not_ready", "too_far"]
"""Why a stop failed."""


class DispatchPart(StrictStruct, frozen=True, kw_only=True):
    """The part of an allocation that a team takes along."""

    allocation: Code
    lines: Annotated[list[AllocationPart], LINE_LIMITS]


class Dispatch(Command, frozen=True, kw_only=True):
    """Send a team on a delivery with the goods that are still set aside in the given allocations.

    Attributes:
        allocations: The allocations to take along, in the order of the stops.
        parts: The allocations of which only a part is taken along. The rest stays set aside, and
            can be taken along on another delivery. None takes all goods of each allocation.
        allow_expired: Whether to take expired goods too.
    """

    team: Code
    allocations: Annotated[list[Code], LINE_LIMITS]
    allow_expired: bool = False
    note: Text | None = None
    parts: Annotated[list[DispatchPart], LINE_LIMITS] | None = None


class OutcomeLine(StrictStruct, frozen=True, kw_only=True):
    """What happened to one line of a stop, in base units.

    The quantities received, brought back and lost must add up to the quantity loaded.

    Attributes:
        line: Number of the line, from 1.
        to: Whether goods that were brought back stay allocated or become free stock.
        location: Where these goods are put; None means the location from which they were loaded.
    """

    line: Annotated[int, Meta(ge=1)]
    received: Count = 0
    brought_back: Count = 0
    lost: Count = 0
    to: Literal["allocated", "stock"] = "allocated"
    location: Code | None = None


class ReportOutcome(Command, frozen=True, kw_only=True):
    """Report the outcome of a stop of a delivery.

    A report that contradicts the books is not refused. It is recorded as a conflict.

    Attributes:
        happened_at: The time of the event. Its day at the station is the day of the outcome. None
            if only the day is known. A time in the future or before the dispatch is a conflict.
        lines: Required for the outcome `partly`. Without lines, all goods were received
            (`handed_over`), brought back and still allocated (`not_at_home`), brought back and free
            (`refused`), or lost (`lost`).
        note: Who received the goods, and what was said.
        signature: The signature of the person who received the goods.
        code: The code that the household told the courier. It is compared with the code of the
            stop; only whether they agree is stored. A wrong code does not change the outcome.
        why: Why the stop failed, in addition to its outcome.
        next_attempt: The day on which the household wants the goods.
        time_window: When the household is at home on that day, in its own words.
        phone_time: What the clock of the phone showed, if `happened_at` was corrected by it.
    """

    delivery: Code  # by path
    allocation: Code
    outcome: Outcome
    happened_at: Timestamp | None = None
    lines: Annotated[list[OutcomeLine], LINE_LIMITS] | None = None
    received_by: ReceivedBy | None = None
    proof: Literal["none", "signature", "code", "photo"] | None = None
    note: Text | None = None
    signature: Strokes | None = None
    code: SpokenCode | None = None
    why: FailureReason | None = None
    next_attempt: date | None = None
    time_window: ShortText | None = None
    phone_time: Timestamp | None = None


class AddStopPhoto(Command, frozen=True, kw_only=True):
    """Add a photo that shows what happened at a stop of a delivery, as JPEG or WebP.

    It is a command of its own, so that a photo that is refused does not lose an outcome. Its
    metadata, such as the place where it was taken, is not stored.
    """

    delivery: Code  # by path
    allocation: Code  # by path
    photo: PhotoBytes


class CloseDelivery(Command, frozen=True, kw_only=True):
    """Close a delivery. This is refused while goods of the delivery are in transit."""

    delivery: Code  # by path


class ReassignDelivery(Command, frozen=True, kw_only=True):
    """Give an open delivery to another team."""

    delivery: Code  # by path
    team: Code


class UndoDispatch(Command, frozen=True, kw_only=True):
    """Take stops off an open delivery because the team did not start with their goods.

    The goods are set aside at the place of loading again, for the same needs. No outcome is
    recorded. A delivery without goods in transit is then closed.

    Attributes:
        allocations: The stops to take off, by their allocations. None means all stops without an
            outcome.
    """

    delivery: Code  # by path
    reason: Reason
    allocations: Annotated[list[Code], LINE_LIMITS] | None = None


class MoveStops(Command, frozen=True, kw_only=True):
    """Move stops of an open delivery to another team, on a new delivery or one that is out.

    A delivery is split in this way. The goods stay in transit, and the stops keep their lines. A
    delivery without goods in transit is then closed. An outcome that is reported later for a stop
    of the old delivery counts for the stop where the goods are.

    Attributes:
        allocations: The stops to move, by their allocations, in their new order.
        team: The team of the new delivery.
        to_delivery: An open delivery that gets the stops after its own. Give either this or `team`.
    """

    delivery: Code  # by path
    allocations: Annotated[list[Code], LINE_LIMITS]
    team: Code | None = None
    to_delivery: Code | None = None
    note: Text | None = None


Resolved = Literal["correct", "unexplained", "keep"]


class ResolveConflict(Command, frozen=True, kw_only=True):
    """Resolve a conflict between a reported fact and the books.

    Attributes:
        happened_on: The day of a reported outcome whose time is impossible; None means the day on
            which it was recorded. If its time is possible, that decides the day.
        by: "correct" books the reported outcome in place of the recorded one. "unexplained" books
            it in addition, with the missing goods from the account `unexplained`, which is settled
            after the next count. "keep" leaves the books as they are and drops the report.
    """

    conflict: Annotated[int, Meta(ge=1)]  # by path: the entry's seq
    by: Resolved
    reason: Reason


# --- stock ----------------------------------------------------------------------------------


class Move(Command, frozen=True, kw_only=True):
    """Move free goods from one location to another."""

    source: Code = field(name="from")
    target: Code = field(name="to")
    lines: Annotated[list[LotLine], LINE_LIMITS]
    note: Text | None = None


class QuarantineBatch(Command, frozen=True, kw_only=True):
    """Move all free goods of a batch to a quarantine, for example after a recall by the maker.

    Goods repacked from the batch are moved too. Goods that are already in a quarantine stay there.
    Goods that are set aside, on the way or handed over are not moved.
    """

    item: Code
    batch: Batch
    target: Code = field(name="to")
    note: Text | None = None


class OpenCountSheet(Command, frozen=True, kw_only=True):
    """Open a count sheet.

    The count is later compared with what the books have at this location at the moment of opening.
    """

    location: Code
    note: Text | None = None


class CountLine(StrictStruct, frozen=True, kw_only=True):
    """A counted quantity in base units. Free and allocated goods are counted together.

    Attributes:
        lot: The counted lot; None if all lots of the item were counted together.
        batch, expires_on, expires_month: Batch and expiry on the label, if `lot` is None and the
            books do not contain these goods. None means that they are unknown.
    """

    item: Code
    counted: Count
    lot: Code | None = None
    batch: Batch | None = None
    expires_on: ExpiryDay | None = None
    expires_month: Month | None = None


class CountStock(Command, frozen=True, kw_only=True):
    """Record the result of a stock count. Items without a line were not counted."""

    sheet: Code  # by path
    lines: Annotated[list[CountLine], LINE_LIMITS]
    note: Text | None = None


class IssueGoods(Command, frozen=True, kw_only=True):
    """Issue free goods that the station uses itself, such as masks for workers at gate posts."""

    purpose: Code
    location: Code
    lines: Annotated[list[LotLine], LINE_LIMITS]
    note: Text | None = None


class ReturnIssue(Command, frozen=True, kw_only=True):
    """Put issued goods that were not used back into stock.

    Attributes:
        location: Where they are put; None means the location from which they were issued.
    """

    issue: Code  # by path
    lines: Annotated[list[LotLine], LINE_LIMITS]
    location: Code | None = None
    note: Text | None = None


class WriteOff(Command, frozen=True, kw_only=True):
    """Write off free goods.

    Attributes:
        reason: `expired`, `damaged`, `missing` or another code.
    """

    reason: Code
    location: Code
    lines: Annotated[list[LotLine], LINE_LIMITS]
    note: Text | None = None


class FindAgain(Command, frozen=True, kw_only=True):
    """Put goods back into stock that were written off and found again.

    Attributes:
        reason: The reason of the write-off.
        location: Where the goods are put.
    """

    reason: Code
    location: Code
    lines: Annotated[list[LotLine], LINE_LIMITS]
    note: Text | None = None


class TakeBack(Command, frozen=True, kw_only=True):
    """Take goods back from a recipient into stock."""

    recipient: Code
    location: Code
    lines: Annotated[list[RecipientLine], LINE_LIMITS]
    reason: Reason


class ReturnGoods(Command, frozen=True, kw_only=True):
    """Give free goods back to the donor or lender of each lot."""

    location: Code
    lines: Annotated[list[LotLine], LINE_LIMITS]
    reason: Reason


class LendGoods(Command, frozen=True, kw_only=True):
    """Lend free goods.

    Attributes:
        borrower: Code of the borrower.
        due_on: The day on which the goods should be back; None if no day was agreed.
    """

    borrower: Code
    location: Code
    lines: Annotated[list[LotLine], LINE_LIMITS]
    due_on: date | None = None
    note: Text | None = None


class ReturnLoan(Command, frozen=True, kw_only=True):
    """Put lent goods that came back into stock.

    Attributes:
        location: Where they are put; None means the location from which they were lent.
    """

    loan: Code  # by path
    lines: Annotated[list[LotLine], LINE_LIMITS]
    location: Code | None = None
    note: Text | None = None


class HandOut(Command, frozen=True, kw_only=True):
    """Hand out free goods at the counter, or to a group.

    Attributes:
        headcount: Number of people in the group; None for one household.
    """

    recipient: Code
    location: Code
    lines: Annotated[list[RecipientLine], LINE_LIMITS]
    headcount: Annotated[int, Meta(ge=1, le=10**9)] | None = None
    note: Text | None = None


class ConvertedLine(GoodsLine, frozen=True, kw_only=True):
    """A product of a conversion.

    Attributes:
        expires_on: None means the earliest expiry of the consumed lots.
        expires_month: As in `DonationLine`.
        expiry_reason: Why the product may be used for longer than the consumed lots. With a reason
            and no expiry, the product does not expire.
        pledge: The pledge that the product fulfils, if the consumed goods came from the donor of
            this pledge. Goods beyond the pledge are a gift.
    """

    batch: Batch | None = None
    expires_on: ExpiryDay | None = None
    expires_month: Month | None = None
    expiry_reason: Reason | None = None
    pledge: Code | None = None


class Convert(Command, frozen=True, kw_only=True):
    """Make goods of other goods: for example, fill a drum into bottles, or open and count a case.

    Attributes:
        consumed: The goods that are used up.
        produced: The goods that are made.
        spilled: The consumed goods that were lost while the products were made.
    """

    location: Code
    consumed: Annotated[list[LotLine], LINE_LIMITS]
    produced: Annotated[list[ConvertedLine], LINE_LIMITS]
    spilled: list[LotLine] = field(default_factory=list)
    note: Text | None = None


class DescribeLot(Command, frozen=True, kw_only=True):
    """Describe a lot that a count found or that came from another station.

    All other lots are described by correcting the entry that created them.

    Attributes:
        batch, expires_on, expires_month: The new values; None means that the lot has no such value.
    """

    lot: Code  # by path
    batch: Batch | None = None
    expires_on: ExpiryDay | None = None
    expires_month: Month | None = None
    reason: Reason


class Settle(Command, frozen=True, kw_only=True):
    """Record the cause of a difference that a count or a late report left unexplained.

    Attributes:
        place: The location or delivery with the difference.
        by: "lost" if goods are missing. If there are goods that were never recorded, the kind of
            account from which they came.
        party: The donor, supplier, maker or lender from whom such goods came.
        handled_by: The person who handled the goods. Required for a gift, which gets a receipt.
    """

    place: Code
    by: Literal["lost", "opening", "donor", "bought", "made", "borrowed"]
    party: Code | None = None
    lines: Annotated[list[LotLine], LINE_LIMITS]
    reason: Reason
    handled_by: ShortText | None = None


# --- shipments -------------------------------------------------------------------------------


class SendShipment(Command, frozen=True, kw_only=True):
    """Send free goods to another station.

    Attributes:
        station ("to" in JSON): Code of the receiving station.
    """

    station: Code = field(name="to")
    location: Code
    lines: Annotated[list[LotLine], LINE_LIMITS]
    note: Text | None = None


class CitedEntry(StrictStruct, frozen=True, kw_only=True):
    """A copy of an entry of another station, which proves what that station recorded.

    Attributes:
        previous: Hash of the entry before it, hexadecimal.
        body: The bytes of the entry as hashed.
        hash: SHA-256 of `previous` and `body`, hexadecimal.
    """

    previous: Hash
    body: Bytes
    hash: Hash


class ArrivedLine(StrictStruct, frozen=True, kw_only=True):
    """The quantity of a shipment line that arrived, in base units; 0 if nothing arrived.

    Attributes:
        item: Code of the item at this station; None means the sender's code.
    """

    line: Annotated[int, Meta(ge=1)]
    arrived: Count
    item: Code | None = None


class ReceiveShipment(Command, frozen=True, kw_only=True):
    """Receive a shipment from another station. It can be received only once.

    Attributes:
        lines: One line for each line of the shipment. None means that everything arrived and that
            the item codes of the sender are used.
        sent: The entry with which the other station sent the shipment. None if the books of that
            station are in the same database.
    """

    shipment: Code  # by path
    location: Code
    lines: Annotated[list[ArrivedLine], LINE_LIMITS] | None = None
    sent: CitedEntry | None = None
    note: Text | None = None


class AcknowledgeShipment(Command, frozen=True, kw_only=True):
    """Record what arrived of a shipment at the other station. The rest is booked as lost.

    A shipment can be acknowledged only once.

    Attributes:
        received: The entry with which the other station received the shipment. None if the books of
            that station are in the same database.
    """

    shipment: Code  # by path
    received: CitedEntry | None = None


# --- receipts -------------------------------------------------------------------------------


class IssueReceipt(Command, frozen=True, kw_only=True):
    """Issue one receipt for several donations of a donor.

    The receipts that were issued for these donations become void.
    """

    donations: Annotated[list[Code], LINE_LIMITS]


class VoidReceipt(Command, frozen=True, kw_only=True):
    """Void a receipt. Its number is not used again."""

    number: Code  # by path
    reason: Reason


class ReplaceReceipt(Command, frozen=True, kw_only=True):
    """Void a receipt, and issue a new one from current data."""

    number: Code  # by path
    reason: Reason


class ReprintReceipt(Command, frozen=True, kw_only=True):
    """Record that a receipt is printed again. The reprint is marked as a copy."""

    number: Code  # by path


# --- periods, activities, personal data ------------------------------------------------------


class ClosePeriod(Command, frozen=True, kw_only=True):
    """Close the books up to a day, including that day."""

    through: date


class ReopenPeriod(Command, frozen=True, kw_only=True):
    """Reopen the books for a day and all later days."""

    day: date = field(name="from")
    reason: Reason


class RecordActivity(Command, frozen=True, kw_only=True):
    """Record work that moves no goods, such as visits, telephone calls or checks.

    Attributes:
        who: The people who did it, as free text.
    """

    kind: Code
    count: Quantity
    who: Text | None = None


class MergeCodes(Command, frozen=True, kw_only=True):
    """Merge two codes of one donor, or of one recipient.

    Lists, statements and reports then show the entries of both together. No goods move, and papers
    with either code stay valid. `Reverse` divides the codes again.

    Attributes:
        code: The code to retire.
        into: The code that stays. Later commands that name `code` are recorded under it.
    """

    kind: PersonKind
    code: Code
    into: Code
    reason: Reason


class ForgetDonor(Command, frozen=True, kw_only=True):
    """Erase the personal data of a donor, with all merged codes. The goods stay in the books."""

    donor: Code  # by path


class ForgetRecipient(Command, frozen=True, kw_only=True):
    """Erase the personal data of a recipient, with all merged codes.

    The goods stay in the books.
    """

    recipient: Code  # by path


class ForgetText(Command, frozen=True, kw_only=True):
    """Erase the notes and reasons of an entry, such as a note on a dispatch that names a person.

    Forgetting a person erases only texts that are about that person. Notes about nobody or about
    somebody else are erased with this command. The text of a gift can be erased after the gift was
    corrected, with the void receipts that print it.
    """

    entry: EntryNumber  # by path


# --- corrections -----------------------------------------------------------------------------


class Reverse(Command, frozen=True, kw_only=True):
    """Undo the command that recorded an entry.

    This is refused if the goods were used since.
    """

    entry: EntryNumber  # by path
    reason: Reason


Correctable = (
    NoteNeed
    | MakePledge
    | RecordDonation
    | OpenStock
    | RecordArrival
    | Allocate
    | ReportOutcome
    | CollectAllocation
    | Move
    | IssueGoods
    | ReturnIssue
    | WriteOff
    | FindAgain
    | TakeBack
    | ReturnGoods
    | LendGoods
    | ReturnLoan
    | HandOut
    | Convert
    | Settle
    | RecordActivity
)
"""The commands that `Correct` can correct.

Other commands are undone by a command such as `Release`.
"""


class Correct(Command, frozen=True, kw_only=True):
    """Correct a command: book the difference, and replace the receipt of a donation.

    Attributes:
        entry: Number of the latest entry of the command or of its last correction.
        command: The command as it should have been, of the same type. Without `happened_on`, the
            day stays as it was recorded.
    """

    entry: EntryNumber  # by path
    command: Correctable
    reason: Reason
