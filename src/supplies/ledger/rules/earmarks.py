"""Earmarked goods: on arrival they go to an allocation, for a claim or by the donor's wish."""

from __future__ import annotations

from dataclasses import dataclass

from supplies.domain.accounts import ASSIGNED, CLAIMED
from supplies.domain.commands import DonationLine
from supplies.domain.entry_rows import Allocation, Need
from supplies.ledger.journal import Draft, Journal
from supplies.ledger.rules.allocations import AllocationDraft, first_open_need
from supplies.ledger.rules.need_fulfilment import find_need, serve


@dataclass(frozen=True, slots=True)
class Served:
    """Arrived goods for one recipient: for a need claimed by `pledge`, or by the donor's wish."""

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
    """The parts of a line that are earmarked: first for claimed needs, then by the donor's wish."""
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
    """The need that goods for one recipient serve; in a correction, the one they served before."""
    claimed = {need.need for need, _, _ in for_needs}
    for aside in () if journal.corrected is None else journal.corrected.earmarks:
        if (aside.recipient, aside.item, aside.lot) == (recipient, item, lot):
            if aside.need is not None and aside.need not in claimed:
                return find_need(journal, aside.need)
            if aside.need is None and aside.moved:
                return None
    return first_open_need(journal, recipient, item)


def set_aside(journal: Journal, head: Draft, location: str, served: list[Served]) -> None:
    """Move stock → allocated for each recipient; a correction continues its own allocations."""
    begun: dict[str, tuple[AllocationDraft, bool]] = {}
    former = _former_allocations(journal, served)
    reserved = {allocation.allocation for allocation in former.values()}
    for share in served:
        need = None if share.need is None else share.need.need
        own = former.get((share.recipient, share.item, share.lot, need))
        aside = None if own is None else _resume(head, own, begun)
        if aside is None:
            aside = _suitable_allocation(journal, share, need, begun) or _begin(
                journal,
                head,
                location,
                share.recipient,
                begun,
                reserved,
            )
        aside.add(journal, share.item, share.lot, need, share.quantity, share.pointer)
        _assign(journal, aside, share)
    for aside, again in begun.values():
        aside.state(again=again)


_Share = tuple[str, str, str, str | None]
"""Recipient, item, lot and need of goods in an allocation."""


def _former_allocations(journal: Journal, served: list[Served]) -> dict[_Share, Allocation]:
    """The allocations of the corrected command, by the share that each held so far."""
    if journal.corrected is None:
        return {}
    shares = {(s.recipient, s.item, s.lot, None if s.need is None else s.need.need) for s in served}
    own = {a.allocation: a for known in journal.corrected.allocations.values() for a in known}
    former: dict[_Share, Allocation] = {}
    for aside in journal.corrected.earmarks:
        share_key = aside.recipient, aside.item, aside.lot, aside.need
        if share_key in shares:
            former.setdefault(share_key, own[aside.allocation])
    return former


def _suitable_allocation(
    journal: Journal,
    share: Served,
    need: str | None,
    begun: dict[str, tuple[AllocationDraft, bool]],
) -> AllocationDraft | None:
    """An allocation of this recipient that can take the share; None if there is none.

    It must not have held the lot for another need.
    """
    corrected = journal.corrected
    held = {
        (aside.allocation, aside.item, aside.lot): aside.need
        for aside in (() if corrected is None else corrected.earmarks)
        if aside.moved
    }
    for aside, _ in begun.values():
        same = held.get((aside.allocation, share.item, share.lot), need) == need
        mine = aside.recipient == share.recipient
        if mine and same and aside.takes(share.item, share.lot, need):
            return aside
    return None


def _resume(
    head: Draft, allocation: Allocation, begun: dict[str, tuple[AllocationDraft, bool]]
) -> AllocationDraft:
    """Continue an allocation of the corrected command."""
    if allocation.allocation not in begun:
        kept = AllocationDraft(
            head, allocation.allocation, allocation.recipient, allocation.location
        )
        begun[allocation.allocation] = kept, True
    return begun[allocation.allocation][0]


def _begin(
    journal: Journal,
    head: Draft,
    location: str,
    recipient: str,
    begun: dict[str, tuple[AllocationDraft, bool]],
    reserved: set[str],
) -> AllocationDraft:
    """An unused allocation of the corrected command, or a new one."""
    corrected = journal.corrected
    for own in () if corrected is None else corrected.allocations.get(recipient, ()):
        if own.allocation not in begun and own.allocation not in reserved:
            return _resume(head, own, begun)
    draft = journal.entry("allocated", prefix="a", about=f"recipient:{recipient}")
    name = str(draft.document)
    new = AllocationDraft(draft, name, recipient, location, arrival=str(head.document))
    begun[name] = new, False
    return new


def _assign(journal: Journal, aside: AllocationDraft, share: Served) -> None:
    if share.need is None:
        return
    target = ASSIGNED(share.need.need, aside.allocation)
    if share.pledge is not None:
        source = CLAIMED(share.need.need, share.pledge)
        journal.move(aside.draft, source, target, share.item, "", share.quantity)
    else:
        serve(journal, aside.draft, share.need, target, share.quantity, displace=False)
