"""Commands about deliveries: dispatch, outcomes of stops, changes of a delivery, and conflicts."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from msgspec import Meta

from supplies.domain.commands.allocations import AllocationPart, ReceivedBy
from supplies.domain.commands.base import LINE_LIMITS, Command
from supplies.domain.fields import (
    Code,
    Count,
    EntryNumber,
    PhotoBytes,
    Reason,
    ShortText,
    SpokenCode,
    StrictStruct,
    Strokes,
    Text,
    Timestamp,
)

Outcome = Literal["handed_over", "partly", "refused", "not_at_home", "lost"]

FirstFailureReason = Literal["bad_address", "moved", "not_ready", "too_far"]
"""The reasons for a failed hand-over that the first version of the program knew."""

FailureReason = Literal[
    FirstFailureReason,
    "nobody_answered",
    "not_needed",
    "wrong_goods",
    "damaged",
    "wrong_person",
    "other",
]
"""The reason for a failed hand-over at a stop. If it is `other`, the note explains it."""


class DispatchPart(StrictStruct, frozen=True, kw_only=True):
    """The part of an allocation that a team takes along."""

    allocation: Code
    lines: Annotated[list[AllocationPart], LINE_LIMITS]


class Dispatch(Command, frozen=True, kw_only=True):
    """Send a team on a delivery with the goods that are still set aside in these allocations.

    Attributes:
        allocations: The allocations to take along, in the order of the stops.
        parts: The allocations from which the team takes only a part of the goods. The rest stays
            set aside, and another delivery can take it. If None, the team takes all goods of each
            allocation.
        allow_expired: Whether to take expired goods too.
    """

    team: Code
    allocations: Annotated[list[Code], LINE_LIMITS]
    allow_expired: bool = False
    note: Text | None = None
    parts: Annotated[list[DispatchPart], LINE_LIMITS] | None = None


class OutcomeLine(StrictStruct, frozen=True, kw_only=True):
    """What happened to the goods of one line of a stop, in base units.

    The quantities received, brought back and lost must add up to the quantity loaded.

    Attributes:
        line: Number of the line, from 1.
        to: Whether goods that were brought back stay allocated or become unallocated stock.
        location: Where goods that were brought back are put; None means the location from which
            they were loaded.
    """

    line: Annotated[int, Meta(ge=1)]
    received: Count = 0
    brought_back: Count = 0
    lost: Count = 0
    to: Literal["allocated", "stock"] = "allocated"
    location: Code | None = None


class ReportOutcome(Command, frozen=True, kw_only=True):
    """Report the outcome of a stop of a delivery.

    A report that contradicts the books is recorded as a conflict, instead of being refused.

    Attributes:
        happened_at: The time of the event; None if only the day is known. The outcome is booked on
            the station's day at this time. A time in the future or before the dispatch is a
            conflict.
        lines: Required for the outcome `partly`. Without lines, all goods were received
            (`handed_over`), brought back and still allocated (`not_at_home`), brought back to stock
            and no longer allocated (`refused`), or lost (`lost`).
        note: Who received the goods, and what was said.
        signature: The signature of the person who received the goods.
        code: The code that the household told the courier. Only whether it equals the code of the
            stop is stored, not the code itself. A wrong code does not change the outcome.
        why: Why the goods could not be handed over; None if no reason was given.
        next_attempt: The day on which the household wants the goods.
        time_window: When the household is at home on the day `next_attempt`, in its own words.
        phone_time: The time on the phone's clock, if the clock was wrong and `happened_at` is the
            corrected time.
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
    """Add a JPEG or WebP photo that shows what happened at a stop of a delivery.

    A photo is not part of the command `ReportOutcome`, so that an outcome is not lost if its photo
    is refused. Metadata of the photo, such as the place where it was taken, is not stored.
    """

    delivery: Code  # by path
    allocation: Code  # by path
    photo: PhotoBytes


ConfirmationWay = Literal["telephone", "paper", "visit", "withdrawn"]
"""How a household confirmed a hand-over. `withdrawn` cancels an earlier confirmation."""


class ConfirmHandOver(Command, frozen=True, kw_only=True):
    """Record that a household confirmed a hand-over afterwards, for example after a wrong code.

    Attributes:
        happened_on: The day on which the household confirmed it.
        way: How the household confirmed it.
        confirmed_by: Who confirmed it. Required, except to withdraw a confirmation.
        note: What was said, or where the signed paper is.
    """

    delivery: Code  # by path
    allocation: Code  # by path
    way: ConfirmationWay
    confirmed_by: Literal["self", "family", "neighbour", "guard"] | None = None
    note: Text | None = None


class CloseDelivery(Command, frozen=True, kw_only=True):
    """Close a delivery. The command is refused while goods of the delivery are in transit."""

    delivery: Code  # by path


class ReassignDelivery(Command, frozen=True, kw_only=True):
    """Give an open delivery to another team."""

    delivery: Code  # by path
    team: Code


class UndoDispatch(Command, frozen=True, kw_only=True):
    """Take stops off an open delivery because the team did not start with their goods.

    The goods are set aside as before, where they were loaded and for the same needs. No outcome is
    recorded. If the delivery has no other goods in transit, it is closed.

    Attributes:
        allocations: The allocations of the stops to take off. None means all stops without an
            outcome.
    """

    delivery: Code  # by path
    reason: Reason
    allocations: Annotated[list[Code], LINE_LIMITS] | None = None


class MoveStops(Command, frozen=True, kw_only=True):
    """Move stops of an open delivery to another delivery: a new one, or one that is under way.

    Use this to split a delivery between teams. The goods stay in transit, and the stops keep their
    lines. If the old delivery has no other goods in transit, it is closed. If an outcome of a moved
    stop is reported later under the old delivery, it is booked for the delivery that has the goods.

    Attributes:
        allocations: The allocations of the stops to move, in their new order.
        team: The team of a new delivery.
        to_delivery: An open delivery, to which the stops are added at the end. Give either this or
            `team`.
    """

    delivery: Code  # by path
    allocations: Annotated[list[Code], LINE_LIMITS]
    team: Code | None = None
    to_delivery: Code | None = None
    note: Text | None = None


Resolved = Literal["correct", "unexplained", "keep"]


class ResolveConflict(Command, frozen=True, kw_only=True):
    """Resolve a conflict between a reported fact and the books.

    A resolved conflict can be resolved once more in another way. "keep" then undoes what the
    earlier resolution booked.

    Attributes:
        replaces: Number of the entry of the latest resolution, which this command replaces; None if
            the conflict is not resolved yet. The command is refused if somebody else has resolved
            the conflict in the meantime.
        happened_on: The day on which to book a report whose time is impossible, or which a phone
            sent more than 60 days late. If None, a late report is booked on the day of its time,
            and an impossible one on the day on which it was recorded. Other reports keep their day.
        by: "correct" books the reported outcome in place of the recorded one, or a reported
            hand-out with goods that are in the books. "unexplained" books the report and takes the
            missing goods from the account `unexplained`, which is settled after the next count.
            "keep" leaves the books unchanged and ignores the report.
    """

    conflict: Annotated[int, Meta(ge=1)]  # by path: the entry's seq
    replaces: EntryNumber | None = None
    by: Resolved
    reason: Reason
