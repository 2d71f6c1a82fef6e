"""Set goods aside for one recipient (an allocation), or release them again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial

from supplies.books.reader import unknown_code_error
from supplies.domain.accounts import ALLOCATED, ASSIGNED, CLAIMED, STOCK, keys_of
from supplies.domain.catalogue_records import Location
from supplies.domain.commands import Allocate, AllocationLine, AllocationPart, Release, ReleasedLine
from supplies.domain.entry_rows import Allocation, Need
from supplies.domain.entry_rows import AllocationLine as StatedLine
from supplies.errors import AlreadyDone, InvalidField, Sentence
from supplies.ledger.drafts import Draft
from supplies.ledger.journal import Journal
from supplies.ledger.lot_selection import by_pointer, lots_first, pick_lots
from supplies.ledger.rules.need_fulfilment import need_for, open_needs, restore_needs, serve_need


@dataclass(slots=True)
class AllocationDraft:
    """An allocation that a rule is drafting.

    Attributes:
        arrival: The donation or conversion that brought the goods, if they are set aside on
            arrival; None if a command sets aside goods that are already in stock.
        lots: For each item and lot in the allocation, the need that the goods are for and the
            quantity. All goods of one lot are for the same need, or for no need.
    """

    draft: Draft
    allocation: str
    recipient: str
    location: str
    arrival: str | None = None
    lots: dict[tuple[str, str], tuple[str | None, int]] = field(default_factory=dict)

    def takes(self, item: str, lot: str, need: str | None) -> bool:
        """Return whether the allocation can contain goods of this lot for this need.

        It cannot if it already has goods of the same lot for another need.
        """
        return (item, lot) not in self.lots or self.lots[item, lot][0] == need

    def add(
        self, journal: Journal, item: str, lot: str, need: str | None, quantity: int, pointer: str
    ) -> None:
        """Set goods of one lot aside in this allocation: stock → allocated."""
        check_open_location(journal, self.location)
        _, before = self.lots.get((item, lot), (need, 0))
        self.lots[item, lot] = need, before + quantity
        journal.move(
            self.draft,
            STOCK(self.location),
            ALLOCATED(self.allocation, self.location),
            item,
            lot,
            quantity,
            pointer,
        )

    def add_rows(self, *, exists: bool = False) -> None:
        """Add the rows that describe the allocation to its drafted entry.

        Args:
            exists: Whether an earlier entry created the allocation. Then only its lines are added.
        """
        if not exists:
            self.draft.add_rows(
                Allocation(
                    allocation=self.allocation,
                    recipient=self.recipient,
                    location=self.location,
                    arrival=self.arrival,
                )
            )
        self.draft.add_rows(
            *(
                StatedLine(
                    allocation=self.allocation,
                    line=line,
                    item=item,
                    lot=lot,
                    need=need,
                    quantity=quantity,
                )
                for line, ((item, lot), (need, quantity)) in enumerate(self.lots.items(), 1)
            )
        )


def find_allocation(journal: Journal, allocation: str, pointer: str = "") -> Allocation:
    """Return an allocation by its id.

    Args:
        pointer: JSON pointer to the field of the command that contains the id, or "".

    Raises:
        NotFound: the id is unknown and `pointer` is empty.
        InvalidField: the id is unknown; the error names the field to which `pointer` leads.
    """
    found = journal.books.latest_row(Allocation, allocation=allocation)
    if found is None:
        raise unknown_code_error(
            Sentence(
                "unknown allocation {allocation}; see the list of allocations",
                allocation=allocation,
            ),
            pointer,
        )
    return found


def check_open_location(journal: Journal, location: str, pointer: str = "/location") -> None:
    """Check that goods at a location may be given to people.

    Raises:
        InvalidField: the location is unknown or a quarantine.
    """
    place = journal.books.location(location, pointer)
    if is_closed_to_people(journal, place):
        raise InvalidField.at(
            pointer,
            Sentence(
                "{name} is a quarantine: move the goods to another location first", name=place.name
            ),
        )


def check_leaves_open_location(journal: Journal, account: str, pointer: str) -> None:
    """Check that allocated goods may be given to people.

    Goods can be allocated in a quarantine because they were brought back there, or because their
    location became a quarantine.

    Args:
        account: The account that has the goods.

    Raises:
        InvalidField: the goods are in a quarantine.
    """
    place = journal.books.location(keys_of(account)[1], pointer)
    if is_closed_to_people(journal, place):
        raise InvalidField.at(
            pointer,
            Sentence(
                "allocated goods are in {name}, which is a quarantine: release them, move them to "
                "another location, and allocate them again",
                name=place.name,
            ),
        )


def is_closed_to_people(journal: Journal, location: Location) -> bool:
    """Return whether a location is a quarantine, whose goods must not be given to people.

    In a correction, return False if the original command took goods from this location. The
    location was not a quarantine at that time.
    """
    corrected = journal.corrected
    taken = corrected is not None and STOCK(location.code) in corrected.changed_accounts
    return is_closed_to_arrivals(journal, location) and not taken


def is_closed_to_arrivals(journal: Journal, location: Location) -> bool:
    """Return whether goods that arrive at a location must not be set aside for people there.

    In a correction, return False if the original command set goods aside at this location. The
    location was not a quarantine at that time.
    """
    corrected = journal.corrected
    kept = corrected is not None and location.code in corrected.locations_of_allocations
    return location.quarantine and not kept


def allocate(command: Allocate, journal: Journal) -> None:
    """Set goods aside for a recipient: stock → allocated, and needed → assigned for needs.

    Raises:
        InvalidField: a code, need or lot is unknown, or a need or lot is not for the line's item.
        NotEnough: less than requested is unallocated.
    """
    journal.books.recipient(command.recipient, "/recipient")
    check_open_location(journal, command.location)
    draft = journal.entry("allocated", prefix="a", about=f"recipient:{command.recipient}")
    allocation = AllocationDraft(draft, str(draft.document), command.recipient, command.location)
    if journal.corrected is not None:
        first = find_allocation(journal, allocation.allocation)
        if (first.recipient, first.location) != (command.recipient, command.location):
            raise InvalidField.at(
                "/command",
                Sentence(
                    "allocation {allocation} is for recipient {recipient} in {location}; to "
                    "change that, release it and allocate the goods again",
                    allocation=allocation.allocation,
                    recipient=first.recipient,
                    location=first.location,
                ),
            )
    for pointer, line in lots_first(by_pointer(command.lines)):
        _allocate_line(journal, allocation, line, pointer)
    allocation.add_rows(exists=journal.corrected is not None)


def _allocate_line(
    journal: Journal, allocation: AllocationDraft, line: AllocationLine, pointer: str
) -> None:
    quantity = journal.base_units(line, pointer)
    need = _need_of(journal, allocation, line, pointer)
    name = None if need is None else need.need
    for lot, part in _lots(journal, allocation.location, line, quantity, pointer):
        if not allocation.takes(line.item, lot, name):
            raise InvalidField.at(
                f"{pointer}/need",
                Sentence(
                    "lot {lot} already serves another need in this allocation; allocate for that "
                    "need separately",
                    lot=lot,
                ),
            )
        allocation.add(journal, line.item, lot, name, part, pointer)
    if need is not None:
        target = ASSIGNED(need.need, allocation.allocation)
        serve_need(journal, allocation.draft, need, target, quantity, displace=True)


def _need_of(
    journal: Journal, allocation: AllocationDraft, line: AllocationLine, pointer: str
) -> Need | None:
    """Return the need that the goods of a line are for, or None.

    If the line names no need, this is the recipient's most urgent open need for the item. In a
    correction, needs that the original command served come first.
    """
    recipient = allocation.recipient
    if line.need is not None:
        return need_for(journal, line.need, f"{pointer}/need", item=line.item, recipient=recipient)
    for need, _ in open_needs(journal, recipient, line.item) if journal.corrected else ():
        if journal.kept(ASSIGNED(need.need, allocation.allocation), line.item):
            return need
    return first_open_need(journal, recipient, line.item, claimed=True)


def first_open_need(
    journal: Journal, recipient: str, item: str, *, claimed: bool = False
) -> Need | None:
    """Return the most urgent open need of a recipient for an item, or None if no need is open.

    Of equally urgent needs, the oldest is returned.

    Args:
        claimed: Whether to return a need whose whole quantity is claimed on pledges, if no other
            need is open.
    """
    needs = open_needs(journal, recipient, item)
    for need, key in needs:
        if journal.balance(*key) > 0 and journal.available(*key) > 0:
            return need
    for need, _ in needs if claimed else ():
        if journal.total(f"{CLAIMED.prefix}{need.need}:", item) > 0:
            return need
    return None


def _lots(
    journal: Journal, location: str, line: AllocationLine, quantity: int, pointer: str
) -> list[tuple[str, int]]:
    account, expired = STOCK(location), line.allow_expired
    if line.lots is None:
        return pick_lots(journal, account, line.item, quantity, pointer, allow_expired=expired)
    if sum(part.quantity for part in line.lots) != quantity:
        raise InvalidField.at(
            f"{pointer}/lots",
            Sentence(
                "the lots add up to {number}, but the line has {quantity}",
                number=sum(part.quantity for part in line.lots),
                quantity=quantity,
            ),
        )
    picked: dict[str, int] = {}
    for index, part in enumerate(line.lots):
        if part.lot in picked:
            raise InvalidField.at(
                f"{pointer}/lots/{index}/lot", Sentence("lot {lot} is named twice", lot=part.lot)
            )
        at = f"{pointer}/lots/{index}"
        pick_lots(
            journal, account, line.item, part.quantity, at, lot=part.lot, allow_expired=expired
        )
        picked[part.lot] = part.quantity
    return list(picked.items())


def release(command: Release, journal: Journal) -> None:
    """Put goods that are set aside back into unallocated stock: allocated → stock.

    Goods that are not for a need are released first.

    Raises:
        NotFound: the allocation is unknown.
        AlreadyDone: nothing is left in the allocation.
        NotEnough: the allocation has less of an item than the command releases.
    """
    allocation = find_allocation(journal, command.allocation)
    draft = journal.entry(
        "released", document=allocation.allocation, about=f"recipient:{allocation.recipient}"
    )
    for account, item, lot, quantity, pointer in allocated_goods(
        journal, command.allocation, command.lines
    ):
        location = account.rsplit(":", 1)[1]
        journal.move(draft, account, STOCK(location), item, lot, quantity, pointer)
    if not draft.moves:
        raise AlreadyDone(
            Sentence(
                "nothing is set aside in allocation {allocation} any more",
                allocation=allocation.allocation,
            )
        )
    restore_needs(journal, draft, allocation.allocation)


def release_goods_of_need(journal: Journal, need: Need, allocation: str) -> None:
    """Release all goods that an allocation has for one need: allocated → stock."""
    serving = journal.needs_served(allocation)
    goods = [
        (account, item, lot, quantity)
        for (account, item, lot), quantity in journal.nonzero_balances(
            f"{ALLOCATED(allocation)}:"
        ).items()
        if serving.get((item, lot)) == need.need
    ]
    if not goods:
        return
    draft = journal.entry("released", document=allocation, about=f"recipient:{need.recipient}")
    for account, item, lot, quantity in goods:
        journal.move(draft, account, STOCK(keys_of(account)[1]), item, lot, quantity)
    restore_needs(journal, draft, allocation)


def allocated_goods(
    journal: Journal,
    allocation: str,
    lines: Sequence[ReleasedLine | AllocationPart] | None,
    pointer: str = "",
) -> list[tuple[str, str, str, int, str]]:
    """Return goods in an allocation, each as account, item, lot, quantity and JSON pointer.

    The pointer leads to the line of the command that takes the goods.

    Args:
        lines: The lines to take from the allocation, with their quantities. If None, all that is
            left is taken.
        pointer: JSON pointer to the object that has `lines`.

    Raises:
        InvalidField: a line is not in the allocation.
        NotEnough: less of a line is set aside than the command takes.
    """
    balances = journal.nonzero_balances(f"{ALLOCATED(allocation)}:")
    if lines is None:
        return [(*key, quantity, pointer) for key, quantity in balances.items()]
    stated = {line.line: line for line in journal.books.rows(StatedLine, allocation=allocation)}
    found = []
    for index, wanted in enumerate(lines):
        at = f"{pointer}/lines/{index}"
        if wanted.line not in stated:
            raise InvalidField.at(
                f"{at}/line",
                Sentence(
                    "allocation {allocation} has no line {line}",
                    allocation=allocation,
                    line=wanted.line,
                ),
            )
        found += _from_line(journal, balances, stated[wanted.line], wanted, at)
    return found


def read_goods(journal: Journal, allocations: Iterable[str]) -> None:
    """Read the goods of several allocations together, before `allocated_goods` is called."""
    books = journal.books
    books.read_together(
        partial(books.nonzero_balances, f"{ALLOCATED(each)}:") for each in allocations
    )


def _from_line(
    journal: Journal,
    balances: dict[tuple[str, str, str], int],
    line: StatedLine,
    wanted: ReleasedLine | AllocationPart,
    pointer: str,
) -> list[tuple[str, str, str, int, str]]:
    rest, parts = wanted.quantity, []
    for (account, item, lot), quantity in balances.items():
        if (item, lot) == (line.item, line.lot) and rest:
            taken = min(rest, quantity)
            balances[account, item, lot] -= taken
            parts.append((account, item, lot, taken, pointer))
            rest -= taken
    if rest:
        there = wanted.quantity - rest
        raise journal.not_enough_error(
            ALLOCATED(line.allocation), line.item, wanted.quantity, there, pointer
        )
    return parts
