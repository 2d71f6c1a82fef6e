"""Resolve conflicts: a coordinator decides about reported facts that contradict the books."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

import msgspec

from supplies.books.conflicts import LatestResolution, latest_resolution
from supplies.books.free_text import Texts, free_text_of_entry
from supplies.books.reader import unknown_code_error
from supplies.books.stock_counts import RESOLVED
from supplies.domain.accounts import (
    ALLOCATED,
    IN_TRANSIT,
    LOST,
    RECEIVED,
    STOCK,
    UNEXPLAINED,
    keys_of,
    kind_of,
)
from supplies.domain.commands import (
    Correct,
    CountStock,
    OutcomeLine,
    ReportHandOut,
    ReportOutcome,
    ResolveConflict,
    Reverse,
)
from supplies.domain.entry_rows import (
    Conflict,
    LaterResolution,
    OutcomeDetails,
    Resolution,
    Stop,
    StopLine,
    StopOutcome,
    StopRemoval,
)
from supplies.domain.entry_rows import OutcomeLine as StatedLine
from supplies.errors import AlreadyDone, Fault, InvalidField, NotEnough, Sentence
from supplies.ledger.contradictions import Contradicted
from supplies.ledger.drafts import Draft
from supplies.ledger.journal import Journal
from supplies.ledger.rules.contradicted_facts import Fact, decode_fact, possible_day
from supplies.ledger.rules.corrections import Rules, correct, reverse
from supplies.ledger.rules.deliveries import LOST_ON_THE_WAY
from supplies.ledger.rules.delivery_outcomes import (
    add_outcome_rows,
    at_present_stop,
    loaded_stop,
    report_outcome,
)
from supplies.ledger.rules.need_fulfilment import (
    meet_assigned_need,
    meet_needs_with_excess,
    reopen_needs,
    restore_needs,
)
from supplies.ledger.rules.outcome_lines import (
    check_return_location,
    outcome_line_rows,
    outcome_lines,
)
from supplies.ledger.rules.report_times import is_too_old
from supplies.ledger.rules.reported_hand_outs import book_hand_out, undo_booked_hand_out
from supplies.ledger.rules.stock_counts import book_contradicted_count


def resolve_conflict(
    command: ResolveConflict,
    journal: Journal,
    rules: Rules,
) -> None:
    """Resolve a conflict: book the reported fact, or leave the books as they are.

    If the books contain too few goods for the fact, the rest can be booked from the account
    `unexplained`. A conflict can be resolved again: a report that was ignored can be booked later,
    and a report that was booked can be undone.

    Raises:
        NotFound: the conflict does not exist.
        AlreadyDone: the resolution that the command replaces is not the latest one; the report is
            already booked, or already ignored, as the command asks; or the books have changed since
            the earlier resolution.
        InvalidField: the conflict cannot be resolved in this way.
        AgainstBooks: the goods are not where the report needs them; the data of the recipient was
            erased; or what an earlier resolution booked cannot be undone.
    """
    conflict = _find_conflict(journal, command.conflict)
    fact = decode_fact(conflict.stated)
    earlier = latest_resolution(journal.books, command.conflict)
    _check_replaced(command, earlier)
    if earlier is not None and (earlier.way == "keep") == (command.by == "keep"):
        raise AlreadyDone(
            Sentence(
                "the conflict of entry {seq} was resolved already; it can only be resolved in the "
                "other direction",
                seq=command.conflict,
            )
        )
    if command.by == "keep" and earlier is not None:
        _undo_resolution(journal, command, fact, earlier.seq, rules)
    elif command.by == "keep":
        body = journal.books.body(command.conflict)
        journal.entry(RESOLVED, document=body.document, about=body.about, day=journal.happened_on)
    elif isinstance(fact, ReportOutcome):
        _book_outcome(journal, command, fact, rules)
    elif isinstance(fact, ReportHandOut):
        _use_texts_of(journal, command.conflict)
        book_hand_out(
            journal,
            fact,
            journal.books.body(command.conflict),
            command.happened_on,
            unexplained=command.by == "unexplained",
        )
    elif command.by == "correct":
        raise InvalidField.at(
            "/by",
            Sentence(
                "a count cannot be corrected: choose unexplained and open another count sheet"
            ),
        )
    else:
        book_contradicted_count(fact, journal)
    row = Resolution if earlier is None else LaterResolution
    journal.drafts[0].add_rows(row(conflict=command.conflict, way=command.by))


def _check_replaced(command: ResolveConflict, latest: LatestResolution | None) -> None:
    """Check that a command names the latest resolution of its conflict as the one to replace.

    If the conflict is not resolved yet, the command must not name a resolution.

    Raises:
        AlreadyDone: somebody else resolved the conflict meanwhile.
        InvalidField: the command names a resolution, but the conflict is not resolved yet.
    """
    if latest is None and command.replaces is not None:
        sentence = Sentence(
            "the conflict of entry {seq} is not resolved yet; leave this out", seq=command.conflict
        )
        raise InvalidField.at("/replaces", sentence)
    if latest is not None and command.replaces != latest.seq:
        sentence = Sentence(
            "entry {entry} resolved this conflict in the meantime; read that decision, and change "
            "it only if it is wrong",
            entry=latest.seq,
        )
        raise AlreadyDone(sentence, [Fault("/replaces", sentence)])


def _find_conflict(journal: Journal, seq: int) -> Conflict:
    found = journal.books.rows(Conflict, seq=seq)
    if not found:
        raise unknown_code_error(
            Sentence("entry {seq} is not a conflict; see the list of conflicts", seq=seq), ""
        )
    return found[0]


def _use_texts_of(journal: Journal, report: int) -> Texts:
    """Copy the free texts of a report to the entry that resolves a conflict. Return the texts.

    Texts that were erased are left out.

    Args:
        report: Number of the entry that contains the report: a conflict, or the outcome of a stop.
    """
    texts = free_text_of_entry(journal.books, report) or {}
    # The entry may itself be a decision or a correction, whose reason is not part of the report.
    journal.reported_texts = {
        name: text for name, text in texts.items() if name in ("note", "time_window")
    }
    return journal.reported_texts


def _undo_resolution(
    journal: Journal, command: ResolveConflict, fact: Fact, decision: int, rules: Rules
) -> None:
    """Undo what an earlier resolution booked, as if the fact had not been reported.

    Args:
        decision: Number of the entry of the earlier resolution.

    Raises:
        AlreadyDone: a later entry replaced what the resolution booked, or the stop has no other
            outcome to restore.
        InvalidField: the report is a count.
        AgainstBooks: goods have been used in the meantime.
    """
    if isinstance(fact, CountStock):
        raise InvalidField.at("/by", Sentence("the count was booked; count the goods again"))
    if isinstance(fact, ReportOutcome):
        _restore_outcome(journal, command, fact, decision, rules)
    elif journal.books.body(decision).kind == RESOLVED:
        undo_booked_hand_out(journal, decision)
    else:
        reverse(Reverse(entry=decision, reason=command.reason), journal)


def _restore_outcome(
    journal: Journal,
    command: ResolveConflict,
    reported: ReportOutcome,
    decision: int,
    rules: Rules,
) -> None:
    """Restore the outcome of a stop that an earlier resolution had replaced.

    Raises:
        AlreadyDone: the resolution replaced no outcome, or a later entry recorded another one.
        NotEnough: goods have been used in the meantime.
    """
    stop = at_present_stop(reported, journal)
    where = {"delivery": stop.delivery, "allocation": stop.allocation}
    latest = journal.books.latest_seq(StopOutcome, **where)
    if latest != decision:
        sentence = Sentence(
            "entry {latest} recorded the outcome of this stop since; correct that entry, or report "
            "the outcome again",
            latest=latest,
        )
        raise AlreadyDone(sentence, [Fault("/by", sentence)])
    before = journal.books.body(decision).supersedes or _outcome_before(journal, where, decision)
    if before is None:
        sentence = Sentence(
            "no other outcome of this stop was reported; report what happened, and resolve that "
            "conflict"
        )
        raise AlreadyDone(sentence, [Fault("/by", sentence)])
    outcome = _stated_outcome(journal, where, before)
    outcome = msgspec.structs.replace(outcome, **_use_texts_of(journal, before))
    if journal.books.body(decision).kind == RESOLVED:
        dispatched = journal.books.body(journal.books.latest_seq(Stop, **where) or decision)
        journal.happened_on = max(outcome.happened_on or dispatched.booked_on, dispatched.booked_on)
        _book_as_far_as_possible(journal, outcome, unexplained=True)
    else:
        correct(Correct(entry=decision, command=outcome, reason=command.reason), journal, rules)


def _outcome_before(journal: Journal, where: dict[str, str], decision: int) -> int | None:
    earlier = [
        seq
        for (seq,) in journal.books.all(
            "SELECT seq FROM outcomes WHERE station = :station AND delivery = :delivery "
            "AND allocation = :allocation AND seq < :decision ORDER BY seq",
            decision=decision,
            **where,
        )
    ]
    return earlier[-1] if earlier else None


def _stated_outcome(journal: Journal, where: dict[str, str], seq: int) -> ReportOutcome:
    """Return a command that reports the outcome of a stop as entry `seq` recorded it.

    The free texts are left out.

    Args:
        where: Delivery and allocation of the stop, by column name.
    """
    books = journal.books
    (row,) = books.rows_of_entry(StopOutcome, seq, **where)
    details = books.rows_of_entry(OutcomeDetails, seq, **where)
    lines = []
    for line in books.rows_of_entry(StatedLine, seq, **where):
        back: dict[str, str] = {}
        if line.target:
            back = {
                "to": "stock" if kind_of(line.target) is STOCK else "allocated",
                "location": keys_of(line.target)[-1],
            }
        lines.append(
            OutcomeLine(
                line=line.line,
                received=line.received,
                brought_back=line.brought_back,
                lost=line.lost,
                **back,  # type: ignore[arg-type]  # the values of `to` are those of its type
            )
        )
    return ReportOutcome(
        delivery=row.delivery,
        allocation=row.allocation,
        outcome=row.outcome,
        happened_on=books.body(seq).happened_on,
        happened_at=row.happened_at,
        received_by=row.received_by,  # type: ignore[arg-type]  # the table has the same values
        proof=row.proof,  # type: ignore[arg-type]  # the table has the same values
        lines=lines,
        why=details[0].any_reason if details else None,
        next_attempt=details[0].next_attempt if details else None,
        phone_time=details[0].phone_time if details else None,
    )


def _book_outcome(
    journal: Journal, command: ResolveConflict, reported: ReportOutcome, rules: Rules
) -> None:
    """Book the reported outcome of a stop in the way that the coordinator chose.

    If the reported time is impossible, the outcome is booked with a day only. The same happens if
    this time is long ago and the coordinator names another day. The free texts of the report
    become those of the outcome, unless they were erased.
    """
    reported = msgspec.structs.replace(reported, **_use_texts_of(journal, command.conflict))
    outcome = at_present_stop(reported, journal)
    where = {"delivery": outcome.delivery, "allocation": outcome.allocation}
    dispatched = journal.books.body(journal.books.latest_seq(Stop, **where) or command.conflict)
    report = journal.books.body(command.conflict)
    reported_at = datetime.fromisoformat(report.recorded_at)
    day = possible_day(journal, outcome, reported_at)
    if command.happened_on not in (None, day) and is_too_old(outcome, reported_at):
        day = None
    if day is None:
        day = command.happened_on or max(report.happened_on, dispatched.happened_on)
        outcome = msgspec.structs.replace(outcome, happened_at=None, happened_on=day)
    before = journal.books.latest_seq(StopOutcome, **where)
    removed = journal.books.latest_seq(StopRemoval, **where)
    if command.by == "unexplained" or (before is None and removed is not None):
        since = dispatched if removed is None else journal.books.body(removed)
        journal.happened_on = max(day, since.booked_on)
        _book_as_far_as_possible(journal, outcome, unexplained=command.by == "unexplained")
    elif before is None:
        journal.happened_on = day
        _book_report(journal, outcome)
    else:
        _correct_outcome(journal, command, outcome, before, rules)


def _book_report(journal: Journal, outcome: ReportOutcome) -> None:
    """Record the outcome of a stop whose goods are still in transit, like a new report.

    Raises:
        NotEnough: more goods are reported than were loaded.
    """
    try:
        report_outcome(outcome, journal, decided=True)
    except Contradicted as because:
        raise NotEnough(because.detail, [Fault("/by", because.detail)]) from None


def _correct_outcome(
    journal: Journal, command: ResolveConflict, outcome: ReportOutcome, before: int, rules: Rules
) -> None:
    """Replace the outcome of a stop that entry `before` recorded.

    Raises:
        InvalidField: entry `before` resolved an earlier conflict.
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

    Goods of the stop that are still in transit are used first. If the stop's dispatch was undone,
    goods that are set aside for the stop are used instead. If an earlier outcome put goods
    elsewhere, these goods are used as far as they are still there. The rest comes from the account
    `unexplained`, or goes to this account.

    Args:
        unexplained: Whether goods may come from `unexplained`. Otherwise, the command is refused if
            goods of the stop have been used.

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
    """Return the lines of the latest recorded outcome of a stop; [] if no outcome was recorded."""
    where = {"delivery": outcome.delivery, "allocation": outcome.allocation}
    seq = journal.books.latest_seq(StopOutcome, **where)
    return [] if seq is None else journal.books.rows_of_entry(StatedLine, seq, **where)


def _goods_by_account(stop: Stop, line: StatedLine) -> Counter[str]:
    """Return the quantities in a line of an outcome, by the account to which the goods go.

    The accounts are in the order of booking.
    """
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
    """Move goods of a loaded line so that the accounts agree with the reported outcome.

    Args:
        load: The loaded line.
        more: The quantity that each account lacks; below zero if it has too much. Goods are first
            taken from the accounts with too much.
        unexplained: Whether goods that the stop does not have may come from `unexplained`.
    """
    source, missing = _account_before_outcome(journal, stop, load), UNEXPLAINED(stop.delivery)
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


def _account_before_outcome(journal: Journal, stop: Stop, load: StopLine) -> str:
    """Return the account in which the goods of a loaded line are until an outcome is recorded."""
    where = {"delivery": stop.delivery, "allocation": stop.allocation}
    if (
        journal.books.latest_seq(StopRemoval, **where) is not None
        and journal.books.latest_seq(StopOutcome, **where) is None
    ):
        return ALLOCATED(stop.allocation, load.location)
    return IN_TRANSIT(stop.delivery, stop.allocation)
