"""How goods and needs keep step: claims, assignments, and their way back.

Needs mirror goods: what is assigned of a need never exceeds what its allocation holds, what is met
never exceeds what the recipient received, what is claimed equals what the pledge promises to it.
"""

from __future__ import annotations

from collections import defaultdict

from supplies.books.reader import unknown
from supplies.domain.accounts import (
    ALLOCATED,
    ASSIGNED,
    CLAIMED,
    ENDED,
    IN_TRANSIT,
    MET,
    NEEDED,
    PLEDGED,
    RECEIVED,
    keys_of,
)
from supplies.domain.entry_rows import Need, NeedEnd
from supplies.errors import InvalidField
from supplies.ledger.journal import Draft, Journal

_URGENCY = {"high": 0, "normal": 1, "low": 2}


def number_of(document: str) -> int:
    """The entry that a document began with, from its id: age is its order."""
    return int(document.rsplit("_", 1)[1])


def most_urgent_first(need: Need) -> tuple[int, int]:
    """Sorts needs by urgency, then age."""
    return _URGENCY[need.urgency], number_of(need.need)


def find_need(journal: Journal, need: str, pointer: str = "") -> Need:
    """The need with this id, as it was last stated."""
    found = journal.books.latest(Need, need=need)
    if found is None:
        raise unknown(f"there is no need {need}; see the list of needs", pointer)
    return found


def need_for(
    journal: Journal, need: str, pointer: str, *, item: str, recipient: str | None = None
) -> Need:
    """The need a line names; it must be of the line's item, and of the recipient if given."""
    found = find_need(journal, need, pointer)
    if found.item != item:
        raise InvalidField.at(pointer, f"need {need} asks for {found.item}, not for {item}")
    if recipient is not None and found.recipient != recipient:
        raise InvalidField.at(
            pointer, f"need {need} is recipient {found.recipient}'s, not {recipient}'s"
        )
    return found


def needs_of(journal: Journal, recipient: str, item: str) -> list[Need]:
    """A recipient's needs of an item, most urgent first, met and ended ones too."""
    needs = journal.books.standing(Need, "need", recipient=recipient, item=item)
    return sorted(needs, key=most_urgent_first)


def claims_on(journal: Journal, pledge: str, item: str) -> list[tuple[Need, int]]:
    """What needs claim of a pledge's item, most urgent first."""
    claims = [
        (find_need(journal, keys_of(account)[1]), quantity)
        for (account, _, _), quantity in journal.held(f"{PLEDGED(pledge)}:", item).items()
    ]
    return sorted(claims, key=lambda claim: most_urgent_first(claim[0]))


def drop_claim(journal: Journal, draft: Draft, need: Need, pledge: str, quantity: int) -> None:
    """A claim becomes an open need again, and the pledge that much freer."""
    journal.move(draft, CLAIMED(need.need, pledge), NEEDED(need.need), need.item, "", quantity)
    journal.move(draft, PLEDGED(pledge, need.need), PLEDGED(pledge), need.item, "", quantity)


def displace_claims(journal: Journal, draft: Draft, need: Need, quantity: int) -> None:
    """Free goods go before promised ones: the newest promises to this need fall away first."""
    claims = journal.held(f"{CLAIMED.prefix}{need.need}:")
    for account, _, _ in sorted(claims, key=lambda key: -number_of(keys_of(key[0])[1])):
        pledge = keys_of(account)[1]
        dropped = max(0, min(quantity, journal.least(account, need.item)))
        drop_claim(journal, draft, need, pledge, dropped)
        quantity -= dropped


def serve(
    journal: Journal, draft: Draft, need: Need, target: str, quantity: int, *, displace: bool
) -> int:
    """Fill a need into `target` (assigned or met) as far as it is open; how much it took.

    displace: whether what is claimed counts as open too.
    """
    open_ = max(0, journal.least(NEEDED(need.need), need.item))
    if displace and quantity > open_:
        displace_claims(journal, draft, need, quantity - open_)
        open_ = max(0, journal.least(NEEDED(need.need), need.item))
    served = min(quantity, open_)
    journal.move(draft, NEEDED(need.need), target, need.item, "", served)
    return served


def way_back(journal: Journal, need: Need) -> str:
    """Where what no longer serves a need goes: it is open again, unless it was ended."""
    ended = journal.books.latest(NeedEnd, need=need.need)
    return NEEDED(need.need) if ended is None else ENDED(need.need, ended.reason)


def held_for(journal: Journal, allocation: str) -> dict[tuple[str, str], int]:
    """What an allocation holds by (item, lot), on shelves and in teams' hands."""
    held: dict[tuple[str, str], int] = defaultdict(int)
    for (_, item, lot), quantity in journal.held(f"{ALLOCATED(allocation)}:").items():
        held[item, lot] += quantity
    stops = journal.books.all(
        "SELECT DISTINCT delivery FROM stops WHERE station = :station AND allocation = :allocation",
        allocation=allocation,
    )
    for (delivery,) in stops:
        for (_, item, lot), quantity in journal.held(IN_TRANSIT(delivery, allocation)).items():
            held[item, lot] += quantity
    return held


def restore_needs(journal: Journal, draft: Draft, allocation: str) -> None:
    """After goods left an allocation unreceived: what is assigned beyond what it holds goes back.

    The excess, which serves no need, is thereby taken first.
    """
    held = held_for(journal, allocation)
    serving: dict[str, int] = defaultdict(int)
    for key, served in journal.needs_served(allocation).items():
        if served is not None:
            serving[served] += held.get(key, 0)
    for name, quantity in serving.items():
        need = find_need(journal, name)
        assigned = journal.balance(ASSIGNED(name, allocation), need.item)
        back = assigned - quantity
        if back > 0:
            journal.move(
                draft, ASSIGNED(name, allocation), way_back(journal, need), need.item, "", back
            )


def meet(journal: Journal, draft: Draft, recipient: str, item: str, quantity: int) -> None:
    """Goods that reached a recipient otherwise than by an allocation meet their open needs."""
    for need in needs_of(journal, recipient, item):
        quantity -= serve(journal, draft, need, MET(need.need), quantity, displace=True)


def unmeet(journal: Journal, draft: Draft, recipient: str, item: str) -> None:
    """After goods came back from a recipient: what is met beyond what they keep is open again."""
    kept = journal.total(RECEIVED(recipient), item)
    needs = needs_of(journal, recipient, item)
    met = sum(journal.balance(MET(need.need), item) for need in needs)
    for need in reversed(needs):
        back = min(max(0, met - kept), journal.balance(MET(need.need), item))
        journal.move(draft, MET(need.need), way_back(journal, need), item, "", back)
        met -= back
