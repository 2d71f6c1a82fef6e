"""Commands about deliveries: dispatch, outcomes of stops, changes and conflicts."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from msgspec import Meta

from supplies.domain.commands.allocations import AllocationPart, ReceivedBy
from supplies.domain.commands.base import LINE_LIMITS, Command
from supplies.domain.fields import (
    Code,
    Count,
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

    The photo is not part of the outcome's command, so a refused photo does not lose the outcome.
    Metadata of the photo, such as the place where it was taken, is not stored.
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

    Use this to split a delivery. The goods stay in transit, and the stops keep their lines. A
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

    A resolved conflict can be resolved again the other way. "keep" then undoes what the earlier
    resolution booked.

    Attributes:
        happened_on: The day of a report whose time is impossible; None means the day on which it
            was recorded. If the reported time is possible, it decides the day.
        by: "correct" books the reported outcome in place of the recorded one, or a reported
            hand-out with goods that the books have. "unexplained" books the report, with the
            missing goods from the account `unexplained`, which is settled after the next count.
            "keep" leaves the books unchanged and ignores the report.
    """

    conflict: Annotated[int, Meta(ge=1)]  # by path: the entry's seq
    by: Resolved
    reason: Reason
