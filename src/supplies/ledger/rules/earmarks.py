"""Earmarks: set goods aside when they arrive, for a claimed need or by the donor's wish."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from supplies.domain.accounts import ASSIGNED, CLAIMED
from supplies.domain.commands import DonationLine
from supplies.domain.entry_rows import Allocation, Need
from supplies.ledger.drafts import Draft
from supplies.ledger.journal import Journal
from supplies.ledger.rules.allocations import AllocationDraft, first_open_need
from supplies.ledger.rules.need_fulfilment import find_need, serve_need


class ServedClaim(NamedTuple):
    """A need's claim on a pledge, and the arriving goods that the claim gets.

    Attributes:
        quantity: How much of the goods the claim gets, in base units.
        draft: The draft that books these goods. If the claim was made only after the goods arrived,
            the draft has the day of the claim.
    """

    need: Need
    pledge: str
    quantity: int
    draft: Draft


@dataclass(frozen=True, slots=True)
class EarmarkedShare:
    """The part of an arriving line that is set aside for one recipient.

    Attributes:
        draft: The draft of the donation or conversion for the day on which the goods are set aside.
        need: The need that the goods are for, or None.
        pledge: The pledge on which the need has a claim; None if the goods are set aside because
            the donor wishes them for the recipient.
        named: Whether the line names the need. If so, claims of the need on pledges are dropped if
            its open quantity is too small for these goods.
    """

    draft: Draft
    recipient: str
    item: str
    lot: str
    quantity: int
    need: Need | None
    pledge: str | None
    pointer: str
    named: bool = False


def earmarked_shares(
    journal: Journal,
    draft: Draft,
    line: DonationLine,
    lot: str,
    quantity: int,
    for_needs: list[ServedClaim],
    pointer: str,
) -> list[EarmarkedShare]:
    """Divide an arriving line into the parts that are set aside at once.

    Each claim gets one part. If the donor wishes the goods for a recipient, the rest is another
    part. In a correction, goods that are now recorded as expired on arrival are set aside for this
    recipient only up to the quantity set aside before.

    Args:
        for_needs: The claims that get goods of the line.
    """
    shares: list[EarmarkedShare] = []
    for need, pledge, taken, on_day in for_needs:
        shares.append(
            EarmarkedShare(on_day, need.recipient, line.item, lot, taken, need, pledge, pointer)
        )
        quantity -= taken
    if line.recipient is not None:
        journal.books.recipient(line.recipient, f"{pointer}/for")
        if _is_expired(journal, line.item, lot):
            quantity = min(quantity, _wished_before(journal, line.recipient, lot))
        if quantity:
            if line.need is not None:
                wished_need: Need | None = find_need(journal.books, line.need)
            else:
                wished_need = _wished_need(journal, line.recipient, line.item, lot, for_needs)
            shares.append(
                EarmarkedShare(
                    draft,
                    line.recipient,
                    line.item,
                    lot,
                    quantity,
                    wished_need,
                    None,
                    pointer,
                    named=line.need is not None,
                )
            )
    return shares


def _is_expired(journal: Journal, item: str, lot: str) -> bool:
    expires_on = journal.lot(lot, item).expires_on
    return expires_on is not None and expires_on < journal.happened_on


def _wished_before(journal: Journal, recipient: str, lot: str) -> int:
    """Return how much of a lot the original command set aside for a recipient.

    The quantity is in base units. It is 0 if this is not a correction.
    """
    return sum(
        earmark.quantity for earmark in journal.earmarks(lot) if earmark.recipient == recipient
    )


def _wished_need(
    journal: Journal,
    recipient: str,
    item: str,
    lot: str,
    for_needs: list[ServedClaim],
) -> Need | None:
    """Return the need that is met by goods which the donor wants to give to one recipient.

    This is the recipient's most urgent open need, or None if no need is open. In a correction, it
    is the need for which the goods were set aside before. If they were set aside for no need and
    have been dispatched or handed over, the result is None.
    """
    claimed = {claim.need.need for claim in for_needs}
    for earmark in journal.earmarks(lot):
        if earmark.recipient == recipient:
            if earmark.need is not None and earmark.need not in claimed:
                return find_need(journal.books, earmark.need)
            if earmark.need is None and earmark.moved:
                return None
    return first_open_need(journal, recipient, item)


def allocate_shares(
    journal: Journal, head: Draft, location: str, shares: list[EarmarkedShare]
) -> None:
    """Set each share aside for its recipient: stock → allocated.

    In a correction, the goods are set aside in the allocations that the original command made, as
    far as possible.

    Args:
        head: The first draft of the donation or conversion.
    """
    drafts: _AllocationDrafts = {}
    former = _former_allocations(journal, shares)
    reserved = {allocation.allocation for allocation in former.values()}
    moved_for = {
        (earmark.allocation, earmark.item, earmark.lot): earmark.need
        for earmark in (() if journal.corrected is None else journal.corrected.earmarks)
        if earmark.moved
    }
    for_recipients: dict[str, list[AllocationDraft]] = defaultdict(list)
    for share in shares:
        need = None if share.need is None else share.need.need
        own = former.get((share.recipient, share.item, share.lot, need))
        drafted = len(drafts)
        allocation = None if own is None else _resume(share, own, drafts)
        if allocation is None:
            allocation = _suitable_allocation(
                share, need, for_recipients[share.recipient], moved_for
            ) or _unused_or_new_allocation(journal, head, location, share, drafts, reserved)
        if len(drafts) > drafted:
            for_recipients[allocation.recipient].append(allocation)
        allocation.add(journal, share.item, share.lot, need, share.quantity, share.pointer)
        _assign(journal, allocation, share)
    for allocation, resumed in drafts.values():
        allocation.add_rows(exists=resumed)


_ShareKey = tuple[str, str, str, str | None]
"""The recipient, item, lot and need that identify goods in an allocation."""

_AllocationDrafts = dict[str, tuple[AllocationDraft, bool]]
"""Drafts of allocations by id. The bool says whether the original command made the allocation."""


def _former_allocations(
    journal: Journal, shares: list[EarmarkedShare]
) -> dict[_ShareKey, Allocation]:
    """Return the allocation in which the original command had set aside the goods of each share.

    Shares that the original command had not set aside are left out.
    """
    if journal.corrected is None:
        return {}
    wanted = {
        (share.recipient, share.item, share.lot, None if share.need is None else share.need.need)
        for share in shares
    }
    own = {
        allocation.allocation: allocation
        for allocations in journal.corrected.allocations.values()
        for allocation in allocations
    }
    former: dict[_ShareKey, Allocation] = {}
    for earmark in journal.corrected.earmarks:
        key = earmark.recipient, earmark.item, earmark.lot, earmark.need
        if key in wanted:
            former.setdefault(key, own[earmark.allocation])
    return former


def _suitable_allocation(
    share: EarmarkedShare,
    need: str | None,
    drafted: Sequence[AllocationDraft],
    moved_for: Mapping[tuple[str, str, str], str | None],
) -> AllocationDraft | None:
    """Return a drafted allocation to which a share can be added, or None.

    The allocation must be for the same day, and must not have had goods of the same lot for another
    need.

    Args:
        drafted: The drafted allocations for the recipient of the share.
        moved_for: In a correction, the need for which goods of an allocation, item and lot were
            dispatched or handed over.
    """
    for allocation in drafted:
        same_need = moved_for.get((allocation.allocation, share.item, share.lot), need) == need
        same_day = allocation.draft.booked_on == share.draft.booked_on
        if same_day and same_need and allocation.takes(share.item, share.lot, need):
            return allocation
    return None


def _resume(
    share: EarmarkedShare, allocation: Allocation, drafts: _AllocationDrafts
) -> AllocationDraft | None:
    """Return the draft for an allocation that the original command made. Begin it if necessary.

    Return None if this draft was begun for a share of another day, because one draft has one day.
    """
    if allocation.allocation not in drafts:
        resumed = AllocationDraft(
            share.draft, allocation.allocation, allocation.recipient, allocation.location
        )
        drafts[allocation.allocation] = resumed, True
    found = drafts[allocation.allocation][0]
    return found if found.draft.booked_on == share.draft.booked_on else None


def _unused_or_new_allocation(
    journal: Journal,
    head: Draft,
    location: str,
    share: EarmarkedShare,
    drafts: _AllocationDrafts,
    reserved: set[str],
) -> AllocationDraft:
    """Return the draft of an unused allocation of the original command, or of a new one."""
    corrected, recipient = journal.corrected, share.recipient
    for own in () if corrected is None else corrected.allocations.get(recipient, ()):
        if own.allocation not in drafts and own.allocation not in reserved:
            resumed = _resume(share, own, drafts)
            assert resumed is not None, f"{own.allocation} was not continued yet"
            return resumed
    day = None if share.draft is head else share.draft.happened_on
    draft = journal.entry("allocated", prefix="a", about=f"recipient:{recipient}", day=day)
    name = str(draft.document)
    new = AllocationDraft(draft, name, recipient, location, arrival=str(head.document))
    drafts[name] = new, False
    return new


def _assign(journal: Journal, allocation: AllocationDraft, share: EarmarkedShare) -> None:
    """Assign the quantity of a share to its need: claimed → assigned, or needed → assigned."""
    if share.need is None:
        return
    target = ASSIGNED(share.need.need, allocation.allocation)
    if share.pledge is not None:
        source = CLAIMED(share.need.need, share.pledge)
        journal.move(allocation.draft, source, target, share.item, "", share.quantity)
    else:
        serve_need(
            journal, allocation.draft, share.need, target, share.quantity, displace=share.named
        )
