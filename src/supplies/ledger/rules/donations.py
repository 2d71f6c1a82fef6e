"""Record goods that arrive: donations, opening stock, and goods bought, made or borrowed."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from supplies.domain.accounts import (
    ANONYMOUS,
    DONOR,
    OPENING,
    ORIGINS,
    PLEDGED,
    keys_of,
    kind_of,
)
from supplies.domain.commands import (
    ArrivalLine,
    DonationLine,
    OpenStock,
    RecordArrival,
    RecordDonation,
)
from supplies.domain.entry_rows import Arrival, ArrivalCampaign, Lot
from supplies.domain.entry_rows import ArrivalLine as StatedLine
from supplies.ledger.corrected_command import CreatedLot
from supplies.ledger.drafts import Draft
from supplies.ledger.journal import Journal
from supplies.ledger.rules.correction_lots import matching_lots
from supplies.ledger.rules.earmarks import (
    EarmarkedShare,
    allocate_shares,
    earmarked_shares,
)
from supplies.ledger.rules.expired_goods import destination
from supplies.ledger.rules.found_goods import (
    PointedLine,
    move_from_origin,
    parts_by_found_lot,
)
from supplies.ledger.rules.need_fulfilment import (
    need_for,
)
from supplies.ledger.rules.pledge_fulfilment import (
    DonatedGoods,
    fulfil_open_pledges,
    fulfil_pledge,
)
from supplies.ledger.rules.pledges import (
    campaign_of_pledges,
    open_pledges,
)
from supplies.ledger.rules.product_expiries import describe_products
from supplies.ledger.rules.receipt_documents import details_from_command, details_line
from supplies.ledger.rules.receipts import issue


def record_donation(command: RecordDonation, journal: Journal) -> None:
    """Record a donation and issue its receipt: donor → stock, and → allocated for earmarked goods.

    A line that names a pledge fulfils this pledge: pledged → donor. If `keep_pledges` is set, the
    other lines then fulfil open pledges of the donor, the oldest first. If the command states no
    campaign, and all pledges that the donation fulfils are for the same campaign, the donation is
    for this campaign.

    Raises:
        InvalidField: a code is unknown, a pledge is by another donor or does not promise the item,
            or expired goods would go to an open location.
    """
    donor = command.donor or ANONYMOUS
    if command.donor is not None:
        journal.books.donor(command.donor, "/donor")
    location = journal.books.location(command.location, "/location")
    draft = journal.entry("donation_received", prefix="d", about=DONOR(donor))
    donation = str(draft.document)
    draft.add_rows(
        Arrival(arrival=donation, origin="donor", party=donor, location=command.location)
    )
    details = details_from_command(command, donation, draft.happened_on, location.name)
    lines = [
        _with_recipient(journal, line, f"/lines/{index}")
        for index, line in enumerate(command.lines)
    ]
    parts = parts_by_found_lot(journal, lines)
    lots = _kept_lots(journal, parts)
    shares: list[EarmarkedShare] = []
    rows: list[StatedLine] = []
    promises: dict[str, list[str]] = {}
    for number, (pointer, line) in _in_order(command, parts):
        quantity = journal.base_units(line, pointer)
        to = destination(journal, line, command.location, pointer)
        lot = _create_lot(journal, draft, line, number, lots, DONOR(donor))
        goods = DonatedGoods(donor, line, lot, quantity, to, pointer)
        if command.keep_pledges and line.pledge is None:
            if line.item not in promises:
                promises[line.item] = open_pledges(journal, donor, line.item)
            fulfilled = fulfil_open_pledges(journal, draft, goods, promises[line.item])
        else:
            fulfilled = fulfil_pledge(journal, draft, goods)
        on_pledge, for_needs = fulfilled
        _move_to_stock(journal, draft, goods)
        shares += earmarked_shares(journal, draft, line, lot, quantity, for_needs, pointer)
        rows.append(_stated_line(donation, number, goods, on_pledge))
        draft.add_rows(rows[-1])
    campaign = command.campaign
    if campaign is None:
        campaign = campaign_of_pledges(journal, _kept_pledges(journal))
    _add_campaign(journal, draft, campaign)
    describe_products(journal, draft, lots.values())
    for row in sorted(rows, key=lambda row: row.line):
        packed = journal.packs.line(parts[row.line - 1][0])
        details.lines.append(details_line(row, journal.lot(row.lot, row.item), packed))
    allocate_shares(journal, draft, command.location, shares)
    if journal.corrected is None:
        issue(journal, donor, [details], replaces=[])


def _move_to_stock(journal: Journal, draft: Draft, goods: DonatedGoods) -> None:
    """Move goods from their donor into stock. Write them off if their line says so."""
    line, lot, quantity, pointer = goods.line, goods.lot, goods.quantity, goods.pointer
    move_from_origin(
        journal,
        draft,
        line,
        lot,
        quantity,
        origin=DONOR(goods.donor),
        stock=goods.to.stock,
        pointer=pointer,
    )
    goods.to.write_off_now(journal, draft, line.item, lot, quantity, pointer)


def _stated_line(donation: str, number: int, goods: DonatedGoods, on_pledge: int) -> StatedLine:
    return StatedLine(
        arrival=donation,
        line=number,
        item=goods.line.item,
        quantity=goods.quantity,
        lot=goods.lot,
        pledge=goods.line.pledge,
        on_pledge=on_pledge,
        recipient=goods.line.recipient,
    )


def _kept_pledges(journal: Journal) -> set[str]:
    """Return the pledges that a donation fulfils, according to its drafted entries."""
    transfers = [move.transfer for draft in journal.drafts for move in draft.moves]
    return {
        keys_of(transfer.source)[0]
        for transfer in transfers
        if kind_of(transfer.source) is PLEDGED and kind_of(transfer.target) is DONOR
    }


def _in_order(command: RecordDonation, parts: list[PointedLine]) -> list[tuple[int, PointedLine]]:
    """Return lines with their numbers, in the order in which they fulfil pledges.

    Lines that name a pledge come first. Otherwise, an earlier line could use up that pledge.
    """
    return sorted(
        enumerate(parts, 1),
        key=lambda numbered: command.keep_pledges and numbered[1][1].pledge is None,
    )


def _with_recipient(journal: Journal, line: DonationLine, pointer: str) -> DonationLine:
    """Return the line. If it names a need, add the recipient of the need to the returned line."""
    if line.need is None:
        return line
    need = need_for(journal, line.need, f"{pointer}/need", item=line.item, recipient=line.recipient)
    return msgspec.structs.replace(line, recipient=need.recipient)


def open_stock(command: OpenStock, journal: Journal) -> None:
    """Record goods that were in stock before the books began: opening → stock.

    Raises:
        InvalidField: a code is unknown, or goods have expired.
    """
    _record_goods(journal, "opening", command.location, command.location, command.lines, "o")


def record_arrival(command: RecordArrival, journal: Journal) -> None:
    """Record the arrival of goods that were bought, made or borrowed.

    The goods are booked from the account of their origin, such as `bought`, to stock.

    Raises:
        InvalidField: a code is unknown, or goods have expired.
    """
    draft = _record_goods(
        journal, command.origin, command.party, command.location, command.lines, "b"
    )
    _add_campaign(journal, draft, command.campaign)


def _record_goods(
    journal: Journal,
    origin: str,
    party: str,
    location: str,
    lines: list[ArrivalLine],
    prefix: str,
) -> Draft:
    journal.books.location(location, "/location")
    kind = "stock_opened" if origin == OPENING.name else f"goods_{origin}"
    draft = journal.entry(kind, prefix=prefix)
    source = ORIGINS[origin](party)
    draft.add_rows(
        Arrival(arrival=str(draft.document), origin=origin, party=party, location=location)  # type: ignore[arg-type]  # one of the chart's origins
    )
    lots = _kept_lots(journal, [(f"/lines/{index}", line) for index, line in enumerate(lines)])
    for index, line in enumerate(lines):
        pointer = f"/lines/{index}"
        quantity = journal.base_units(line, pointer)
        to = destination(journal, line, location, pointer)
        lot = _create_lot(journal, draft, line, index + 1, lots, source)
        journal.move(draft, source, to.stock, line.item, lot, quantity, pointer)
        to.write_off_now(journal, draft, line.item, lot, quantity, pointer)
        draft.add_rows(
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
    describe_products(journal, draft, lots.values())
    return draft


def _add_campaign(journal: Journal, draft: Draft, campaign: str | None) -> None:
    """Add the campaign of an arrival, if it has one, to its entry.

    Raises:
        InvalidField: the code of the campaign is unknown.
    """
    if campaign is not None:
        journal.books.campaign(campaign, "/campaign")
        draft.add_rows(ArrivalCampaign(arrival=str(draft.document), campaign=campaign))


# --- lots -----------------------------------------------------------------------------------


def _kept_lots(
    journal: Journal, lines: Sequence[tuple[str, DonationLine | ArrivalLine]]
) -> dict[int, str]:
    """Return the lots of the original command that the lines of a correction keep.

    The result is by line number. It is empty if this is not a correction.

    Args:
        lines: Each line with its JSON pointer.
    """
    return matching_lots(
        journal,
        [
            CreatedLot(
                lot="",
                line=number,
                item=line.item,
                batch=line.batch,
                expires_on=line.expires_on,
                quantity=journal.base_units(line, pointer),
                value_minor=None if line.value is None else line.value.minor,
                currency=None if line.value is None else line.value.currency,
                pledge=line.pledge if isinstance(line, DonationLine) else None,
                recipient=line.recipient if isinstance(line, DonationLine) else None,
            )
            for number, (pointer, line) in enumerate(lines, 1)
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
) -> str:
    """Draft the lot of a line, and return the lot's id.

    A row that describes the lot is added only if the lot is new or a correction changes it.

    Args:
        number: Number of the line, from 1.
        lots: The lots that lines of a correction keep, by line number.
        origin: The account from which the goods came.
    """
    kept_lot = lots.get(number)
    described = Lot(
        lot=kept_lot or f"l_{journal.books.station_code}_{draft.seq}_{number}",
        item=line.item,
        origin=origin,
        batch=line.batch,
        expires_on=line.expires_on,
        expires_month=line.expires_month,
        value_minor=None if line.value is None else line.value.minor,
        currency=None if line.value is None else line.value.currency,
    )
    before = None if kept_lot is None else journal.recorded_lot(kept_lot)
    if before != described:
        draft.add_rows(described)
    return described.lot
