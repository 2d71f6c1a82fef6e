"""Outcomes: record what happened at each stop of a delivery, and detect contradicting reports."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from supplies.books.moved_stops import deliveries_of_stop, present_delivery
from supplies.domain.accounts import IN_TRANSIT, LOST, RECEIVED
from supplies.domain.commands import Outcome, OutcomeLine, ReportOutcome
from supplies.domain.entry_rows import OutcomeLine as StatedLine
from supplies.domain.entry_rows import Stop, StopLine, StopOutcome, StopRemoval
from supplies.errors import AlreadyDone, Fault, InvalidField, Sentence, template
from supplies.ledger.contradictions import Contradicted, Repeated
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
from supplies.ledger.rules.outcome_lines import (
    check_accounted,
    check_return_location,
    outcome_line_rows,
    outcome_lines,
    return_account,
)
from supplies.ledger.rules.report_times import check_age, day_of_report

_OUTCOMES: Mapping[Outcome, str] = {
    "handed_over": template("handed_over"),
    "partly": template("partly"),
    "refused": template("refused"),
    "not_at_home": template("not_at_home"),
    "lost": template("lost"),
}
"""The names of the outcomes as message templates, so that they can be translated."""


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
        check_accounted(line, load, index, command)
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
