"""Outcomes: record what happened at each stop of a delivery, and detect contradicting reports."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import TypeGuard
from zoneinfo import ZoneInfo

import msgspec

from supplies.books.moved_stops import deliveries_of_stop, present_delivery
from supplies.domain.accounts import ALLOCATED, IN_TRANSIT, LOST, RECEIVED, STOCK
from supplies.domain.commands import Outcome, OutcomeLine, ReportHandOut, ReportOutcome
from supplies.domain.entry_rows import (
    ContradictionKind,
    Stop,
    StopLine,
    StopOutcome,
    StopRemoval,
)
from supplies.domain.entry_rows import OutcomeLine as StatedLine
from supplies.errors import AlreadyDone, Fault, InvalidField, Sentence, SuppliesError, template
from supplies.ledger.drafts import Draft
from supplies.ledger.journal import Journal
from supplies.ledger.rules.deliveries import LOST_ON_THE_WAY, find_stop
from supplies.ledger.rules.delivery_proofs import (
    add_agreeing_proof,
    add_outcome_details,
    add_proofs,
    brings_proof,
)
from supplies.ledger.rules.need_fulfilment import (
    meet_assigned_need,
    meet_needs_with_excess,
    restore_needs,
)

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


class Repeated(Exception):
    """Raised if entry `seq` already recorded the same report. Then nothing new is recorded."""

    def __init__(self, seq: int) -> None:
        super().__init__(seq)
        self.seq = seq


_OUTCOMES: Mapping[Outcome, str] = {
    "handed_over": template("handed_over"),
    "partly": template("partly"),
    "refused": template("refused"),
    "not_at_home": template("not_at_home"),
    "lost": template("lost"),
}
"""The names of the outcomes as message templates, so that they can be translated."""


class Contradicted(SuppliesError):
    """Raised if a reported fact contradicts the books.

    The fact is then recorded as a conflict, which moves no goods.

    Attributes:
        kind: In what way the fact contradicts the books.
        fields: Further values about the contradiction, as in `ConflictReason`.
    """

    slug = "conflict"
    title = template("The books say otherwise")

    def __init__(self, kind: ContradictionKind, detail: str, **fields: str | int) -> None:
        super().__init__(detail)
        self.kind, self.fields = kind, fields


def report_outcome(command: ReportOutcome, journal: Journal, *, decided: bool = False) -> None:
    """Record the outcome of a stop: in_transit → received, allocated, stock or lost.

    Received goods meet the need for which they were set aside. Goods that exceed this need, or that
    were set aside for no need, meet other open needs of the recipient.

    Args:
        decided: Whether a coordinator decided to book the report. If so, its time may be long ago.

    Raises:
        Contradicted: the outcome contradicts the books.
        Repeated: the same outcome was reported before.
        InvalidField: a line is missing or unknown, or not all loaded goods are accounted for.
        NotFound: the delivery is unknown.
    """
    command = at_present_stop(command, journal)
    stop, loaded = loaded_stop(journal, command)
    lines = outcome_lines(command, loaded)
    _check_on_the_way(journal, stop)
    about = f"recipient:{stop.recipient}"
    if journal.corrected is None:
        earlier = _agreeing_report(journal, command, lines, loaded)
        if earlier is not None:
            if not brings_proof(command, journal.books, stop.recipient):
                raise Repeated(earlier)
            add_agreeing_proof(journal, command, about)
            return
    else:
        _check_same_stop(journal, command, journal.corrected.seq)
    for index, (line, load) in enumerate(zip(lines, loaded, strict=True)):
        _check_accounted(line, load, index, command)
    if command.happened_at is not None:
        if not decided:
            check_age(journal, command, "outcome")
        journal.happened_on = day_of_report(journal, command, command.happened_at, journal.now)
    _not_before_move(journal, command)
    draft = journal.entry("outcome_reported", document=command.delivery, about=about)
    add_outcome_rows(draft, command, lines, loaded, first=journal.corrected is None)
    add_proofs(draft, command, journal.books)
    for line, load in zip(lines, loaded, strict=True):
        _book_outcome_line(journal, draft, command, stop, line, load)
    restore_needs(journal, draft, command.allocation)
    meet_needs_with_excess(journal, draft, stop.recipient)


def _not_before_move(journal: Journal, command: ReportOutcome) -> None:
    """If a moved stop is reported for a day before the move, use the day of the move.

    The goods of the stop are on the new delivery only from the day of the move. A day before the
    first dispatch of the goods is not changed, because such a report is refused.
    """
    deliveries = deliveries_of_stop(journal.books, command.delivery, command.allocation)
    if len(deliveries) == 1:
        return
    moved, dispatched = (
        journal.books.body(
            journal.books.latest_seq(Stop, delivery=delivery, allocation=command.allocation) or 0
        )
        for delivery in (deliveries[0], deliveries[-1])
    )
    if journal.happened_on >= dispatched.happened_on:
        journal.happened_on = max(journal.happened_on, moved.booked_on)


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


def at_present_stop(command: ReportOutcome, journal: Journal) -> ReportOutcome:
    """Return the report, changed to name the delivery that its stop belongs to now.

    The stop may have been moved to another delivery after the team left.
    """
    delivery = present_delivery(journal.books, command.delivery, command.allocation)
    return msgspec.structs.replace(command, delivery=delivery)


def _check_on_the_way(journal: Journal, stop: Stop) -> None:
    """Check that the dispatch of a stop was not undone.

    Raises:
        Contradicted: the dispatch was undone because the team did not start, so the goods are
            set aside again.
    """
    where = {"delivery": stop.delivery, "allocation": stop.allocation}
    seq = journal.books.latest_seq(StopRemoval, **where)
    if seq is not None and journal.books.latest_seq(StopOutcome, **where) is None:
        raise Contradicted(
            "taken_off",
            f"the stop for {stop.allocation} was taken off delivery {stop.delivery} by entry "
            f"{seq}; its goods were set aside again",
            entry=seq,
        )


def loaded_stop(journal: Journal, command: ReportOutcome) -> tuple[Stop, list[StopLine]]:
    """Return the stop that a report is about, and the lines of goods that were loaded for it.

    Raises:
        NotFound: the delivery is unknown.
        InvalidField: the delivery has no such stop.
    """
    stop = find_stop(journal, command.delivery, command.allocation)
    loaded = journal.books.rows(StopLine, delivery=stop.delivery, allocation=stop.allocation)
    return stop, sorted(loaded, key=lambda line: line.line)


def outcome_lines(command: ReportOutcome, loaded: list[StopLine]) -> list[OutcomeLine]:
    """Return the reported outcome of each loaded line.

    If the report has no lines, the outcome of the stop holds for every line.

    Raises:
        InvalidField: lines are required but not given, a line is missing, unknown or repeated, or a
            line disagrees with the outcome of the stop.
    """
    if command.lines is None:
        if command.outcome == "partly":
            raise InvalidField.at(
                "/lines", Sentence("give for each line what was received, brought back and lost")
            )
        return [_implied_line(command.outcome, load) for load in loaded]
    reported = {line.line: line for line in command.lines}
    known = {load.line for load in loaded}
    for index, line in enumerate(command.lines):
        if line.line not in known or reported[line.line] is not line:
            raise InvalidField.at(
                f"/lines/{index}/line",
                Sentence(
                    "invalid or repeated line {line}: the lines of the stop are {list}, each once",
                    line=line.line,
                    list=", ".join(map(str, sorted(known))),
                ),
            )
        _check_agrees(command.outcome, line, index)
    missing = known - set(reported)
    if missing:
        raise InvalidField.at(
            "/lines", Sentence("line {line} of the stop is missing", line=min(missing))
        )
    return [reported[load.line] for load in loaded]


_QUANTITIES = ("received", "brought_back", "lost")

_QUANTITY_OF_OUTCOME = {
    "handed_over": "received",
    "not_at_home": "brought_back",
    "refused": "brought_back",
    "lost": "lost",
}
"""For each outcome of a stop, the only field of its lines that may be above zero.

With the outcome `partly`, a line may have goods in every field.
"""


def _check_agrees(outcome: str, line: OutcomeLine, index: int) -> None:
    """Check that a line has only goods that fit the outcome of the stop.

    For example, if the recipient refused the goods, no line may have received goods.

    Raises:
        InvalidField: the line disagrees with the outcome.
    """
    allowed = _QUANTITY_OF_OUTCOME.get(outcome)
    for name in _QUANTITIES if allowed else ():
        if name != allowed and getattr(line, name):
            raise InvalidField.at(
                f"/lines/{index}/{name}",
                Sentence(
                    "line {line} has goods that were {found}, but the outcome of the stop is "
                    "{outcome}; report the outcome partly",
                    line=line.line,
                    found=name,
                    outcome=outcome,
                ),
            )


def _implied_line(outcome: str, load: StopLine) -> OutcomeLine:
    match outcome:
        case "handed_over":
            return OutcomeLine(line=load.line, received=load.loaded)
        case "not_at_home":
            return OutcomeLine(line=load.line, brought_back=load.loaded, to="allocated")
        case "refused":
            return OutcomeLine(line=load.line, brought_back=load.loaded, to="stock")
        case _:
            return OutcomeLine(line=load.line, lost=load.loaded)


def _check_accounted(line: OutcomeLine, load: StopLine, index: int, command: ReportOutcome) -> None:
    """Check that the quantities received, brought back and lost add up to the quantity loaded.

    Raises:
        Contradicted: the sum is more than was loaded.
        InvalidField: the sum is less than was loaded.
    """
    reported = line.received + line.brought_back + line.lost
    if reported > load.loaded:
        raise Contradicted(
            "more_than_loaded",
            f"{reported} × {load.item} are reported in line {line.line}, but {load.loaded} were "
            f"loaded for {command.allocation} on delivery {command.delivery}",
            line=line.line,
            reported=reported,
            loaded=load.loaded,
        )
    if reported < load.loaded:
        raise InvalidField(
            Sentence(
                "line {line} accounts for {reported} of {loaded} loaded; give the rest as "
                "received, brought back or lost",
                line=line.line,
                reported=reported,
                loaded=load.loaded,
            ),
            [
                Fault(
                    f"/lines/{index}",
                    Sentence(
                        "{reported} reported, {loaded} loaded",
                        reported=reported,
                        loaded=load.loaded,
                    ),
                    reported,
                    load.loaded,
                )
            ],
        )


def _agreeing_report(
    journal: Journal, command: ReportOutcome, lines: list[OutcomeLine], loaded: list[StopLine]
) -> int | None:
    """Return the number of the entry that already recorded the same outcome of the stop.

    Return None if no outcome of the stop was recorded.

    Raises:
        Contradicted: another outcome was reported before.
    """
    where = {"delivery": command.delivery, "allocation": command.allocation}
    seq = journal.books.latest_seq(StopOutcome, **where)
    if seq is None:
        return None
    (first,) = journal.books.rows_of_entry(StopOutcome, seq, **where)
    same = first.outcome == command.outcome and journal.books.rows_of_entry(
        StatedLine, seq, **where
    ) == outcome_line_rows(command, lines, loaded)
    if same:
        return seq
    raise Contradicted(
        "other_quantities" if first.outcome == command.outcome else "other_outcome",
        Sentence(
            "the stop for {allocation} on delivery {delivery} was reported as {before} by entry "
            "{entry}, now as {outcome}",
            allocation=command.allocation,
            delivery=command.delivery,
            before=Sentence(_OUTCOMES[first.outcome]),
            entry=seq,
            outcome=Sentence(_OUTCOMES[command.outcome]),
        ),
        entry=seq,
        before=first.outcome,
        outcome=command.outcome,
    )


def _check_same_stop(journal: Journal, command: ReportOutcome, corrected: int) -> None:
    """Check that an outcome can be corrected by this report.

    The report must be about the same stop. The corrected outcome must also be the latest one of the
    stop: the resolution of a conflict may have replaced it.

    Args:
        corrected: Number of the entry that is being corrected.

    Raises:
        InvalidField: the correction names another stop.
        AlreadyDone: a conflict was later resolved with another outcome of the stop.
    """
    for row in journal.books.body(corrected).rows:
        if isinstance(row, StopOutcome) and row.allocation != command.allocation:
            raise InvalidField.at(
                "/command/allocation",
                Sentence(
                    "the entry is the outcome of the stop for {before}; report the outcome of "
                    "{allocation} in a separate command",
                    before=row.allocation,
                    allocation=command.allocation,
                ),
            )
    where = {"delivery": command.delivery, "allocation": command.allocation}
    seq = journal.books.latest_seq(StopOutcome, **where)
    if seq != corrected:
        sentence = (
            f"entry {seq} resolved this stop later; report the outcome of the stop again and "
            "resolve that conflict"
        )
        raise AlreadyDone(sentence, [Fault("/entry", sentence)])


def add_outcome_rows(
    draft: Draft,
    command: ReportOutcome,
    lines: list[OutcomeLine],
    loaded: list[StopLine],
    *,
    first: bool,
) -> None:
    """Add rows about the outcome of a stop and its lines to a draft.

    Args:
        first: Whether this is the first recorded outcome of the stop.
    """
    draft.add_rows(
        StopOutcome(
            delivery=command.delivery,
            allocation=command.allocation,
            outcome=command.outcome,
            happened_at=command.happened_at,
            received_by=command.received_by,
            proof=command.proof,
            first=int(first),
        ),
        *outcome_line_rows(command, lines, loaded),
    )
    add_outcome_details(draft, command)


def outcome_line_rows(
    command: ReportOutcome, lines: list[OutcomeLine], loaded: list[StopLine]
) -> list[StatedLine]:
    """Return one row for each line of an outcome.

    A row also names the account to which goods were brought back, if there are any.
    """
    return [
        StatedLine(
            delivery=command.delivery,
            allocation=command.allocation,
            line=line.line,
            received=line.received,
            brought_back=line.brought_back,
            lost=line.lost,
            target=return_account(command, line, load) if line.brought_back else "",
        )
        for line, load in zip(lines, loaded, strict=True)
    ]


def return_account(command: ReportOutcome, line: OutcomeLine, load: StopLine) -> str:
    """Return the account to which the goods of a line go if the team brings them back."""
    location = line.location or load.location
    return STOCK(location) if line.to == "stock" else ALLOCATED(command.allocation, location)


def check_return_location(journal: Journal, line: OutcomeLine) -> None:
    """Check the location to which goods of a line were brought back, if the line names one.

    A quarantine is allowed, even if the goods stay set aside, because it is a fact that they are
    there.

    Raises:
        InvalidField: the location is unknown.
    """
    if line.location is not None:
        journal.books.location(line.location, f"/lines/{line.line - 1}/location")


def _book_outcome_line(
    journal: Journal,
    draft: Draft,
    command: ReportOutcome,
    stop: Stop,
    line: OutcomeLine,
    load: StopLine,
) -> None:
    in_transit = IN_TRANSIT(command.delivery, command.allocation)
    pointer = f"/lines/{line.line - 1}"
    check_return_location(journal, line)
    back = return_account(command, line, load)
    journal.move(
        draft, in_transit, RECEIVED(stop.recipient), load.item, load.lot, line.received, pointer
    )
    meet_assigned_need(journal, draft, command.allocation, load.item, load.lot, line.received)
    journal.move(draft, in_transit, back, load.item, load.lot, line.brought_back, pointer)
    journal.move(draft, in_transit, LOST(LOST_ON_THE_WAY), load.item, load.lot, line.lost, pointer)
