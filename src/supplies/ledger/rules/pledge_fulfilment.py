"""Count arriving goods towards pledges: pledged → donor, and claimed needs get their goods."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date
from typing import NamedTuple

import msgspec

from supplies.domain.accounts import CLAIMED, DONOR, PLEDGED
from supplies.domain.commands import DonationLine
from supplies.domain.entry_rows import Need
from supplies.errors import InvalidField, Sentence
from supplies.ledger.drafts import Draft
from supplies.ledger.journal import Journal
from supplies.ledger.needs_in_order import most_urgent_first
from supplies.ledger.rules.earmarks import ServedClaim
from supplies.ledger.rules.expired_goods import Destination
from supplies.ledger.rules.need_fulfilment import claims_on_pledge, drop_claim, return_account
from supplies.ledger.rules.pledges import find_pledge, promised, promises_item

_Claim = tuple[Need, int, int]
"""A need with a claim on a pledge, the most that it may get, and the rest that must remain.

The rest is the quantity of the line for the recipient to whom the donor wants to give it.
"""


class DonatedGoods(NamedTuple):
    """The goods of one line of a donation, after their lot was drafted.

    Attributes:
        quantity: In base units.
        to: Where the goods go.
        pointer: The JSON pointer to the line.
    """

    donor: str
    line: DonationLine
    lot: str
    quantity: int
    to: Destination
    pointer: str


def fulfil_pledge(
    journal: Journal, draft: Draft, goods: DonatedGoods
) -> tuple[int, list[ServedClaim]]:
    """Count goods towards the pledge that their line names.

    Return how much of the pledge the goods fulfil, and the claims that get goods. If the line names
    no pledge, return 0 and no claims. Claims of needs on the pledge come first, then the part of
    the pledge that no need claims. Claims that were made only after the goods arrived come last.
    They get their goods on the day of the claim.

    Raises:
        InvalidField: the pledge is unknown, by another donor, or does not promise the item.
    """
    line, is_usable, item = goods.line, goods.to.usable, goods.line.item
    if line.pledge is None:
        return 0, []
    pledge = _check_pledge(journal, goods, line.pledge)
    if not is_usable:
        _drop_claims(journal, draft, line, pledge, goods.quantity)
    remaining = goods.quantity
    served: dict[tuple[str, date], ServedClaim] = {}
    claims: Iterable[_Claim] = ()
    if is_usable:
        claims = _claims_in_order(journal, line, goods.lot, pledge)
    is_late = draft.booked_on < journal.end.latest_day
    was_claimed = (
        not is_late or journal.closing_total(f"{PLEDGED(pledge)}:", item, draft.booked_on) > 0
    )
    if was_claimed:
        if is_late:
            claims = list(claims)  # as they are before any of them is served
        for claim in _claims_at_arrival(journal, draft, item, pledge, claims, remaining):
            _serve(journal, goods, claim, served)
            remaining -= claim.quantity
    free = max(0, min(remaining, journal.available(PLEDGED(pledge), item)))
    journal.move(draft, PLEDGED(pledge), DONOR(goods.donor), item, "", free, goods.pointer)
    remaining -= free
    if remaining and is_late:
        if not is_usable:
            claims = ((need, n, 0) for need, n in _claims_for(journal, line, pledge))
        for claim in _later_claims(journal, draft, line, pledge, claims, remaining):
            _serve(journal, goods, claim, served)
            remaining -= claim.quantity
    return goods.quantity - remaining, list(served.values())


def _check_pledge(journal: Journal, goods: DonatedGoods, name: str) -> str:
    """Check the pledge that a line names, and return the pledge's id.

    Raises:
        InvalidField: the pledge is unknown, by another donor, or does not promise the item.
    """
    pledge = find_pledge(journal.books, name, f"{goods.pointer}/pledge")
    if pledge.donor != goods.donor:
        raise InvalidField.at(
            f"{goods.pointer}/pledge",
            Sentence(
                "pledge {pledge} was made by donor {donor}, not by {donor_2}",
                pledge=pledge.pledge,
                donor=pledge.donor,
                donor_2=goods.donor,
            ),
        )
    if not promises_item(journal, pledge.pledge, goods.line.item):
        raise InvalidField.at(
            f"{goods.pointer}/pledge",
            Sentence(
                "pledge {pledge} does not promise {item}; leave the pledge out of this line",
                pledge=pledge.pledge,
                item=goods.line.item,
            ),
        )
    return pledge.pledge


def _serve(
    journal: Journal,
    goods: DonatedGoods,
    claim: ServedClaim,
    served: dict[tuple[str, date], ServedClaim],
) -> None:
    """Count goods towards a claim on a pledge.

    If the goods cannot be given to people, the need is open again.

    Args:
        served: The claims that get goods. `claim` is added here. If the same claim has already got
            goods on this day, the quantities are added up.
    """
    name, item, quantity = claim.need.need, goods.line.item, claim.quantity
    account = PLEDGED(claim.pledge, name)
    journal.move(claim.draft, account, DONOR(goods.donor), item, "", quantity)
    if not goods.to.usable:
        claimed, back = CLAIMED(name, claim.pledge), return_account(journal, claim.need)
        journal.move(claim.draft, claimed, back, item, "", quantity)
        return
    key = name, claim.draft.booked_on
    before = served[key].quantity if key in served else 0
    served[key] = claim._replace(quantity=before + quantity)


def _claims_at_arrival(
    journal: Journal,
    draft: Draft,
    item: str,
    pledge: str,
    claims: Iterable[_Claim],
    quantity: int,
) -> Iterator[ServedClaim]:
    """Yield the claims that get goods of a donation on the day on which the goods arrive.

    Args:
        claims: As `_claims_in_order` yields them.
        quantity: The quantity of the goods.
    """
    for need, at_most, kept_back in claims:
        if not quantity:
            return
        most = min(quantity - kept_back, at_most)
        if most <= 0:
            continue
        part = min(most, journal.available(PLEDGED(pledge, need.need), item))
        if part > 0:
            yield ServedClaim(need, pledge, part, draft)
            quantity -= part


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
        quantity: The quantity of goods that no claim has received yet.
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


def fulfil_open_pledges(
    journal: Journal, draft: Draft, goods: DonatedGoods, pledges: list[str]
) -> tuple[int, list[ServedClaim]]:
    """Count goods towards open pledges of the donor, the oldest first.

    In a correction, goods that were dispatched for a claim on a pledge fulfil that pledge, even if
    older pledges are open. The result is like that of `fulfil_pledge`.

    Args:
        pledges: The open pledges of the item. Those that the goods fulfil completely are removed.
    """
    line, remaining = goods.line, goods.quantity
    for_needs: list[ServedClaim] = []
    left = Counter[str]()
    if goods.to.usable:
        left = _moved_for_claims(journal, line, goods.lot, pledges)
    for pledge in tuple(pledges):
        if not remaining:
            break
        own = left.pop(pledge, 0)
        at_most = max(min(remaining, own), remaining - left.total())
        if at_most <= 0:
            continue
        on_it = msgspec.structs.replace(line, pledge=pledge)
        part, needs = fulfil_pledge(journal, draft, goods._replace(line=on_it, quantity=at_most))
        remaining -= part
        for_needs += needs
        if not promised(journal, pledge, line.item):
            pledges.remove(pledge)
    return goods.quantity - remaining, for_needs


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
