"""Goods that go straight into an allocation: those on a claim, those by the donor's wish."""

from __future__ import annotations

from dataclasses import dataclass

from supplies.domain.accounts import ASSIGNED, CLAIMED
from supplies.domain.commands import DonationLine
from supplies.domain.entry_rows import Allocation, Need
from supplies.ledger.journal import Draft, Journal
from supplies.ledger.rules.allocations import SettingAside, first_open_need
from supplies.ledger.rules.need_fulfilment import find_need, serve


@dataclass(frozen=True, slots=True)
class Served:
    """Goods that came for someone: for a need that `pledge` claimed, or by the donor's wish."""

    recipient: str
    item: str
    lot: str
    quantity: int
    need: Need | None
    pledge: str | None
    pointer: str


def shares_of(
    journal: Journal,
    line: DonationLine,
    lot: str,
    quantity: int,
    for_needs: list[tuple[Need, str, int]],
    pointer: str,
) -> list[Served]:
    """What of a line is for someone: first for the needs it was claimed for."""
    shares: list[Served] = []
    for need, pledge, taken in for_needs:
        shares.append(Served(need.recipient, line.item, lot, taken, need, pledge, pointer))
        quantity -= taken
    if line.recipient is not None:
        journal.books.recipient(line.recipient, f"{pointer}/for")
        if quantity:
            need_ = _wished_need(journal, line.recipient, line.item, lot, for_needs)
            shares.append(Served(line.recipient, line.item, lot, quantity, need_, None, pointer))
    return shares


def _wished_need(
    journal: Journal,
    recipient: str,
    item: str,
    lot: str,
    for_needs: list[tuple[Need, str, int]],
) -> Need | None:
    """The need that goods for one household serve: in a correction the one they served before."""
    claimed = {need.need for need, _, _ in for_needs}
    for aside in () if journal.standing is None else journal.standing.asides:
        if (aside.recipient, aside.item, aside.lot) == (recipient, item, lot):
            if aside.need is not None and aside.need not in claimed:
                return find_need(journal, aside.need)
            if aside.need is None and aside.moved:
                return None
    return first_open_need(journal, recipient, item)


def set_aside(journal: Journal, head: Draft, location: str, served: list[Served]) -> None:
    """Stock → allocated for each recipient; a correction goes on with the allocations there are."""
    begun: dict[str, tuple[SettingAside, bool]] = {}
    homes = _homes(journal, served)
    spoken_for = {own.allocation for own in homes.values()}
    for share in served:
        need = None if share.need is None else share.need.need
        home = homes.get((share.recipient, share.item, share.lot, need))
        aside = None if home is None else _resume(head, home, begun)
        if aside is None:
            aside = _joined(journal, share, need, begun) or _begin(
                journal,
                head,
                location,
                share.recipient,
                begun,
                spoken_for,
            )
        aside.add(journal, share.item, share.lot, need, share.quantity, share.pointer)
        _assign(journal, aside, share)
    for aside, again in begun.values():
        aside.state(again=again)


_Home = tuple[str, str, str, str | None]
"""What an allocation held: for which recipient, of which item and lot, for which need."""


def _homes(journal: Journal, served: list[Served]) -> dict[_Home, Allocation]:
    """The allocation that held each share so far, of the command that is being corrected."""
    if journal.standing is None:
        return {}
    shares = {(s.recipient, s.item, s.lot, None if s.need is None else s.need.need) for s in served}
    own = {a.allocation: a for known in journal.standing.allocations.values() for a in known}
    homes: dict[_Home, Allocation] = {}
    for aside in journal.standing.asides:
        home = aside.recipient, aside.item, aside.lot, aside.need
        if home in shares:
            homes.setdefault(home, own[aside.allocation])
    return homes


def _joined(
    journal: Journal,
    share: Served,
    need: str | None,
    begun: dict[str, tuple[SettingAside, bool]],
) -> SettingAside | None:
    """An allocation of this recipient that can take the share, and never held its lot otherwise."""
    standing = journal.standing
    held = {
        (aside.allocation, aside.item, aside.lot): aside.need
        for aside in (() if standing is None else standing.asides)
        if aside.moved
    }
    for aside, _ in begun.values():
        same = held.get((aside.allocation, share.item, share.lot), need) == need
        mine = aside.recipient == share.recipient
        if mine and same and aside.takes(share.item, share.lot, need):
            return aside
    return None


def _resume(
    head: Draft, allocation: Allocation, begun: dict[str, tuple[SettingAside, bool]]
) -> SettingAside:
    """Go on with an allocation of the command that is being corrected."""
    if allocation.allocation not in begun:
        kept = SettingAside(head, allocation.allocation, allocation.recipient, allocation.location)
        begun[allocation.allocation] = kept, True
    return begun[allocation.allocation][0]


def _begin(
    journal: Journal,
    head: Draft,
    location: str,
    recipient: str,
    begun: dict[str, tuple[SettingAside, bool]],
    spoken_for: set[str],
) -> SettingAside:
    """One of the command's own allocations that nothing else goes on with, or a new one."""
    standing = journal.standing
    for own in () if standing is None else standing.allocations.get(recipient, ()):
        if own.allocation not in begun and own.allocation not in spoken_for:
            return _resume(head, own, begun)
    draft = journal.entry("allocated", prefix="a", about=f"recipient:{recipient}")
    name = str(draft.document)
    new = SettingAside(draft, name, recipient, location, arrival=str(head.document))
    begun[name] = new, False
    return new


def _assign(journal: Journal, aside: SettingAside, share: Served) -> None:
    if share.need is None:
        return
    target = ASSIGNED(share.need.need, aside.allocation)
    if share.pledge is not None:
        source = CLAIMED(share.need.need, share.pledge)
        journal.move(aside.draft, source, target, share.item, "", share.quantity)
    else:
        serve(journal, aside.draft, share.need, target, share.quantity, displace=False)
