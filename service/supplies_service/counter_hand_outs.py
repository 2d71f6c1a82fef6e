"""Hand-outs at the counter of a team, as its phones report them."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from msgspec import Meta

from supplies.books.reader import Books
from supplies.domain.commands import LINE_LIMITS, GoodsLine, HandOut, RecipientLine
from supplies.domain.fields import Code, Text, Timestamp
from supplies.ledger.recorded import Recorded
from supplies.views.entries import get_entry
from supplies.views.pagination import View
from supplies_service.idempotency import Outcome

HAND_OUTS = "/api/run/hand-outs"
"""The path to which phones report hand-outs."""


class CounterHandOut(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Goods that a team handed out at its counter.

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
    """Number, kind and day of the entry of a hand-out: all that its phone may see."""

    seq: int
    kind: str
    happened_on: date


class HandOutRecorded(View, frozen=True, kw_only=True):
    """The response to a hand-out. It contains nothing that the phone did not report."""

    entry: HandOutEntry


def show_hand_out(books: Books, recorded: Recorded) -> Outcome[HandOutRecorded]:
    """Return the response to a recorded hand-out. The needs that it met are left out."""
    entry = get_entry(books, recorded.seq)
    shown = HandOutEntry(seq=entry.seq, kind=entry.kind, happened_on=entry.happened_on)
    return Outcome(f"/api/entries/{recorded.seq}", HandOutRecorded(entry=shown))


def hand_out_of(reported: CounterHandOut, offset: timedelta | None, zone: ZoneInfo) -> HandOut:
    """Return the command that records a hand-out on the day of its corrected time.

    Args:
        offset: How far the station's clock is ahead of the phone's; None if it is unknown.
        zone: The time zone of the station.
    """
    at = reported.happened_at
    return HandOut(
        happened_on=None if at is None else _day_of(at, offset or timedelta(), zone),
        location=reported.location,
        recipient=reported.recipient,
        lines=[
            RecipientLine(
                item=line.item, quantity=line.quantity, pack=line.pack, pack_size=line.pack_size
            )
            for line in reported.lines
        ],
        headcount=reported.headcount,
        note=reported.note,
    )


def _day_of(at: datetime, offset: timedelta, zone: ZoneInfo) -> date:
    with suppress(OverflowError):
        at = (at + offset).astimezone(zone)
    return at.date()
