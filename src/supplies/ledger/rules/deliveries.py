"""Deliveries: dispatch a team with goods, close a delivery, or give it to another team."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from supplies.books.reader import unknown_code_error
from supplies.domain.accounts import IN_TRANSIT
from supplies.domain.commands import (
    AllocationPart,
    CloseDelivery,
    Dispatch,
    ReassignDelivery,
)
from supplies.domain.entry_rows import Delivery, DeliveryEnd, Stop, StopLine, StopRemoval
from supplies.domain.expiry import shown_expiry
from supplies.errors import AlreadyDone, Fault, InvalidField, Sentence, Unaccounted, template
from supplies.ledger.drafts import Draft
from supplies.ledger.journal import Journal
from supplies.ledger.not_enough import LIST, goods_of, join_sentences
from supplies.ledger.rules.allocations import (
    allocated_goods,
    check_leaves_open_location,
    find_allocation,
    read_goods,
)
from supplies.ledger.rules.stop_codes import add_stop_codes

LOST_ON_THE_WAY = "on_the_way"
"""Reason of the write-off of goods that are lost on a delivery or between stations."""

MAX_DISPATCH_LINES = 5_000
"""Maximum number of lines of goods that one dispatch can load.

Other writers wait during the dispatch, so a larger number would delay them too long.
"""


def dispatch(command: Dispatch, journal: Journal) -> None:
    """Load the goods of allocations for a delivery: allocated → in_transit.

    Each allocation becomes one stop of the delivery.

    Raises:
        InvalidField: the team is unknown; an allocation or part is unknown or named twice; a lot
            has expired; goods are in a quarantine; or there are too many lines.
        AlreadyDone: nothing is left in an allocation.
        NotEnough: less of a line is set aside than the command takes along.
    """
    journal.books.team(command.team, "/team")
    draft = journal.entry("dispatched", prefix="v")
    delivery = str(draft.document)
    draft.add_rows(Delivery(delivery=delivery, team=command.team))
    stops: dict[str, Stop] = {}
    parts = _parts(command)
    read_goods(journal, command.allocations)
    lines = 0
    for index, name in enumerate(command.allocations):
        pointer = f"/allocations/{index}"
        allocation = find_allocation(journal, name, pointer)
        if name in stops:
            raise InvalidField.at(
                pointer,
                Sentence("allocation {name} is named twice; name each allocation once", name=name),
            )
        taken, at = parts.get(name, (None, pointer))
        goods = allocated_goods(journal, name, taken, at)
        if not goods:
            raise _no_goods_left(journal, name, pointer)
        lines += len(goods)
        if lines > MAX_DISPATCH_LINES:
            raise InvalidField.at(
                pointer,
                Sentence(
                    "a dispatch loads at most {max_dispatch_lines} lines of goods; dispatch this "
                    "allocation and those after it separately",
                    max_dispatch_lines=MAX_DISPATCH_LINES,
                ),
            )
        stops[name] = Stop(
            delivery=delivery,
            stop=index + 1,
            allocation=name,
            recipient=allocation.recipient,
        )
        draft.add_rows(stops[name])
        _load(journal, draft, name, goods, allow_expired=command.allow_expired)
    add_stop_codes(draft, stops.values())


def _parts(command: Dispatch) -> dict[str, tuple[list[AllocationPart], str]]:
    """Return the lines to load of each allocation that is dispatched only in part.

    Each allocation also has a JSON pointer to its part in the command.
    """
    parts: dict[str, tuple[list[AllocationPart], str]] = {}
    for index, part in enumerate(command.parts or ()):
        at = f"/parts/{index}/allocation"
        if part.allocation not in command.allocations:
            sentence = Sentence(
                "a part of allocation {allocation} is given, but the allocation is not taken "
                "along; add it to the allocations, or leave out the part",
                allocation=part.allocation,
            )
            raise InvalidField.at(at, sentence)
        if part.allocation in parts:
            sentence = Sentence(
                "two parts of allocation {allocation} are given; put all of its lines in one part",
                allocation=part.allocation,
            )
            raise InvalidField.at(at, sentence)
        parts[part.allocation] = part.lines, f"/parts/{index}"
    return parts


def _load(
    journal: Journal,
    draft: Draft,
    allocation: str,
    goods: list[tuple[str, str, str, int, str]],
    *,
    allow_expired: bool,
) -> None:
    """Load goods of an allocation for its stop.

    Args:
        goods: As `allocated_goods` returns them.
    """
    delivery = str(draft.document)
    for line, (account, item, lot, quantity, pointer) in enumerate(goods, 1):
        check_leaves_open_location(journal, account, pointer)
        if not allow_expired:
            check_not_expired(journal, item, lot, pointer)
        journal.move(draft, account, IN_TRANSIT(delivery, allocation), item, lot, quantity, pointer)
        draft.add_rows(
            StopLine(
                delivery=delivery,
                allocation=allocation,
                line=line,
                item=item,
                lot=lot,
                location=account.rsplit(":", 1)[1],
                loaded=quantity,
            )
        )


def check_not_expired(journal: Journal, item: str, lot: str, pointer: str) -> None:
    """Check that a lot has not expired on the day of the command.

    Raises:
        InvalidField: the lot has expired.
    """
    described = journal.lot(lot, item)
    if described.expires_on is not None and described.expires_on < journal.happened_on:
        raise InvalidField.at(
            pointer,
            Sentence(
                "{item} of lot {lot} expired on {expiry}; release it, or set allow_expired",
                item=journal.books.item(item).name,
                lot=lot,
                expiry=shown_expiry(described),
            ),
        )


def _no_goods_left(journal: Journal, allocation: str, pointer: str) -> AlreadyDone:
    stop = journal.books.latest_row(Stop, allocation=allocation)
    removals = journal.books.rows(StopRemoval, allocation=allocation)
    undone = stop is not None and any(row.delivery == stop.delivery for row in removals)
    where = (
        "they were released"
        if stop is None or undone
        else f"they were dispatched on delivery {stop.delivery}"
    )
    sentence = f"no goods are left in allocation {allocation}: {where}"
    return AlreadyDone(sentence, [Fault(pointer, sentence)])


_ONE_IN_TRANSIT = template(
    "{goods} of {allocation} is still in transit on delivery {delivery}; report the "
    "outcome of every stop first"
)
_SOME_IN_TRANSIT = template(
    "{goods} of {allocation} are still in transit on delivery {delivery}; report the "
    "outcome of every stop first"
)
_MOST_NAMED = 5
"""Maximum number of goods in transit that an error message names."""


def close_delivery(command: CloseDelivery, journal: Journal) -> None:
    """Close a delivery that has no more goods in transit.

    Raises:
        Unaccounted: goods of the delivery are still in transit.
        AlreadyDone: the delivery is closed already.
        NotFound: the delivery is unknown.
    """
    find_open_delivery(journal, command.delivery)
    balances = journal.nonzero_balances(f"{IN_TRANSIT.prefix}{command.delivery}:")
    if balances:
        raise _in_transit_error(journal, command.delivery, balances)
    draft = journal.entry("delivery_closed", document=command.delivery)
    draft.add_rows(DeliveryEnd(delivery=command.delivery))


def _in_transit_error(
    journal: Journal, delivery: str, balances: Mapping[tuple[str, str, str], int]
) -> Unaccounted:
    """Return the error that goods are still in transit. It names the goods of the first stops."""
    sums: Counter[tuple[str, str]] = Counter()
    for (account, item, _), quantity in balances.items():
        sums[account.rsplit(":", 1)[1], item] += quantity
    named: list[dict[str, Any]] = [
        {
            "goods": goods_of(quantity, journal.books.item(item).name),
            "allocation": allocation,
        }
        for (allocation, item), quantity in list(sums.items())[:_MOST_NAMED]
    ]
    if len(sums) == 1:
        (one,) = named
        some = _ONE_IN_TRANSIT if sums.total() == 1 else _SOME_IN_TRANSIT
        return Unaccounted(Sentence(some, **one, delivery=delivery))
    goods = [Sentence("{goods} of {allocation}", **each) for each in named]
    if len(sums) > len(named):
        goods.append(Sentence("{count} more", count=len(sums) - len(named)))
    return Unaccounted(
        Sentence(
            "still in transit on delivery {delivery}: {goods}; report the outcome of every stop "
            "first",
            delivery=delivery,
            goods=join_sentences(goods, LIST),
        )
    )


def reassign_delivery(command: ReassignDelivery, journal: Journal) -> None:
    """Give a delivery to another team.

    Raises:
        AlreadyDone: the delivery is closed, or this team has it already.
        NotFound: the delivery is unknown.
        InvalidField: the team is unknown.
    """
    delivery = find_open_delivery(journal, command.delivery)
    journal.books.team(command.team, "/team")
    if delivery.team == command.team:
        raise AlreadyDone(
            Sentence(
                "delivery {delivery} is with team {team} already",
                delivery=command.delivery,
                team=command.team,
            )
        )
    draft = journal.entry("delivery_reassigned", document=command.delivery)
    draft.add_rows(Delivery(delivery=command.delivery, team=command.team))


def find_open_delivery(journal: Journal, name: str, pointer: str = "") -> Delivery:
    """Return a delivery by its id, if it is not closed.

    Raises:
        AlreadyDone: the delivery is closed.
        NotFound: the delivery is unknown and `pointer` is empty.
        InvalidField: the delivery is unknown; the error names the field to which `pointer` leads.
    """
    delivery = find_delivery(journal, name, pointer)
    if journal.books.latest_row(DeliveryEnd, delivery=name) is not None:
        sentence = f"delivery {name} is closed already"
        raise AlreadyDone(sentence, [Fault(pointer, sentence)] if pointer else ())
    return delivery


def find_stop(journal: Journal, delivery: str, allocation: str) -> Stop:
    """Return the stop of a delivery for an allocation.

    Raises:
        NotFound: the delivery is unknown.
        InvalidField: the delivery has no such stop.
    """
    stop = journal.books.latest_row(Stop, delivery=delivery, allocation=allocation)
    if stop is None:
        find_delivery(journal, delivery)
        raise InvalidField.at(
            "/allocation",
            Sentence(
                "delivery {delivery} has no stop for {allocation}",
                delivery=delivery,
                allocation=allocation,
            ),
        )
    return stop


def find_delivery(journal: Journal, name: str, pointer: str = "") -> Delivery:
    """Return a delivery by its id, with the team that has it now.

    Raises:
        NotFound: the delivery is unknown and `pointer` is empty.
        InvalidField: the delivery is unknown; the error names the field to which `pointer` leads.
    """
    delivery = journal.books.latest_row(Delivery, delivery=name)
    if delivery is None:
        raise unknown_code_error(
            Sentence("unknown delivery {name}; see the list of deliveries", name=name), pointer
        )
    return delivery
