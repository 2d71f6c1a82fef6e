"""Hand-outs that teams report from their counters, including those that contradict the books."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime

import msgspec

from supplies.books.stock_counts import RESOLVED
from supplies.domain.accounts import RECEIVED, STOCK, UNEXPLAINED
from supplies.domain.catalogue_records import Recipient
from supplies.domain.commands import ReportHandOut
from supplies.domain.entry_rows import HandOutReport, HandOutTo, Lot
from supplies.errors import AgainstBooks, Fault, InvalidField
from supplies.ledger.drafts import Draft
from supplies.ledger.journal import Journal
from supplies.ledger.lot_selection import by_pointer, lots_first, lots_in_order
from supplies.ledger.merged_codes import with_codes_that_stay
from supplies.ledger.rules.delivery_outcomes import Contradicted, day_of_time, precedes_report
from supplies.ledger.rules.hand_outs import draft_hand_out, hand_out, meet_needs_of_lines
from supplies.ledger.rules.need_fulfilment import reopen_needs
from supplies.ledger.rules.stock_counts import lots_missed


def report_hand_out(command: ReportHandOut, journal: Journal) -> None:
    """Record goods that a team handed out at its counter, as `hand_out` does.

    Raises:
        InvalidField: a code was never registered, or the command names another day than that of the
            reported time.
        Contradicted: the time is impossible, the location is not the counter of the team, or
            `hand_out` refuses the command.
    """
    _check_codes(command, journal)
    if command.happened_at is not None:
        journal.happened_on = day_of_time(journal, command, command.happened_at, "hand-out")
    if journal.books.team(command.team, "/team").counter != command.location:
        raise Contradicted(
            f"the hand-out is reported at {command.location}, but that is not the counter of team "
            f"{command.team} now"
        )
    try:
        hand_out(command, journal)
    except (InvalidField, AgainstBooks) as because:
        raise Contradicted(because.detail) from None
    _add_report(journal.drafts[0], command)


def _check_codes(command: ReportHandOut, journal: Journal) -> None:
    """Check that all codes in a report are registered. Codes of erased people count as registered.

    Raises:
        InvalidField: a code is unknown.
    """
    journal.books.location(command.location, "/location")
    if journal.books.catalogue.get(Recipient, command.recipient) is None:
        journal.books.recipient(command.recipient, "/recipient")
    for index, line in enumerate(command.lines):
        journal.books.item(line.item, f"/lines/{index}/item")


def _add_report(draft: Draft, command: ReportHandOut) -> None:
    draft.add_rows(
        HandOutReport(
            hand_out=str(draft.document),
            team=command.team,
            happened_at=command.happened_at,
            phone_time=command.phone_time,
        )
    )


def possible_day_of_hand_out(
    journal: Journal, command: ReportHandOut, reported_at: datetime
) -> date | None:
    """Return the day of the time in a report; None if it has no time, or an impossible one.

    Args:
        reported_at: When it was reported. A time after that stays impossible once it has passed.
    """
    if precedes_report(command.happened_at, reported_at):
        with suppress(Contradicted, InvalidField):
            return day_of_time(journal, command, command.happened_at, "hand-out")
    return None


def book_hand_out(
    journal: Journal,
    reported: ReportHandOut,
    reported_at: datetime,
    day: date,
    *,
    unexplained: bool,
) -> None:
    """Book a reported hand-out to resolve its conflict.

    If the reported time is impossible, the hand-out is booked without a time.

    Args:
        reported_at: When it was reported.
        day: The day of the hand-out if its time is impossible.
        unexplained: Whether goods that the books lack come from `unexplained`. The report is then
            booked unchanged, even from a quarantine and to a person whose data was erased.

    Raises:
        InvalidField: the goods may not be handed out in this way, or a pack is not registered.
        AgainstBooks: the books do not have the goods, or the data of the recipient was erased.
    """
    reported = with_codes_that_stay(journal.books, reported)
    possible = possible_day_of_hand_out(journal, reported, reported_at)
    if possible is None:
        reported = msgspec.structs.replace(reported, happened_at=None)
    journal.happened_on = possible or day
    try:
        if unexplained:
            _book_as_stated(journal, reported)
        else:
            hand_out(reported, journal)
    except (InvalidField, AgainstBooks) as because:
        # The fields of the report are not those of the decision.
        raise type(because)(because.detail, [Fault("/by", because.detail)]) from None
    _add_report(journal.drafts[0], reported)


def _book_as_stated(journal: Journal, reported: ReportHandOut) -> None:
    """Book a reported hand-out unchanged: unallocated goods first, then unexplained goods."""
    draft = draft_hand_out(journal, reported, RESOLVED)
    received = RECEIVED(reported.recipient)
    for number, (pointer, line) in enumerate(lots_first(by_pointer(reported.lines)), 1):
        quantity = journal.base_units(line, pointer)
        if line.lot is not None:
            journal.lot(line.lot, line.item, f"{pointer}/lot")
        for source, lot, there in _sources(journal, reported.location, line.item, line.lot):
            part = min(quantity, there)
            journal.move(draft, source, received, line.item, lot, part)
            quantity -= part
        if quantity:
            unknown = UNEXPLAINED(reported.location)
            lot = line.lot or f"l_{journal.books.station_code}_{draft.seq}_{number}"
            if line.lot is None:
                draft.add_rows(
                    Lot(lot=lot, item=line.item, origin=unknown, batch=None, expires_on=None)
                )
            journal.move(draft, unknown, received, line.item, lot, quantity)
    meet_needs_of_lines(journal, draft, reported)


def _sources(
    journal: Journal, location: str, item: str, lot: str | None
) -> Iterator[tuple[str, str, int]]:
    """Yield the places from which goods of an item may have come: account, lot and quantity.

    Free goods come first, then goods that stock counts did not find.
    """
    shelf, unknown = STOCK(location), UNEXPLAINED(location)
    for free in lots_in_order(journal, shelf, item, leaving=True):
        if lot in (None, free.lot):
            there = journal.available(shelf, item, free.lot, leaving=True)
            yield shelf, free.lot, max(0, there)
    for missed, there in lots_missed(journal, unknown, item):
        if lot in (None, missed):
            yield unknown, missed, there


def undo_booked_hand_out(journal: Journal, seq: int) -> None:
    """Undo a hand-out that was booked from `unexplained`, and reopen the needs that it met.

    Args:
        seq: Number of the entry that booked the hand-out to resolve a conflict.

    Raises:
        NotEnough: the recipient has given goods back in the meantime.
    """
    body = journal.books.body(seq)
    draft = journal.entry(RESOLVED, document=body.document, about=body.about, day=body.happened_on)
    (booked,) = (row for row in body.rows if isinstance(row, HandOutTo))
    draft.add_rows(booked)
    received = RECEIVED(booked.recipient)
    parts = map(journal.books.body, range(seq, journal.books.last_seq_of_command(seq) + 1))
    moves = [move for part in parts for move in part.transfers if part.document == body.document]
    items = dict.fromkeys(move.item for move in moves if move.target == received)
    for move in moves:
        if move.target == received:
            journal.move(draft, received, move.source, move.item, move.lot, move.quantity)
    for item in items:
        reopen_needs(journal, draft, booked.recipient, item)
