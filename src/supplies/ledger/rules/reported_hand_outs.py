"""Hand-outs that teams report from their counters. Some of them contradict the books."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, datetime

import msgspec

from supplies.books.stock_counts import RESOLVED
from supplies.domain.accounts import RECEIVED, STOCK, UNEXPLAINED
from supplies.domain.catalogue_records import Item, Recipient
from supplies.domain.commands import RecipientLine, ReportHandOut
from supplies.domain.entries import Body
from supplies.domain.entry_rows import ContradictionKind, HandOutReport, HandOutTo, Lot
from supplies.errors import AgainstBooks, Fault, Forgotten, InvalidField, NotEnough, SuppliesError
from supplies.ledger.contradictions import Contradicted
from supplies.ledger.drafts import Draft
from supplies.ledger.journal import Journal
from supplies.ledger.lot_selection import by_pointer, lots_first, lots_in_order
from supplies.ledger.merged_codes import with_codes_that_stay
from supplies.ledger.rules.hand_outs import draft_hand_out, hand_out, meet_needs_of_lines
from supplies.ledger.rules.need_fulfilment import reopen_needs
from supplies.ledger.rules.report_times import check_age, day_of_time, is_too_old, precedes_report
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
        check_age(journal, command, "hand-out")
        journal.happened_on = day_of_time(
            journal, command, command.happened_at, journal.now, "hand-out"
        )
    if journal.books.team(command.team, "/team").counter != command.location:
        raise Contradicted(
            "other_counter",
            f"the hand-out is reported at {command.location}, but that is not the counter of team "
            f"{command.team} now",
            place=command.location,
        )
    try:
        hand_out(command, journal)
    except (InvalidField, AgainstBooks) as because:
        kind = _kind_of(because)
        fields = {"place": command.location} if kind == "quarantine" else {}
        raise Contradicted(kind, because.detail, **fields) from None
    _add_report(journal.drafts[0], command)


def _kind_of(refusal: SuppliesError) -> ContradictionKind:
    """Return in what way a report contradicts the books, from the error that refused it."""
    if isinstance(refusal, NotEnough | Forgotten):
        return "missing_goods" if isinstance(refusal, NotEnough) else "erased"
    kinds: dict[str, ContradictionKind] = {
        "location": "quarantine",
        "headcount": "not_a_group",
        "pack": "unknown_pack",
    }
    pointer = refusal.faults[0].pointer if refusal.faults else ""
    return kinds.get(pointer.rpartition("/")[2], "refused")


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
    """Return the day on which the time in a report falls, even if this time is long ago.

    Return None if the report has no time, or an impossible one.

    Args:
        reported_at: When the report was made. A report cannot be about a later time, even if that
            time is in the past now.
    """
    if precedes_report(command.happened_at, reported_at):
        with suppress(Contradicted, InvalidField):
            return day_of_time(journal, command, command.happened_at, reported_at, "hand-out")
    return None


def book_hand_out(
    journal: Journal,
    reported: ReportHandOut,
    report: Body,
    day: date | None,
    *,
    unexplained: bool,
) -> None:
    """Book a reported hand-out to resolve its conflict.

    If the reported time is impossible, the hand-out is booked without a time. The same happens if
    this time is so long ago that it needs a decision, and `day` is not the day of this time.

    Args:
        report: The entry that recorded the conflict.
        day: The day of the hand-out if its time is impossible or long ago. None means the day of
            the reported time or, if this time is impossible, the day of the report.
        unexplained: Whether goods that the books lack come from `unexplained`. The report is then
            booked unchanged, even from a quarantine and to a person whose data was erased.

    Raises:
        InvalidField: the goods may not be handed out in this way, or a pack is not registered.
        AgainstBooks: the books do not have the goods, or the data of the recipient was erased.
    """
    reported = with_codes_that_stay(journal.books, reported)
    lines = [_with_former_pack_size(journal, line) for line in reported.lines]
    reported = msgspec.structs.replace(reported, lines=lines)
    reported_at = datetime.fromisoformat(report.recorded_at)
    possible = possible_day_of_hand_out(journal, reported, reported_at)
    if day is not None and day != possible and is_too_old(reported, reported_at):
        possible = None
    if possible is None:
        reported = msgspec.structs.replace(reported, happened_at=None)
    journal.happened_on = possible or day or report.happened_on
    try:
        if unexplained:
            _book_as_stated(journal, reported)
        else:
            hand_out(reported, journal)
    except (InvalidField, AgainstBooks) as because:
        # The fields of the report are not those of the decision.
        raise type(because)(because.detail, [Fault("/by", because.detail)]) from None
    _add_report(journal.drafts[0], reported)


def _with_former_pack_size(journal: Journal, line: RecipientLine) -> RecipientLine:
    """Return a line with the last known size of its pack, if the item has no such pack any more.

    Return the line unchanged if it states the size, if the item still has the pack, or if the size
    was never recorded.
    """
    item = journal.books.catalogue.get(Item, line.item)
    if line.pack is None or line.pack_size is not None or item is None or line.pack in item.packs:
        return line
    size = journal.books.value(
        "SELECT size FROM packed_lines WHERE station = :station AND item = :item AND pack = :pack "
        "ORDER BY seq DESC LIMIT 1",
        item=line.item,
        pack=line.pack,
    )
    return msgspec.structs.replace(line, pack_size=size)


def _book_as_stated(journal: Journal, reported: ReportHandOut) -> None:
    """Book a reported hand-out unchanged: unallocated goods first, then unexplained goods."""
    draft = draft_hand_out(journal, reported, RESOLVED)
    received = RECEIVED(reported.recipient)
    items = {line.item for line in reported.lines}
    sources = {item: _sources(journal, reported.location, item) for item in items}
    for number, (pointer, line) in enumerate(lots_first(by_pointer(reported.lines)), 1):
        quantity = journal.base_units(line, pointer)
        if line.lot is not None:
            journal.lot(line.lot, line.item, f"{pointer}/lot")
        for source, lot, part in _take(sources[line.item], line.lot, quantity):
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


def _sources(journal: Journal, location: str, item: str) -> dict[str, dict[str, int]]:
    """Return the goods that a reported hand-out may have used: the quantity by account and lot.

    Free goods come first, then goods that stock counts did not find.
    """
    shelf, unknown = STOCK(location), UNEXPLAINED(location)
    free = {
        lot: journal.available(shelf, item, lot, leaving=True)
        for lot in lots_in_order(journal, shelf, item, leaving=True)
    }
    return {
        shelf: {lot: there for lot, there in free.items() if there > 0},
        unknown: dict(lots_missed(journal, unknown, item)),
    }


def _take(
    sources: dict[str, dict[str, int]], lot: str | None, quantity: int
) -> list[tuple[str, str, int]]:
    """Take goods from sources, at most `quantity`. Return account, lot and quantity of each part.

    Args:
        sources: As `_sources` returns them. What is taken is subtracted, and lots that are used up
            are removed.
        lot: The only lot to take from. If None, all lots are allowed.
    """
    taken: list[tuple[str, str, int]] = []
    for account, lots in sources.items():
        for each in lots if lot is None else (lot,):
            if not quantity:
                break
            if part := min(quantity, lots.get(each, 0)):
                taken.append((account, each, part))
                quantity -= part
    for account, each, part in taken:
        sources[account][each] -= part
        if not sources[account][each]:
            del sources[account][each]
    return taken


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
