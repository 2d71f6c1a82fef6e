"""Change the quantities of needs as goods move: needed → claimed → assigned → met, and back.

After each entry, three things are true. The quantity assigned to needs is at most the quantity in
their allocations. The quantity met is at most the quantity that their recipients received. The
quantity claimed for a need equals the quantity that pledges promise to it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

from supplies.books.reader import Books, unknown_code_error
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
    kind_of,
)
from supplies.domain.entry_rows import Need, NeedEnd
from supplies.errors import InvalidField, Sentence
from supplies.ledger.balance_changes import Key
from supplies.ledger.drafts import Draft
from supplies.ledger.journal import Journal
from supplies.ledger.lot_selection import divide
from supplies.ledger.needs_in_order import NeedsInOrder, document_number, most_urgent_first


def find_need(books: Books, need: str, pointer: str = "") -> Need:
    """Return a need by its id, with its latest values.

    Raises:
        NotFound: the id is unknown and `pointer` is empty.
        InvalidField: the id is unknown; the error names the field to which `pointer` leads.
    """
    found = books.latest_row(Need, need=need)
    if found is None:
        raise unknown_code_error(
            Sentence("unknown need {need}; see the list of needs", need=need), pointer
        )
    return found


def need_for(
    journal: Journal, need: str, pointer: str, *, item: str, recipient: str | None = None
) -> Need:
    """Return the need that a line names, and check its item and recipient.

    Args:
        recipient: The recipient whose need it must be. If None, any recipient is accepted.

    Raises:
        InvalidField: the need is unknown, for another item or of another recipient.
    """
    found = find_need(journal.books, need, pointer)
    if found.item != item:
        raise InvalidField.at(
            pointer,
            Sentence(
                "need {need} is for {of}, not for {item}", need=need, of=found.item, item=item
            ),
        )
    if recipient is not None and found.recipient != recipient:
        raise InvalidField.at(
            pointer,
            Sentence(
                "need {need} is of recipient {of}, not of {recipient}",
                need=need,
                of=found.recipient,
                recipient=recipient,
            ),
        )
    return found


def needs_of(journal: Journal, recipient: str, item: str) -> list[Need]:
    """Return all needs of a recipient for an item, the most urgent first.

    Needs that are met or have ended are included.
    """
    needs = journal.books.current_rows(Need, "need", recipient=recipient, item=item)
    return sorted(needs, key=most_urgent_first)


def open_needs(journal: Journal, recipient: str, item: str) -> NeedsInOrder:
    """Return a recipient's needs for an item that may not be fully met, the most urgent first.

    A fully met need is included if a drafted entry changes its open quantity or its claims on
    pledges, because it may be open again. Each need comes with the key of the balance that contains
    its open quantity.
    """
    needs = journal.needs_in_order.get((recipient, item))
    names: list[str] = []
    if needs is None:
        still_open = journal.needs_still_open(recipient, item)
        names = [need for need, open_ in still_open.items() if open_]
        needs = journal.needs_in_order[recipient, item] = NeedsInOrder(still_open.keys() - names)
    for kind in (NEEDED, CLAIMED):
        changed = {keys_of(key[0])[0] for key in needs.unseen(journal.changed(kind.prefix, item))}
        names += needs.left_out & changed
        needs.left_out -= changed
    needs.add(
        (need, (NEEDED(need.need), item, ""))
        for need in journal.recorded_needs(names)
        if (need.recipient, need.item) == (recipient, item)
    )
    return needs


def claims_on_pledge(journal: Journal, pledge: str, item: str) -> Iterator[tuple[Need, int]]:
    """Yield the needs that claim an item of a pledge, most urgent first.

    Each need comes with the quantity that it claims when it is yielded.
    """
    prefix = f"{PLEDGED(pledge)}:"
    claims = journal.needs_in_order.get((prefix, item))
    new: list[Key] = []
    if claims is None:
        claims = journal.needs_in_order[prefix, item] = NeedsInOrder()
        new = claims.unseen(journal.balances_of_item(prefix, item))
        journal.read_needs_of_claims(prefix)
    new += claims.unseen(journal.changed(prefix, item))
    needs = journal.recorded_needs([keys_of(account)[1] for account, _, _ in new])
    claims.add(zip(needs, new, strict=True))
    for need, key in claims:
        if quantity := journal.balance(*key):
            yield need, quantity


def drop_claim(journal: Journal, draft: Draft, need: Need, pledge: str, quantity: int) -> None:
    """Drop a claim of a need on a pledge: claimed → needed."""
    journal.move(draft, CLAIMED(need.need, pledge), NEEDED(need.need), need.item, "", quantity)
    journal.move(draft, PLEDGED(pledge, need.need), PLEDGED(pledge), need.item, "", quantity)


def displace_claims(journal: Journal, draft: Draft, need: Need, quantity: int) -> None:
    """Drop claims of a need on pledges, because other goods take their place: claimed → needed.

    Claims on the newest pledges are dropped first.
    """
    claims = journal.nonzero_balances(f"{CLAIMED.prefix}{need.need}:")
    for account, _, _ in sorted(claims, key=lambda key: -document_number(keys_of(key[0])[1])):
        pledge = keys_of(account)[1]
        dropped = max(0, min(quantity, journal.available(account, need.item)))
        drop_claim(journal, draft, need, pledge, dropped)
        quantity -= dropped


def serve_need(
    journal: Journal, draft: Draft, need: Need, target: str, quantity: int, *, displace: bool
) -> int:
    """Move the open quantity of a need to `target`: needed → assigned or met.

    Return the quantity moved.

    Args:
        quantity: The maximum to move.
        displace: Whether to drop claims on pledges if the open quantity is not enough without them.
    """
    open_ = max(0, journal.available(NEEDED(need.need), need.item))
    if displace and quantity > open_:
        displace_claims(journal, draft, need, quantity - open_)
        open_ = max(0, journal.available(NEEDED(need.need), need.item))
    served = min(quantity, open_)
    journal.move(draft, NEEDED(need.need), target, need.item, "", served)
    return served


def return_account(journal: Journal, need: Need) -> str:
    """Return the account to which a quantity goes if a need is no longer served.

    This is `ended` for a need that has ended, and `needed` for all others.
    """
    ended = next(
        (
            row
            for draft in journal.drafts
            for row in draft.rows
            if isinstance(row, NeedEnd) and row.need == need.need
        ),
        None,
    ) or journal.books.latest_row(NeedEnd, need=need.need)
    return NEEDED(need.need) if ended is None else ENDED(need.need, ended.reason)


def goods_of_allocation(journal: Journal, allocation: str) -> dict[tuple[str, str], int]:
    """Return the quantity of each item and lot in an allocation, whether in stock or in transit."""
    goods: dict[tuple[str, str], int] = defaultdict(int)
    for (_, item, lot), quantity in journal.nonzero_balances(f"{ALLOCATED(allocation)}:").items():
        goods[item, lot] += quantity
    stops = journal.books.all(
        "SELECT DISTINCT delivery FROM stops WHERE station = :station AND allocation = :allocation",
        allocation=allocation,
    )
    for (delivery,) in stops:
        for (_, item, lot), quantity in journal.nonzero_balances(
            IN_TRANSIT(delivery, allocation)
        ).items():
            goods[item, lot] += quantity
    return goods


def restore_needs(journal: Journal, draft: Draft, allocation: str) -> None:
    """Reopen needs after goods left an allocation without being received: assigned → needed.

    A need is reopened only by the quantity that the remaining goods do not cover. In effect, goods
    that are for no need are assumed to leave first.
    """
    goods = goods_of_allocation(journal, allocation)
    goods_for_need: dict[str, int] = defaultdict(int)
    for key, need_id in journal.needs_served(allocation).items():
        if need_id is not None:
            goods_for_need[need_id] += goods.get(key, 0)
    for name, quantity in goods_for_need.items():
        need = find_need(journal.books, name)
        assigned = journal.balance(ASSIGNED(name, allocation), need.item)
        back = assigned - quantity
        if back > 0:
            journal.move(
                draft,
                ASSIGNED(name, allocation),
                return_account(journal, need),
                need.item,
                "",
                back,
            )


def meet_needs(journal: Journal, draft: Draft, recipient: str, item: str, quantity: int) -> None:
    """Meet open needs of a recipient with received goods that were not set aside for them.

    A correction first meets the needs that the original command met. Goods that met no need before
    the correction meet no need after it.
    """
    needs = [need for need, _ in open_needs(journal, recipient, item)]
    if journal.corrected is not None:
        for need in needs:
            met_before = journal.kept(MET(need.need), item)
            quantity -= meet_need(journal, draft, need, min(quantity, met_before))
        quantity = min(quantity, max(0, _more_received_than_met(journal, recipient, item)))
    for need in needs:
        if not quantity:
            break
        quantity -= meet_need(journal, draft, need, quantity)


def _more_received_than_met(journal: Journal, recipient: str, item: str) -> int:
    """Return the drafted change of the quantity received, minus that of the quantity met."""
    received = sum(
        journal.drafted_change(RECEIVED(recipient), item, lot)
        for lot in journal.drafted_lots(RECEIVED(recipient), item)
    )
    needs = needs_of(journal, recipient, item)
    return received - sum(journal.drafted_change(MET(need.need), item) for need in needs)


def meet_needs_with_excess(journal: Journal, draft: Draft, recipient: str) -> None:
    """Meet open needs of a recipient with goods in a draft that do not meet any need yet.

    These are received goods that were not set aside for a need, or that exceed the need for which
    they were set aside.
    """
    excess: Counter[str] = Counter()
    for transfer, _ in draft.moves:
        if transfer.target == RECEIVED(recipient):
            excess[transfer.item] += transfer.quantity
        elif kind_of(transfer.target) is MET:
            excess[transfer.item] -= transfer.quantity
        if transfer.source == RECEIVED(recipient):
            excess[transfer.item] -= transfer.quantity
        elif kind_of(transfer.source) is MET:
            excess[transfer.item] += transfer.quantity
    for item, quantity in excess.items():
        if quantity > 0:
            meet_needs(journal, draft, recipient, item, quantity)


def meet_assigned_need(
    journal: Journal, draft: Draft, allocation: str, item: str, lot: str, received: int
) -> None:
    """Record that received goods met the need for which they were set aside: assigned → met.

    At most the quantity that is assigned to the need is moved.
    """
    name = journal.needs_served(allocation).get((item, lot))
    if name is None:
        return
    need = find_need(journal.books, name)
    assigned = max(0, journal.balance(ASSIGNED(name, allocation), need.item))
    journal.move(
        draft, ASSIGNED(name, allocation), MET(name), need.item, "", min(received, assigned)
    )


def meet_need(journal: Journal, draft: Draft, need: Need, quantity: int) -> int:
    """Meet a need as far as it is open: needed → met. Return the quantity that was met.

    Claims of the need on pledges are dropped if the open quantity is not enough without them.
    """
    return serve_need(journal, draft, need, MET(need.need), quantity, displace=True)


def reopen_need(journal: Journal, draft: Draft, need: Need, quantity: int) -> None:
    """Reopen a need after goods came back, by at most the quantity that was met."""
    back = max(0, min(quantity, journal.available(MET(need.need), need.item)))
    journal.move(draft, MET(need.need), return_account(journal, need), need.item, "", back)


def reopen_needs(journal: Journal, draft: Draft, recipient: str, item: str) -> None:
    """Reopen needs of a recipient for an item after goods of the item came back.

    The needs are reopened by the quantity that the recipient's remaining goods do not cover. A
    correction first reopens the needs that the original command reopened.
    """
    there = journal.total(RECEIVED(recipient), item)
    needs = {need.need: need for need in reversed(needs_of(journal, recipient, item))}
    met = {name: journal.balance(MET(name), item) for name in needs}
    kept = {
        name: journal.kept(MET(name), item) if journal.drafted_change(MET(name), item) > 0 else 0
        for name in needs
    }
    for name, back in divide(max(0, sum(met.values()) - there), met, kept).items():
        target = return_account(journal, needs[name])
        journal.move(draft, MET(name), target, item, "", back)
