"""Parts of allocations that a team takes along, while the rest stays set aside."""

from __future__ import annotations

import msgspec
import pytest
from support.ledger_fixture import StationLedger

from supplies.domain import commands as c
from supplies.errors import InvalidField, NotEnough
from supplies.views.allocations import get_allocation
from supplies.views.delivery_slips import build_delivery_slips


def send(station: StationLedger, allocation: str, quantity: int | None, team: str = "T-1") -> str:
    """Dispatch a quantity of the first line of an allocation, or all of it."""
    parts = None
    if quantity is not None:
        lines = [c.AllocationPart(line=1, quantity=quantity)]
        parts = [c.DispatchPart(allocation=allocation, lines=lines)]
    command = c.Dispatch(team=team, allocations=[allocation], parts=parts)
    return str(station(command).document)


def test_an_allocation_goes_out_on_two_deliveries(station: StationLedger) -> None:
    need = station.need(10)
    station.stock(10)
    allocation = station.allocate(10)
    first = send(station, allocation, 6)
    assert station.total(f"allocated:{allocation}:store") == 4
    second = send(station, allocation, None, "T-2")
    slips = [build_delivery_slips(station.books, name)[0] for name in (first, second)]
    assert [slip.lines[0].quantity for slip in slips] == [6, 4]
    station.outcome(second, allocation, "handed_over")
    station(c.CloseDelivery(delivery=second))
    assert station.balance(f"assigned:{need}:{allocation}") == 6
    assert get_allocation(station.books, allocation).status == "in_transit"
    station.outcome(first, allocation, "handed_over")
    view = get_allocation(station.books, allocation)
    assert (view.status, view.lines[0].received) == ("received", 10)
    assert station.balance(f"met:{need}") == 10


def test_lost_goods_of_one_delivery_leave_the_need_of_the_other(station: StationLedger) -> None:
    need = station.need(10)
    station.stock(10)
    allocation = station.allocate(10)
    first, second = send(station, allocation, 6), send(station, allocation, 4)
    station.outcome(first, allocation, "lost")
    assert station.balance(f"needed:{need}") == 6
    station.outcome(second, allocation, "handed_over")
    assert station.balance(f"met:{need}") == 4


def test_a_part_names_lines_and_quantities_that_are_set_aside(station: StationLedger) -> None:
    station.stock(10)
    allocation = station.allocate(10)
    with pytest.raises(NotEnough):
        send(station, allocation, 11)
    lines = [c.AllocationPart(line=1, quantity=1)]
    own, other = (c.DispatchPart(allocation=name, lines=lines) for name in (allocation, "a_99"))
    unknown = msgspec.structs.replace(own, lines=[c.AllocationPart(line=2, quantity=1)])
    for parts, because in (
        ([unknown], f"allocation {allocation} has no line 2"),
        ([other], "a part of allocation a_99 is given, but the allocation is not taken along"),
        ([own, own], f"two parts of allocation {allocation} are given; put all of its lines in"),
    ):
        with pytest.raises(InvalidField, match=because):
            station(c.Dispatch(team="T-1", allocations=[allocation], parts=parts))


def test_the_rest_of_a_part_is_released_or_collected(station: StationLedger) -> None:
    station.stock(10)
    allocation = station.allocate(10)
    send(station, allocation, 3)
    rest = [c.AllocationPart(line=1, quantity=2)]
    station(c.CollectAllocation(allocation=allocation, lines=rest))
    station(c.Release(allocation=allocation, reason="r"))
    view = get_allocation(station.books, allocation).lines[0]
    assert (view.in_transit, view.received, view.released) == (3, 2, 5)
