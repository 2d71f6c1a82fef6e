"""Conflicts: reported facts that contradict the books, and how a coordinator resolves them."""

from __future__ import annotations

from collections import Counter

import msgspec

from supplies.books.free_text import free_text_of_entry
from supplies.books.reader import unknown_code_error
from supplies.books.stock_counts import RESOLVED
from supplies.domain.accounts import ALLOCATED, IN_TRANSIT, LOST, RECEIVED, UNEXPLAINED
from supplies.domain.commands import (
    Correct,
    ReportOutcome,
    ResolveConflict,
)
from supplies.domain.entry_rows import (
    Conflict,
    Resolution,
    Stop,
    StopLine,
    StopOutcome,
    StopRemoval,
)
from supplies.domain.entry_rows import OutcomeLine as StatedLine
from supplies.errors import AlreadyDone, Fault, InvalidField, NotEnough, Sentence
from supplies.ledger.drafts import Draft
from supplies.ledger.journal import Journal
from supplies.ledger.rules.contradicted_facts import decode_fact, possible_day
from supplies.ledger.rules.corrections import Rules, correct
from supplies.ledger.rules.deliveries import LOST_ON_THE_WAY
from supplies.ledger.rules.delivery_outcomes import (
    Contradicted,
    add_outcome_rows,
    at_present_stop,
    check_return_location,
    loaded_stop,
    outcome_line_rows,
    outcome_lines,
    report_outcome,
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
    """Resolve a conflict: book the reported fact, or leave the books as they are.

    If the books contain too few goods for the fact, the rest can be booked from the account
    `unexplained`.

    Raises:
        NotFound: the conflict does not exist.
        AlreadyDone: the conflict was resolved before.
        InvalidField: the conflict cannot be resolved in this way.
        NotEnough: the outcome is booked as reported, but its goods are not where it needs them.
    """
    conflict = _find_conflict(journal, command.conflict)
    fact = decode_fact(conflict.stated)
    if command.by == "keep":
        body = journal.books.body(command.conflict)
        journal.entry(RESOLVED, document=body.document, about=body.about, day=journal.happened_on)
    elif isinstance(fact, ReportOutcome):
        _book_outcome(journal, command, fact, rules)
    elif command.by == "correct":
        raise InvalidField.at(
            "/by",
            Sentence(
                "a count cannot be corrected: choose unexplained and open another count sheet"
            ),
        )
    else:
        book_contradicted_count(fact, journal)
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


def _book_outcome(
    journal: Journal, command: ResolveConflict, reported: ReportOutcome, rules: Rules
) -> None:
    """Book a reported outcome as the command decides.

    If its time is impossible, the outcome is booked without it, on a day. The free texts of the
    report become those of the outcome, unless they were erased.
    """
    journal.reported_texts = free_text_of_entry(journal.books, command.conflict) or {}
    reported = msgspec.structs.replace(reported, **journal.reported_texts)
    outcome = at_present_stop(reported, journal)
    where = {"delivery": outcome.delivery, "allocation": outcome.allocation}
    dispatched = journal.books.body(journal.books.latest_seq(Stop, **where) or command.conflict)
    day = possible_day(journal, outcome)
    if day is None:
        reported_on = journal.books.body(command.conflict).happened_on
        day = command.happened_on or max(reported_on, dispatched.happened_on)
        outcome = msgspec.structs.replace(outcome, happened_at=None, happened_on=day)
    before = journal.books.latest_seq(StopOutcome, **where)
    removed = journal.books.latest_seq(StopRemoval, **where)
    if command.by == "unexplained" or (before is None and removed is not None):
        journal.happened_on = max(day, dispatched.booked_on)
        _book_as_far_as_possible(journal, outcome, unexplained=command.by == "unexplained")
    elif before is None:
        journal.happened_on = day
        _book_report(journal, outcome)
    else:
        _correct_outcome(journal, command, outcome, before, rules)


def _book_report(journal: Journal, outcome: ReportOutcome) -> None:
    """Record the outcome of a stop that is still on the way, as if it were reported now.

    Raises:
        NotEnough: more goods are reported than were loaded.
    """
    try:
        report_outcome(outcome, journal)
    except Contradicted as because:
        raise NotEnough(because.detail, [Fault("/by", because.detail)]) from None


def _correct_outcome(
    journal: Journal, command: ResolveConflict, outcome: ReportOutcome, before: int, rules: Rules
) -> None:
    """Replace the outcome in the books, which entry `before` recorded.

    Raises:
        InvalidField: that outcome was booked by an earlier decision.
    """
    # An outcome that was booked from `unexplained` is not corrected; that account is settled.
    if journal.books.body(before).kind == RESOLVED:
        raise InvalidField.at(
            "/by",
            Sentence(
                "a conflict about this stop was resolved before, and its outcome cannot be "
                "corrected; choose unexplained or keep"
            ),
        )
    correct(Correct(entry=before, command=outcome, reason=command.reason), journal, rules)


def _book_as_far_as_possible(
    journal: Journal, outcome: ReportOutcome, *, unexplained: bool
) -> None:
    """Book the difference between a reported outcome and the books.

    Goods of this stop that are still in transit are used first or, if its dispatch was undone,
    those that are still set aside. So are goods that an earlier outcome had put elsewhere, as far
    as they are still there. The rest comes from `unexplained`, or goes to it.

    Args:
        unexplained: Whether goods may come from `unexplained`. If not, the floors of the accounts
            refuse a command whose goods are used.

    Raises:
        InvalidField: goods are reported at a location that is unknown or cannot have them.
        NotEnough: goods may not come from `unexplained`, and the goods of the stop were used.
    """
    stop, loaded = loaded_stop(journal, outcome)
    lines = outcome_lines(outcome, loaded)
    for line in lines:
        check_return_location(journal, line)
    draft = journal.entry(
        RESOLVED,
        document=outcome.delivery,
        about=f"recipient:{stop.recipient}",
        day=journal.happened_on,
    )
    before = _stated_before(journal, outcome)
    after = outcome_line_rows(outcome, lines, loaded)
    booked = {row.line: _goods_by_account(stop, row) for row in before}
    for row, load in zip(after, loaded, strict=True):
        more = _goods_by_account(stop, row)
        more.subtract(booked.get(row.line, {}))
        _book_difference(journal, draft, stop, load, more, unexplained=unexplained)
    for load in loaded:
        in_transit = IN_TRANSIT(outcome.delivery, outcome.allocation)
        left = journal.balance(in_transit, load.item, load.lot)
        journal.move(draft, in_transit, UNEXPLAINED(outcome.delivery), load.item, load.lot, left)
    restore_needs(journal, draft, outcome.allocation)
    for item in sorted({load.item for load in loaded}):
        reopen_needs(journal, draft, stop.recipient, item)
    meet_needs_with_excess(journal, draft, stop.recipient)
    add_outcome_rows(draft, outcome, lines, loaded, first=not before)


def _stated_before(journal: Journal, outcome: ReportOutcome) -> list[StatedLine]:
    """Return the lines of the outcome that was recorded before, or none if there was none."""
    where = {"delivery": outcome.delivery, "allocation": outcome.allocation}
    seq = journal.books.latest_seq(StopOutcome, **where)
    return [] if seq is None else journal.books.rows_of_entry(StatedLine, seq, **where)


def _goods_by_account(stop: Stop, line: StatedLine) -> Counter[str]:
    """Return the quantities of a line of an outcome by account, in the order of booking."""
    goods = Counter({RECEIVED(stop.recipient): line.received, LOST(LOST_ON_THE_WAY): line.lost})
    if line.brought_back:
        goods[line.target] += line.brought_back
    return goods


def _book_difference(
    journal: Journal,
    draft: Draft,
    stop: Stop,
    load: StopLine,
    more: Counter[str],
    *,
    unexplained: bool,
) -> None:
    """Book how much more or less of a line is in each account than the books have.

    Args:
        more: The differences by account. Those below zero are taken from their accounts first.
    """
    source, missing = _goods_of_stop(journal, stop, load), UNEXPLAINED(stop.delivery)
    goods = load.item, load.lot
    for account, change in more.items():
        if change < 0:
            there = max(0, journal.available(account, *goods))
            journal.move(draft, account, missing, *goods, min(-change, there))
    for account, change in more.items():
        carried = max(0, change)
        if unexplained:
            carried = min(carried, journal.balance(source, *goods))
        # Goods that were set aside again stay where they are.
        if account != source:
            journal.move(draft, source, account, *goods, carried)
        if account == RECEIVED(stop.recipient):
            meet_assigned_need(journal, draft, stop.allocation, *goods, carried)
        journal.move(draft, missing, account, *goods, max(0, change) - carried)


def _goods_of_stop(journal: Journal, stop: Stop, load: StopLine) -> str:
    """Return the account with the goods of a line, before an outcome of the stop is recorded."""
    where = {"delivery": stop.delivery, "allocation": stop.allocation}
    if (
        journal.books.latest_seq(StopRemoval, **where) is not None
        and journal.books.latest_seq(StopOutcome, **where) is None
    ):
        return ALLOCATED(stop.allocation, load.location)
    return IN_TRANSIT(stop.delivery, stop.allocation)
