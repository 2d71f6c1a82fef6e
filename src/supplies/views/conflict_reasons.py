"""Explain in what way a report contradicts the books, in a sentence that can be translated.

A conflict stores the kind of the contradiction. Older conflicts store only an English sentence
(`ConflictView.because`). For these, the kind is derived from the entries before the conflict.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from supplies.books.moved_stops import deliveries_of_stop
from supplies.books.reader import Books
from supplies.domain.commands import Outcome, ReportHandOut, ReportOutcome
from supplies.domain.entry_rows import (
    TABLES,
    ConflictReason,
    ContradictionKind,
    Stop,
    StopLine,
    StopOutcome,
    StopRemoval,
)
from supplies.errors import Sentence, template
from supplies.views.entries import ConflictView

_OUTCOMES: dict[Outcome, str] = {
    "handed_over": template("handed over"),
    "partly": template("handed over in part"),
    "refused": template("refused"),
    "not_at_home": template("not at home"),
    "lost": template("lost on the way"),
}
"""The words for each outcome within a sentence. Pages translate them."""

_SENTENCES: Mapping[ContradictionKind, str] = {
    "other_outcome": template(
        "entry {entry} had reported the stop as {before}, and this report says {outcome}"
    ),
    "other_quantities": template("entry {entry} had reported other quantities at this stop"),
    "more_than_loaded": template("line {line} reports {reported}, but {loaded} were loaded"),
    "taken_off": template(
        "entry {entry} had taken the stop off the delivery; its goods were set aside again"
    ),
    "before_dispatch": template("the reported time is before the goods went out"),
    "future": template("the reported time is later than the time at which it was recorded"),
    "too_old": template("the reported time is too long ago for a report by phone"),
    "other_counter": template("{place} was not the counter of the team"),
    "quarantine": template("{place} was a quarantine"),
    "erased": template("the data of the recipient was erased"),
    "not_a_group": template(
        "the report names a number of people, but the recipient was not a group"
    ),
    "unknown_pack": template("the books did not know a pack of the report"),
    "missing_goods": template("the books did not contain all goods of the report"),
    "counted_less": template("the count found more goods missing than the books still contained"),
    "refused": template("the books did not allow what was reported"),
}
"""The sentence for each kind of contradiction. Pages translate it."""

_RECORDED_REASONS: Mapping[str, ContradictionKind] = {
    "that is not the counter of team": "other_counter",
    "is a quarantine: ": "quarantine",
    "was erased at their request": "erased",
    "is not a group but one": "not_a_group",
    " has no pack ": "unknown_pack",
}
"""Phrases in recorded reasons of older conflicts about hand-outs, and the kind that each shows."""

_CLOCK_TOLERANCE = timedelta(minutes=5)
"""How far in the future the reported time of a hand-out may be."""

_EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
"""The earliest reported time that is converted to a day. Earlier times are replaced by this time.

For some earlier times and time zones, Python cannot compute the local time.
"""


def reason_of_conflict(books: Books, conflict: ConflictView) -> Sentence:
    """Return a sentence on how a report contradicts the books.

    The sentence has the current names of places, but the outcome that was recorded when the report
    came, even if this outcome has been corrected since.
    """
    stored = books.rows_of_entry(ConflictReason, conflict.seq)
    if stored:
        return _sentence(books, stored[0].kind, msgspec.json.decode(stored[0].fields))
    return _reason_of_older_conflict(books, conflict)


def _sentence(books: Books, kind: ContradictionKind, fields: Mapping[str, Any]) -> Sentence:
    shown = dict(fields)
    if "place" in fields:
        shown["place"] = books.location(fields["place"]).name
    for name in ("before", "outcome"):
        if name in fields:
            shown[name] = Sentence(_OUTCOMES[fields[name]])
    return Sentence(_SENTENCES[kind], **shown)


def _reason_of_older_conflict(books: Books, conflict: ConflictView) -> Sentence:
    fields = msgspec.json.decode(conflict.stated)
    if "sheet" in fields:
        return _sentence(books, "counted_less", {})
    if "team" in fields:
        report = msgspec.json.decode(conflict.stated, type=ReportHandOut)
        kind = _kind_of_hand_out(books, report, conflict)
        return _sentence(books, kind, {"place": report.location})
    stated = msgspec.json.decode(conflict.stated, type=ReportOutcome)
    return (
        _undone_dispatch(books, stated, conflict.seq)
        or _earlier_outcome(books, stated, conflict.seq)
        or _more_than_loaded(books, stated)
        or _impossible_time(books, stated, conflict)
        or _sentence(books, "missing_goods", {})
    )


def _kind_of_hand_out(
    books: Books, stated: ReportHandOut, conflict: ConflictView
) -> ContradictionKind:
    """Return why a reported hand-out conflicts with the books.

    For an older conflict, a phrase in the recorded reason shows the kind. The books could not show
    it, because they do not contain earlier values of the fields of a team, location, recipient or
    item.
    """
    moment = stated.happened_at
    recorded_at = datetime.fromisoformat(conflict.recorded_at)
    if moment is not None and moment > recorded_at + _CLOCK_TOLERANCE:
        return "future"
    zone = ZoneInfo(books.station.zone)
    if moment is not None and _day(max(moment, _EARLIEST), zone) != conflict.happened_on:
        return "too_old"
    for phrase, kind in _RECORDED_REASONS.items():
        if phrase in conflict.because:
            return kind
    return "missing_goods"


def _undone_dispatch(books: Books, stated: ReportOutcome, before: int) -> Sentence | None:
    removal = _latest_before(books, StopRemoval, stated, before)
    if removal is None or _latest_before(books, StopOutcome, stated, before) is not None:
        return None
    return _sentence(books, "taken_off", {"entry": removal})


def _earlier_outcome(books: Books, stated: ReportOutcome, before: int) -> Sentence | None:
    seq = _latest_before(books, StopOutcome, stated, before)
    if seq is None:
        return None
    (first,) = books.rows_of_entry(
        StopOutcome, seq, delivery=stated.delivery, allocation=stated.allocation
    )
    if first.outcome == stated.outcome:
        return _sentence(books, "other_quantities", {"entry": seq})
    fields = {"entry": seq, "before": first.outcome, "outcome": stated.outcome}
    return _sentence(books, "other_outcome", fields)


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
            fields = {"line": line.line, "reported": reported, "loaded": loaded[line.line]}
            return _sentence(books, "more_than_loaded", fields)
    return None


def _impossible_time(
    books: Books, stated: ReportOutcome, conflict: ConflictView
) -> Sentence | None:
    first = deliveries_of_stop(books, stated.delivery, stated.allocation)[-1]
    seq = books.latest_seq(Stop, delivery=first, allocation=stated.allocation)
    assert seq is not None, "a conflict about an outcome names a stop"
    dispatched, moment = books.body(seq), stated.happened_at
    before = _sentence(books, "before_dispatch", {})
    if moment is None:
        return before if conflict.happened_on < dispatched.happened_on else None
    zone = ZoneInfo(books.station.zone)
    if moment > datetime.fromisoformat(conflict.recorded_at):
        return _sentence(books, "future", {})
    left = datetime.fromisoformat(dispatched.recorded_at)
    if _day(moment, zone) < dispatched.happened_on or (
        moment < left and _day(left, zone) == dispatched.happened_on
    ):
        return before
    if stated.phone_time is not None:
        return _sentence(books, "too_old", {})
    return None


def _day(moment: datetime, zone: ZoneInfo) -> date:
    return moment.astimezone(zone).date()
