"""Commands about goods in stock: moves, counts, issues, loans, hand-outs and repacking."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from msgspec import Meta, field

from supplies.domain.commands.base import LINE_LIMITS, Command, GoodsLine, LotLine, RecipientLine
from supplies.domain.fields import (
    Batch,
    Code,
    Count,
    ExpiryDay,
    Month,
    Reason,
    ShortText,
    StrictStruct,
    Text,
    Timestamp,
)


class Move(Command, frozen=True, kw_only=True):
    """Move unallocated goods from one location to another."""

    source: Code = field(name="from")
    target: Code = field(name="to")
    lines: Annotated[list[LotLine], LINE_LIMITS]
    note: Text | None = None


class QuarantineBatch(Command, frozen=True, kw_only=True):
    """Move all unallocated goods of a batch to a quarantine, for example after a recall.

    Goods that were repacked from the batch are moved too. Goods in another quarantine stay where
    they are. Goods that are set aside, in transit or handed over are not moved.
    """

    item: Code
    batch: Batch
    target: Code = field(name="to")
    note: Text | None = None


class OpenCountSheet(Command, frozen=True, kw_only=True):
    """Open a count sheet for a location.

    The count will be compared with the stock in the books at the moment when the sheet is opened.
    """

    location: Code
    note: Text | None = None


class CountLine(StrictStruct, frozen=True, kw_only=True):
    """A counted quantity in base units. Unallocated and allocated goods are counted together.

    Attributes:
        lot: The counted lot; None if all lots of the item were counted together.
        batch, expires_on, expires_month: Batch and expiry on the label, for counted goods that are
            not in the books (`lot` is None). None means that batch or expiry is unknown.
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
    """Issue unallocated goods for the station's own use, such as masks for its workers."""

    purpose: Code
    location: Code
    lines: Annotated[list[LotLine], LINE_LIMITS]
    note: Text | None = None


class ReturnIssue(Command, frozen=True, kw_only=True):
    """Return issued goods to stock because they were not used.

    Attributes:
        location: Where the goods are put; None means the location from which they were issued.
    """

    issue: Code  # by path
    lines: Annotated[list[LotLine], LINE_LIMITS]
    location: Code | None = None
    note: Text | None = None


class WriteOff(Command, frozen=True, kw_only=True):
    """Write off unallocated goods.

    Attributes:
        reason: `expired`, `damaged`, `missing` or another reason code.
    """

    reason: Code
    location: Code
    lines: Annotated[list[LotLine], LINE_LIMITS]
    note: Text | None = None


class FindAgain(Command, frozen=True, kw_only=True):
    """Return written-off goods to stock after they were found.

    Attributes:
        reason: The reason for which the goods were written off.
        location: Where the goods are put.
    """

    reason: Code
    location: Code
    lines: Annotated[list[LotLine], LINE_LIMITS]
    note: Text | None = None


class TakeBack(Command, frozen=True, kw_only=True):
    """Take goods back from a recipient into unallocated stock."""

    recipient: Code
    location: Code
    lines: Annotated[list[RecipientLine], LINE_LIMITS]
    reason: Reason


class ReturnGoods(Command, frozen=True, kw_only=True):
    """Give unallocated goods back to the donors or lenders from whom their lots came."""

    location: Code
    lines: Annotated[list[LotLine], LINE_LIMITS]
    reason: Reason


class LendGoods(Command, frozen=True, kw_only=True):
    """Lend unallocated goods.

    Attributes:
        borrower: Code of the borrower.
        due_on: The day by which the goods should be back; None if no day was agreed.
    """

    borrower: Code
    location: Code
    lines: Annotated[list[LotLine], LINE_LIMITS]
    due_on: date | None = None
    note: Text | None = None


class ReturnLoan(Command, frozen=True, kw_only=True):
    """Record that lent goods came back to stock.

    Attributes:
        location: Where the goods are put; None means the location from which they were lent.
    """

    loan: Code  # by path
    lines: Annotated[list[LotLine], LINE_LIMITS]
    location: Code | None = None
    note: Text | None = None


class HandOut(Command, frozen=True, kw_only=True):
    """Hand out unallocated goods at the counter, or to a group.

    Attributes:
        headcount: Number of people in the group; None if the goods are for one household.
    """

    recipient: Code
    location: Code
    lines: Annotated[list[RecipientLine], LINE_LIMITS]
    headcount: Annotated[int, Meta(ge=1, le=10**9)] | None = None
    note: Text | None = None


class ReportHandOut(HandOut, frozen=True, kw_only=True):
    """Report goods that a team handed out at its counter. The report may be several days late.

    A report that contradicts the books is recorded as a conflict, instead of being refused.

    Attributes:
        team: The team that handed the goods out. The report is a conflict if `location` is not the
            counter of this team.
        happened_at: The time of the hand-out; None if only the day is known. The hand-out is booked
            on the day of this time in the station's time zone. A time in the future is a conflict.
        phone_time: The time on the phone's clock, if the clock was wrong and `happened_at` is the
            corrected time.
    """

    team: Code
    happened_at: Timestamp | None = None
    phone_time: Timestamp | None = None


class ConvertedLine(GoodsLine, frozen=True, kw_only=True):
    """A product of a conversion.

    Attributes:
        expires_on: The last day of use; None means the earliest expiry of the consumed lots.
        expires_month: As in `DonationLine`.
        expiry_reason: Why the product may be used for longer than the consumed lots. With a reason
            but no day or month of expiry, the product does not expire.
        pledge: The pledge that the product fulfils, if the consumed goods came from the donor of
            this pledge. Goods beyond the pledge are an additional gift.
    """

    batch: Batch | None = None
    expires_on: ExpiryDay | None = None
    expires_month: Month | None = None
    expiry_reason: Reason | None = None
    pledge: Code | None = None


class Convert(Command, frozen=True, kw_only=True):
    """Make goods from other goods: for example, fill bottles from a drum, or open and count a case.

    Attributes:
        consumed: The goods that are used up.
        produced: The goods that are made.
        spilled: Goods that were lost in the process. They are not part of `consumed`.
    """

    location: Code
    consumed: Annotated[list[LotLine], LINE_LIMITS]
    produced: Annotated[list[ConvertedLine], LINE_LIMITS]
    spilled: list[LotLine] = field(default_factory=list)
    note: Text | None = None


class DescribeLot(Command, frozen=True, kw_only=True):
    """Change the batch and expiry of a lot that a count found or that came from another station.

    For other lots, correct the command that created the lot instead.

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
        by: The cause. If goods are missing, "lost". If there are more goods than in the books, the
            kind of account from which they came.
        party: The donor, supplier, maker or lender from whom the surplus goods came.
        handled_by: The person who accepted the goods. Required for a gift, which gets a receipt.
    """

    place: Code
    by: Literal["lost", "opening", "donor", "bought", "made", "borrowed"]
    party: Code | None = None
    lines: Annotated[list[LotLine], LINE_LIMITS]
    reason: Reason
    handled_by: ShortText | None = None
