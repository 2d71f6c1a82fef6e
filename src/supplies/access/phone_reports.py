"""Rules for reports from phones: which deliveries they may be about, and when the events happened.

A phone may be without a network for days, and its clock may be wrong. But its reports are facts, so
they are accepted even after the delivery was closed or given to another team.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from typing import TypeVar

import msgspec

from supplies.books.reader import Books
from supplies.domain.commands import ReportHandOut, ReportOutcome
from supplies.domain.entry_rows import Delivery
from supplies.domain.failure_reasons import split_reason
from supplies.errors import InvalidField, Sentence

CLOCK_TOLERANCE = timedelta(minutes=5)
"""How far the clock of a phone may differ from the station's without a warning."""


def may_report(books: Books, team: str | None, delivery: str) -> bool:
    """Return whether a team may report outcomes of a delivery: it has or had the delivery."""
    return team is not None and bool(books.rows(Delivery, delivery=delivery, team=team))


def clock_differs(offset: timedelta | None) -> bool:
    """Return whether the clock of a phone differs too much from the station's clock."""
    return offset is not None and abs(offset) > CLOCK_TOLERANCE


R = TypeVar("R", ReportOutcome, ReportHandOut)


def correct_clock(command: R, offset: timedelta | None) -> R:
    """Return a report with its time corrected from the phone's clock to the station's clock.

    The original time is kept as `phone_time`. If the corrected time were outside the range of
    dates, the report is returned unchanged.

    Args:
        offset: How far the station's clock is ahead of the phone's. If None, nothing is changed.

    Raises:
        InvalidField: the report has a `phone_time` already.
    """
    if offset is None or command.happened_at is None:
        return command
    if command.phone_time is not None:
        raise InvalidField.at(
            "/phone_time", Sentence("phone_time follows from the header Sent-At; leave it out")
        )
    corrected = command.happened_at
    with suppress(OverflowError):
        corrected += offset
    return msgspec.structs.replace(command, happened_at=corrected, phone_time=command.happened_at)


def take_reason_from_note(report: ReportOutcome) -> ReportOutcome:
    """Return a report with the code of its reason, if an older phone put the reason in the note."""
    why, note = split_reason(report.outcome, report.note, report.why)
    return msgspec.structs.replace(report, why=why, note=note)


def offset_of_text(
    written_at: datetime, known: int | None, now: datetime, last_seen: datetime | None = None
) -> timedelta:
    """Estimate how far the station's clock was ahead of a phone's when the phone wrote a text.

    Phones show unsent records as text, and people copy this text to the station, perhaps much
    later. So a time in the past does not show that the phone's clock is slow. The result is
    `known`, except in two cases in which the clock must have been corrected since:

    - `known` would move `written_at` into the future.
    - `known` would move `written_at` before `last_seen`, although `written_at` is after it.

    Args:
        written_at: The time of the phone's clock when the phone wrote the text.
        known: The difference in seconds that the phone reported last; None if it reported none.
        now: The time of the station's clock.
        last_seen: When the phone last sent a request, by the station's clock; None if it never did.
    """
    by_text = min(timedelta(), now - written_at)
    if known is None:
        return by_text
    latest = now + CLOCK_TOLERANCE
    with suppress(OverflowError):
        corrected = written_at + timedelta(seconds=known)
        earliest = corrected if last_seen is None else last_seen - CLOCK_TOLERANCE
        if corrected < earliest <= written_at <= latest:
            return timedelta()
        if corrected <= latest:
            return timedelta(seconds=known)
    return by_text
