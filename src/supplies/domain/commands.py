"""Commands to the ledger. A command is also the body of its REST request.

Every command may say `happened_on`, the true day; None means the station's today. Lines count
base units of their item, or packs where `pack` names one. Fields of type `Text` and `ShortText`
are free text: they are kept outside the hashed chain and can be erased. Fields marked "by path"
come from the URL when a command is a request.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, field

from supplies.domain.fields import (
    MAX_LINES,
    Batch,
    Bytes,
    Code,
    Count,
    Hash,
    Quantity,
    Reason,
    ShortText,
    Text,
    Timestamp,
)

LINE_LIMITS = Meta(min_length=1, max_length=MAX_LINES)


class StrictStruct(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """An immutable struct that refuses unknown fields."""


class Command(StrictStruct, frozen=True, kw_only=True, tag=True, tag_field="type"):
    """The base of all commands. Inside a correction, `type` names the command.

    happened_on: the true day; None is the station's today.
    """

    happened_on: date | None = None


class GoodsLine(StrictStruct, frozen=True, kw_only=True):
    """A quantity of an item. pack: the pack that `quantity` counts; None counts base units.

    pack_size: base units in each of these packs, for packs of varying content; None: as the item
    says.
    """

    item: Code
    quantity: Quantity
    pack: Code | None = None
    pack_size: Quantity | None = None


class LotLine(GoodsLine, frozen=True, kw_only=True):
    """A quantity of an item from one lot; None takes the lots that expire first."""

    lot: Code | None = None
    allow_expired: bool = False


class Money(StrictStruct, frozen=True, kw_only=True):
    """An amount in minor units (fen, cents) of an ISO 4217 currency."""

    minor: Annotated[int, Meta(ge=0, le=10**15)]
    currency: Annotated[str, Meta(pattern=r"^[A-Z]{3}$(?!\n)")]


class Value(Money, frozen=True, kw_only=True):
    """The value of goods with its evidence; a value without evidence is not accepted."""

    evidence: ShortText


# --- needs ----------------------------------------------------------------------------------

Urgency = Literal["low", "normal", "high"]
EndReason = Literal["withdrawn", "helped_elsewhere", "moved", "died"]


class NoteNeed(Command, frozen=True, kw_only=True):
    """Record what a household needs. needed_by: None if no day was named.

    pack, pack_size: as in the lines of other commands.
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
    """End the open part of a need and free the claims on it."""

    need: Code  # by path
    reason: EndReason
    note: Text | None = None


# --- pledges --------------------------------------------------------------------------------


class Claim(StrictStruct, frozen=True, kw_only=True):
    """A claim (认领): how much of a pledge line is for a published need."""

    need: Code
    quantity: Quantity


class PledgeLine(GoodsLine, frozen=True, kw_only=True):
    """The promised quantity of one item and the needs it claims. A pledge has one line per item."""

    claims: list[Claim] = []


class MakePledge(Command, frozen=True, kw_only=True):
    """Record a donor's promise of goods. due_on: None if no day was named."""

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
    claims: Annotated[list[Claim], Meta(max_length=MAX_LINES)] = []
    drop: Annotated[list[Claim], Meta(max_length=MAX_LINES)] = []
    note: Text | None = None


class DroppedLine(StrictStruct, frozen=True, kw_only=True):
    """How much of a pledge line is cancelled, and which claims with it.

    drop: claims to drop; None drops none while free promise lasts, then the least urgent, newest.
    """

    line: Annotated[int, Meta(ge=1)]
    quantity: Quantity
    drop: list[Claim] | None = None


class CancelPledge(Command, frozen=True, kw_only=True):
    """Cancel a pledge for the donor. lines: None cancels all that is outstanding."""

    pledge: Code  # by path
    reason: Reason
    lines: Annotated[list[DroppedLine], LINE_LIMITS] | None = None


class LapsePledge(Command, frozen=True, kw_only=True):
    """Mark a pledge as lapsed. lines: None is all that is outstanding."""

    pledge: Code  # by path
    reason: Reason
    lines: Annotated[list[DroppedLine], LINE_LIMITS] | None = None


# --- goods that arrive ----------------------------------------------------------------------


class DonationLine(GoodsLine, frozen=True, kw_only=True):
    """Donated goods. pledge: the pledge that they fulfil; any excess is a gift beside it.

    recipient ("for" in JSON): the one household they are for, by the donor's wish.
    quarantine: where they go instead of the command's location. write_off: the reason under which
    they are written off at once, such as `expired`. Expired goods need one of the two.
    """

    pledge: Code | None = None
    recipient: Code | None = field(name="for", default=None)
    batch: Batch | None = None
    expires_on: date | None = None
    value: Value | None = None
    quarantine: Code | None = None
    write_off: Code | None = None


class RecordDonation(Command, frozen=True, kw_only=True):
    """Record a donation. donor: None is an anonymous gift.

    handled_by: who took them in, required (Charity Law of China, 2023, art. 38: 经办人).
    wish: the donor's own words on what they are for (定向意愿).
    checked_by: who looked it over (复核人). agreement: number of the donation agreement.
    fiscal_ticket: number of the fiscal ticket that a partner charity issued for it.
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


class ArrivalLine(GoodsLine, frozen=True, kw_only=True):
    """Goods that arrived other than as a donation.

    quarantine, write_off: as in `DonationLine`.
    """

    batch: Batch | None = None
    expires_on: date | None = None
    value: Value | None = None
    quarantine: Code | None = None
    write_off: Code | None = None


class OpenStock(Command, frozen=True, kw_only=True):
    """Record the opening stock: goods on the shelf before these books began."""

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
    """A quantity of a lot in base units."""

    lot: Code
    quantity: Quantity


class AllocationLine(GoodsLine, frozen=True, kw_only=True):
    """Allocated goods. need: the need they serve; None is the recipient's most urgent.

    Where more is set aside than is open of the need, claims on it fall away.

    lots: exactly these; None takes what expires first, and never what has expired unless
    `allow_expired`.
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
    """A quantity of an allocation line in base units."""

    line: Annotated[int, Meta(ge=1)]
    quantity: Quantity


class Release(Command, frozen=True, kw_only=True):
    """Release allocated goods, so that they are free again. lines: None is all still allocated."""

    allocation: Code  # by path
    reason: Reason
    lines: Annotated[list[ReleasedLine], LINE_LIMITS] | None = None


# --- deliveries -----------------------------------------------------------------------------

Outcome = Literal["handed_over", "partly", "refused", "not_at_home", "lost"]


class Dispatch(Command, frozen=True, kw_only=True):
    """Dispatch a team with everything still allocated in these allocations, in this order.

    allow_expired: take goods along that are past their day.
    """

    team: Code
    allocations: Annotated[list[Code], LINE_LIMITS]
    allow_expired: bool = False
    note: Text | None = None


class OutcomeLine(StrictStruct, frozen=True, kw_only=True):
    """The outcome of one line of a stop: received + brought_back + lost = loaded.

    to: where what was brought back goes: set aside still, or onto the shelf.
    location: which shelf; None is where it left.
    """

    line: Annotated[int, Meta(ge=1)]
    received: Count = 0
    brought_back: Count = 0
    lost: Count = 0
    to: Literal["allocated", "stock"] = "allocated"
    location: Code | None = None


class ReportOutcome(Command, frozen=True, kw_only=True):
    """Report the outcome of a stop. A fact: never refused because the books contradict it.

    lines: None means: handed_over, all received; not_at_home, all back to the allocation;
    refused, all back to the shelf; lost, all lost. `partly` must say its lines.
    happened_at: the moment; None where only the day is known. note: who received, what was said.
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
    """Close a delivery. Refused while anything is in transit."""

    delivery: Code  # by path


class ReassignDelivery(Command, frozen=True, kw_only=True):
    """Reassign an open delivery to another team."""

    delivery: Code  # by path
    team: Code


class ResolveConflict(Command, frozen=True, kw_only=True):
    """Resolve a conflict: a coordinator decides on a fact that the books contradicted.

    by: "correct" restates the standing outcome as the conflict states it; "unexplained" books
    what the fact says from `unexplained`, for the next count to settle.
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
    """Open a count sheet: the count is compared with what the books say of this location now."""

    location: Code
    note: Text | None = None


class CountLine(StrictStruct, frozen=True, kw_only=True):
    """The counted quantity, free and allocated together, in base units.

    lot: None counts all lots of the item together. batch, expires_on: of what is there beyond the
    books, without a lot; None: not known.
    """

    item: Code
    counted: Count
    lot: Code | None = None
    batch: Batch | None = None
    expires_on: date | None = None


class CountStock(Command, frozen=True, kw_only=True):
    """Record the result of a stock count. Items not named were not counted."""

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
    """Return issued, unused goods to the shelf. location: None is where they left."""

    issue: Code  # by path
    lines: Annotated[list[LotLine], LINE_LIMITS]
    location: Code | None = None
    note: Text | None = None


class WriteOff(Command, frozen=True, kw_only=True):
    """Write off free goods: expired, damaged, missing, or the code of another reason."""

    reason: Code
    location: Code
    lines: Annotated[list[LotLine], LINE_LIMITS]
    note: Text | None = None


class FindAgain(Command, frozen=True, kw_only=True):
    """Put goods that were written off and found again back on the shelf."""

    reason: Code
    location: Code
    lines: Annotated[list[LotLine], LINE_LIMITS]
    note: Text | None = None


class TakeBack(Command, frozen=True, kw_only=True):
    """Take goods back from a recipient."""

    recipient: Code
    location: Code
    lines: Annotated[list[LotLine], LINE_LIMITS]
    reason: Reason


class ReturnGoods(Command, frozen=True, kw_only=True):
    """Return free goods to where they came from: the donor or lender of each lot."""

    location: Code
    lines: Annotated[list[LotLine], LINE_LIMITS]
    reason: Reason


class LendGoods(Command, frozen=True, kw_only=True):
    """Lend free goods. borrower: a code. due_on: None if no day was named."""

    borrower: Code
    location: Code
    lines: Annotated[list[LotLine], LINE_LIMITS]
    due_on: date | None = None
    note: Text | None = None


class ReturnLoan(Command, frozen=True, kw_only=True):
    """Return lent goods. location: None is where they left."""

    loan: Code  # by path
    lines: Annotated[list[LotLine], LINE_LIMITS]
    location: Code | None = None
    note: Text | None = None


class HandOut(Command, frozen=True, kw_only=True):
    """Hand out free goods at the counter, or to a group of `headcount` people.

    headcount: None where it is one household.
    """

    recipient: Code
    location: Code
    lines: Annotated[list[LotLine], LINE_LIMITS]
    headcount: Annotated[int, Meta(ge=1, le=10**9)] | None = None
    note: Text | None = None


class ConvertedLine(GoodsLine, frozen=True, kw_only=True):
    """A product of a conversion.

    expires_on: None is the earliest expiry of what it is made of. expiry_reason: why it may be used
    for longer than that; with a reason and no day, it does not expire.
    """

    batch: Batch | None = None
    expires_on: date | None = None
    expiry_reason: Reason | None = None


class Convert(Command, frozen=True, kw_only=True):
    """Convert goods, as in repacking: a drum in, 50 bottles out, the spill lost."""

    location: Code
    consumed: Annotated[list[LotLine], LINE_LIMITS]
    produced: Annotated[list[ConvertedLine], LINE_LIMITS]
    spilled: list[LotLine] = []
    note: Text | None = None


class Settle(Command, frozen=True, kw_only=True):
    """Settle an unexplained difference left by a count or a late fact.

    place: the location or delivery whose `unexplained` is settled.
    by: "lost" for goods that are missing; an origin for goods nobody had recorded.
    handled_by: who handled the goods; required for a gift, which gets a receipt.
    """

    place: Code
    by: Literal["lost", "opening", "donor", "bought", "made", "borrowed"]
    party: Code | None = None
    lines: Annotated[list[LotLine], LINE_LIMITS]
    reason: Reason
    handled_by: ShortText | None = None


# --- goods between stations -----------------------------------------------------------------


class SendShipment(Command, frozen=True, kw_only=True):
    """Send free goods to another station. station ("to" in JSON): its code."""

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
    """How much of a shipment line arrived, in base units; 0 if nothing did.

    item: what the goods are called here; None: as the sender calls them.
    """

    line: Annotated[int, Meta(ge=1)]
    arrived: Count
    item: Code | None = None


class ReceiveShipment(Command, frozen=True, kw_only=True):
    """Receive a shipment, all of it or as the lines say. Possible once.

    lines: each line of the shipment; None: everything arrived, under the sender's codes. sent: the
    entry that sent it; None where the sender's books are in this database.
    """

    shipment: Code  # by path
    location: Code
    lines: Annotated[list[ArrivedLine], LINE_LIMITS] | None = None
    sent: CitedEntry | None = None
    note: Text | None = None


class AcknowledgeShipment(Command, frozen=True, kw_only=True):
    """Acknowledge what arrived of a shipment; the rest is lost. Possible once.

    received: the entry that received it; None where that station's books are in this database.
    """

    shipment: Code  # by path
    received: CitedEntry | None = None


# --- receipts -------------------------------------------------------------------------------


class IssueReceipt(Command, frozen=True, kw_only=True):
    """Issue one receipt for several donations of a donor; it voids and replaces the single ones."""

    donations: Annotated[list[Code], LINE_LIMITS]


class VoidReceipt(Command, frozen=True, kw_only=True):
    """Void a receipt. Its number stays."""

    number: Code  # by path
    reason: Reason


class ReplaceReceipt(Command, frozen=True, kw_only=True):
    """Void a receipt and issue it again from today's records."""

    number: Code  # by path
    reason: Reason


class ReprintReceipt(Command, frozen=True, kw_only=True):
    """Record that a marked copy of a receipt is handed out."""

    number: Code  # by path


# --- the books themselves -------------------------------------------------------------------


class ClosePeriod(Command, frozen=True, kw_only=True):
    """Close the period up to and including this day."""

    through: date


class ReopenPeriod(Command, frozen=True, kw_only=True):
    """Reopen the days from this one on."""

    day: date = field(name="from")
    reason: Reason


class RecordActivity(Command, frozen=True, kw_only=True):
    """Record work that moves no goods: visits, telephone calls, checks. who: free text."""

    kind: Code
    count: Quantity
    who: Text | None = None


class ForgetDonor(Command, frozen=True, kw_only=True):
    """Erase the personal data of a donor; the goods stay in the books."""

    donor: Code  # by path


class ForgetRecipient(Command, frozen=True, kw_only=True):
    """Erase the personal data of a recipient; the goods stay in the books."""

    recipient: Code  # by path


# --- mending --------------------------------------------------------------------------------


class Reverse(Command, frozen=True, kw_only=True):
    """Reverse an entry's command, if its goods have not moved on."""

    entry: Annotated[int, Meta(ge=1)]  # by path
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
    | RecordActivity
)
"""Commands that `Correct` accepts; the others have their own reversal (release, void, reopen)."""


class Correct(Command, frozen=True, kw_only=True):
    """Correct a command: book the difference and replace the receipt.

    entry: the command's entry that holds now. command: of the same type as the original; a day that
    it does not say stays as it was.
    """

    entry: Annotated[int, Meta(ge=1)]  # by path
    command: Correctable
    reason: Reason
