"""Collections: a recipient fetches goods at the counter that were set aside."""

from __future__ import annotations

from supplies.domain.accounts import RECEIVED
from supplies.domain.commands import CollectAllocation
from supplies.domain.entries import COLLECTED
from supplies.domain.entry_rows import Collection
from supplies.errors import AlreadyDone, Sentence
from supplies.ledger.journal import Journal
from supplies.ledger.rules.allocations import (
    allocated_goods,
    check_leaves_open_location,
    find_allocation,
)
from supplies.ledger.rules.deliveries import check_not_expired
from supplies.ledger.rules.need_fulfilment import meet_assigned_need, meet_needs_with_excess


def collect_allocation(command: CollectAllocation, journal: Journal) -> None:
    """Record that a recipient fetched goods that were set aside: allocated → received.

    The goods meet the needs for which they were set aside. Goods that were set aside for no need
    meet other open needs of the recipient, as with a delivery.

    Raises:
        InvalidField: a line is unknown, goods are in a quarantine, or a lot has expired.
        AlreadyDone: nothing is left in the allocation.
        NotEnough: less of a line is set aside than the command takes.
        NotFound: the allocation is unknown.
    """
    name = command.allocation
    recipient = find_allocation(journal, name).recipient
    draft = journal.entry(COLLECTED, document=name, about=f"recipient:{recipient}")
    draft.add_rows(
        Collection(allocation=name, recipient=recipient, received_by=command.received_by)
    )
    for account, item, lot, quantity, pointer in allocated_goods(journal, name, command.lines):
        check_leaves_open_location(journal, account, pointer)
        # A correction may keep the quantity of an expired lot that was handed over.
        if not command.allow_expired and journal.kept(account, item, lot) < quantity:
            check_not_expired(journal, item, lot, pointer)
        journal.move(draft, account, RECEIVED(recipient), item, lot, quantity, pointer)
        meet_assigned_need(journal, draft, name, item, lot, quantity)
    if not draft.moves:
        raise AlreadyDone(
            Sentence("nothing is set aside in allocation {allocation} any more", allocation=name)
        )
    meet_needs_with_excess(journal, draft, recipient)
