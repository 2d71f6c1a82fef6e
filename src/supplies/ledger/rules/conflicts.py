"""Conflicts: reported facts that contradict the books, and how a coordinator resolves them."""

from __future__ import annotations

from datetime import date

import msgspec

from supplies.books.reader import unknown_code_error
from supplies.books.stock_counts import RESOLVED
from supplies.domain.accounts import IN_TRANSIT, RECEIVED, UNEXPLAINED
from supplies.domain.commands import (
    Correct,
    CountStock,
    OutcomeLine,
    ReportOutcome,
    ResolveConflict,
)
from supplies.domain.entry_rows import Conflict, Resolution, Stop, StopLine, StopOutcome
from supplies.domain.entry_rows import OutcomeLine as StatedLine
from supplies.errors import AlreadyDone, InvalidField, Sentence
from supplies.ledger.drafts import Draft
from supplies.ledger.journal import Journal
from supplies.ledger.rules.corrections import Rules, correct
from supplies.ledger.rules.delivery_outcomes import (
    add_outcome_rows,
    at_present_stop,
    loaded_stop,
    outcome_lines,
)
from supplies.ledger.rules.need_fulfilment import (
    meet_assigned_need,
    meet_needs_with_excess,
    reopen_needs,
    restore_needs,
)
from supplies.ledger.rules.stock_counts import book_contradicted_count


def resolve_conflict(
    command: ResolveConflict,
    journal: Journal,
    rules: Rules,
) -> None:
    """Resolve a conflict: correct an outcome, or book the reported fact.

    If the books contain too few goods for the fact, the rest is booked from the account
    `unexplained`.

    Raises:
        NotFound: the conflict does not exist.
        AlreadyDone: the conflict was resolved before.
        InvalidField: the conflict cannot be resolved in this way.
    """
    conflict = _find_conflict(journal, command.conflict)
    stated = msgspec.json.decode(conflict.stated)
    if stated["type"] == ReportOutcome.__name__:
        outcome = at_present_stop(msgspec.convert(stated, ReportOutcome), journal)
        if command.by == "correct":
            _correct_outcome(journal, command, outcome, rules)
        else:
            _book_from_unexplained(journal, outcome, command.conflict)
    elif command.by == "correct":
        raise InvalidField.at(
            "/by",
            Sentence(
                "a count cannot be corrected: choose unexplained and open another count sheet"
            ),
        )
    else:
        book_contradicted_count(msgspec.convert(stated, CountStock), journal)
    journal.drafts[0].add_rows(Resolution(conflict=command.conflict, way=command.by))


def _find_conflict(journal: Journal, seq: int) -> Conflict:
    found = journal.books.rows(Conflict, seq=seq)
    if not found:
        raise unknown_code_error(
            Sentence("entry {seq} is not a conflict; see the list of conflicts", seq=seq), ""
        )
    if journal.books.latest_row(Resolution, conflict=seq) is not None:
        raise AlreadyDone(Sentence("the conflict of entry {seq} was resolved already", seq=seq))
    return found[0]


def _correct_outcome(
    journal: Journal,
    command: ResolveConflict,
    outcome: ReportOutcome,
    rules: Rules,
) -> None:
    where = {"delivery": outcome.delivery, "allocation": outcome.allocation}
    seq = journal.books.latest_seq(StopOutcome, **where)
    # An outcome that was booked from `unexplained` is not corrected; that account is settled.
    if seq is None or journal.books.body(seq).kind == RESOLVED:
        raise InvalidField.at(
            "/by", Sentence("this stop has no recorded outcome to correct; choose unexplained")
        )
    correct(Correct(entry=seq, command=outcome, reason=command.reason), journal, rules)


def _book_from_unexplained(journal: Journal, outcome: ReportOutcome, conflict: int) -> None:
    """Book the difference between a reported outcome and the books.

    Goods of this stop that are still in transit are used first. The rest comes from `unexplained`,
    or goes to it.
    """
    stop, loaded = loaded_stop(journal, outcome)
    journal.happened_on = day = _day_of_fact(journal, outcome, conflict)
    lines = outcome_lines(outcome, loaded)
    draft = journal.entry(
        RESOLVED,
        document=outcome.delivery,
        about=f"recipient:{stop.recipient}",
        day=day,
    )
    before = _received_before(journal, outcome)
    for line, load in zip(lines, loaded, strict=True):
        _book_line(journal, draft, outcome, stop.recipient, line, load, before.get(line.line, 0))
    restore_needs(journal, draft, outcome.allocation)
    for item in sorted({load.item for load in loaded}):
        reopen_needs(journal, draft, stop.recipient, item)
    meet_needs_with_excess(journal, draft, stop.recipient)
    add_outcome_rows(draft, outcome, lines, loaded, first=not before)


def _day_of_fact(journal: Journal, outcome: ReportOutcome, conflict: int) -> date:
    """Return the day of the reported fact, or the day of the dispatch if that is later."""
    where = {"delivery": outcome.delivery, "allocation": outcome.allocation}
    dispatched = journal.books.latest_seq(Stop, **where) or conflict
    return max(journal.books.body(conflict).happened_on, journal.books.body(dispatched).booked_on)


def _received_before(journal: Journal, outcome: ReportOutcome) -> dict[int, int]:
    """Return the quantity received of each line, according to the outcome recorded before.

    If no outcome was recorded, the result is empty.
    """
    where = {"delivery": outcome.delivery, "allocation": outcome.allocation}
    seq = journal.books.latest_seq(StopOutcome, **where)
    if seq is None:
        return {}
    return {
        line.line: line.received for line in journal.books.rows_of_entry(StatedLine, seq, **where)
    }


def _book_line(
    journal: Journal,
    draft: Draft,
    outcome: ReportOutcome,
    recipient: str,
    line: OutcomeLine,
    load: StopLine,
    before: int,
) -> None:
    """Book one line of a reported outcome.

    Args:
        before: The quantity of the line that was recorded as received until now.
    """
    unexplained, received = UNEXPLAINED(outcome.delivery), RECEIVED(recipient)
    in_transit = IN_TRANSIT(outcome.delivery, outcome.allocation)
    more = line.received - before
    if more < 0:
        journal.move(draft, received, unexplained, load.item, load.lot, -more)
        return
    carried = min(more, journal.balance(in_transit, load.item, load.lot))
    journal.move(draft, in_transit, received, load.item, load.lot, carried)
    meet_assigned_need(journal, draft, outcome.allocation, load.item, load.lot, carried)
    journal.move(draft, unexplained, received, load.item, load.lot, more - carried)
    left = journal.balance(in_transit, load.item, load.lot)
    journal.move(draft, in_transit, unexplained, load.item, load.lot, left)
