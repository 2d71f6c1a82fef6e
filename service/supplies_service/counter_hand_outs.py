"""Hand-outs at a team's counter, as the team's phones report them.

A counter is the location whose unallocated goods a team may hand out.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated

import msgspec
from msgspec import Meta

from supplies.access.phone_reports import correct_clock
from supplies.books.reader import Books
from supplies.domain.commands import LINE_LIMITS, GoodsLine, RecipientLine, ReportHandOut
from supplies.domain.fields import Code, Text, Timestamp
from supplies.ledger.recorded import Recorded
from supplies.views.entries import get_entry
from supplies.views.pagination import View, Warned
from supplies_service.idempotency import Outcome
from supplies_service.sent_at import clock_warnings

HAND_OUTS = "/api/run/hand-outs"
"""The path to which phones report hand-outs."""


class CounterHandOut(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of a phone's request: goods that a team handed out at its counter.

    Attributes:
        location: The counter of the team.
        happened_at: The time of the hand-out, by the phone's clock. None means today.
        headcount: Number of people in the group; None for one household.
    """

    location: Code
    recipient: Code
    lines: Annotated[list[GoodsLine], LINE_LIMITS]
    headcount: Annotated[int, Meta(ge=1, le=10**9)] | None = None
    note: Text | None = None
    happened_at: Timestamp | None = None


class HandOutEntry(View, frozen=True, kw_only=True):
    """The part of a hand-out's entry that the phone may see: number, kind and day."""

    seq: int
    kind: str
    happened_on: date


class HandOutRecorded(View, frozen=True, kw_only=True):
    """The response to a hand-out. It shows the phone no data about the recipient.

    Attributes:
        warnings: Warnings that the phone's clock is wrong, or that a delivery team still carries
            the goods; left out if there are none.
    """

    entry: HandOutEntry
    warnings: list[Warned] | msgspec.UnsetType = msgspec.UNSET


def show_hand_out(
    offset: timedelta | None, books: Books, recorded: Recorded
) -> Outcome[HandOutRecorded]:
    """Build the response to a hand-out. It does not show which needs of the recipient were met.

    Args:
        offset: How far the station's clock is ahead of the phone's; None if it is unknown.
    """
    entry = get_entry(books, recorded.seq)
    shown = HandOutRecorded(
        entry=HandOutEntry(seq=entry.seq, kind=entry.kind, happened_on=entry.happened_on),
        warnings=clock_warnings(str(entry.document), offset) or msgspec.UNSET,
    )
    return Outcome(f"/api/entries/{recorded.seq}", shown)


def report_of(reported: CounterHandOut, team: str, offset: timedelta | None) -> ReportHandOut:
    """Return the command that records a hand-out reported by a team's phone.

    Args:
        offset: How far the station's clock is ahead of the phone's; None if it is unknown. The
            time of the hand-out is corrected by this difference.
    """
    report = ReportHandOut(
        team=team,
        location=reported.location,
        recipient=reported.recipient,
        lines=[RecipientLine(**msgspec.structs.asdict(line)) for line in reported.lines],
        headcount=reported.headcount,
        note=reported.note,
        happened_at=reported.happened_at,
    )
    return correct_clock(report, offset)
