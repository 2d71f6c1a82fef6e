import pytest
from support.ledger_fixture import Desk
from support.view_json import shows

from supplies.domain import commands as c
from supplies.errors import InvalidField, NotFound
from supplies.views.allocations import get_allocation, list_allocations


def parts(desk: Desk, name: str) -> tuple[int, int, int, int, int, int]:
    (line,) = get_allocation(desk.books, name).lines
    return (
        line.quantity,
        line.allocated,
        line.in_transit,
        line.received,
        line.released,
        line.lost,
    )


def status(desk: Desk, name: str) -> str:
    return get_allocation(desk.books, name).status


def test_an_allocation_shows_what_stands_aside_for_whom(desk: Desk) -> None:
    need = desk.need(10)
    desk.stock(20)
    name = desk.allocate(10)
    assert shows(
        get_allocation(desk.books, name),
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
        },
    )


def test_an_allocation_is_followed_to_the_door(desk: Desk) -> None:
    desk.stock(20)
    name = desk.allocate(10)
    delivery = desk.dispatch(name)
    assert (status(desk, name), parts(desk, name)) == ("in_transit", (10, 0, 10, 0, 0, 0))
    lines = [c.OutcomeLine(line=1, received=6, brought_back=3, lost=1)]
    desk.outcome(delivery, name, "partly", lines=lines)
    assert (status(desk, name), parts(desk, name)) == ("partly_received", (10, 3, 0, 6, 0, 1))
    again = desk.dispatch(name)
    assert (status(desk, name), parts(desk, name)) == ("in_transit", (10, 0, 3, 6, 0, 1))
    desk.outcome(again, name, "refused")
    assert (status(desk, name), parts(desk, name)) == ("partly_received", (10, 0, 0, 6, 3, 1))


def test_all_handed_over_is_received_and_all_freed_is_released(desk: Desk) -> None:
    desk.stock(20)
    handed, freed = desk.allocate(10), desk.allocate(5)
    desk.outcome(desk.dispatch(handed), handed, "handed_over")
    desk(c.Release(allocation=freed, reason="moved away"))
    assert (status(desk, handed), parts(desk, handed)) == ("received", (10, 0, 0, 10, 0, 0))
    assert (status(desk, freed), parts(desk, freed)) == ("released", (5, 0, 0, 0, 5, 0))


def test_what_was_set_aside_is_net_of_corrections(desk: Desk) -> None:
    desk.stock(20)
    name = desk.allocate(10)
    right = c.Allocate(
        recipient="R-1", location="store", lines=[c.AllocationLine(item="mask", quantity=7)]
    )
    desk(c.Correct(entry=2, command=right, reason="seven will do"))
    assert (status(desk, name), parts(desk, name)) == ("allocated", (7, 7, 0, 0, 0, 0))
    desk(c.Reverse(entry=desk.entries(), reason="not at all"))
    assert (status(desk, name), parts(desk, name)) == ("released", (0, 0, 0, 0, 0, 0))
    assert [one.id for one in list_allocations(desk.books).items] == [name]


def test_a_corrected_outcome_counts_as_it_was_stated_last(desk: Desk) -> None:
    desk.stock(20)
    name = desk.allocate(10)
    delivery = desk.dispatch(name)
    done = desk.outcome(delivery, name, "handed_over")
    right = c.ReportOutcome(
        delivery=delivery,
        allocation=name,
        outcome="partly",
        lines=[c.OutcomeLine(line=1, received=8, brought_back=2)],
    )
    desk(c.Correct(entry=done.seq, command=right, reason="two came back"))
    assert (status(desk, name), parts(desk, name)) == ("partly_received", (10, 2, 0, 8, 0, 0))


def test_goods_on_a_claim_are_set_aside_by_their_own_arrival(desk: Desk) -> None:
    need = desk.need(10)
    pledge = desk.pledge(10, {need: 10})
    desk.give(10, pledge=pledge)
    name = "a_4"
    assert (status(desk, name), parts(desk, name)) == ("allocated", (10, 10, 0, 0, 0, 0))
    desk(c.Correct(entry=3, command=desk.donation(4, pledge=pledge), reason="only four"))
    assert (status(desk, name), parts(desk, name)) == ("allocated", (4, 4, 0, 0, 0, 0))


def test_what_a_count_finds_missing_of_it_is_lost(desk: Desk) -> None:
    desk.stock(10)
    name = desk.allocate(10)
    sheet = str(desk(c.OpenCountSheet(location="store")).document)
    desk(c.CountStock(sheet=sheet, lines=[c.CountLine(item="mask", counted=8)]))
    assert (status(desk, name), parts(desk, name)) == ("allocated", (10, 8, 0, 0, 0, 2))


def test_allocations_are_found_by_recipient_and_status(desk: Desk) -> None:
    desk.stock(20)
    first, second, third = desk.allocate(1), desk.allocate(2, "R-2"), desk.allocate(3)
    desk(c.Release(allocation=first, reason="…"))

    def ids(**only: str) -> list[str]:
        return [one.id for one in list_allocations(desk.books, **only).items]

    assert ids() == [first, second, third]
    assert ids(recipient="R-1") == [first, third]
    assert ids(status="allocated") == [second, third]
    assert ids(status="released", recipient="R-1") == [first]
    with pytest.raises(InvalidField, match="none of allocated, in_transit"):
        ids(status="gone")


def test_a_page_by_status_is_full_though_others_lie_between(desk: Desk) -> None:
    desk.stock(20)
    names = [desk.allocate(1) for _ in range(9)]
    for name in names[:7]:
        desk(c.Release(allocation=name, reason="…"))
    first = list_allocations(desk.books, status="allocated", limit=1)
    rest = list_allocations(desk.books, status="allocated", limit=1, after=first.next)
    assert [one.id for one in first.items + rest.items] == names[7:]
    assert rest.next is None


def test_an_allocation_that_is_not_there_is_not_found(desk: Desk) -> None:
    with pytest.raises(NotFound, match="no allocation a_1"):
        get_allocation(desk.books, "a_1")
