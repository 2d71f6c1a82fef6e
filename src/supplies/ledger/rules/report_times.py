"""Times in reports of outcomes and hand-outs: check them, and find the day on which they fall."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TypeGuard
from zoneinfo import ZoneInfo

from supplies.books.moved_stops import deliveries_of_stop
from supplies.domain.commands import ReportHandOut, ReportOutcome
from supplies.domain.entry_rows import Stop
from supplies.errors import InvalidField, Sentence
from supplies.ledger.contradictions import Contradicted
from supplies.ledger.journal import Journal

CLOCK_TOLERANCE = timedelta(minutes=5)
"""By how much the clock of a phone may differ from the clock of the ledger.

Within this tolerance, a reported time that seems too early or too late is accepted.
"""

MAX_AGE_BY_PHONE = timedelta(days=60)
"""How long after an outcome or hand-out a phone may still report it."""

EARLIEST_MOMENT = datetime(1900, 1, 1, tzinfo=UTC)
"""The earliest time that a report of an outcome may state.

Earlier times cannot be converted to local time in every time zone.
"""


def day_of_report(
    journal: Journal, command: ReportOutcome, moment: datetime, reported_at: datetime
) -> date:
    """Return the day on which the time of a reported outcome falls, in the station's time zone.

    Raises:
        InvalidField: `happened_on` of the command is another day.
        Contradicted: the time is in the future (see `day_of_time`), or is earlier than the dispatch
            of the goods by more than `CLOCK_TOLERANCE`.
    """
    day = day_of_time(journal, command, moment, reported_at, "outcome")
    zone = ZoneInfo(journal.books.station.zone)
    first = deliveries_of_stop(journal.books, command.delivery, command.allocation)[-1]
    seq = journal.books.latest_seq(Stop, delivery=first, allocation=command.allocation) or 0
    dispatched = journal.books.body(seq)
    recorded_at = datetime.fromisoformat(dispatched.recorded_at)
    # If the dispatch was recorded on a later day, only its day is known, not its time.
    typed_later = recorded_at.astimezone(zone).date() != dispatched.happened_on
    if day < dispatched.happened_on or not (typed_later or moment >= recorded_at - CLOCK_TOLERANCE):
        raise Contradicted(
            "before_dispatch",
            f"the outcome is reported for {_shown(moment, zone)}, before the goods of "
            f"{command.delivery} went out (entry {seq})",
            entry=seq,
        )
    return day


def day_of_time(
    journal: Journal,
    command: ReportOutcome | ReportHandOut,
    moment: datetime,
    reported_at: datetime,
    what: str,
) -> date:
    """Return the day on which the time in a report falls, in the station's time zone.

    Args:
        moment: The time that the report states.
        reported_at: When the report was made. A `moment` shortly after `reported_at` counts as
            `reported_at`, because the clock of the phone may be fast.
        what: "outcome" or "hand-out", for the error message.

    Raises:
        InvalidField: `happened_on` of the command is another day.
        Contradicted: the time is later than `reported_at` by more than `CLOCK_TOLERANCE`.
    """
    zone = ZoneInfo(journal.books.station.zone)
    day = _in_zone(max(EARLIEST_MOMENT, min(moment, reported_at)), zone).date()
    if journal.corrected is None and command.happened_on not in (None, day):
        raise InvalidField.at(
            "/happened_on",
            Sentence(
                "{happened_on} is not the day of happened_at ({day})",
                happened_on=command.happened_on,
                day=day,
            ),
        )
    if moment > reported_at + CLOCK_TOLERANCE:
        shown, now = _shown(moment, zone), _shown(reported_at, zone)
        detail = f"the {what} is reported for {shown}, but it is only {now} now"
        raise Contradicted("future", detail)
    return day


def check_age(journal: Journal, command: ReportOutcome | ReportHandOut, what: str) -> None:
    """Check that a phone reports an outcome or hand-out in time.

    A correction may be made at any time.

    Args:
        what: "outcome" or "hand-out", for the error message.

    Raises:
        Contradicted: a phone reports a time that is more than `MAX_AGE_BY_PHONE` ago.
    """
    if journal.corrected is None and is_too_old(command, journal.now):
        assert command.happened_at is not None
        shown = _shown(command.happened_at, ZoneInfo(journal.books.station.zone))
        raise Contradicted(
            "too_old",
            f"the {what} is reported for {shown}, more than {MAX_AGE_BY_PHONE.days} days ago",
        )


def is_too_old(command: ReportOutcome | ReportHandOut, reported_at: datetime) -> bool:
    """Return whether a phone reported an event more than `MAX_AGE_BY_PHONE` after it happened."""
    by_phone = isinstance(command, ReportHandOut) or command.phone_time is not None
    moment = command.happened_at
    return by_phone and moment is not None and moment < reported_at - MAX_AGE_BY_PHONE


def precedes_report(moment: datetime | None, reported_at: datetime) -> TypeGuard[datetime]:
    """Return whether a report states a time, and this time was not in the future at `reported_at`.

    A time up to `CLOCK_TOLERANCE` after `reported_at` does not count as future.
    """
    return moment is not None and moment <= reported_at + CLOCK_TOLERANCE


def _shown(moment: datetime, zone: ZoneInfo) -> str:
    return _in_zone(moment, zone).isoformat(sep=" ", timespec="minutes")


def _in_zone(moment: datetime, zone: ZoneInfo) -> datetime:
    """Convert a time to a time zone.

    Return the time unchanged if the result would be outside the years that Python supports.
    """
    try:
        return moment.astimezone(zone)
    except OverflowError:
        return moment
