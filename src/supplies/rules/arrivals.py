"""Goods that come in: donations, on pledges or beside them, and the other origins."""

from __future__ import annotations

from dataclasses import dataclass

from supplies.accounts import (
    ASSIGNED,
    CLAIMED,
    DONOR,
    DONOR_UNKNOWN,
    OPENING,
    ORIGINS,
    PLEDGED,
    STOCK,
)
from supplies.commands import (
    ArrivalLine,
    DonationLine,
    OpenStock,
    RecordArrival,
    RecordDonation,
)
from supplies.errors import InvalidField
from supplies.journal import Draft, Journal
from supplies.model import Allocation, Arrival, Lot, Need
from supplies.model import ArrivalLine as StatedLine
from supplies.rules.allocations import SettingAside, first_open_need
from supplies.rules.pledges import find_pledge
from supplies.rules.receipts import Gift, GiftLine, issue
from supplies.rules.serving import claims_on, serve


def record_donation(command: RecordDonation, journal: Journal) -> None:
    """Pledged → donor as far as promised, donor → stock, and on to what it is claimed for."""
    donor = command.donor or DONOR_UNKNOWN
    if command.donor is not None:
        journal.books.donor(command.donor, "/donor")
    place = journal.books.location(command.location, "/location")
    draft = journal.entry("donation_received", prefix="d", about=DONOR(donor))
    donation = str(draft.document)
    draft.state(Arrival(arrival=donation, origin="donor", party=donor, location=command.location))
    served: list[_Served] = []
    gift = Gift(donation, draft.happened_on, place.name, command.handled_by, command.wish, [])
    for index, line in enumerate(command.lines):
        pointer = f"/lines/{index}"
        quantity = journal.units(line, pointer)
        lot = _bear(journal, draft, line, index + 1, DONOR(donor), pointer)
        kept, for_needs = _keep_pledge(journal, draft, donor, line, quantity, pointer)
        journal.move(
            draft, DONOR(donor), STOCK(command.location), line.item, lot, quantity, pointer
        )
        served += _shares(journal, line, lot, quantity, for_needs, pointer)
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
        gift.lines.append(GiftLine(line.item, quantity, line.batch, line.expires_on))
    _set_aside(journal, draft, command.location, served)
    if journal.standing is None:
        issue(journal, donor, [gift], replaces=[])


def open_stock(command: OpenStock, journal: Journal) -> None:
    """Opening → stock."""
    _arrive(journal, "opening", command.location, command.location, command.lines, "o")


def record_arrival(command: RecordArrival, journal: Journal) -> None:
    """bought, made or borrowed → stock."""
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
    for index, line in enumerate(lines):
        pointer = f"/lines/{index}"
        quantity = journal.units(line, pointer)
        lot = _bear(journal, draft, line, index + 1, source, pointer)
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


def _bear(
    journal: Journal,
    draft: Draft,
    line: DonationLine | ArrivalLine,
    number: int,
    origin: str,
    pointer: str,
) -> str:
    """The lot of a line: born with it, or described anew where a correction changes it."""
    if line.expires_on is not None and line.expires_on < draft.happened_on:
        raise InvalidField.at(
            f"{pointer}/expires_on",
            f"{line.expires_on} is before the goods came ({draft.happened_on}); "
            "expired goods are not taken in",
        )
    standing = journal.standing
    kept = None if standing is None else standing.lots.get((number, line.item))
    described = Lot(
        lot=kept or f"l_{journal.books.station_code}_{draft.seq}_{number}",
        item=line.item,
        origin=origin,
        batch=line.batch,
        expires_on=line.expires_on,
        value_minor=None if line.value is None else line.value.minor,
        currency=None if line.value is None else line.value.currency,
    )
    if kept is None or journal.books.latest(Lot, lot=kept) != described:
        draft.state(described)
    return described.lot


# --- pledges and claims ---------------------------------------------------------------------


def _keep_pledge(
    journal: Journal,
    draft: Draft,
    donor: str,
    line: DonationLine,
    quantity: int,
    pointer: str,
) -> tuple[int, list[tuple[Need, str, int]]]:
    """How much of a line keeps its pledge, and for which needs: claims first, then free promise."""
    if line.pledge is None:
        return 0, []
    pledge, lines = find_pledge(journal, line.pledge, f"{pointer}/pledge")
    if pledge.donor != donor:
        raise InvalidField.at(
            f"{pointer}/pledge", f"pledge {pledge.pledge} is donor {pledge.donor}'s, not {donor}'s"
        )
    if line.item not in {stated.item for stated in lines}:
        raise InvalidField.at(
            f"{pointer}/pledge",
            f"pledge {pledge.pledge} promises no {line.item}; leave the pledge out for a gift",
        )
    rest = quantity
    for_needs: list[tuple[Need, str, int]] = []
    for need, claimed in _claims_in_turn(journal, line, pledge.pledge):
        taken = min(rest, claimed, journal.least(PLEDGED(pledge.pledge, need.need), line.item))
        if taken > 0:
            journal.move(
                draft, PLEDGED(pledge.pledge, need.need), DONOR(donor), line.item, "", taken
            )
            for_needs.append((need, pledge.pledge, taken))
            rest -= taken
    free = max(0, min(rest, journal.least(PLEDGED(pledge.pledge), line.item)))
    journal.move(draft, PLEDGED(pledge.pledge), DONOR(donor), line.item, "", free, pointer)
    return quantity - rest + free, for_needs


def _claims_in_turn(journal: Journal, line: DonationLine, pledge: str) -> list[tuple[Need, int]]:
    """Claims that this line may serve; a correction serves again what was served before."""
    claims = [
        (need, claimed)
        for need, claimed in claims_on(journal, pledge, line.item)
        if claimed > 0 and line.recipient in (None, need.recipient)
    ]
    if journal.standing is None:
        return claims
    served = journal.standing.served
    again = [
        (need, min(claimed, served[pledge, need.need]))
        for need, claimed in claims
        if (pledge, need.need) in served
    ]
    more = [
        (need, claimed - served.get((pledge, need.need), 0))
        for need, claimed in claims
        if claimed > served.get((pledge, need.need), 0)
    ]
    return again + more


# --- what goes straight into an allocation --------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Served:
    """Goods that came for someone: for a need that `pledge` claimed, or by the donor's wish."""

    recipient: str
    item: str
    lot: str
    quantity: int
    need: Need | None
    pledge: str | None
    pointer: str


def _shares(
    journal: Journal,
    line: DonationLine,
    lot: str,
    quantity: int,
    for_needs: list[tuple[Need, str, int]],
    pointer: str,
) -> list[_Served]:
    shares: list[_Served] = []
    for need, pledge, taken in for_needs:
        shares.append(_Served(need.recipient, line.item, lot, taken, need, pledge, pointer))
        quantity -= taken
    if line.recipient is not None:
        journal.books.recipient(line.recipient, f"{pointer}/for")
        if quantity:
            need_ = first_open_need(journal, line.recipient, line.item)
            shares.append(_Served(line.recipient, line.item, lot, quantity, need_, None, pointer))
    return shares


def _set_aside(journal: Journal, head: Draft, location: str, served: list[_Served]) -> None:
    """Stock → allocated for each recipient; a correction goes on with the allocations there are."""
    standing = journal.standing
    there = {} if standing is None else {r: list(a) for r, a in standing.allocations.items()}
    asides: list[tuple[SettingAside, bool]] = []
    for share in served:
        need = None if share.need is None else share.need.need
        for aside, _ in asides:
            if aside.recipient == share.recipient and aside.takes(share.item, share.lot, need):
                break
        else:
            aside, again = _begin(journal, head, location, share.recipient, there)
            asides.append((aside, again))
        aside.add(journal, share.item, share.lot, need, share.quantity, share.pointer)
        _assign(journal, aside, share)
    for aside, again in asides:
        aside.state(again=again)


def _begin(
    journal: Journal,
    head: Draft,
    location: str,
    recipient: str,
    there: dict[str, list[Allocation]],
) -> tuple[SettingAside, bool]:
    if there.get(recipient):
        kept = there[recipient].pop(0)
        return SettingAside(head, kept.allocation, recipient, kept.location), True
    draft = journal.entry("allocated", prefix="a", about=f"recipient:{recipient}")
    aside = SettingAside(
        draft, str(draft.document), recipient, location, arrival=str(head.document)
    )
    return aside, False


def _assign(journal: Journal, aside: SettingAside, share: _Served) -> None:
    if share.need is None:
        return
    target = ASSIGNED(share.need.need, aside.allocation)
    if share.pledge is not None:
        source = CLAIMED(share.need.need, share.pledge)
        journal.move(aside.draft, source, target, share.item, "", share.quantity)
    else:
        serve(journal, aside.draft, share.need, target, share.quantity, displace=False)
