"""Corrections: record a command as it should have been, by booking only the difference.

A correction that changes only free texts moves nothing: it repeats the rows of the command. For
every other correction, the rule of the command runs again on the corrected version, after the
effect of the recorded command was subtracted from all balances. If the rule can choose, for example
between lots, it chooses as it did the first time. Then the difference between the two results is
booked. A reversal is a correction after which nothing remains.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any

import msgspec

from supplies.books.stock_counts import Moment, sheet_moment
from supplies.domain.accounts import (
    ALLOCATED,
    ANONYMOUS,
    ASSIGNED,
    CONVERTED,
    DONOR,
    IN_TRANSIT,
    MET,
    RECEIVED,
    STOCK,
    keys_of,
    kind_of,
)
from supplies.domain.commands import Command, Correct, Reverse
from supplies.domain.entries import Transfer
from supplies.domain.entry_rows import (
    Activity,
    AllocationLine,
    Arrival,
    ArrivalCampaign,
    ArrivalLine,
    Collection,
    EntryRow,
    HandOutTo,
    LatestDay,
    Lot,
    Need,
    OutcomeDetails,
    OutcomeLine,
    PackedLine,
    Pledge,
    PledgeCampaign,
    PledgeLine,
    ProductPledge,
    StopOutcome,
    Withdrawal,
)
from supplies.errors import AgainstBooks, AlreadyDone, Fault, InvalidField, NotEnough, Sentence
from supplies.ledger.balance_changes import Key, net_changes, net_changes_by_day
from supplies.ledger.contradictions import Contradicted
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
from supplies.ledger.rules.correction_difference import MovedOn, book_difference
from supplies.ledger.rules.merges import divide_codes, find_merge
from supplies.ledger.rules.need_fulfilment import find_need, reopen_needs, restore_needs
from supplies.ledger.rules.older_packs import implied_packs
from supplies.ledger.rules.receipt_documents import (
    DonationDetails,
    details_from_command,
    details_line,
)
from supplies.ledger.rules.recounts import Past, recounts
from supplies.ledger.rules.repacked_lots import check_goods_of_pledges
from supplies.ledger.rules.restated import is_latest_day, restates
from supplies.ledger.rules.smallest_correction import add_smallest_quantities

Rules = Mapping[type[Command], Callable[[Any, Journal], None]]


def correct(command: Correct, journal: Journal, rules: Rules) -> None:
    """Correct a command: book the difference between what was recorded and what should have been.

    Raises:
        NotEnough: goods have been used in the meantime. The message names the entries that took
            them and, if they can be found, the smallest possible quantities.
        NotFound: the entry does not exist.
        InvalidField: the entry cannot be corrected; the command is of another type; or repacked
            goods would fulfil the pledge of another donor.
        AlreadyDone: the entry was corrected before.
    """
    history = history_of(journal.books, command.entry)
    check_type(command.command, history)
    corrected_version = command.command
    if corrected_version.happened_on is None:
        corrected_version = msgspec.structs.replace(
            corrected_version,
            happened_on=history.latest.happened_on,
            or_earlier=corrected_version.or_earlier or is_latest_day(history.latest),
        )
    if restates(journal.books, history.latest, corrected_version):
        _repeat(journal, history, corrected_version)
        _renew_receipt(journal, history, corrected_version)
        return

    corrected = corrected_command(journal, history)
    if not corrected.packed:
        implied = implied_packs(journal.books, history, corrected_version)
        corrected = dataclasses.replace(corrected, packed=implied)

    def attempt(figures: Command) -> None:
        sheet = Journal(journal.books, journal.command, now=journal.now, today=journal.today)
        _run_again(figures, sheet, history, corrected, rules)

    try:
        _run_again(corrected_version, journal, history, corrected, rules)
    except MovedOn as refusal:
        sheet = _without_effect(corrected_version, journal, corrected)
        raise add_smallest_quantities(refusal, corrected_version, history, sheet, attempt) from None
    _renew_receipt(journal, history, corrected_version)


def _repeat(journal: Journal, history: History, command: Command) -> None:
    """Draft an entry that repeats the rows of a command and moves nothing.

    Raises:
        Forgotten: the data of the person whom the texts are about was erased.
    """
    latest = history.latest
    _check_not_forgotten(journal, latest.about)
    first = Draft(
        seq=journal.next_seq,
        kind=latest.kind,
        document=latest.document,
        happened_on=latest.happened_on,
        booked_on=journal.booked_on(latest.happened_on),
        about=latest.about,
        supersedes=latest.seq,
    )
    products = [
        row.lot
        for row in latest.rows
        if isinstance(row, Lot) and row.origin == CONVERTED(str(latest.document))
    ]
    described = journal.books.latest_rows(Lot, "lot", products)
    first.rows = [described[lot] for lot in products]
    first.rows += [_repeated_row(row) for row in latest.rows if isinstance(row, _RESTATED_ROWS)]
    if not any(isinstance(row, PackedLine) for row in first.rows):
        first.rows += implied_packs(journal.books, history, command)
    journal.drafts = [first]
    journal.next_seq += 1


def _check_not_forgotten(journal: Journal, about: str | None) -> None:
    kind, _, code = (about or "").partition(":")
    if kind == "recipient":
        journal.books.recipient(code, "/command/recipient")
    elif kind == DONOR.name and code != ANONYMOUS:
        journal.books.donor(code, "/command/donor")


_RESTATED_ROWS = (
    Activity,
    AllocationLine,
    Arrival,
    ArrivalCampaign,
    ArrivalLine,
    Collection,
    HandOutTo,
    LatestDay,
    Need,
    OutcomeDetails,
    OutcomeLine,
    PackedLine,
    Pledge,
    PledgeCampaign,
    PledgeLine,
    ProductPledge,
    StopOutcome,
    Withdrawal,
)
"""Types of rows with the content of a command. Each correction records such rows again."""


def _repeated_row(row: EntryRow) -> EntryRow:
    return msgspec.structs.replace(row, first=0) if isinstance(row, StopOutcome) else row


def _run_again(
    corrected_version: Command,
    journal: Journal,
    history: History,
    corrected: CorrectedCommand,
    rules: Rules,
) -> None:
    """Run the rule of a command on its corrected version, and book the difference.

    If the rule refuses the corrected version, the error points to the field `command` of the
    correction.
    """
    try:
        again = _without_effect(corrected_version, journal, corrected)
        rules[type(corrected_version)](corrected_version, again)
    except Contradicted as because:
        # Only facts are recorded as conflicts. A correction is not a fact, so it is refused.
        raise NotEnough(because.detail, [Fault("/command", because.detail)]) from None
    except (InvalidField, AgainstBooks) as error:
        raise type(error)(error.detail, list(map(within_command, error.faults))) from None
    again.add_packed_lines()
    again.add_latest_day()
    first, *others = again.drafts
    later = [draft for draft in others if draft.document == first.document]
    others = [draft for draft in others if draft.document != first.document]
    for draft in later:
        first.rows += draft.rows
        draft.rows = []
    pointers = {move.transfer[:3]: move.pointer for move in first.moves}
    _book(journal, again, first, later, others, history, pointers)


def within_command(fault: Fault) -> Fault:
    """Return a fault of the corrected version, with `/command` put before its pointer."""
    if not fault.pointer or fault.pointer.startswith("/command"):
        return fault
    return dataclasses.replace(fault, pointer=f"/command{fault.pointer}")


def reverse(command: Reverse, journal: Journal) -> None:
    """Undo a command by booking every transfer in the opposite direction.

    Reversing a merge of two codes separates them again.

    Raises:
        NotEnough: goods have been used in the meantime.
        NotFound: the entry does not exist.
        InvalidField: the entry cannot be reversed.
        AlreadyDone: the entry was corrected or reversed before.
    """
    merge = find_merge(journal, command.entry)
    if merge is not None:
        divide_codes(journal, *merge)
        return
    history = history_of(journal.books, command.entry)
    _check_reversible(history)
    latest = history.latest
    first = Draft(
        seq=journal.next_seq,
        kind=latest.kind,
        document=latest.document,
        happened_on=latest.happened_on,
        booked_on=journal.booked_on(latest.happened_on),
        about=latest.about,
    )
    first.rows = [_zeroed_row(row) for row in history.latest.rows if type(row) in _REPEATED_ROWS]
    again = _without_effect(command, journal, corrected_command(journal, history))
    again.drafts = [first]
    _book(journal, again, first, [], [], history, {})
    _renew_receipt(journal, history, None)


def _without_effect(command: Command, journal: Journal, corrected: CorrectedCommand) -> Journal:
    """Return a journal in which the rule of a command can run on its corrected version.

    The effect of the command and its earlier corrections is subtracted from all balances.
    """
    return Journal(
        journal.books,
        command,
        now=journal.now,
        today=journal.today,
        corrected=corrected,
    )


def _book(
    journal: Journal,
    again: Journal,
    first: Draft,
    later: list[Draft],
    others: list[Draft],
    history: History,
    pointers: dict[Any, str],
) -> None:
    """Book the difference that the corrected version of a command makes.

    Args:
        again: The journal in which the rule of the command ran again.
        first: The first draft of the corrected version.
        later: Drafts for later days that belong to the same document as `first`.
        others: Drafts that belong to other documents, such as new allocations.
    """
    check_goods_of_pledges(again, "/entry" if isinstance(again.command, Reverse) else "/command")
    released = _release_again(again, history)
    _restore_needs_of(again, first)
    first.supersedes = history.latest.seq
    wanted = [
        (draft.booked_on, move.transfer)
        for draft in (first, *later, *released)
        for move in draft.moves
    ]
    recounted = _recounted(again, [first, *later, *others], history)
    book_difference(journal, first, wanted, history, pointers, others, recounted)


def _recounted(again: Journal, drafts: list[Draft], history: History) -> list[Draft] | None:
    """Return one draft entry for each count sheet whose difference the command changes.

    If the correction moves no goods at any location, no difference changes, and the result is None.

    A transfer changes the difference of a count only if it comes before the count. Transfers are
    ordered by day. Within a day, the transfers of the correction have the place of the command's
    first entry.

    Args:
        again: The journal in which the rule of the command ran again.
        drafts: The draft entries of the corrected version.
        history: The entries that the command and its earlier corrections recorded.
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
    if _goods_by_day(moves) == _goods_by_day(
        (each.moment, each.transfer) for each in past if each.sheet is None
    ):
        return None
    since = min(body.booked_on for body in history.bodies)
    return recounts(again, moves, past, since=since)


def _goods_by_day(moves: Iterable[tuple[Moment, Transfer]]) -> dict[tuple[str, Key], int]:
    """Return by how much transfers change each balance of free or allocated goods, by day."""
    changes: Counter[tuple[str, Key]] = Counter()
    for moment, transfer in moves:
        for key, change in net_changes([transfer]).items():
            if kind_of(key[0]) in (STOCK, ALLOCATED):
                changes[moment.day, key] += change
    return {at: change for at, change in changes.items() if change}


def _release_again(again: Journal, history: History) -> list[Draft]:
    """Draft again all recorded releases of goods that the command itself had set aside.

    Each release keeps its day. Goods that have been used in the meantime are not released.
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


_REPEATED_ROWS = (
    Arrival,
    ArrivalCampaign,
    Collection,
    Pledge,
    PledgeCampaign,
    Withdrawal,
    HandOutTo,
    Need,
    Activity,
)


def _zeroed_row(row: Any) -> Any:
    """Return a row of a reversed document, with its quantity or count set to zero.

    A row without a quantity is returned unchanged.
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
    """Check that an entry can be reversed.

    Raises:
        AlreadyDone: the entry was reversed before.
        InvalidField: the entry is an outcome, which is a fact and can only be corrected.
    """
    if not history.has_effect():
        raise AlreadyDone(
            Sentence(
                "entry {seq} has reversed entry {seq_2}; to record it again, correct the former",
                seq=history.latest.seq,
                seq_2=history.first.seq,
            ),
            [Fault("/entry", Sentence("nothing is left to reverse"))],
        )
    if any(isinstance(row, StopOutcome) for row in history.rows()):
        raise InvalidField.at(
            "/entry",
            Sentence("an outcome is a fact and cannot be reversed; correct it to what happened"),
        )


def _restore_needs_of(journal: Journal, draft: Draft) -> None:
    """Reopen needs for which a correction leaves fewer goods than are assigned or met."""
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
            recipients.add((find_need(journal.books, keys[0]).recipient, item))
    for allocation in sorted(allocations):
        restore_needs(journal, draft, allocation)
    for recipient, item in sorted(recipients):
        reopen_needs(journal, draft, recipient, item)


def _renew_receipt(journal: Journal, history: History, command: Command | None) -> None:
    """Void the receipt of a corrected donation. Issue a new one if any goods of it remain."""
    donation = history.first.document
    if history.first.kind != "donation_received" or donation is None:
        return
    details = None if command is None else _drafted_details(journal, donation, command)
    stood = any(isinstance(row, ArrivalLine) for row in history.latest.rows)
    receipts.renew_receipt(journal, donation, details, again=not stood)


def _drafted_details(journal: Journal, donation: str, command: Any) -> DonationDetails:
    first = journal.drafts[0]
    lines = [row for row in first.rows if isinstance(row, ArrivalLine)]
    lots = journal.books.latest_rows(Lot, "lot", (row.lot for row in lines))
    lots |= {row.lot: row for row in first.rows if isinstance(row, Lot)}
    packed = {row.line: row for row in first.rows if isinstance(row, PackedLine)}
    place = journal.books.location(command.location).name
    details = details_from_command(command, donation, first.happened_on, place)
    details.lines.extend(details_line(row, lots[row.lot], packed.get(row.line)) for row in lines)
    return details
