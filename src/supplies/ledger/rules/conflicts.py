"""Conflicts: facts that the books contradicted, decided by a coordinator."""

from __future__ import annotations

from datetime import date

import msgspec

from supplies.books.reader import unknown_code_error
from supplies.domain.accounts import IN_TRANSIT, RECEIVED, UNEXPLAINED
from supplies.domain.commands import Correct, OutcomeLine, ReportOutcome, ResolveConflict
from supplies.domain.entry_rows import Conflict, Resolution, Stop, StopLine, StopOutcome
from supplies.domain.entry_rows import OutcomeLine as StatedLine
from supplies.errors import AlreadyDone, InvalidField
from supplies.ledger.journal import Draft, Journal
from supplies.ledger.rules.corrections import Rules, correct
from supplies.ledger.rules.deliveries import fill_need, find_stop, outcome_lines, state_outcome
from supplies.ledger.rules.need_fulfilment import meet_needs, reopen_needs, restore_needs


def resolve_conflict(
    command: ResolveConflict,
    journal: Journal,
    rules: Rules,
) -> None:
    """Decide a conflict: correct the recorded outcome, or book the fact from `unexplained`."""
    conflict = _find_conflict(journal, command.conflict)
    stated = msgspec.json.decode(conflict.stated)
    if stated["type"] == ReportOutcome.__name__:
        outcome = msgspec.convert(stated, ReportOutcome)
        if command.by == "correct":
            _restate(journal, command, outcome, rules)
        else:
            _from_unexplained(journal, outcome, command.conflict)
    elif command.by == "correct":
        raise InvalidField.at(
            "/by", "a count is not corrected: say unexplained, and open another count sheet"
        )
    else:
        # A count that contradicts the books is settled by the next count, not by an entry.
        journal.entry("conflict_resolved", document=conflict.document)
    journal.drafts[0].state(Resolution(conflict=command.conflict, way=command.by))


def _find_conflict(journal: Journal, seq: int) -> Conflict:
    found = journal.books.rows(Conflict, seq=seq)
    if not found:
        raise unknown_code_error(f"entry {seq} is not a conflict; see the list of conflicts", "")
    if journal.books.latest_row(Resolution, conflict=seq) is not None:
        raise AlreadyDone(f"the conflict of entry {seq} was resolved already")
    return found[0]


def _restate(
    journal: Journal,
    command: ResolveConflict,
    outcome: ReportOutcome,
    rules: Rules,
) -> None:
    where = {"delivery": outcome.delivery, "allocation": outcome.allocation}
    seq = journal.books.latest_seq(StopOutcome, **where)
    # A stop that was decided from `unexplained` is settled there, not by its outcome.
    if seq is None or journal.books.body(seq).kind == "conflict_resolved":
        raise InvalidField.at(
            "/by", "no outcome of this stop stands that could be corrected; say unexplained"
        )
    correct(Correct(entry=seq, command=outcome, reason=command.reason), journal, rules)


def _from_unexplained(journal: Journal, outcome: ReportOutcome, conflict: int) -> None:
    """Book the difference between the fact and the books to or from `unexplained`.

    Goods that the team still carries are handed over first.
    """
    stop, loaded = find_stop(journal, outcome)
    journal.happened_on = day = _true_day(journal, outcome, conflict)
    lines = outcome_lines(outcome, loaded)
    draft = journal.entry(
        "conflict_resolved",
        document=outcome.delivery,
        about=f"recipient:{stop.recipient}",
        day=day,
    )
    before = _received_before(journal, outcome)
    for line, load in zip(lines, loaded, strict=True):
        _book(journal, draft, outcome, stop.recipient, line, load, before.get(line.line, 0))
    restore_needs(journal, draft, outcome.allocation)
    for item in sorted({load.item for load in loaded}):
        reopen_needs(journal, draft, stop.recipient, item)
    state_outcome(draft, outcome, lines, loaded, first=not before)


def _true_day(journal: Journal, outcome: ReportOutcome, conflict: int) -> date:
    """The day of the fact, but not before the goods were dispatched."""
    went_out = journal.books.latest_seq(Stop, delivery=outcome.delivery) or conflict
    return max(journal.books.body(conflict).happened_on, journal.books.body(went_out).booked_on)


def _received_before(journal: Journal, outcome: ReportOutcome) -> dict[int, int]:
    """The quantity received in each line of the recorded outcome; empty without one."""
    where = {"delivery": outcome.delivery, "allocation": outcome.allocation}
    seq = journal.books.latest_seq(StopOutcome, **where)
    if seq is None:
        return {}
    return {
        line.line: line.received for line in journal.books.rows_of_entry(StatedLine, seq, **where)
    }


def _book(
    journal: Journal,
    draft: Draft,
    outcome: ReportOutcome,
    recipient: str,
    line: OutcomeLine,
    load: StopLine,
    before: int,
) -> None:
    place, door = UNEXPLAINED(outcome.delivery), RECEIVED(recipient)
    team = IN_TRANSIT(outcome.delivery, outcome.allocation)
    more = line.received - before
    if more < 0:
        journal.move(draft, door, place, load.item, load.lot, -more)
        return
    carried = min(more, journal.balance(team, load.item, load.lot))
    journal.move(draft, team, door, load.item, load.lot, carried)
    fill_need(journal, draft, outcome.allocation, load, carried)
    journal.move(draft, place, door, load.item, load.lot, more - carried)
    meet_needs(journal, draft, recipient, load.item, more - carried)
    left = journal.balance(team, load.item, load.lot)
    journal.move(draft, team, place, load.item, load.lot, left)
