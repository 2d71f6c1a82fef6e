"""The slip with which a household fetches its goods, and what it says afterwards."""

from __future__ import annotations

import pytest
from msgspec import UNSET
from supplies_receipts import draw_collection_slip
from support import pdf_reading
from support.ledger_fixture import StationLedger

from supplies.domain import commands as c
from supplies.errors import Forgotten, NotFound
from supplies.views.collection_slips import build_collection_slip


def collection(
    allocation: str, quantity: int, received_by: c.ReceivedBy = "family"
) -> c.CollectAllocation:
    lines = [c.AllocationPart(line=1, quantity=quantity)]
    return c.CollectAllocation(allocation=allocation, lines=lines, received_by=received_by)


def collect(
    station: StationLedger, allocation: str, quantity: int, received_by: c.ReceivedBy = "family"
) -> int:
    return station(collection(allocation, quantity, received_by)).seq


def test_a_collection_slip_says_what_was_collected_and_what_is_left(station: StationLedger) -> None:
    station.stock(10)
    allocation = station.allocate(10)
    before = build_collection_slip(station.books, allocation)
    assert ([line.quantity for line in before.lines], before.collected) == ([10], UNSET)
    station.clock.advance(1)
    first = collect(station, allocation, 4)
    station.outcome(station.dispatch(allocation), allocation, "handed_over")
    slip = build_collection_slip(station.books, allocation)
    assert slip.lines == []
    assert slip.collected
    assert [line.quantity for line in slip.collected.lines] == [4]
    assert (slip.collected.day, slip.collected.received_by) == (station.day(0), "family")
    station(c.Reverse(entry=first, reason="of another household"))
    assert build_collection_slip(station.books, allocation).collected is UNSET


def test_a_collection_slip_names_the_day_and_receiver_of_the_last_collection_that_lasts(
    station: StationLedger,
) -> None:
    station.stock(10)
    allocation = station.allocate(10)

    def shown() -> tuple[object, object, list[int]]:
        found = build_collection_slip(station.books, allocation).collected
        assert found
        return found.day, found.received_by, [line.quantity for line in found.lines]

    first = collect(station, allocation, 3, "self")
    station.clock.advance(1)
    second = collect(station, allocation, 4, "neighbour")
    assert shown() == (station.day(0), "neighbour", [7])
    # A correction of the first collection is recorded later, but it is not the last collection.
    changed = collection(allocation, 2, "guard")
    correction = station(c.Correct(entry=first, command=changed, reason="counted again"))
    assert shown() == (station.day(0), "neighbour", [6])
    reversal = station(c.Reverse(entry=second, reason="of another household"))
    assert shown() == (station.day(-1), "guard", [2])
    again = collection(allocation, 5, "neighbour")
    station(c.Correct(entry=reversal.seq, command=again, reason="of this household after all"))
    assert shown() == (station.day(0), "neighbour", [7])
    station(c.Reverse(entry=correction.seq, reason="of another household"))
    assert shown() == (station.day(0), "neighbour", [5])


def test_a_printed_collection_slip_says_collected_in_both_languages(
    station: StationLedger,
) -> None:
    station.stock(10)
    allocation = station.allocate(10)
    text = pdf_reading.text(draw_collection_slip(build_collection_slip(station.books, allocation)))
    assert "领取单" in text
    assert "已领取" not in text
    collect(station, allocation, 10)
    text = pdf_reading.text(draw_collection_slip(build_collection_slip(station.books, allocation)))
    for word in ("已领取", "Collected", "家人", "family", "10"):
        assert word in text
    assert "王某" not in text


def test_no_collection_slip_is_printed_for_an_unknown_or_forgotten_household(
    station: StationLedger,
) -> None:
    with pytest.raises(NotFound):
        build_collection_slip(station.books, "a_1")
    station.stock(10)
    allocation = station.allocate(10)
    collect(station, allocation, 10)
    station(c.ForgetRecipient(recipient="R-1"))
    with pytest.raises(Forgotten):
        build_collection_slip(station.books, allocation)
