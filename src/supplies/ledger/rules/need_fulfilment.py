"""Needs follow goods: claimed, assigned and met, and the way back.

Three rules hold after each entry: what is assigned of a need is at most what its allocation holds;
what is met is at most what the recipient received; what is claimed equals what is pledged to it.
"""

from __future__ import annotations

from collections import defaultdict

from supplies.books.reader import unknown_code_error
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
    """The number of a document's first entry, from its id; a smaller one is older."""
    return int(document.rsplit("_", 1)[1])


def most_urgent_first(need: Need) -> tuple[int, int]:
    """Sort key: by urgency, then oldest first."""
    return _URGENCY[need.urgency], number_of(need.need)


def find_need(journal: Journal, need: str, pointer: str = "") -> Need:
    """Return the latest version of a need; an unknown id is refused."""
    found = journal.books.latest_row(Need, need=need)
    if found is None:
        raise unknown_code_error(f"there is no need {need}; see the list of needs", pointer)
    return found


def need_for(
    journal: Journal, need: str, pointer: str, *, item: str, recipient: str | None = None
) -> Need:
    """Return the need that a line names.

    Raises InvalidField if it is of another item, or of another recipient than the given one.
    """
    found = find_need(journal, need, pointer)
    if found.item != item:
        raise InvalidField.at(pointer, f"need {need} asks for {found.item}, not for {item}")
    if recipient is not None and found.recipient != recipient:
        raise InvalidField.at(
            pointer, f"need {need} is recipient {found.recipient}'s, not {recipient}'s"
        )
    return found


def needs_of(journal: Journal, recipient: str, item: str) -> list[Need]:
    """All needs of a recipient for an item, also met and ended ones; most urgent first."""
    needs = journal.books.current_rows(Need, "need", recipient=recipient, item=item)
    return sorted(needs, key=most_urgent_first)


def claims_on(journal: Journal, pledge: str, item: str) -> list[tuple[Need, int]]:
    """The needs that claim an item of a pledge, with how much; most urgent first."""
    claims = [
        (find_need(journal, keys_of(account)[1]), quantity)
        for (account, _, _), quantity in journal.held(f"{PLEDGED(pledge)}:", item).items()
    ]
    return sorted(claims, key=lambda claim: most_urgent_first(claim[0]))


def drop_claim(journal: Journal, draft: Draft, need: Need, pledge: str, quantity: int) -> None:
    """Undo a claim: claimed → needed, and the pledge is free by as much."""
    journal.move(draft, CLAIMED(need.need, pledge), NEEDED(need.need), need.item, "", quantity)
    journal.move(draft, PLEDGED(pledge, need.need), PLEDGED(pledge), need.item, "", quantity)


def displace_claims(journal: Journal, draft: Draft, need: Need, quantity: int) -> None:
    """Drop claims of a need that free goods serve instead; the newest pledges first."""
    claims = journal.held(f"{CLAIMED.prefix}{need.need}:")
    for account, _, _ in sorted(claims, key=lambda key: -number_of(keys_of(key[0])[1])):
        pledge = keys_of(account)[1]
        dropped = max(0, min(quantity, journal.available(account, need.item)))
        drop_claim(journal, draft, need, pledge, dropped)
        quantity -= dropped


def serve(
    journal: Journal, draft: Draft, need: Need, target: str, quantity: int, *, displace: bool
) -> int:
    """Move needed → `target` (assigned or met) as far as the need is open; return how much.

    displace: whether claimed quantities count as open too.
    """
    open_ = max(0, journal.available(NEEDED(need.need), need.item))
    if displace and quantity > open_:
        displace_claims(journal, draft, need, quantity - open_)
        open_ = max(0, journal.available(NEEDED(need.need), need.item))
    served = min(quantity, open_)
    journal.move(draft, NEEDED(need.need), target, need.item, "", served)
    return served


def way_back(journal: Journal, need: Need) -> str:
    """The account to which a need's quantity returns: needed, or ended if the need was ended."""
    ended = journal.books.latest_row(NeedEnd, need=need.need)
    return NEEDED(need.need) if ended is None else ENDED(need.need, ended.reason)


def held_for(journal: Journal, allocation: str) -> dict[tuple[str, str], int]:
    """The goods of an allocation by (item, lot), in stock and in transit."""
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
    """Reopen needs after goods left an allocation without being received.

    What is assigned beyond the goods left goes back, so goods that serve no need go first.
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


def meet_needs(journal: Journal, draft: Draft, recipient: str, item: str, quantity: int) -> None:
    """Meet open needs with goods that reached a recipient without an allocation."""
    for need in needs_of(journal, recipient, item):
        quantity -= serve(journal, draft, need, MET(need.need), quantity, displace=True)


def reopen_needs(journal: Journal, draft: Draft, recipient: str, item: str) -> None:
    """Reopen met needs after goods came back: what is met beyond the goods kept."""
    kept = journal.total(RECEIVED(recipient), item)
    needs = needs_of(journal, recipient, item)
    met = sum(journal.balance(MET(need.need), item) for need in needs)
    for need in reversed(needs):
        back = min(max(0, met - kept), journal.balance(MET(need.need), item))
        journal.move(draft, MET(need.need), way_back(journal, need), item, "", back)
        met -= back
