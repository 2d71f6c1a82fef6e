"""The run sheet: goods to load by lot, and the stops in order."""

from datetime import date

import msgspec
import pytest
from supplies_receipts import draw_run_sheet
from support import pdf_reading
from support.ledger_fixture import StationLedger

from supplies.domain import commands as c
from supplies.errors import Forgotten, NotFound
from supplies.views.deliveries import get_delivery
from supplies.views.delivery_slips import build_delivery_slips, build_run_sheet


def test_goods_to_load_are_summed_by_lot_and_sorted_by_expiry(
    station: StationLedger,
) -> None:
    station.stock(5, batch="late", expires_on=date(2021, 5, 1))
    station.stock(5, batch="soon", expires_on=date(2020, 5, 1))
    station.stock(9, "soap")
    one, two = station.allocate(4), station.allocate(3, "R-2")
    three = station.allocate(2, "R-2", "soap")
    sheet = build_run_sheet(station.books, station.dispatch(one, two, three))
    assert [(load.batch, load.quantity, load.location) for load in sheet.load] == [
        ("soon", 5, "Store A"),
        ("late", 2, "Store A"),
        (None, 2, "Store A"),
    ]
    assert [(stop.stop, stop.recipient, stop.name) for stop in sheet.stops] == [
        (1, "R-1", "王**"),
        (2, "R-2", "张**"),
        (3, "R-2", "张**"),
    ]
    assert (sheet.team, sheet.day) == ("一队", station.clock.day)


def test_stops_of_a_run_sheet_match_the_slips(station: StationLedger) -> None:
    station.stock(9)
    delivery = station.dispatch(station.allocate(4), station.allocate(3, "R-2"))
    sheet, slips = (
        build_run_sheet(station.books, delivery),
        build_delivery_slips(station.books, delivery),
    )
    assert [stop.lines for stop in sheet.stops] == [slip.lines for slip in slips]
    assert [stop.address for stop in sheet.stops] == [slip.address for slip in slips]


def test_papers_of_a_delivery_say_where_stops_went_that_were_taken_off(
    station: StationLedger,
) -> None:
    station.stock(9)
    stops = [station.allocate(4), station.allocate(3, "R-2"), station.allocate(2, "R-2")]
    delivery = station.dispatch(*stops)
    moved = c.MoveStops(delivery=delivery, allocations=[stops[0]], team="T-2")
    other = str(station(moved).document)
    station(c.UndoDispatch(delivery=delivery, allocations=[stops[1]], reason="no room"))
    sheet = build_run_sheet(station.books, delivery)
    assert [stop.moved_to for stop in sheet.stops] == [other, None, msgspec.UNSET]
    assert [(stop.name, stop.lines) for stop in sheet.stops[:2]] == [("", []), ("", [])]
    assert [load.quantity for load in sheet.load] == [2]
    assert [slip.allocation for slip in build_delivery_slips(station.books, delivery)] == stops[2:]
    (slip,) = build_delivery_slips(station.books, other)
    assert (slip.allocation, slip.lines[0].quantity) == (stops[0], 4)
    draw_run_sheet(sheet)


def test_a_run_sheet_says_that_households_fetched_goods_that_had_come_back(
    station: StationLedger,
) -> None:
    station.stock(9)
    fetched, before, undone = (station.allocate(3, one) for one in ("R-1", "R-2", "R-2"))
    part = [c.AllocationPart(line=1, quantity=1)]
    station(c.CollectAllocation(allocation=before, lines=part))
    delivery = station.dispatch(fetched, before, undone)
    station.outcome(delivery, fetched, "not_at_home")
    station(c.UndoDispatch(delivery=delivery, allocations=[undone], reason="no room"))
    station.clock.advance(1)
    collections = [
        station(c.CollectAllocation(allocation=allocation)) for allocation in (fetched, undone)
    ]
    today = station.day(0)
    assert _collected(station, delivery) == [today, msgspec.UNSET, today]
    text = pdf_reading.text(draw_run_sheet(build_run_sheet(station.books, delivery)))
    assert text.count(f"住户已于{today.year}年{today.month}月{today.day}日到站领取") == 2
    assert text.count(f"collectedatthestationon{today}") == 2
    assert "nottakenalong" not in text
    for collection in collections:
        station(c.Reverse(entry=collection.seq, reason="of another household"))
    assert _collected(station, delivery) == [msgspec.UNSET] * 3


def test_a_corrected_outcome_of_a_stop_does_not_hide_that_its_goods_were_fetched(
    station: StationLedger,
) -> None:
    stop = _on_the_way(station)
    reported = station.outcome(*stop, "not_at_home").seq
    station(c.CollectAllocation(allocation=stop[1]))
    again = c.ReportOutcome(
        delivery=stop[0], allocation=stop[1], outcome="not_at_home", why="not_ready"
    )
    station(c.Correct(entry=reported, command=again, reason="asked the team"))
    assert _collected(station, stop[0]) == [station.day(0)]


def test_fetched_goods_that_were_not_on_a_delivery_are_no_goods_of_its_stop(
    station: StationLedger,
) -> None:
    station.stock(9)
    allocation = station.allocate(9)
    part = [c.AllocationPart(line=1, quantity=4)]
    parts = [c.DispatchPart(allocation=allocation, lines=part)]
    first, second = (station.dispatch(allocation, parts=parts) for _ in range(2))
    station.outcome(first, allocation, "not_at_home")
    station.outcome(second, allocation, "handed_over")
    station(c.CollectAllocation(allocation=allocation, lines=part))
    assert _collected(station, first) == [station.day(0)]
    assert _collected(station, second) == [msgspec.UNSET]


def test_goods_that_went_out_again_are_fetched_after_the_later_delivery(
    station: StationLedger,
) -> None:
    stop = _on_the_way(station)
    station.outcome(*stop, "not_at_home")
    again = station.dispatch(stop[1])
    station.outcome(again, stop[1], "not_at_home")
    station(c.CollectAllocation(allocation=stop[1]))
    assert _collected(station, stop[0]) == [msgspec.UNSET]
    assert _collected(station, again) == [station.day(0)]


def _on_the_way(station: StationLedger) -> tuple[str, str]:
    """Dispatch goods for R-1. Return the delivery and the allocation."""
    station.stock(3)
    allocation = station.allocate(3)
    return station.dispatch(allocation), allocation


def _collected(station: StationLedger, delivery: str) -> list[date | msgspec.UnsetType]:
    """Return when the households of a delivery fetched goods, as sheet and pages agree."""
    found = [stop.collected_on for stop in build_run_sheet(station.books, delivery).stops]
    assert [stop.collected_on for stop in get_delivery(station.books, delivery).stops] == found
    return found


def test_a_run_sheet_of_an_unknown_delivery_or_forgotten_recipient_is_refused(
    station: StationLedger,
) -> None:
    with pytest.raises(NotFound, match="unknown delivery v_9"):
        build_run_sheet(station.books, "v_9")
    station.stock(4)
    allocation = station.allocate(4)
    delivery = station.dispatch(allocation)
    station.outcome(delivery, allocation, "handed_over")
    station(c.CloseDelivery(delivery=delivery))
    station(c.ForgetRecipient(recipient="R-1"))
    with pytest.raises(Forgotten):
        build_run_sheet(station.books, delivery)
