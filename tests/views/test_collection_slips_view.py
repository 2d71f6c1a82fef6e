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


def collect(station: StationLedger, allocation: str, quantity: int) -> int:
    lines = [c.AllocationPart(line=1, quantity=quantity)]
    command = c.CollectAllocation(allocation=allocation, lines=lines, received_by="family")
    return station(command).seq


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
    for word in ("已领取", "Collected", "家属", "family", "10"):
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
