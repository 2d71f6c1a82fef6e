"""Goods that a stock count found: their origin is recorded later; a gift gets a receipt."""

from __future__ import annotations

import msgspec

from supplies.domain.accounts import ANONYMOUS, DONOR, UNEXPLAINED, is_origin, kind_of
from supplies.domain.catalogue_records import Location
from supplies.domain.commands import GoodsLine, LotLine, Settle
from supplies.domain.entry_rows import Arrival, ArrivalLine, StopLine
from supplies.errors import InvalidField
from supplies.ledger.drafts import Draft
from supplies.ledger.journal import Journal
from supplies.ledger.rules.receipt_documents import DonationDetails, details_line
from supplies.ledger.rules.receipts import issue


def record_found_gift(command: Settle, journal: Journal) -> None:
    """Record goods that a count found as a donation, and issue its receipt: donor → unexplained.

    Raises:
        InvalidField: the donor is missing or unknown, or `handled_by` is missing.
        NotEnough: fewer goods were found than the command explains.
    """
    donor = command.party
    if donor is None:
        raise InvalidField.at("/party", "give the code of the donor, or anonymous")
    if donor != ANONYMOUS:
        journal.books.donor(donor, "/party")
    if command.handled_by is None:
        raise InvalidField.at(
            "/handled_by",
            "give the person who handled the goods; the receipt of the gift names this person",
        )
    location = _location_of(journal, command.place)
    draft = journal.entry("donation_received", prefix="d", about=DONOR(donor))
    donation = str(draft.document)
    draft.add_rows(Arrival(arrival=donation, origin="donor", party=donor, location=location.code))
    details = DonationDetails(
        donation=donation,
        received_on=draft.happened_on,
        location=location.name,
        handled_by=command.handled_by,
        wish=None,
        checked_by=None,
        agreement=None,
        fiscal_ticket=None,
        lines=[],
    )
    place = UNEXPLAINED(command.place)
    for index, line in enumerate(command.lines):
        pointer = f"/lines/{index}"
        found = explain_surplus(journal, draft, line, pointer, place, DONOR(donor))
        before = len(details.lines)
        journal.place_packed_line(pointer, range(before + 1, before + len(found) + 1))
        for lot, quantity in found:
            row = ArrivalLine(
                arrival=donation,
                line=len(details.lines) + 1,
                item=line.item,
                quantity=quantity,
                lot=lot,
                pledge=None,
                on_pledge=0,
                recipient=None,
            )
            draft.add_rows(row)
            packed = journal.packed_line(pointer)
            details.lines.append(details_line(row, journal.lot(lot, line.item), packed))
    issue(journal, donor, [details], replaces=[])


def _location_of(journal: Journal, place: str) -> Location:
    """Return the location of unexplained goods.

    For goods of a delivery, this is the location from which they were dispatched.
    """
    stop = journal.books.latest_row(StopLine, delivery=place)
    return journal.books.location(place if stop is None else stop.location, "/place")


def explain_surplus(
    journal: Journal, draft: Draft, line: LotLine, pointer: str, unexplained: str, origin: str
) -> list[tuple[str, int]]:
    """Book the origin of goods that a count found: origin → unexplained.

    If the origin of a lot was unknown, the lot gets a new description with this origin. Return the
    lots with the quantity of each.

    Raises:
        NotEnough: fewer goods were found than the line explains.
    """
    quantity = journal.base_units(line, pointer)
    effect = {} if journal.corrected is None else journal.corrected.effect
    former = {account for account, _, _ in effect if is_origin(kind_of(account))}
    remaining, found = quantity, []
    balances = journal.nonzero_balances(unexplained, line.item)
    for (_, item, lot), balance in balances.items():
        part = min(remaining, -balance)
        if part > 0 and line.lot in (None, lot):
            journal.move(draft, origin, unexplained, item, lot, part, pointer)
            described = journal.lot(lot, item)
            if kind_of(described.origin) is UNEXPLAINED or described.origin in former:
                draft.add_rows(msgspec.structs.replace(described, origin=origin))
            found.append((lot, part))
            remaining -= part
    if remaining:
        raise journal.not_enough_error(
            unexplained, line.item, quantity, quantity - remaining, pointer
        )
    return found


def move_from_origin(
    journal: Journal,
    draft: Draft,
    line: GoodsLine,
    lot: str,
    quantity: int,
    *,
    origin: str,
    stock: str,
    pointer: str,
) -> None:
    """Move arrived goods from their origin into stock.

    If the corrected gift settled the surplus of a stock count, its goods are in stock already. They
    then move to `unexplained`, as far as they explain the surplus.
    """
    corrected = journal.corrected
    for (account, item, found), n in (corrected.found if corrected else {}).items():
        if (item, found) == (line.item, lot):
            part = min(quantity, max(n, -journal.balance(account, item, lot)))
            journal.move(draft, origin, account, item, lot, part, pointer)
            quantity -= part
    journal.move(draft, origin, stock, line.item, lot, quantity, pointer)
