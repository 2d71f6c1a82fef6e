"""The view of allocations: quantities, status, delivery and outcome."""

import pytest
from support.ledger_fixture import StationLedger
from support.view_json import has_exact_json

from supplies.domain import commands as c
from supplies.errors import InvalidField, NotFound
from supplies.views.allocations import find_counts, get_allocation, list_allocations


def parts(station: StationLedger, name: str) -> tuple[int, int, int, int, int, int]:
    (line,) = get_allocation(station.books, name).lines
    return (
        line.quantity,
        line.allocated,
        line.in_transit,
        line.received,
        line.released,
        line.lost,
    )


def status(station: StationLedger, name: str) -> str:
    return get_allocation(station.books, name).status


def test_an_allocation_shows_its_recipient_and_goods(station: StationLedger) -> None:
    need = station.need(10)
    station.stock(20)
    name = station.allocate(10)
    assert has_exact_json(
        get_allocation(station.books, name),
        {
            "id": "a_3",
            "recipient": "R-1",
            "location": "store",
            "status": "allocated",
            "lines": [
                {
                    "line": 1,
                    "item": "mask",
                    "lot": "l_lx_2_1",
                    "need": need,
                    "quantity": 10,
                    "allocated": 10,
                    "in_transit": 0,
                    "received": 0,
                    "released": 0,
                    "lost": 0,
                }
            ],
            "happened_on": "2020-02-10",
            "note": None,
            "remarks": [],
        },
    )


def test_an_allocation_shows_its_delivery_and_outcome(station: StationLedger) -> None:
    station.stock(20)
    name = station.allocate(10)
    delivery = station.dispatch(name)
    assert (status(station, name), parts(station, name)) == ("in_transit", (10, 0, 10, 0, 0, 0))
    lines = [c.OutcomeLine(line=1, received=6, brought_back=3, lost=1)]
    station.outcome(delivery, name, "partly", lines=lines)
    assert (status(station, name), parts(station, name)) == ("partly_received", (10, 3, 0, 6, 0, 1))
    again = station.dispatch(name)
    assert (status(station, name), parts(station, name)) == ("in_transit", (10, 0, 3, 6, 0, 1))
    station.outcome(again, name, "refused")
    assert (status(station, name), parts(station, name)) == ("partly_received", (10, 0, 0, 6, 3, 1))


def test_an_allocation_is_received_or_released_when_nothing_is_left(station: StationLedger) -> None:
    station.stock(20)
    handed, freed = station.allocate(10), station.allocate(5)
    station.outcome(station.dispatch(handed), handed, "handed_over")
    station(c.Release(allocation=freed, reason="moved away"))
    assert (status(station, handed), parts(station, handed)) == ("received", (10, 0, 0, 10, 0, 0))
    assert (status(station, freed), parts(station, freed)) == ("released", (5, 0, 0, 0, 5, 0))


def test_the_allocated_quantity_includes_corrections(station: StationLedger) -> None:
    station.stock(20)
    name = station.allocate(10)
    right = c.Allocate(
        recipient="R-1", location="store", lines=[c.AllocationLine(item="mask", quantity=7)]
    )
    station(c.Correct(entry=2, command=right, reason="seven will do"))
    assert (status(station, name), parts(station, name)) == ("allocated", (7, 7, 0, 0, 0, 0))
    station(c.Reverse(entry=station.entries(), reason="not at all"))
    assert (status(station, name), parts(station, name)) == ("released", (0, 0, 0, 0, 0, 0))
    assert [one.id for one in list_allocations(station.books).items] == [name]


def test_an_allocation_shows_its_corrected_outcome(station: StationLedger) -> None:
    station.stock(20)
    name = station.allocate(10)
    delivery = station.dispatch(name)
    done = station.outcome(delivery, name, "handed_over")
    right = c.ReportOutcome(
        delivery=delivery,
        allocation=name,
        outcome="partly",
        lines=[c.OutcomeLine(line=1, received=8, brought_back=2)],
    )
    station(c.Correct(entry=done.seq, command=right, reason="two came back"))
    assert (status(station, name), parts(station, name)) == ("partly_received", (10, 2, 0, 8, 0, 0))


def test_an_allocation_by_an_arrival_names_the_donation(station: StationLedger) -> None:
    need = station.need(10)
    pledge = station.pledge(10, {need: 10})
    station.give(10, pledge=pledge)
    name = "a_4"
    assert (status(station, name), parts(station, name)) == ("allocated", (10, 10, 0, 0, 0, 0))
    station(c.Correct(entry=3, command=station.donation(4, pledge=pledge), reason="only four"))
    assert (status(station, name), parts(station, name)) == ("allocated", (4, 4, 0, 0, 0, 0))


def test_allocated_goods_missing_in_a_count_are_lost(station: StationLedger) -> None:
    station.stock(10)
    name = station.allocate(10)
    sheet = str(station(c.OpenCountSheet(location="store")).document)
    station(c.CountStock(sheet=sheet, lines=[c.CountLine(item="mask", counted=8)]))
    assert (status(station, name), parts(station, name)) == ("allocated", (10, 8, 0, 0, 0, 2))


def test_allocations_are_found_by_recipient_and_status(station: StationLedger) -> None:
    station.stock(20)
    first, second, third = station.allocate(1), station.allocate(2, "R-2"), station.allocate(3)
    station(c.Release(allocation=first, reason="…"))

    def ids(**only: str) -> list[str]:
        return [one.id for one in list_allocations(station.books, **only).items]

    assert ids() == [first, second, third]
    assert ids(recipient="R-1") == [first, third]
    assert ids(status="allocated") == [second, third]
    assert ids(status="released", recipient="R-1") == [first]
    with pytest.raises(InvalidField, match="not one of waiting, allocated, in_transit"):
        ids(status="gone")


def test_an_allocation_with_a_rest_that_is_set_aside_is_waiting(station: StationLedger) -> None:
    station.stock(20)
    rest_of_delivery, rest_of_collection, whole, gone = (station.allocate(4) for _ in range(4))
    part = [c.AllocationPart(line=1, quantity=3)]
    sent = c.DispatchPart(allocation=rest_of_delivery, lines=part)
    station.dispatch(rest_of_delivery, parts=[sent])
    station(c.CollectAllocation(allocation=rest_of_collection, lines=part))
    station.dispatch(gone)
    waiting = [rest_of_delivery, rest_of_collection, whole]
    assert [one.id for one in list_allocations(station.books, status="waiting").items] == waiting


def test_a_page_filtered_by_status_is_full(station: StationLedger) -> None:
    station.stock(20)
    names = [station.allocate(1) for _ in range(9)]
    for name in names[:7]:
        station(c.Release(allocation=name, reason="…"))
    first = list_allocations(station.books, status="allocated", limit=1)
    rest = list_allocations(station.books, status="allocated", limit=1, after=first.next)
    assert [one.id for one in first.items + rest.items] == names[7:]
    assert rest.next is None


def test_an_unknown_allocation_is_not_found(station: StationLedger) -> None:
    with pytest.raises(NotFound, match="unknown allocation a_1"):
        get_allocation(station.books, "a_1")


def test_the_counts_that_took_goods_of_an_allocation_are_found(station: StationLedger) -> None:
    station.stock(10)
    allocation = station.allocate(10)
    sheet = str(station(c.OpenCountSheet(location="store")).document)
    counted = station(c.CountStock(sheet=sheet, lines=[c.CountLine(item="mask", counted=7)]))
    assert find_counts(station.books, allocation) == [counted.seq]
