"""Commands to the ledger. A command is also the body of its REST request.

Every command may have `happened_on`, the day on which it happened; None means the station's today.
Quantities are in base units of the item, or in packs if `pack` names one. Fields of type `Text` and
`ShortText` are free text: they are stored outside the hashed chain and can be erased. Fields marked
"by path" come from the URL of a request.
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
    Quantity,
    Reason,
    ShortText,
    StrictStruct,
    Text,
    Timestamp,
)
from supplies.domain.money import Value

LINE_LIMITS = Meta(min_length=1, max_length=MAX_LINES)


class Command(StrictStruct, frozen=True, kw_only=True, tag=True, tag_field="type"):
    """Base class of all commands.

    happened_on: the day of the event; None means the station's today. or_earlier: whether the event
    may have happened before that day, as in "by 28 February" (截至28日). It is booked on that
    day all the same. In JSON, the field `type` names the command.
    """

    happened_on: date | None = None
    or_earlier: bool = False


class GoodsLine(StrictStruct, frozen=True, kw_only=True):
    """A quantity of an item.

    pack: the pack in which `quantity` is counted. None means base units. pack_size: base units in
    each of these packs, if their content varies. None means the size registered with the item.
    """

    item: Code
    quantity: Quantity
    pack: Code | None = None
    pack_size: Quantity | None = None


class LotLine(GoodsLine, frozen=True, kw_only=True):
    """A quantity of an item from one lot.

    lot: None takes the lots that expire first. allow_expired: also take expired lots.
    """

    lot: Code | None = None
    allow_expired: bool = False


class RecipientLine(LotLine, frozen=True, kw_only=True):
    """Goods that reach a recipient, or come back.

    need: the need that they meet or reopen. If it is None, they meet the recipient's most urgent
    needs, and reopen the least urgent.
    """

    need: Code | None = None


# --- needs ----------------------------------------------------------------------------------

Urgency = Literal["low", "normal", "high"]
EndReason = Literal["withdrawn", "helped_elsewhere", "moved", "died"]


class NoteNeed(Command, frozen=True, kw_only=True):
    """Record what a household needs.

    pack, pack_size: as in `GoodsLine`. needed_by: None if no date was given.
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
    """End the open part of a need and release the claims on it.

    goods: what happens to goods that are set aside for it: "keep" leaves them, so that they are
    still delivered; "release" makes them free stock again. Goods on the way stay with the team.
    """

    need: Code  # by path
    reason: EndReason
    goods: Literal["keep", "release"] = "keep"
    note: Text | None = None


# --- pledges --------------------------------------------------------------------------------


class Claim(StrictStruct, frozen=True, kw_only=True):
    """A claim (认领): a quantity of a pledge line, in base units, that is for a published need."""

    need: Code
    quantity: Quantity


class PledgeLine(GoodsLine, frozen=True, kw_only=True):
    """The promised quantity of one item, and the needs that it claims.

    A pledge has one line per item.
    """

    claims: list[Claim] = field(default_factory=list)


class MakePledge(Command, frozen=True, kw_only=True):
    """Record a donor's promise of goods. due_on: None if no date was given."""

    donor: Code
    lines: Annotated[list[PledgeLine], LINE_LIMITS]
    due_on: date | None = None
    note: Text | None = None


class ClaimNeeds(Command, frozen=True, kw_only=True):
    """Claim needs for a pledge that was made before, and drop claims of it.

    claims: how much of the free promise is for each need. drop: claims that become free promise
    again, before the new claims are made.
    """

    pledge: Code  # by path
    claims: Annotated[list[Claim], Meta(max_length=MAX_LINES)] = field(default_factory=list)
    drop: Annotated[list[Claim], Meta(max_length=MAX_LINES)] = field(default_factory=list)
    note: Text | None = None


class DroppedLine(StrictStruct, frozen=True, kw_only=True):
    """The part of a pledge line that is cancelled, and the claims that are dropped with it.

    quantity: in base units. drop: claims to drop. If it is None, the part without a claim is
    cancelled first, then claims of the least urgent needs, the newest first.
    """

    line: Annotated[int, Meta(ge=1)]
    quantity: Quantity
    drop: list[Claim] | None = None


class CancelPledge(Command, frozen=True, kw_only=True):
    """Cancel a pledge at the donor's request. lines: None cancels all that is outstanding."""

    pledge: Code  # by path
    reason: Reason
    lines: Annotated[list[DroppedLine], LINE_LIMITS] | None = None


class LapsePledge(Command, frozen=True, kw_only=True):
    """Record that promised goods did not arrive. lines: None means all that is outstanding."""

    pledge: Code  # by path
    reason: Reason
    lines: Annotated[list[DroppedLine], LINE_LIMITS] | None = None


# --- arrivals --------------------------------------------------------------------------------


class DonationLine(GoodsLine, frozen=True, kw_only=True):
    """Donated goods.

    pledge: the pledge that they fulfil; any excess is a gift beyond it. recipient ("for" in JSON):
    the one household that the donor wants to have them. need: the need of that household that they
    serve; None is its most urgent. Claims on a named need are dropped as far as the goods take
    their place. quarantine: location for them instead of the command's. write_off: reason for
    which they are written off at once, such as `expired`. Expired goods need one of the two.
    expires_month: instead of `expires_on`, if only a month is printed on the goods; see `Month`.
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

    donor: None for an anonymous gift. handled_by: the person who took the goods in (经办人),
    required by art. 38 of the Charity Law of China, 2023. checked_by: the person who checked them
    (复核人). wish: what the goods are for, in the donor's words (定向意愿). agreement: number of
    the donation agreement. fiscal_ticket: number of the fiscal ticket that a partner charity issued
    for the donation. keep_pledges: whether lines that name no pledge fulfil the donor's open
    pledges of their item, the oldest first; any excess is a gift beyond them.
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

    expires_month, quarantine, write_off: as in `DonationLine`.
    """

    batch: Batch | None = None
    expires_on: ExpiryDay | None = None
    expires_month: Month | None = None
    value: Value | None = None
    quarantine: Code | None = None
    write_off: Code | None = None


class OpenStock(Command, frozen=True, kw_only=True):
    """Record the opening stock: goods that were there before these books began."""

    location: Code
    lines: Annotated[list[ArrivalLine], LINE_LIMITS]
    note: Text | None = None


class RecordArrival(Command, frozen=True, kw_only=True):
    """Record goods bought, made or borrowed. party: code of the supplier, maker or lender."""

    origin: Literal["bought", "made", "borrowed"]
    party: Code
    location: Code
    lines: Annotated[list[ArrivalLine], LINE_LIMITS]
    note: Text | None = None


# --- allocations ----------------------------------------------------------------------------


class LotPart(StrictStruct, frozen=True, kw_only=True):
    """One lot to take for an allocation line, and how much of it, in base units."""

    lot: Code
    quantity: Quantity


class AllocationLine(GoodsLine, frozen=True, kw_only=True):
    """Goods to allocate.

    need: the need that they serve. None means the recipient's most urgent need of the item. If they
    exceed the open part of the need, claims on it are released. lots: take exactly these. None
    takes the lots that expire first. allow_expired: also take expired lots.
    """

    need: Code | None = None
    lots: Annotated[list[LotPart], LINE_LIMITS] | None = None
    allow_expired: bool = False


class Allocate(Command, frozen=True, kw_only=True):
    """Allocate free goods at a location to one recipient."""

    recipient: Code
    location: Code
    lines: Annotated[list[AllocationLine], LINE_LIMITS]
    note: Text | None = None


class ReleasedLine(StrictStruct, frozen=True, kw_only=True):
    """The quantity to release of one line of an allocation, in base units."""

    line: Annotated[int, Meta(ge=1)]
    quantity: Quantity


class Release(Command, frozen=True, kw_only=True):
    """Release allocated goods, so that they are free again.

    lines: None means all still allocated.
    """

    allocation: Code  # by path
    reason: Reason
    lines: Annotated[list[ReleasedLine], LINE_LIMITS] | None = None


# --- deliveries -----------------------------------------------------------------------------

Outcome = Literal["handed_over", "partly", "refused", "not_at_home", "lost"]


class Dispatch(Command, frozen=True, kw_only=True):
    """Dispatch a team with all goods still allocated in these allocations.

    allocations: in the order of the stops. allow_expired: also take expired goods.
    """

    team: Code
    allocations: Annotated[list[Code], LINE_LIMITS]
    allow_expired: bool = False
    note: Text | None = None


class OutcomeLine(StrictStruct, frozen=True, kw_only=True):
    """The outcome of one line of a stop: received + brought_back + lost = loaded, in base units.

    to: whether goods brought back stay allocated or become free. location: where they are put. None
    means where they came from.
    """

    line: Annotated[int, Meta(ge=1)]
    received: Count = 0
    brought_back: Count = 0
    lost: Count = 0
    to: Literal["allocated", "stock"] = "allocated"
    location: Code | None = None


class ReportOutcome(Command, frozen=True, kw_only=True):
    """Report the outcome of a stop.

    It is never refused because the books contradict it; a contradiction is recorded as a conflict.
    lines: required for `partly`. Without lines, `handed_over` means all received, `not_at_home` all
    brought back and still allocated, `refused` all brought back and free, `lost` all lost.
    happened_at: the time, whose day at the station is the day of the outcome; None if only the day
    is known. A time ahead of now or before the dispatch is a conflict. note: who received the goods
    and what was said.
    """

    delivery: Code  # by path
    allocation: Code
    outcome: Outcome
    happened_at: Timestamp | None = None
    lines: Annotated[list[OutcomeLine], LINE_LIMITS] | None = None
    received_by: Literal["self", "family", "neighbour", "guard", "door"] | None = None
    proof: Literal["none", "signature", "code", "photo"] | None = None
    note: Text | None = None


class CloseDelivery(Command, frozen=True, kw_only=True):
    """Close a delivery. Refused while goods are in transit."""

    delivery: Code  # by path


class ReassignDelivery(Command, frozen=True, kw_only=True):
    """Reassign an open delivery to another team."""

    delivery: Code  # by path
    team: Code


class ResolveConflict(Command, frozen=True, kw_only=True):
    """Resolve a conflict between a reported fact and the books.

    by: "correct" replaces the recorded outcome by that of the conflict. "unexplained" books the
    goods from the account `unexplained`, to be settled after the next count.
    """

    conflict: Annotated[int, Meta(ge=1)]  # by path: the entry's seq
    by: Literal["correct", "unexplained"]
    reason: Reason


# --- stock ----------------------------------------------------------------------------------


class Move(Command, frozen=True, kw_only=True):
    """Move free goods from one location to another."""

    source: Code = field(name="from")
    target: Code = field(name="to")
    lines: Annotated[list[LotLine], LINE_LIMITS]
    note: Text | None = None


class OpenCountSheet(Command, frozen=True, kw_only=True):
    """Open a count sheet. The count is compared with the books of this location as of now."""

    location: Code
    note: Text | None = None


class CountLine(StrictStruct, frozen=True, kw_only=True):
    """A counted quantity, free and allocated goods together, in base units.

    lot: None if all lots of the item were counted together. batch, expires_on, expires_month: of
    goods found beyond those in the books, if no lot is given. None means unknown.
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
    """Issue free goods for the station's own use: gate posts, own protection, notices."""

    purpose: Code
    location: Code
    lines: Annotated[list[LotLine], LINE_LIMITS]
    note: Text | None = None


class ReturnIssue(Command, frozen=True, kw_only=True):
    """Return unused issued goods to stock. location: None means where they were issued."""

    issue: Code  # by path
    lines: Annotated[list[LotLine], LINE_LIMITS]
    location: Code | None = None
    note: Text | None = None


class WriteOff(Command, frozen=True, kw_only=True):
    """Write off free goods. reason: expired, damaged, missing, or another code."""

    reason: Code
    location: Code
    lines: Annotated[list[LotLine], LINE_LIMITS]
    note: Text | None = None


class FindAgain(Command, frozen=True, kw_only=True):
    """Put goods back into stock that were written off and then found.

    reason: the reason of the write-off. location: where they are put.
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
    """Return free goods to the donor or lender of each lot."""

    location: Code
    lines: Annotated[list[LotLine], LINE_LIMITS]
    reason: Reason


class LendGoods(Command, frozen=True, kw_only=True):
    """Lend free goods. borrower: a code. due_on: None if no date was given."""

    borrower: Code
    location: Code
    lines: Annotated[list[LotLine], LINE_LIMITS]
    due_on: date | None = None
    note: Text | None = None


class ReturnLoan(Command, frozen=True, kw_only=True):
    """Return lent goods to stock. location: None means where they were lent."""

    loan: Code  # by path
    lines: Annotated[list[LotLine], LINE_LIMITS]
    location: Code | None = None
    note: Text | None = None


class HandOut(Command, frozen=True, kw_only=True):
    """Hand out free goods at the counter, or to a group.

    headcount: number of people in the group; None for one household.
    """

    recipient: Code
    location: Code
    lines: Annotated[list[RecipientLine], LINE_LIMITS]
    headcount: Annotated[int, Meta(ge=1, le=10**9)] | None = None
    note: Text | None = None


class ConvertedLine(GoodsLine, frozen=True, kw_only=True):
    """A product of a conversion.

    expires_on: None is the earliest expiry of what it is made of. expires_month: as in
    `DonationLine`. expiry_reason: why it may be used for longer than its parents. If a reason but
    no expiry is given, it does not expire. pledge: the pledge that the product fulfils, if what it
    is made of came from the pledge's donor; any excess is a gift beyond it.
    """

    batch: Batch | None = None
    expires_on: ExpiryDay | None = None
    expires_month: Month | None = None
    expiry_reason: Reason | None = None
    pledge: Code | None = None


class Convert(Command, frozen=True, kw_only=True):
    """Convert goods, for example repack a drum into 50 bottles, or open a case and count it.

    spilled: goods lost by it.
    """

    location: Code
    consumed: Annotated[list[LotLine], LINE_LIMITS]
    produced: Annotated[list[ConvertedLine], LINE_LIMITS]
    spilled: list[LotLine] = field(default_factory=list)
    note: Text | None = None


class DescribeLot(Command, frozen=True, kw_only=True):
    """Describe a lot anew: one that a count found, or that came from another station.

    batch, expires_on, expires_month: as they should be. None means that the lot has no such value.
    Lots that arrived or were repacked here are corrected with their entry.
    """

    lot: Code  # by path
    batch: Batch | None = None
    expires_on: ExpiryDay | None = None
    expires_month: Month | None = None
    reason: Reason


class Settle(Command, frozen=True, kw_only=True):
    """Settle an unexplained difference left by a count or a late fact.

    place: the location or delivery concerned. by: "lost" if goods are missing; otherwise the origin
    of goods that nobody had recorded. party: donor, supplier, maker or lender of that origin.
    handled_by: the person who handled the goods; required for a gift, which gets a receipt.
    """

    place: Code
    by: Literal["lost", "opening", "donor", "bought", "made", "borrowed"]
    party: Code | None = None
    lines: Annotated[list[LotLine], LINE_LIMITS]
    reason: Reason
    handled_by: ShortText | None = None


# --- shipments -------------------------------------------------------------------------------


class SendShipment(Command, frozen=True, kw_only=True):
    """Send goods that are not allocated to another station.

    station ("to" in JSON): the code of the receiving station.
    """

    station: Code = field(name="to")
    location: Code
    lines: Annotated[list[LotLine], LINE_LIMITS]
    note: Text | None = None


class CitedEntry(StrictStruct, frozen=True, kw_only=True):
    """An entry of another station as evidence: hash = SHA-256(previous ‖ body)."""

    previous: Hash
    body: Bytes
    hash: Hash


class ArrivedLine(StrictStruct, frozen=True, kw_only=True):
    """The quantity of a shipment line that arrived, in base units; 0 if none did.

    item: code of the item at this station. None means the sender's code.
    """

    line: Annotated[int, Meta(ge=1)]
    arrived: Count
    item: Code | None = None


class ReceiveShipment(Command, frozen=True, kw_only=True):
    """Receive a shipment. It can be received once.

    lines: one for each line of the shipment. None means that everything arrived, under the sender's
    item codes. sent: the entry that sent it; None if the sender's books are in this database.
    """

    shipment: Code  # by path
    location: Code
    lines: Annotated[list[ArrivedLine], LINE_LIMITS] | None = None
    sent: CitedEntry | None = None
    note: Text | None = None


class AcknowledgeShipment(Command, frozen=True, kw_only=True):
    """Acknowledge what arrived of a shipment; the rest is lost. Possible once.

    received: the entry that received it; None if that station's books are in this database.
    """

    shipment: Code  # by path
    received: CitedEntry | None = None


# --- receipts -------------------------------------------------------------------------------


class IssueReceipt(Command, frozen=True, kw_only=True):
    """Issue one receipt for several donations of a donor.

    It voids and replaces the single receipts.
    """

    donations: Annotated[list[Code], LINE_LIMITS]


class VoidReceipt(Command, frozen=True, kw_only=True):
    """Void a receipt. Its number is not used again."""

    number: Code  # by path
    reason: Reason


class ReplaceReceipt(Command, frozen=True, kw_only=True):
    """Void a receipt and issue a new one from the present records."""

    number: Code  # by path
    reason: Reason


class ReprintReceipt(Command, frozen=True, kw_only=True):
    """Record that a marked copy of a receipt is handed out."""

    number: Code  # by path


# --- periods, activities, personal data ------------------------------------------------------


class ClosePeriod(Command, frozen=True, kw_only=True):
    """Close the books up to and including this day."""

    through: date


class ReopenPeriod(Command, frozen=True, kw_only=True):
    """Reopen the books from this day on."""

    day: date = field(name="from")
    reason: Reason


class RecordActivity(Command, frozen=True, kw_only=True):
    """Record work that moves no goods: visits, telephone calls, checks. who: free text."""

    kind: Code
    count: Quantity
    who: Text | None = None


class ForgetDonor(Command, frozen=True, kw_only=True):
    """Erase the personal data of a donor. The goods stay in the books."""

    donor: Code  # by path


class ForgetRecipient(Command, frozen=True, kw_only=True):
    """Erase the personal data of a recipient. The goods stay in the books."""

    recipient: Code  # by path


class ForgetText(Command, frozen=True, kw_only=True):
    """Erase the notes and reasons of an entry, such as a note of a dispatch that names a person.

    Forgetting a person does not reach what was written about nobody, or about somebody else. The
    text of a gift can be erased after the gift was corrected, with the void receipts that print it.
    """

    entry: EntryNumber  # by path


# --- corrections -----------------------------------------------------------------------------


class Reverse(Command, frozen=True, kw_only=True):
    """Reverse the command that recorded an entry. Refused if its goods have moved on."""

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
"""Commands that `Correct` accepts. Others are undone by a command such as `Release`."""


class Correct(Command, frozen=True, kw_only=True):
    """Correct a command: book the difference and replace the receipt.

    entry: the latest entry of the command or of its last correction. command: as it should have
    been, of the same type; without `happened_on`, the day does not change.
    """

    entry: EntryNumber  # by path
    command: Correctable
    reason: Reason
