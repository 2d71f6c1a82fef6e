"""The view of needs: parts, status and filters."""

import pytest
from support.ledger_fixture import StationLedger
from support.view_json import has_exact_json

from supplies.domain import commands as c
from supplies.errors import InvalidField, NotFound
from supplies.views.needs import get_need, list_needs


def parts(station: StationLedger, name: str) -> tuple[int, int, int, int, int, int]:
    found = get_need(station.books, name)
    return found.asked, found.needed, found.claimed, found.assigned, found.met, found.ended


def test_a_need_shows_its_open_claimed_assigned_met_and_ended_parts(station: StationLedger) -> None:
    name = station.need(10, urgency="high")
    station.pledge(6, {name: 6})
    assert has_exact_json(
        get_need(station.books, name),
        {
            "id": "n_1",
            "recipient": "R-1",
            "item": "mask",
            "asked": 10,
            "needed": 4,
            "claimed": 6,
            "assigned": 0,
            "met": 0,
            "ended": 0,
            "urgency": "high",
            "status": "open",
            "happened_on": "2020-02-10",
            "needed_by": None,
            "note": None,
            "end_reason": None,
            "remarks": [],
        },
    )


def test_the_status_of_a_need_is_its_earliest_stage_with_goods(station: StationLedger) -> None:
    name = station.need(10)
    assert get_need(station.books, name).status == "open"
    pledge = station.pledge(10, {name: 10})
    assert get_need(station.books, name).status == "claimed"
    gift = station.give(10, pledge=pledge)
    assert get_need(station.books, name).status == "assigned"
    allocation = f"a_{gift.seq + 1}"
    delivery = station.dispatch(allocation)
    station.outcome(delivery, allocation, "handed_over")
    assert get_need(station.books, name).status == "met"
    assert parts(station, name) == (10, 0, 0, 0, 10, 0)


def test_a_need_ended_before_it_was_met_has_the_status_ended(station: StationLedger) -> None:
    name = station.need(10)
    station(c.EndNeed(need=name, reason="moved"))
    assert get_need(station.books, name).status == "ended"
    assert parts(station, name) == (10, 0, 0, 0, 0, 10)


def test_a_corrected_need_shows_the_corrected_quantity(station: StationLedger) -> None:
    name = station.need(10)
    right = c.NoteNeed(recipient="R-1", item="mask", quantity=4, urgency="low")
    station(c.Correct(entry=1, command=right, reason="typed wrongly"))
    assert parts(station, name) == (4, 4, 0, 0, 0, 0)
    assert get_need(station.books, name).urgency == "low"
    assert [one.id for one in list_needs(station.books).items] == [name]


def test_a_reversed_need_has_the_quantity_zero(station: StationLedger) -> None:
    name = station.need(10)
    station(c.Reverse(entry=1, reason="another household's"))
    assert parts(station, name) == (0, 0, 0, 0, 0, 0)
    assert get_need(station.books, name).status == "ended"


def test_needs_are_filtered_by_status_recipient_and_item(station: StationLedger) -> None:
    first, second = station.need(10), station.need(3, "R-2", "soap")
    third = station.need(5, "R-2")
    station.pledge(5, {third: 5})

    def ids(**only: str) -> list[str]:
        return [one.id for one in list_needs(station.books, **only).items]

    assert ids() == [first, second, third]
    assert ids(recipient="R-2") == [second, third]
    assert ids(item="mask") == [first, third]
    assert ids(recipient="R-2", item="mask") == [third]
    assert ids(status="open") == [first, second]
    assert ids(status="claimed") == [third]
    assert ids(status="claimed", recipient="R-1") == []
    assert ids(status="met") == ids(status="assigned") == ids(status="ended") == []
    station(c.EndNeed(need=first, reason="withdrawn"))
    assert ids(status="ended") == [first]


def test_needs_are_listed_in_the_order_of_recording_in_pages(station: StationLedger) -> None:
    noted = [station.need(1) for _ in range(12)]
    first = list_needs(station.books, limit=10)
    assert [one.id for one in first.items] == noted[:10]
    rest = list_needs(station.books, limit=10, after=first.next)
    assert [one.id for one in rest.items] == noted[10:]
    assert rest.next is None


def test_unknown_needs_and_invalid_filters_are_refused(station: StationLedger) -> None:
    with pytest.raises(NotFound, match="unknown need n_1"):
        get_need(station.books, "n_1")
    with pytest.raises(InvalidField, match="'done' is not one of open, claimed"):
        list_needs(station.books, status="done")
