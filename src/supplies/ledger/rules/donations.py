"""Record goods that arrive: donations, opening stock, and goods bought, made or borrowed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from functools import partial
from typing import NamedTuple

import msgspec

from supplies.domain.accounts import (
    ANONYMOUS,
    CLAIMED,
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
from supplies.domain.entry_rows import Arrival, ArrivalCampaign, Lot, Need
from supplies.domain.entry_rows import ArrivalLine as StatedLine
from supplies.errors import InvalidField, Sentence
from supplies.ledger.corrected_command import CreatedLot
from supplies.ledger.drafts import Draft
from supplies.ledger.journal import Journal
from supplies.ledger.needs_in_order import most_urgent_first
from supplies.ledger.rules.correction_lots import matching_lots
from supplies.ledger.rules.earmarks import (
    EarmarkedShare,
    ServedClaim,
    allocate_shares,
    earmarked_shares,
)
from supplies.ledger.rules.expired_goods import Destination, destination
from supplies.ledger.rules.found_goods import (
    PointedLine,
    move_from_origin,
    parts_by_found_lot,
)
from supplies.ledger.rules.need_fulfilment import (
    claims_on_pledge,
    drop_claim,
    need_for,
    return_account,
)
from supplies.ledger.rules.pledges import (
    campaign_of_pledges,
    find_pledge,
    open_pledges,
    pledge_lines,
    promised,
)
from supplies.ledger.rules.product_expiries import describe_products
from supplies.ledger.rules.receipt_documents import details_from_command, details_line
from supplies.ledger.rules.receipts import issue

_Claim = tuple[Need, int, int]
"""A need that claims a pledge, the most that it may receive, and what must remain of the line.

The rest must remain for the recipient that the donor wishes.
"""


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
    shares: list[EarmarkedShare] = []
    details = details_from_command(command, donation, draft.happened_on, location.name)
    lines = [
        _with_recipient(journal, line, f"/lines/{index}")
        for index, line in enumerate(command.lines)
    ]
    parts = parts_by_found_lot(journal, lines)
    lots = _kept_lots(journal, parts)
    rows: list[StatedLine] = []
    promises: dict[str, list[str]] = {}
    for number, (pointer, line) in _in_order(command, parts):
        quantity = journal.base_units(line, pointer)
        to = destination(journal, line, command.location, pointer)
        lot = _create_lot(journal, draft, line, number, lots, DONOR(donor))
        fulfil = fulfil_pledge
        if command.keep_pledges and line.pledge is None:
            if line.item not in promises:
                promises[line.item] = open_pledges(journal, donor, line.item)
            fulfil = partial(_fulfil_open_pledges, promises[line.item])
        on_pledge, for_needs = fulfil(journal, draft, donor, line, lot, quantity, to, pointer)
        move_from_origin(
            journal,
            draft,
            line,
            lot,
            quantity,
            origin=DONOR(donor),
            stock=to.stock,
            pointer=pointer,
        )
        to.write_off_now(journal, draft, line.item, lot, quantity, pointer)
        shares += earmarked_shares(journal, draft, line, lot, quantity, for_needs, pointer)
        row = StatedLine(
            arrival=donation,
            line=number,
            item=line.item,
            quantity=quantity,
            lot=lot,
            pledge=line.pledge,
            on_pledge=on_pledge,
            recipient=line.recipient,
        )
        draft.add_rows(row)
        rows.append(row)
    campaign = command.campaign
    if campaign is None:
        campaign = campaign_of_pledges(journal, _kept_pledges(journal))
    _add_campaign(journal, draft, campaign)
    describe_products(journal, draft, lots.values())
    for row in sorted(rows, key=lambda row: row.line):
        packed = journal.packed_line(parts[row.line - 1][0])
        details.lines.append(details_line(row, journal.lot(row.lot, row.item), packed))
    allocate_shares(journal, draft, command.location, shares)
    if journal.corrected is None:
        issue(journal, donor, [details], replaces=[])


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

    Lines that name a pledge come first. Otherwise, other lines could use up this pledge before.
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


# --- pledges and claims ---------------------------------------------------------------------


def fulfil_pledge(
    journal: Journal,
    draft: Draft,
    donor: str,
    line: DonationLine,
    lot: str,
    quantity: int,
    to: Destination,
    pointer: str,
) -> tuple[int, list[ServedClaim]]:
    """Count the goods of a line towards the pledge that the line names.

    Return how much of the pledge the goods fulfil, and the claims that get goods. If the line names
    no pledge, return 0 and no claims. Claims of needs on the pledge come first, then the part of
    the pledge that no need claims. Claims that were made only after the goods arrived come last.
    They get their goods on the day of the claim.

    Raises:
        InvalidField: the pledge is unknown, by another donor, or does not promise the item.
    """
    if line.pledge is None:
        return 0, []
    pledge = find_pledge(journal.books, line.pledge, f"{pointer}/pledge")
    if pledge.donor != donor:
        raise InvalidField.at(
            f"{pointer}/pledge",
            Sentence(
                "pledge {pledge} was made by donor {donor}, not by {donor_2}",
                pledge=pledge.pledge,
                donor=pledge.donor,
                donor_2=donor,
            ),
        )
    if not pledge_lines(journal, pledge.pledge, item=line.item):
        raise InvalidField.at(
            f"{pointer}/pledge",
            Sentence(
                "pledge {pledge} does not promise {item}; leave the pledge out of this line",
                pledge=pledge.pledge,
                item=line.item,
            ),
        )
    if not to.usable:
        _drop_claims(journal, draft, line, pledge.pledge, quantity)
    remaining = quantity
    served: dict[tuple[str, date], ServedClaim] = {}
    late = draft.booked_on.isoformat() < journal.latest_day
    claims: Iterable[_Claim] = ()
    if to.usable:
        claims = _claims_in_order(journal, line, lot, pledge.pledge)
    claims_then = claims
    if late:
        prefix = f"{PLEDGED(pledge.pledge)}:"
        if journal.closing_total(prefix, line.item, draft.booked_on) > 0:
            claims_then = claims = list(claims)  # as they are before any of them is served
        else:
            claims_then = ()
    for need, at_most, kept_back in claims_then:
        if not remaining:
            break
        most = min(remaining - kept_back, at_most)
        if most <= 0:
            continue
        promised = PLEDGED(pledge.pledge, need.need)
        part = min(most, journal.available(promised, line.item))
        if part > 0:
            journal.move(draft, promised, DONOR(donor), line.item, "", part)
            _add_served(served, ServedClaim(need, pledge.pledge, part, draft))
            remaining -= part
    free = max(0, min(remaining, journal.available(PLEDGED(pledge.pledge), line.item)))
    journal.move(draft, PLEDGED(pledge.pledge), DONOR(donor), line.item, "", free, pointer)
    remaining -= free
    if remaining and late:
        if not to.usable:
            claims = ((need, n, 0) for need, n in _claims_for(journal, line, pledge.pledge))
        for claim in _later_claims(journal, draft, line, pledge.pledge, claims, remaining):
            promised = PLEDGED(pledge.pledge, claim.need.need)
            journal.move(claim.draft, promised, DONOR(donor), line.item, "", claim.quantity)
            if to.usable:
                _add_served(served, claim)
            else:
                claimed = CLAIMED(claim.need.need, pledge.pledge)
                back = return_account(journal, claim.need)
                journal.move(claim.draft, claimed, back, line.item, "", claim.quantity)
            remaining -= claim.quantity
    return quantity - remaining, list(served.values())


def _add_served(served: dict[tuple[str, date], ServedClaim], claim: ServedClaim) -> None:
    """Add a claim to those that get goods.

    If `served` already has this claim on the same day, add up the quantities.
    """
    key = claim.need.need, claim.draft.booked_on
    before = served[key].quantity if key in served else 0
    served[key] = claim._replace(quantity=before + claim.quantity)


def _later_claims(
    journal: Journal,
    draft: Draft,
    line: DonationLine,
    pledge: str,
    claims: Iterable[_Claim],
    quantity: int,
) -> Iterator[ServedClaim]:
    """Yield claims that get goods of a donation, although they were made after the goods arrived.

    When the goods arrived, the pledge was open, but no need had claimed it. Each claim gets its
    goods on the first day on which its whole quantity was claimed.

    Args:
        claims: As `_claims_in_order` yields them.
        quantity: The quantity of the goods that no claim has got yet.
    """
    item, day_of_goods = line.item, draft.booked_on
    then = journal.closing_balance(PLEDGED(pledge), item, day_of_goods)
    if line.recipient is None and line.need is None:
        then += journal.closing_total(f"{PLEDGED(pledge)}:", item, day_of_goods)
    else:
        claims = list(claims)
        accounts = {PLEDGED(pledge, need.need) for need, _, _ in claims}
        then += sum(journal.closing_balance(account, item, day_of_goods) for account in accounts)
    quantity = min(quantity, then)
    for need, at_most, kept_back in claims if quantity > 0 else ():
        account = PLEDGED(pledge, need.need)
        day = journal.first_day_available(account, item)
        part = min(quantity - kept_back, at_most, journal.available(account, item, since=day))
        if day > day_of_goods and part > 0:
            yield ServedClaim(need, pledge, part, _draft_of_day(journal, draft, day))
            quantity -= part
            if not quantity:
                break


def _draft_of_day(journal: Journal, head: Draft, day: date) -> Draft:
    """Return the draft of a document for a later day. Begin one if there is none.

    Args:
        head: The first draft of the document.
    """
    for draft in journal.drafts:
        if (draft.document, draft.booked_on) == (head.document, day):
            return draft
    if journal.corrected is None:
        return journal.entry(head.kind, document=head.document, about=head.about, day=day)
    later = Draft(head.seq, head.kind, head.document, day, day, head.about, index=head.index)
    journal.drafts.append(later)
    return later


def _fulfil_open_pledges(
    pledges: list[str],
    journal: Journal,
    draft: Draft,
    donor: str,
    line: DonationLine,
    lot: str,
    quantity: int,
    to: Destination,
    pointer: str,
) -> tuple[int, list[ServedClaim]]:
    """Count the goods of a line towards open pledges of the donor, the oldest first.

    In a correction, goods that were dispatched for a claim on a pledge fulfil that pledge, even if
    older pledges are open. The result is like that of `fulfil_pledge`.

    Args:
        pledges: The open pledges of the item. Those that the goods fulfil completely are removed.
    """
    remaining = quantity
    for_needs: list[ServedClaim] = []
    left = _moved_for_claims(journal, line, lot, pledges) if to.usable else Counter()
    for pledge in tuple(pledges):
        if not remaining:
            break
        own = left.pop(pledge, 0)
        at_most = max(min(remaining, own), remaining - left.total())
        if at_most <= 0:
            continue
        on_it = msgspec.structs.replace(line, pledge=pledge)
        part, needs = fulfil_pledge(journal, draft, donor, on_it, lot, at_most, to, pointer)
        remaining -= part
        for_needs += needs
        if not promised(journal, pledge, line.item):
            pledges.remove(pledge)
    return quantity - remaining, for_needs


def _moved_for_claims(
    journal: Journal, line: DonationLine, lot: str, pledges: list[str]
) -> Counter[str]:
    """Return how much of a line's lot was dispatched or handed over for claims, by pledge.

    The result is empty if this is not a correction.
    """
    left: Counter[str] = Counter()
    moved: Counter[str] = Counter()
    for earmark in journal.earmarks_to_come(lot).of_lot:
        if earmark.need is not None:
            moved[earmark.need] += earmark.moved
    needs = [need for need in journal.recorded_needs(list(moved)) if _can_serve(line, need)]
    for need in needs:
        for pledge in pledges if moved[need.need] else ():
            claimed = max(0, journal.balance(PLEDGED(pledge, need.need), line.item))
            if part := min(claimed, moved[need.need]):
                left[pledge] += part
                moved[need.need] -= part
    return left


def _drop_claims(
    journal: Journal, draft: Draft, line: DonationLine, pledge: str, quantity: int
) -> None:
    """Drop claims on a pledge whose goods arrived, but cannot be given to people.

    The least urgent claims are dropped first; of equally urgent ones, the newest.
    """
    short = quantity - journal.available(PLEDGED(pledge), line.item)
    for need, claimed in reversed(list(claims_on_pledge(journal, pledge, line.item))):
        open_now = journal.available(PLEDGED(pledge, need.need), line.item)
        part = max(0, min(short, claimed, open_now))
        drop_claim(journal, draft, need, pledge, part)
        short -= part


def _claims_in_order(
    journal: Journal, line: DonationLine, lot: str, pledge: str
) -> Iterator[_Claim]:
    """Yield the claims on a pledge, in the order in which they receive the goods of a line.

    The most urgent claims come first, and of equally urgent claims the oldest.

    In a correction, a claim is yielded several times, each time with a part of its quantity. The
    parts of all claims come in this order:

    1. Quantities for which goods of this lot were dispatched or handed over.
    2. Quantities for which other goods of this lot were set aside.
    3. Quantities for which no goods of this lot or of a later lot were set aside.
    4. Quantities for which goods of a later lot were set aside, but not dispatched.
    """
    if journal.corrected is None:
        for need, claimed in _claims_for(journal, line, pledge):
            yield need, claimed, 0
        return
    before = _served_before(journal, line, lot, pledge)
    for need in before.needs:
        yield need, before.moved[need.need], 0
    for need in before.needs:
        yield need, before.served[need.need] - before.moved[need.need], before.wished
    claims: list[tuple[Need, int]] = []
    to_come = journal.earmarks_to_come(lot)
    for need, claimed_now in _claims_for(journal, line, pledge):
        claimed = before.claimed.get(need.need, claimed_now)
        claims.append((need, claimed))
        yield need, claimed - to_come.served[need.need], before.wished
    for need, claimed in claims:
        moved_elsewhere = to_come.moved[need.need] - before.moved[need.need]
        yield need, claimed - before.served[need.need] - moved_elsewhere, before.wished


def _claims_for(journal: Journal, line: DonationLine, pledge: str) -> Iterator[tuple[Need, int]]:
    """Yield the claims on a pledge that goods of a donation line may fulfil, most urgent first.

    Each claim is a need with the quantity that it claims when it is yielded.
    """
    for need, claimed in claims_on_pledge(journal, pledge, line.item):
        if claimed > 0 and _can_serve(line, need):
            yield need, claimed


def _can_serve(line: DonationLine, need: Need) -> bool:
    """Return whether a need may receive goods of a line.

    It may not if the line names another need or recipient.
    """
    return line.recipient in (None, need.recipient) and line.need in (None, need.need)


class _ServedBefore(NamedTuple):
    """How much of a corrected line's lot was set aside before the correction, in base units.

    Attributes:
        needs: The needs that claim the pledge and for which goods of the lot were set aside, most
            urgent first.
        claimed: The quantity that each need claims.
        served: The quantity of the lot set aside for each need.
        moved: The part of `served` that has been dispatched or handed over.
        wished: The dispatched or handed-over quantity that was set aside only because the donor
            wished it for a recipient, and not for one of these needs.
    """

    needs: list[Need]
    claimed: dict[str, int]
    served: Counter[str]
    moved: Counter[str]
    wished: int


def _served_before(journal: Journal, line: DonationLine, lot: str, pledge: str) -> _ServedBefore:
    claimed: dict[str, int] = {}
    served, moved, wished = Counter[str](), Counter[str](), 0
    for earmark in journal.earmarks_to_come(lot).of_lot:
        name = earmark.need
        if name is not None and name not in claimed:
            (need,) = journal.recorded_needs([name])
            if _can_serve(line, need):
                claimed[name] = journal.balance(PLEDGED(pledge, name), line.item)
        if name is not None and claimed.get(name, 0) > 0:
            served[name] += earmark.quantity
            moved[name] += earmark.moved
        elif earmark.recipient == line.recipient:
            wished += earmark.moved
    needs = sorted(journal.recorded_needs(list(served)), key=most_urgent_first)
    return _ServedBefore(needs, claimed, served, moved, wished)
