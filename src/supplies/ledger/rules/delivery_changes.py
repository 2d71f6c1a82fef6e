"""Take stops without an outcome off an open delivery, or move them to another delivery.

After a move, the goods of the stop are in transit on the other delivery. So an outcome that is
reported for the first delivery is recorded on the other one.
"""

from __future__ import annotations

import msgspec

from supplies.books.stop_codes import codes_of_stops
from supplies.domain.accounts import ALLOCATED, IN_TRANSIT
from supplies.domain.commands import MoveStops, UndoDispatch
from supplies.domain.entry_rows import (
    Delivery,
    DeliveryEnd,
    Stop,
    StopLine,
    StopOutcome,
    StopRemoval,
)
from supplies.errors import AlreadyDone, Fault, InvalidField, Sentence
from supplies.ledger.drafts import Draft
from supplies.ledger.journal import Journal
from supplies.ledger.rules.deliveries import find_open_delivery
from supplies.ledger.rules.stop_codes import add_stop_codes


def undo_dispatch(command: UndoDispatch, journal: Journal) -> None:
    """Take stops off a delivery whose team did not start: in_transit → allocated.

    The goods go back to the location where they were loaded, and are set aside for the same needs
    again.

    Raises:
        InvalidField: the delivery has no such stop, or a stop is named twice.
        AlreadyDone: the delivery is closed, or a stop has an outcome or was taken off before.
        NotFound: the delivery is unknown.
    """
    find_open_delivery(journal, command.delivery)
    stops = _stops_to_remove(journal, command.delivery, command.allocations)
    draft = journal.entry("dispatch_undone", document=command.delivery)
    for stop, pointer in stops:
        in_transit = IN_TRANSIT(stop.delivery, stop.allocation)
        for load in loaded_lines(journal, stop):
            back = ALLOCATED(stop.allocation, load.location)
            journal.move(draft, in_transit, back, load.item, load.lot, load.loaded, pointer)
        draft.add_rows(
            StopRemoval(delivery=stop.delivery, allocation=stop.allocation, moved_to=None)
        )
    _close_if_empty(journal, draft, command.delivery)


def move_stops(command: MoveStops, journal: Journal) -> None:
    """Move stops to another delivery: in_transit → in_transit of the other delivery.

    Raises:
        InvalidField: the command names both a team and another delivery, or neither; the stops are
            on that delivery already, or one of them was on it before; a stop is unknown, or is
            named twice.
        AlreadyDone: a delivery is closed, or a stop has an outcome or was taken off before.
        NotFound: the delivery is unknown.
    """
    find_open_delivery(journal, command.delivery)
    stops = _stops_to_remove(journal, command.delivery, command.allocations)
    draft, number = _target(journal, command)
    target = str(draft.document)
    left = journal.entry("stops_moved", document=command.delivery)
    moved = []
    for stop, pointer in stops:
        number += 1
        moved.append(msgspec.structs.replace(stop, delivery=target, stop=number))
        draft.add_rows(moved[-1])
        source = IN_TRANSIT(stop.delivery, stop.allocation)
        for load in loaded_lines(journal, stop):
            draft.add_rows(msgspec.structs.replace(load, delivery=target))
            aboard = IN_TRANSIT(target, stop.allocation)
            journal.move(left, source, aboard, load.item, load.lot, load.loaded, pointer)
        left.add_rows(
            StopRemoval(delivery=stop.delivery, allocation=stop.allocation, moved_to=target)
        )
    # The households know their codes, so these stay the same.
    add_stop_codes(draft, moved, codes_of_stops(journal.books, command.delivery))
    _close_if_empty(journal, left, command.delivery)


def _target(journal: Journal, command: MoveStops) -> tuple[Draft, int]:
    """Start a draft entry for the delivery that receives the moved stops.

    Return the draft, and the number of the last stop that the delivery already has.

    Raises:
        InvalidField: the team is unknown, or the delivery cannot receive the stops.
        AlreadyDone: the delivery is closed.
    """
    if (command.team is None) == (command.to_delivery is None):
        raise InvalidField.at(
            "/team", Sentence("name either a team or an open delivery for the stops")
        )
    if command.team is not None:
        journal.books.team(command.team, "/team")
        draft = journal.entry("dispatched", prefix="v")
        draft.add_rows(Delivery(delivery=str(draft.document), team=command.team))
        return draft, 0
    target = str(command.to_delivery)
    if target == command.delivery:
        raise InvalidField.at(
            "/to_delivery",
            Sentence("the stops are on delivery {delivery} already", delivery=target),
        )
    find_open_delivery(journal, target, "/to_delivery")
    stops = journal.books.rows(Stop, delivery=target)
    known = {stop.allocation for stop in stops}
    for index, name in enumerate(command.allocations):
        if name in known:
            sentence = Sentence(
                "delivery {delivery} has had a stop for {allocation} before; "
                "name a team, so that a new delivery is made",
                delivery=target,
                allocation=name,
            )
            raise InvalidField.at(f"/allocations/{index}", sentence)
    return journal.entry("stops_added", document=target), max(stop.stop for stop in stops)


def loaded_lines(journal: Journal, stop: Stop) -> list[StopLine]:
    """Return the lines of goods that were loaded for a stop, in order."""
    return journal.books.rows(StopLine, delivery=stop.delivery, allocation=stop.allocation)


def _stops_to_remove(
    journal: Journal, delivery: str, allocations: list[str] | None
) -> list[tuple[Stop, str]]:
    """Return the stops to take off a delivery, each with a JSON pointer to its field.

    Args:
        allocations: The allocations of these stops; None means all stops that can be taken off.

    Raises:
        InvalidField: the delivery has no such stop, or a stop is named twice.
        AlreadyDone: a stop has an outcome or was taken off before, or no stop is left.
    """
    stops = {stop.allocation: stop for stop in journal.books.rows(Stop, delivery=delivery)}
    done = {row.allocation for row in journal.books.rows(StopOutcome, delivery=delivery)}
    done |= {row.allocation for row in journal.books.rows(StopRemoval, delivery=delivery)}
    if allocations is None:
        left = sorted((s for s in stops.values() if s.allocation not in done), key=lambda s: s.stop)
        if not left:
            raise AlreadyDone(
                Sentence(
                    "every stop of delivery {delivery} has an outcome or was taken off already",
                    delivery=delivery,
                )
            )
        return [(stop, "") for stop in left]
    for index, name in enumerate(allocations):
        pointer = f"/allocations/{index}"
        if name not in stops:
            sentence = Sentence(
                "delivery {delivery} has no stop for {allocation}",
                delivery=delivery,
                allocation=name,
            )
            raise InvalidField.at(pointer, sentence)
        if name in allocations[:index]:
            sentence = Sentence(
                "allocation {allocation} is named twice; name each allocation once", allocation=name
            )
            raise InvalidField.at(pointer, sentence)
        if name in done:
            raise _stop_is_done(journal, stops[name], pointer)
    return [(stops[name], f"/allocations/{index}") for index, name in enumerate(allocations)]


def _stop_is_done(journal: Journal, stop: Stop, pointer: str) -> AlreadyDone:
    where = {"delivery": stop.delivery, "allocation": stop.allocation}
    removed = journal.books.latest_seq(StopRemoval, **where)
    if removed is None:
        seq = journal.books.latest_seq(StopOutcome, **where)
        sentence = Sentence(
            "the stop for {allocation} on delivery {delivery} has an outcome (entry {seq}); "
            "correct the outcome instead",
            **where,
            seq=seq,
        )
    else:
        sentence = Sentence(
            "the stop for {allocation} was taken off delivery {delivery} by entry {seq}",
            **where,
            seq=removed,
        )
    return AlreadyDone(sentence, [Fault(pointer, sentence)])


def _close_if_empty(journal: Journal, draft: Draft, delivery: str) -> None:
    """Close a delivery if the drafted entries leave no goods of it in transit."""
    if not journal.nonzero_balances(f"{IN_TRANSIT.prefix}{delivery}:"):
        draft.add_rows(DeliveryEnd(delivery=delivery))
