"""Corrections: restate a command as it should have been; only the difference is booked.

The effect of the command so far is subtracted, its rule runs again on the restated command, and the
difference between the two effects becomes the correcting entry. A reversal corrects to nothing.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import msgspec

from supplies.books.stock_counts import Moment, sheet_moment
from supplies.domain.accounts import (
    ALLOCATED,
    ASSIGNED,
    IN_TRANSIT,
    MET,
    RECEIVED,
    keys_of,
    kind_of,
)
from supplies.domain.commands import Command, Correct, Reverse
from supplies.domain.entry_rows import (
    Activity,
    Arrival,
    ArrivalLine,
    HandOutTo,
    LatestDay,
    Lot,
    Need,
    PackedLine,
    Pledge,
    StopOutcome,
    Withdrawal,
)
from supplies.errors import AlreadyDone, Fault, InvalidField, NotEnough
from supplies.ledger.balance_changes import Key, net_changes, net_changes_by_day
from supplies.ledger.corrected_command import CorrectedCommand
from supplies.ledger.drafts import Draft
from supplies.ledger.journal import Journal
from supplies.ledger.rules import receipts
from supplies.ledger.rules.command_history import (
    History,
    check_type,
    corrected_command,
    history_of,
    recounted_sheet,
    taken_by_others,
)
from supplies.ledger.rules.correction_difference import MovedOn, enter_difference
from supplies.ledger.rules.delivery_outcomes import Contradicted
from supplies.ledger.rules.lot_family import check_goods_of_pledges
from supplies.ledger.rules.need_fulfilment import find_need, reopen_needs, restore_needs
from supplies.ledger.rules.older_packs import implied_packs
from supplies.ledger.rules.receipt_documents import (
    DonationDetails,
    details_from_command,
    details_line,
)
from supplies.ledger.rules.recounts import Past, recounts
from supplies.ledger.rules.smallest_correction import with_smallest_figures

Rules = Mapping[type[Command], Callable[[Any, Journal], None]]


def correct(command: Correct, journal: Journal, rules: Rules) -> None:
    """Book the difference between what was recorded and what should have been.

    Raises:
        NotEnough: goods were used since. The message names the entries that took them and, if
            they are found, the smallest possible quantities.
        NotFound: there is no such entry.
        InvalidField: the entry cannot be corrected, or not by this command, or goods that were
            opened for a pledge would come from another donor.
        AlreadyDone: the entry was corrected before.
    """
    history = history_of(journal.books, command.entry)
    check_type(command.command, history)
    restated = command.command
    if restated.happened_on is None:
        restated = msgspec.structs.replace(
            restated,
            happened_on=history.latest.happened_on,
            or_earlier=restated.or_earlier or _is_latest_day(history),
        )

    corrected = corrected_command(journal, history)
    if not corrected.packed:
        implied = implied_packs(journal.books, history, restated)
        corrected = dataclasses.replace(corrected, packed=implied)

    def attempt(figures: Command) -> None:
        sheet = Journal(journal.books, journal.command, now=journal.now, today=journal.today)
        _restate(figures, sheet, history, corrected, rules)

    try:
        _restate(restated, journal, history, corrected, rules)
    except MovedOn as refusal:
        sheet = _without_effect(restated, journal, corrected)
        raise with_smallest_figures(refusal, restated, history, sheet, attempt) from None
    _renew_receipt(journal, history, restated)


def _is_latest_day(history: History) -> bool:
    """Return whether the day so far is only the latest possible one."""
    return any(isinstance(row, LatestDay) for row in history.latest.rows)


def _restate(
    restated: Command, journal: Journal, history: History, corrected: CorrectedCommand, rules: Rules
) -> None:
    """Run the rule of a corrected command as if it had had no effect, and book the difference."""
    again = _without_effect(restated, journal, corrected)
    try:
        rules[type(restated)](restated, again)
    except Contradicted as because:
        # A contradicted fact is recorded as a conflict, but a correction is not a fact.
        raise NotEnough(because.detail, [Fault("/command", because.detail)]) from None
    again.add_packed_lines()
    again.add_latest_day()
    head, *others = again.drafts
    pointers = {move.transfer[:3]: move.pointer for move in head.moves}
    _enter(journal, again, head, others, history, pointers)


def reverse(command: Reverse, journal: Journal) -> None:
    """Undo a command: every transfer goes back.

    Raises:
        NotEnough: goods were used since.
        NotFound: there is no such entry.
        InvalidField: the entry cannot be reversed.
        AlreadyDone: the entry was corrected or reversed before.
    """
    history = history_of(journal.books, command.entry)
    _check_reversible(history)
    first = history.latest
    head = Draft(
        seq=journal.next_seq,
        kind=first.kind,
        document=first.document,
        happened_on=first.happened_on,
        booked_on=journal.booked_on(first.happened_on),
        about=first.about,
    )
    head.rows = [_emptied(row) for row in history.latest.rows if type(row) in _EMPTIED]
    again = _without_effect(command, journal, corrected_command(journal, history))
    again.drafts = [head]
    _enter(journal, again, head, [], history, {})
    _renew_receipt(journal, history, None)


def _without_effect(command: Command, journal: Journal, corrected: CorrectedCommand) -> Journal:
    """Return a journal for the corrected text of a command.

    Its balances leave out everything that the command has booked, with all earlier corrections.
    """
    return Journal(
        journal.books,
        command,
        now=journal.now,
        today=journal.today,
        corrected=corrected,
    )


def _enter(
    journal: Journal,
    again: Journal,
    head: Draft,
    others: list[Draft],
    history: History,
    pointers: dict[Any, str],
) -> None:
    """Book what the restated command changes.

    again: the journal in which the rule of the restated command ran.
    """
    check_goods_of_pledges(again, "/entry" if isinstance(again.command, Reverse) else "/command")
    released = _release_again(again, history)
    _restore_needs_of(again, head)
    head.supersedes = history.latest.seq
    wanted = [
        (draft.booked_on, move.transfer) for draft in (head, *released) for move in draft.moves
    ]
    recounted = _recounted(again, [head, *others], history)
    enter_difference(journal, head, wanted, history, pointers, others, recounted)


def _recounted(again: Journal, drafts: list[Draft], history: History) -> list[Draft]:
    """Return drafts that book how the restated command changes the differences of stock counts.

    A correction belongs to the time of the first entry that it corrects.
    """
    first = history.first.seq

    def moment(day: date) -> Moment:
        return Moment(again.booked_on(day).isoformat(), first)

    moves = [(moment(d.booked_on), move.transfer) for d in drafts for move in d.moves]
    past = []
    for body in history.bodies:
        sheet = recounted_sheet(body)
        about = sheet_moment(again.books, sheet) if sheet else None
        at = moment(body.booked_on)
        if about is not None:
            at = Moment(moment(date.fromisoformat(about.day)).day, about.seq)
        past += [Past(body.seq, at, transfer, sheet) for transfer in body.transfers]
    return recounts(again, moves, past)


def _release_again(again: Journal, history: History) -> list[Draft]:
    """Repeat releases of the command's own allocations, as far as goods are allocated again.

    Goods that were used since cannot be released, so they count first as still allocated. Each
    release keeps its day.
    """
    assert again.corrected is not None
    kept: Counter[Key] = Counter()
    changes = net_changes(move.transfer for draft in again.drafts for move in draft.moves)
    by_day = net_changes_by_day(history.transfers())
    drafts: list[Draft] = []
    for body in history.released:
        day = again.booked_on(body.booked_on)
        draft = Draft(again.next_seq, body.kind, body.document, day, day)
        for source, target, item, lot, quantity in body.transfers:
            key = source, item, lot
            if kind_of(source) is ALLOCATED:
                if key not in kept:
                    kept[key] = changes[key] - taken_by_others(again.books, key, by_day)
                part = max(0, min(quantity, kept[key]))
                again.move(draft, source, target, item, lot, part)
                kept[key] -= part
        restore_needs(again, draft, str(body.document))
        drafts.append(draft)
    return drafts


_EMPTIED = (Arrival, Pledge, Withdrawal, HandOutTo, Need, Activity)


def _emptied(row: Any) -> Any:
    """Return the row of a reversed document, with its quantity or count set to zero.

    Rows without a quantity of their own are unchanged. The rows of lines are not repeated at all.
    """
    if isinstance(row, Need):
        return Need(
            need=row.need,
            recipient=row.recipient,
            item=row.item,
            quantity=0,
            urgency=row.urgency,
            needed_by=row.needed_by,
        )
    if isinstance(row, Activity):
        return Activity(activity=row.activity, kind=row.kind, count=0)
    return row


# --- consequences of a correction -----------------------------------------------------------


def _check_reversible(history: History) -> None:
    """Refuse to reverse an entry that was reversed before, or an outcome.

    An outcome is a fact, so it can only be corrected.
    """
    if not history.has_effect():
        raise AlreadyDone(
            f"entry {history.latest.seq} undid all of entry {history.first.seq}; "
            "correct it to record that again",
            [Fault("/entry", "nothing is left to reverse")],
        )
    if any(isinstance(row, StopOutcome) for row in history.rows()):
        raise InvalidField.at(
            "/entry", "an outcome is a fact and cannot be reversed; correct it to what happened"
        )


def _restore_needs_of(journal: Journal, draft: Draft) -> None:
    """Reopen needs of which more is assigned or met than goods exist after a correction."""
    assert journal.corrected is not None
    moved = {key for d in journal.drafts for key in net_changes(move.transfer for move in d.moves)}
    allocations: set[str] = set()
    recipients: set[tuple[str, str]] = set()
    for account, item, _ in {*journal.corrected.effect, *moved}:
        kind, keys = kind_of(account), keys_of(account)
        if kind is ALLOCATED:
            allocations.add(keys[0])
        elif kind in (IN_TRANSIT, ASSIGNED):
            allocations.add(keys[1])
        elif kind is RECEIVED:
            recipients.add((keys[0], item))
        elif kind is MET:
            recipients.add((find_need(journal, keys[0]).recipient, item))
    for allocation in sorted(allocations):
        restore_needs(journal, draft, allocation)
    for recipient, item in sorted(recipients):
        reopen_needs(journal, draft, recipient, item)


def _renew_receipt(journal: Journal, history: History, command: Command | None) -> None:
    """Void the receipt of a corrected donation. Issue a new one if any of the donation remains."""
    donation = history.first.document
    if history.first.kind != "donation_received" or donation is None:
        return
    details = None if command is None else _drafted_details(journal, donation, command)
    stood = any(isinstance(row, ArrivalLine) for row in history.latest.rows)
    receipts.renew_receipt(journal, donation, details, again=not stood)


def _drafted_details(journal: Journal, donation: str, command: Any) -> DonationDetails:
    head = journal.drafts[0]
    lines = [row for row in head.rows if isinstance(row, ArrivalLine)]
    lots = journal.books.latest_rows(Lot, "lot", (row.lot for row in lines))
    lots |= {row.lot: row for row in head.rows if isinstance(row, Lot)}
    packed = {row.line: row for row in head.rows if isinstance(row, PackedLine)}
    place = journal.books.location(command.location).name
    details = details_from_command(command, donation, head.happened_on, place)
    details.lines.extend(details_line(row, lots[row.lot], packed.get(row.line)) for row in lines)
    return details
