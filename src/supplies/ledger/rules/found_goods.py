"""Record the origin of goods that a stock count found, and issue a receipt if they were a gift."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import msgspec

from supplies.domain.accounts import (
    ANONYMOUS,
    DONOR,
    STOCK,
    UNEXPLAINED,
    is_origin,
    keys_of,
    kind_of,
)
from supplies.domain.catalogue_records import Location
from supplies.domain.commands import DonationLine, LotLine, Settle
from supplies.domain.entry_rows import Arrival, ArrivalLine, StopLine
from supplies.errors import InvalidField, Sentence
from supplies.ledger.corrected_command import CreatedLot
from supplies.ledger.drafts import Draft
from supplies.ledger.journal import Journal
from supplies.ledger.lot_selection import (
    by_pointer,
    divide,
    in_fefo_order,
    lots_first,
    pick_from,
)
from supplies.ledger.rules.receipt_documents import DonationDetails, details_line
from supplies.ledger.rules.receipts import issue


def record_found_gift(command: Settle, journal: Journal) -> None:
    """Record a donation of goods that a stock count has found, and issue the receipt.

    The goods are in stock already, so the transfer is donor → unexplained.

    Raises:
        InvalidField: the donor is missing or unknown, or `handled_by` is missing.
        NotEnough: the command is about more goods than the count found.
    """
    donor, handled_by = check_giver(command, journal)
    location = _location_of(journal, command.place)
    draft = journal.entry("donation_received", prefix="d", about=DONOR(donor))
    donation = str(draft.document)
    draft.add_rows(Arrival(arrival=donation, origin="donor", party=donor, location=location.code))
    details = DonationDetails(
        donation=donation,
        received_on=draft.happened_on,
        location=location.name,
        handled_by=handled_by,
        wish=None,
        checked_by=None,
        agreement=None,
        fiscal_ticket=None,
        lines=[],
    )
    for pointer, line, found in explain_lines(journal, draft, command, DONOR(donor)):
        before = len(details.lines)
        journal.packs.place(pointer, range(before + 1, before + len(found) + 1))
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
            packed = journal.packs.line(pointer)
            details.lines.append(details_line(row, journal.lot(lot, line.item), packed))
    issue(journal, donor, [details], replaces=[])


def check_giver(command: Settle, journal: Journal) -> tuple[str, str]:
    """Return the donor of found goods, and the name of the person who handled them.

    Raises:
        InvalidField: the donor is missing or unknown, or `handled_by` is missing.
    """
    donor = command.party
    if donor is None:
        raise InvalidField.at("/party", Sentence("give the code of the donor, or anonymous"))
    if donor != ANONYMOUS:
        journal.books.donor(donor, "/party")
    if command.handled_by is None:
        raise InvalidField.at(
            "/handled_by",
            Sentence(
                "give the person who handled the goods; the receipt of the gift names this person"
            ),
        )
    return donor, command.handled_by


def explain_lines(
    journal: Journal, draft: Draft, command: Settle, origin: str
) -> list[tuple[str, LotLine, list[tuple[str, int]]]]:
    """Book the origin of found goods, for all lines of a command.

    Return each line with its JSON pointer and the quantity taken from each lot.

    Raises:
        NotEnough: the lines have more goods than the count found.
    """
    lines, place = by_pointer(command.lines), UNEXPLAINED(command.place)
    surplus = {
        item: _surplus(journal, place, item) for item in {line.item for line in lines.values()}
    }
    found = {
        pointer: _explain_surplus(journal, draft, line, pointer, place, surplus[line.item], origin)
        for pointer, line in lots_first(lines)
    }
    return [(pointer, line, found[pointer]) for pointer, line in lines.items()]


def _location_of(journal: Journal, place: str) -> Location:
    """Return the location of unexplained goods.

    For the goods of a delivery, this is the location where they were loaded.
    """
    stop = journal.books.latest_row(StopLine, delivery=place)
    return journal.books.location(place if stop is None else stop.location, "/place")


def _surplus(journal: Journal, unexplained: str, item: str) -> dict[str, int]:
    """Return the surplus that stock counts found of each lot, in FEFO order."""
    balances = journal.nonzero_balances(unexplained, item)
    return in_fefo_order(journal, item, {lot: -there for (_, _, lot), there in balances.items()})


def _explain_surplus(
    journal: Journal,
    draft: Draft,
    line: LotLine,
    pointer: str,
    unexplained: str,
    surplus: dict[str, int],
    origin: str,
) -> list[tuple[str, int]]:
    """Book the origin of found goods in one line: origin → unexplained.

    Return the quantity taken from each lot. If the origin of a lot was unknown, a new description
    of the lot is drafted with this origin.

    Raises:
        NotEnough: the line is about more goods than the count found.
    """
    quantity = journal.base_units(line, pointer)
    effect = {} if journal.corrected is None else journal.corrected.effect
    former = {account for account, _, _ in effect if is_origin(kind_of(account))}
    found = pick_from(journal, unexplained, line, quantity, pointer, surplus)
    for lot, part in found.items():
        journal.move(draft, origin, unexplained, line.item, lot, part, pointer)
        described = journal.lot(lot, line.item)
        if kind_of(described.origin) is UNEXPLAINED or described.origin in former:
            draft.add_rows(msgspec.structs.replace(described, origin=origin))
    return list(found.items())


def _check_found_at(
    journal: Journal, place: str, line: DonationLine, stock: str, pointer: str
) -> None:
    """Check that the correction of a found gift leaves the goods where a count found them.

    Args:
        place: The location or delivery where the count found more goods than the books expected.
        stock: The account to which the corrected line would bring the goods.

    Raises:
        InvalidField: the goods would be at another location.
    """
    found_at = _location_of(journal, place)
    if STOCK(found_at.code) != stock:
        name = journal.books.item(line.item).name
        raise InvalidField.at(
            "/location" if line.quarantine is None else f"{pointer}/quarantine",
            Sentence(
                "a count found this gift of {item} in {place}; to put the goods elsewhere, move "
                "them; if the gift came elsewhere, reverse this entry and record the gift there",
                item=name,
                place=found_at.name,
            ),
        )


PointedLine = tuple[str, DonationLine]
"""The JSON pointer to a line of a donation, and the line."""


def parts_by_found_lot(journal: Journal, lines: list[DonationLine]) -> list[PointedLine]:
    """Return the lines of a donation with their JSON pointers, some divided into parts.

    Lines are divided only if the command corrects a gift whose goods a stock count had found
    before the gift was recorded. Each line without batch and expiry is then divided into parts,
    one for each lot that the count found. A part has the batch and expiry of its lot, so that the
    corrected gift still consists of these lots.
    """
    parts = [(f"/lines/{index}", line) for index, line in enumerate(lines)]
    corrected = journal.corrected
    if corrected is None or not corrected.found:
        return parts
    surplus = Counter[str]()
    for (account, item, lot), settled in corrected.found.items():
        surplus[lot] += max(settled, -journal.balance(account, item, lot))
    waiting = [lot for lot in corrected.lots if lot.lot in surplus]
    own: dict[str, dict[str, int]] = {}
    for same in (_same_label, _same_quantity):
        for pointer, line in parts:
            quantity = journal.base_units(line, pointer)
            lots = [lot for lot in waiting if lot.is_current and same(lot, line, quantity)]
            if pointer not in own and lots:
                own[pointer] = {lots[0].lot: quantity}
                waiting.remove(lots[0])
    divided: list[PointedLine] = []
    for pointer, line in parts:
        if pointer not in own and _is_unlabelled(line):
            candidates = [lot for lot in waiting if lot.item == line.item]
            own[pointer] = _lots_for(journal.base_units(line, pointer), candidates, surplus)
            waiting = [lot for lot in waiting if lot.lot not in own[pointer]]
        own_parts = _divide_line(journal, line, own.get(pointer, {}))
        numbers = range(len(divided) + 1, len(divided) + 1 + len(own_parts))
        journal.packs.place(pointer, numbers)
        divided += [(pointer, part) for part in own_parts]
    return divided


def _is_unlabelled(line: DonationLine) -> bool:
    return line.batch is None and line.expires_on is None


def _same_label(lot: CreatedLot, line: DonationLine, _quantity: int) -> bool:
    label = line.item, line.batch, line.expires_on
    return not _is_unlabelled(line) and (lot.item, lot.batch, lot.expires_on) == label


def _same_quantity(lot: CreatedLot, line: DonationLine, quantity: int) -> bool:
    return _is_unlabelled(line) and (lot.item, lot.quantity) == (line.item, quantity)


def _lots_for(
    quantity: int, lots: Sequence[CreatedLot], surplus: Mapping[str, int]
) -> dict[str, int]:
    """Divide a quantity over the lots that a count found.

    First, each lot receives the quantity that it had before the correction. The rest is divided
    over the lots, up to the surplus of each. If any quantity is still left, it goes to the first
    lot.
    """
    before = {lot.lot: lot.quantity if lot.is_current else 0 for lot in lots}
    available = {lot: max(before[lot], surplus[lot]) for lot in before}
    parts = divide(quantity, available, before)
    if parts:
        parts[next(iter(parts))] += quantity - sum(parts.values())
    return parts


def _divide_line(
    journal: Journal, line: DonationLine, quantities: Mapping[str, int]
) -> list[DonationLine]:
    """Divide a line into one part for each lot. Only the first part has the value of the line.

    Args:
        quantities: The quantity of each lot, in base units.
    """
    if not quantities or not _is_unlabelled(line):
        return [line]
    parts: list[DonationLine] = []
    for lot, quantity in quantities.items():
        described = journal.lot(lot, line.item)
        part = msgspec.structs.replace(
            line,
            batch=described.batch,
            expires_on=described.expires_on,
            expires_month=described.expires_month,
            value=None if parts else line.value,
        )
        if len(quantities) > 1:
            part = msgspec.structs.replace(part, quantity=quantity, pack=None, pack_size=None)
        parts.append(part)
    return parts


def move_from_origin(
    journal: Journal,
    draft: Draft,
    line: DonationLine,
    lot: str,
    quantity: int,
    *,
    origin: str,
    stock: str,
    pointer: str,
) -> None:
    """Move goods of a donation from their origin into stock.

    If the command corrects a gift that a stock count had found, the goods are in stock already.
    Then the quantity of the surplus moves from the origin to `unexplained` instead.

    Raises:
        InvalidField: a count found the goods at another location than the correction names.
    """
    corrected = journal.corrected
    for (account, item, found), n in (corrected.found if corrected else {}).items():
        if (item, found) == (line.item, lot):
            _check_found_at(journal, keys_of(account)[0], line, stock, pointer)
            part = min(quantity, max(n, -journal.balance(account, item, lot)))
            journal.move(draft, origin, account, item, lot, part, pointer)
            quantity -= part
    journal.move(draft, origin, stock, line.item, lot, quantity, pointer)
