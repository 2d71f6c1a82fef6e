"""Arriving goods: donations, with or without a pledge, and goods from other origins."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from supplies.domain.accounts import (
    ANONYMOUS,
    DONOR,
    OPENING,
    ORIGINS,
    PLEDGED,
    STOCK,
)
from supplies.domain.commands import (
    ArrivalLine,
    DonationLine,
    OpenStock,
    RecordArrival,
    RecordDonation,
)
from supplies.domain.entry_rows import Arrival, Lot, Need
from supplies.domain.entry_rows import ArrivalLine as StatedLine
from supplies.errors import InvalidField
from supplies.ledger.journal import Draft, Journal, StatedLot
from supplies.ledger.rules.correction_lots import lots_for
from supplies.ledger.rules.earmarks import Served, set_aside, shares_of
from supplies.ledger.rules.need_fulfilment import claims_on
from supplies.ledger.rules.pledges import find_pledge, pledge_lines
from supplies.ledger.rules.receipts import GiftLine, gift_in, issue


def record_donation(command: RecordDonation, journal: Journal) -> None:
    """Record a donation with its receipt: donor → stock, and on to claims and wishes.

    What the pledge promised is fulfilled: pledged → donor.
    """
    donor = command.donor or ANONYMOUS
    if command.donor is not None:
        journal.books.donor(command.donor, "/donor")
    place = journal.books.location(command.location, "/location")
    draft = journal.entry("donation_received", prefix="d", about=DONOR(donor))
    donation = str(draft.document)
    draft.state(Arrival(arrival=donation, origin="donor", party=donor, location=command.location))
    served: list[Served] = []
    gift = gift_in(command, donation, draft.happened_on, place.name)
    lots = _lots_for(journal, command.lines)
    for index, line in enumerate(command.lines):
        pointer = f"/lines/{index}"
        quantity = journal.units(line, pointer)
        lot = _create_lot(journal, draft, line, index + 1, lots, DONOR(donor), pointer)
        kept, for_needs = _keep_pledge(journal, draft, donor, line, lot, quantity, pointer)
        journal.move(
            draft, DONOR(donor), STOCK(command.location), line.item, lot, quantity, pointer
        )
        served += shares_of(journal, line, lot, quantity, for_needs, pointer)
        draft.state(
            StatedLine(
                arrival=donation,
                line=index + 1,
                item=line.item,
                quantity=quantity,
                lot=lot,
                pledge=line.pledge,
                on_pledge=kept,
                recipient=line.recipient,
            )
        )
        gift.lines.append(GiftLine(line.item, quantity, line.batch, line.expires_on, _worth(line)))
    set_aside(journal, draft, command.location, served)
    if journal.corrected is None:
        issue(journal, donor, [gift], replaces=[])


def _worth(line: DonationLine) -> tuple[int, str] | None:
    return None if line.value is None else (line.value.minor, line.value.currency)


def open_stock(command: OpenStock, journal: Journal) -> None:
    """Record opening stock: opening → stock."""
    _arrive(journal, "opening", command.location, command.location, command.lines, "o")


def record_arrival(command: RecordArrival, journal: Journal) -> None:
    """Record goods bought, made or borrowed: their origin → stock."""
    _arrive(journal, command.origin, command.party, command.location, command.lines, "b")


def _arrive(
    journal: Journal,
    origin: str,
    party: str,
    location: str,
    lines: list[ArrivalLine],
    prefix: str,
) -> None:
    journal.books.location(location, "/location")
    kind = "stock_opened" if origin == OPENING.name else f"goods_{origin}"
    draft = journal.entry(kind, prefix=prefix)
    source = ORIGINS[origin](party)
    draft.state(
        Arrival(arrival=str(draft.document), origin=origin, party=party, location=location)  # type: ignore[arg-type]  # one of the chart's origins
    )
    lots = _lots_for(journal, lines)
    for index, line in enumerate(lines):
        pointer = f"/lines/{index}"
        quantity = journal.units(line, pointer)
        lot = _create_lot(journal, draft, line, index + 1, lots, source, pointer)
        journal.move(draft, source, STOCK(location), line.item, lot, quantity, pointer)
        draft.state(
            StatedLine(
                arrival=str(draft.document),
                line=index + 1,
                item=line.item,
                quantity=quantity,
                lot=lot,
                pledge=None,
                on_pledge=0,
                recipient=None,
            )
        )


# --- lots -----------------------------------------------------------------------------------


def _lots_for(journal: Journal, lines: Sequence[DonationLine | ArrivalLine]) -> dict[int, str]:
    """The lots that the lines of a correction keep, by line number."""
    return lots_for(
        journal,
        [
            StatedLot(
                lot="",
                line=number,
                item=line.item,
                batch=line.batch,
                expires_on=line.expires_on,
                quantity=journal.units(line, f"/lines/{number - 1}"),
                value_minor=None if line.value is None else line.value.minor,
                currency=None if line.value is None else line.value.currency,
                pledge=line.pledge if isinstance(line, DonationLine) else None,
                recipient=line.recipient if isinstance(line, DonationLine) else None,
            )
            for number, line in enumerate(lines, 1)
            if journal.corrected is not None
        ],
    )


def _create_lot(
    journal: Journal,
    draft: Draft,
    line: DonationLine | ArrivalLine,
    number: int,
    lots: dict[int, str],
    origin: str,
    pointer: str,
) -> str:
    """State the lot of a line if it is new or a correction changes it; return its id."""
    if line.expires_on is not None and line.expires_on < draft.happened_on:
        raise InvalidField.at(
            f"{pointer}/expires_on",
            f"{line.expires_on} is before the goods came ({draft.happened_on}); "
            "expired goods are not taken in",
        )
    kept = lots.get(number)
    described = Lot(
        lot=kept or f"l_{journal.books.station_code}_{draft.seq}_{number}",
        item=line.item,
        origin=origin,
        batch=line.batch,
        expires_on=line.expires_on,
        value_minor=None if line.value is None else line.value.minor,
        currency=None if line.value is None else line.value.currency,
    )
    if kept is None or journal.books.latest_row(Lot, lot=kept) != described:
        draft.state(described)
    return described.lot


# --- pledges and claims ---------------------------------------------------------------------


def _keep_pledge(
    journal: Journal,
    draft: Draft,
    donor: str,
    line: DonationLine,
    lot: str,
    quantity: int,
    pointer: str,
) -> tuple[int, list[tuple[Need, str, int]]]:
    """Fulfil a pledge by a line: claims first, then the free promise.

    Returns the quantity that fulfils it, and the parts for needs.
    """
    if line.pledge is None:
        return 0, []
    pledge = find_pledge(journal, line.pledge, f"{pointer}/pledge")
    if pledge.donor != donor:
        raise InvalidField.at(
            f"{pointer}/pledge", f"pledge {pledge.pledge} is donor {pledge.donor}'s, not {donor}'s"
        )
    if not pledge_lines(journal, pledge.pledge, item=line.item):
        raise InvalidField.at(
            f"{pointer}/pledge",
            f"pledge {pledge.pledge} promises no {line.item}; leave the pledge out for a gift",
        )
    rest = quantity
    taken: dict[str, int] = {}
    needs: dict[str, Need] = {}
    for need, wanted, kept_back in _claims_in_turn(journal, draft, line, lot, pledge.pledge):
        promised = PLEDGED(pledge.pledge, need.need)
        part = min(rest - kept_back, wanted, journal.available(promised, line.item))
        if part > 0:
            journal.move(draft, promised, DONOR(donor), line.item, "", part)
            needs[need.need] = need
            taken[need.need] = taken.get(need.need, 0) + part
            rest -= part
    free = max(0, min(rest, journal.available(PLEDGED(pledge.pledge), line.item)))
    journal.move(draft, PLEDGED(pledge.pledge), DONOR(donor), line.item, "", free, pointer)
    for_needs = [(needs[name], pledge.pledge, part) for name, part in taken.items()]
    return quantity - rest + free, for_needs


def _claims_in_turn(
    journal: Journal, draft: Draft, line: DonationLine, lot: str, pledge: str
) -> list[tuple[Need, int, int]]:
    """Claims that a line may serve, up to how much, and what to keep back for others.

    A correction serves first what has moved on, then what this lot served before, then the rest;
    within each the most urgent, oldest.
    """
    claims = [
        (need, claimed)
        for need, claimed in claims_on(journal, pledge, line.item)
        if claimed > 0 and line.recipient in (None, need.recipient)
    ]
    if journal.corrected is None:
        return [(need, claimed, 0) for need, claimed in claims]
    before = _served_before(journal, draft, line, lot, {need.need for need, _ in claims})
    turns: list[tuple[Need, int, int]] = []
    turns += ((need, before.moved[need.need], 0) for need, _ in claims)
    turns += (
        (need, before.served[need.need] - before.moved[need.need], before.wished)
        for need, _ in claims
    )
    for others in (before.elsewhere, before.moved_elsewhere):
        turns += (
            (need, claimed - before.served[need.need] - others[need.need], before.wished)
            for need, claimed in claims
        )
    return turns


@dataclass(slots=True)
class _Before:
    """What a lot has served so far of some needs, and how much of that moved on.

    elsewhere, moved_elsewhere: the same for the lots of later lines. wished: what moved on for the
    recipient of the donor's wish, beyond these needs.
    """

    served: Counter[str] = field(default_factory=Counter)
    moved: Counter[str] = field(default_factory=Counter)
    elsewhere: Counter[str] = field(default_factory=Counter)
    moved_elsewhere: Counter[str] = field(default_factory=Counter)
    wished: int = 0


def _served_before(
    journal: Journal, draft: Draft, line: DonationLine, lot: str, needs: set[str]
) -> _Before:
    before = _Before()
    behind = {row.lot for row in draft.rows if isinstance(row, StatedLine)}
    for aside in () if journal.corrected is None else journal.corrected.earmarks:
        own = aside.lot == lot
        if aside.item != line.item or aside.lot in behind:
            continue
        if aside.need in needs:
            served, moved = before.elsewhere, before.moved_elsewhere
            if own:
                served, moved = before.served, before.moved
            served[aside.need] += aside.quantity
            moved[aside.need] += aside.moved
        elif own and aside.recipient == line.recipient:
            before.wished += aside.moved
    return before
