"""Closed periods: late facts are booked on the first open day, plans are refused."""

from __future__ import annotations

from datetime import date

import pytest
from support.ledger_fixture import TODAY, StationLedger

from supplies.domain import commands as c
from supplies.domain.days import EARLIEST_DAY
from supplies.errors import (
    AlreadyDone,
    InvalidField,
    PeriodClosed,
    Unaccounted,
)
from supplies.views.station_report import build_station_report


def close(station: StationLedger, offset: int = -1) -> None:
    station(c.ClosePeriod(through=station.day(offset)))


def test_a_late_donation_keeps_its_day_and_is_booked_on_the_first_open_day(
    station: StationLedger,
) -> None:
    close(station)
    done = station.give(5, happened_on=station.day(-4))
    body = station.books.body(done.seq)
    assert (body.happened_on, body.booked_on) == (station.day(-4), station.day(0))


def test_a_late_outcome_is_booked_on_the_first_open_day(station: StationLedger) -> None:
    station.stock(5, happened_on=station.day(-5))
    allocation = station.allocate(5, happened_on=station.day(-4))
    delivery = station.dispatch(allocation, happened_on=station.day(-3))
    close(station)
    done = station.outcome(delivery, allocation, "handed_over", happened_on=station.day(-3))
    assert done.conflict is None
    assert station.books.body(done.seq).booked_on == station.day(0)


def test_a_plan_in_a_closed_period_is_refused_with_the_first_open_day(
    station: StationLedger,
) -> None:
    station.stock(5, happened_on=station.day(-5))
    close(station)
    with pytest.raises(PeriodClosed, match=f"date it {station.day(0)} or later") as refusal:
        station.allocate(5, happened_on=station.day(-2))
    assert refusal.value.faults[0].pointer == "/happened_on"


def test_a_correction_of_a_closed_day_is_booked_on_the_first_open_day(
    station: StationLedger,
) -> None:
    lot = station.stock(5, happened_on=station.day(-5))
    close(station)
    again = c.OpenStock(
        location="store",
        lines=[c.ArrivalLine(item="mask", quantity=3)],
        happened_on=station.day(-5),
    )
    station(c.Correct(entry=1, command=again, reason="typed wrongly"))
    assert station.books.balance_on(station.day(-1), "stock:store", "mask", lot) == 5
    assert station.books.balance_on(station.day(0), "stock:store", "mask", lot) == 3


def test_a_period_closes_only_forward_and_not_into_the_future(station: StationLedger) -> None:
    close(station)
    with pytest.raises(AlreadyDone, match="are closed through"):
        close(station, -3)
    with pytest.raises(InvalidField, match="is not over"):
        close(station, 0)


def test_a_period_with_unexplained_goods_cannot_be_closed(station: StationLedger) -> None:
    station.stock(5, happened_on=station.day(-2))
    sheet = str(station(c.OpenCountSheet(location="store")).document)
    station(c.CountStock(sheet=sheet, lines=[c.CountLine(item="mask", counted=4)]))
    close(station)
    station.clock.advance()
    with pytest.raises(Unaccounted, match="1 × 口罩 were missing at counts"):
        close(station)
    line = [c.LotLine(item="mask", quantity=1)]
    day = station.day(-1)
    station(c.Settle(place="store", by="lost", lines=line, reason="gone", happened_on=day))
    close(station)


def test_a_period_with_an_open_conflict_cannot_be_closed(station: StationLedger) -> None:
    station.stock(5)
    allocation = station.allocate(5)
    delivery = station.dispatch(allocation)
    station.outcome(delivery, allocation, "handed_over")
    conflict = station.outcome(delivery, allocation, "lost").seq
    station.clock.advance()
    with pytest.raises(Unaccounted, match=f"the conflict of entry {conflict} is not resolved"):
        close(station)
    station(c.ResolveConflict(conflict=conflict, by="correct", reason="asked"))
    close(station)


def test_plans_can_be_recorded_in_a_reopened_period(station: StationLedger) -> None:
    station.stock(5, happened_on=station.day(-5))
    close(station)
    station(c.ReopenPeriod(day=station.day(-2), reason="a list was found"))
    station.allocate(5, happened_on=station.day(-2))
    with pytest.raises(PeriodClosed):
        station.allocate(1, happened_on=station.day(-3))


def test_reopening_an_open_day_is_refused(station: StationLedger) -> None:
    with pytest.raises(InvalidField, match="is open"):
        station(c.ReopenPeriod(day=station.day(0), reason="r"))


def test_a_report_may_start_on_the_earliest_day_that_is_accepted(station: StationLedger) -> None:
    station(c.ClosePeriod(through=date(2020, 2, 5)))
    station(c.ReopenPeriod(day=EARLIEST_DAY, reason="x"))
    with station.ledger.reading() as books:
        report = build_station_report(books, EARLIEST_DAY, TODAY)
    assert report.goods == []
