"""Explain what a conflict contradicts, as a sentence that the web pages can show translated.

`ConflictView.because` is an English sentence that was stored with the conflict. This module derives
the same reason from the entries before the conflict.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from supplies.books.moved_stops import deliveries_of_stop
from supplies.books.reader import Books
from supplies.domain.commands import Outcome, ReportHandOut, ReportOutcome
from supplies.domain.entry_rows import TABLES, Stop, StopLine, StopOutcome, StopRemoval
from supplies.errors import Sentence, template
from supplies.views.entries import ConflictView

_OUTCOMES: dict[Outcome, str] = {
    "handed_over": template("handed_over"),
    "partly": template("partly"),
    "refused": template("refused"),
    "not_at_home": template("not_at_home"),
    "lost": template("lost"),
}
"""The outcomes as translatable templates."""

_MISSING_GOODS = Sentence("the books did not contain all goods of the report")


_TOO_EARLY = Sentence("the reported time is later than the time at which it was recorded")

_TOO_LATE = Sentence("the reported time is too long ago for a report by phone")

_RECORDED_REASONS = {
    "that is not the counter of team": template("{place} was not the counter of the team"),
    "is a quarantine: ": template("{place} was a quarantine"),
    "was erased at their request": template("the data of the recipient was erased"),
    "is not a group but one": template(
        "the report names a number of people, but the recipient was not a group"
    ),
    " has no pack ": template("the books did not know a pack of the report"),
}
"""Phrases of recorded reasons of hand-outs, each with the sentence that pages translate."""

_CLOCK_TOLERANCE = timedelta(minutes=5)
"""How far in the future the reported time of a hand-out may be."""

_EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
"""An early time for which Python can compute the UTC offset in every time zone."""


def reason_of_conflict(books: Books, conflict: ConflictView) -> Sentence:
    """Return how the report in a conflict contradicts the books."""
    fields = msgspec.json.decode(conflict.stated)
    if "sheet" in fields:
        return Sentence("the count found more goods missing than the books still contained")
    if "team" in fields:
        return _hand_out(books, msgspec.json.decode(conflict.stated, type=ReportHandOut), conflict)
    stated = msgspec.json.decode(conflict.stated, type=ReportOutcome)
    return (
        _undone_dispatch(books, stated, conflict.seq)
        or _earlier_outcome(books, stated, conflict.seq)
        or _more_than_loaded(books, stated)
        or _impossible_time(books, stated, conflict)
        or _MISSING_GOODS
    )


def _hand_out(books: Books, stated: ReportHandOut, conflict: ConflictView) -> Sentence:
    """Return why a reported hand-out conflicts with the books. Places have their current names.

    The books do not keep earlier names and other fields of a team, location, recipient or item.
    So the kind of conflict is recognized by a phrase in the reason recorded at the time.
    """
    place, moment = books.location(stated.location), stated.happened_at
    recorded_at = datetime.fromisoformat(conflict.recorded_at)
    if moment is not None and moment > recorded_at + _CLOCK_TOLERANCE:
        return _TOO_EARLY
    zone = ZoneInfo(books.station.zone)
    if moment is not None and _day(max(moment, _EARLIEST), zone) != conflict.happened_on:
        return _TOO_LATE
    for phrase, reason in _RECORDED_REASONS.items():
        if phrase in conflict.because:
            return Sentence(reason, place=place.name)
    return _MISSING_GOODS


def _undone_dispatch(books: Books, stated: ReportOutcome, before: int) -> Sentence | None:
    removal = _latest_before(books, StopRemoval, stated, before)
    if removal is None or _latest_before(books, StopOutcome, stated, before) is not None:
        return None
    return Sentence(
        "entry {entry} had taken the stop off the delivery; its goods were set aside again",
        entry=removal,
    )


def _earlier_outcome(books: Books, stated: ReportOutcome, before: int) -> Sentence | None:
    seq = _latest_before(books, StopOutcome, stated, before)
    if seq is None:
        return None
    (first,) = books.rows_of_entry(
        StopOutcome, seq, delivery=stated.delivery, allocation=stated.allocation
    )
    if first.outcome == stated.outcome:
        return Sentence("entry {entry} had reported other quantities at this stop", entry=seq)
    return Sentence(
        "entry {entry} had reported the stop as {before}, and this report says {outcome}",
        entry=seq,
        before=Sentence(_OUTCOMES[first.outcome]),
        outcome=Sentence(_OUTCOMES[stated.outcome]),
    )


def _latest_before(
    books: Books, kind: type[StopRemoval | StopOutcome], stated: ReportOutcome, before: int
) -> int | None:
    """Return the last entry before `before` that has a row of this type about the stop."""
    seq: int | None = books.value(
        f"SELECT max(seq) FROM {TABLES[kind]} WHERE station = :station "
        "AND delivery = :delivery AND allocation = :allocation AND seq < :before",
        delivery=stated.delivery,
        allocation=stated.allocation,
        before=before,
    )
    return seq


def _more_than_loaded(books: Books, stated: ReportOutcome) -> Sentence | None:
    where = {"delivery": stated.delivery, "allocation": stated.allocation}
    loaded = {line.line: line.loaded for line in books.rows(StopLine, **where)}
    for line in stated.lines or ():
        reported = line.received + line.brought_back + line.lost
        if reported > loaded.get(line.line, reported):
            return Sentence(
                "line {line} reports {reported}, but {loaded} were loaded",
                line=line.line,
                reported=reported,
                loaded=loaded[line.line],
            )
    return None


def _impossible_time(
    books: Books, stated: ReportOutcome, conflict: ConflictView
) -> Sentence | None:
    first = deliveries_of_stop(books, stated.delivery, stated.allocation)[-1]
    seq = books.latest_seq(Stop, delivery=first, allocation=stated.allocation)
    assert seq is not None, "a conflict about an outcome names a stop"
    dispatched, moment = books.body(seq), stated.happened_at
    before = Sentence("the reported time is before the goods went out")
    if moment is None:
        return before if conflict.happened_on < dispatched.happened_on else None
    zone = ZoneInfo(books.station.zone)
    if moment > datetime.fromisoformat(conflict.recorded_at):
        return _TOO_EARLY
    left = datetime.fromisoformat(dispatched.recorded_at)
    if _day(moment, zone) < dispatched.happened_on or (
        moment < left and _day(left, zone) == dispatched.happened_on
    ):
        return before
    if stated.phone_time is not None:
        return _TOO_LATE
    return None


def _day(moment: datetime, zone: ZoneInfo) -> date:
    return moment.astimezone(zone).date()
