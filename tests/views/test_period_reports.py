"""Reports of a period: cover, derivation, losses, pledges, values, needs, teams, households."""

from __future__ import annotations

from datetime import timedelta

import pytest
from support.ledger_fixture import StationLedger

from supplies.domain import commands as c
from supplies.domain.money import Value
from supplies.errors import InvalidField, NotFound
from supplies.views.document_reports import (
    report_deliveries,
    report_noted_needs,
    report_pledges,
)
from supplies.views.donor_reports import report_donor_values, report_pledges_by_donor
from supplies.views.household_history import get_household_history
from supplies.views.need_reports import report_needs
from supplies.views.stock_cover import report_stock_cover
from supplies.views.stock_derivation import derive_stock, report_losses
from supplies.views.team_report import report_teams


def hand_out(station: StationLedger, quantity: int) -> None:
    lines = [c.RecipientLine(item="mask", quantity=quantity)]
    station(c.HandOut(recipient="R-1", location="store", lines=lines))


def test_the_cover_is_the_usable_stock_divided_by_the_rate(station: StationLedger) -> None:
    station.stock(100, expires_on=station.day(1))
    station.stock(50)
    hand_out(station, 30)
    today = station.day(2)
    (one,) = report_stock_cover(station.books, today, rate_days=10).items
    assert [(lot.on_hand, lot.usable) for lot in one.lots] == [(70, False), (50, True)]
    assert (one.usable, one.left, one.cover_days) == (50, 30, 50 * 10 // 30)
    later = today + timedelta(days=30)
    (one,) = report_stock_cover(station.books, later, rate_days=10).items
    assert (one.left, one.cover_days) == (0, None)
    with pytest.raises(InvalidField, match="days is 0"):
        report_stock_cover(station.books, today, rate_days=0)


def test_the_derivation_ends_with_the_stock_of_the_books(station: StationLedger) -> None:
    station.stock(100)
    station.give(20)
    hand_out(station, 30)
    lost = [c.LotLine(item="mask", quantity=5)]
    station(c.WriteOff(reason="damaged", location="store", lines=lost))
    today = station.day(0)
    (one,) = derive_stock(station.books, today, today).items
    assert [(line.step, line.change, line.balance) for line in one.lines] == [
        ("opening", 100, 100),
        ("donor", 20, 120),
        ("received", -30, 90),
        ("lost:damaged", -5, 85),
    ]
    assert (one.before, one.on_hand) == (0, 85)
    (next_day,) = derive_stock(station.books, station.day(1), station.day(1)).items
    assert (next_day.before, next_day.on_hand, next_day.lines) == (85, 85, [])
    assert derive_stock(station.books, today, today, item="soap").items[0].on_hand == 0
    with pytest.raises(InvalidField, match="is before"):
        derive_stock(station.books, station.day(1), today)


def test_losses_are_listed_by_cause_without_what_was_found_again(station: StationLedger) -> None:
    lot = station.stock(100)
    for reason, quantity in (("damaged", 5), ("missing", 9)):
        lines = [c.LotLine(item="mask", quantity=quantity)]
        station(c.WriteOff(reason=reason, location="store", lines=lines))
    found = [c.LotLine(item="mask", quantity=4, lot=lot)]
    station(c.FindAgain(reason="missing", location="store", lines=found))
    today = station.day(0)
    assert [
        (one.reason, one.quantity) for one in report_losses(station.books, today, today).items
    ] == [
        ("damaged", 5),
        ("missing", 5),
    ]


def test_pledges_are_counted_by_donor_and_an_overdue_one_is_late(station: StationLedger) -> None:
    kept = station.pledge(10)
    station.give(10, pledge=kept)
    station.pledge(20, due_on=station.day(3))
    today = station.day(4)
    (one,) = report_pledges_by_donor(station.books, station.day(0), today, today).items
    assert (one.donor, one.pledges, one.open, one.late, one.kept) == ("D-1", 2, 1, 1, 1)
    (line,) = one.lines
    assert (line.promised, line.arrived, line.outstanding, line.late) == (30, 10, 20, 20)
    on_time = report_pledges_by_donor(station.books, station.day(0), today, station.day(3))
    assert on_time.items[0].late == 0
    assert report_pledges_by_donor(station.books, today, today, today).items == []


def test_values_are_summed_by_donor_year_and_currency(station: StationLedger) -> None:
    for minor in (5000, 2500, None):
        value = None if minor is None else Value(minor=minor, currency="CNY", evidence="invoice")
        line = c.DonationLine(item="mask", quantity=10, value=value)
        station(c.RecordDonation(donor="D-1", location="store", handled_by="陈某", lines=[line]))
    day = station.day(0)
    first, second = report_donor_values(station.books, day, day).items
    assert (first.donor, first.currency, first.value, first.donations) == ("D-1", None, None, 1)
    assert (second.currency, second.value, second.donations, second.not_valued) == (
        "CNY",
        7500,
        2,
        1,
    )


def test_needs_are_grouped_with_the_time_they_waited(station: StationLedger) -> None:
    station.stock(6)
    station.need(6)
    station.clock.advance(2)
    hand_out(station, 6)
    station.need(4)
    today = station.day(5)
    report = report_needs(station.books, station.day(-9), today, today)
    (one,) = report.items
    assert (one.item, one.community, one.waiting, one.missing) == ("mask", "longxue", 1, 4)
    assert (one.longest_days, one.met, one.mean_days_to_meet) == (5, 1, 2)


def test_deliveries_are_added_up_by_team(station: StationLedger) -> None:
    station.stock(10)
    allocation = station.allocate(6)
    delivery = station.dispatch(allocation)
    station.outcome(delivery, allocation, "handed_over")
    day = station.day(0)
    (one,) = report_teams(station.books, day, day).items
    assert (one.team, one.deliveries, one.out, one.stops) == ("T-1", 1, 1, 1)
    assert (one.outcomes, one.not_reported) == ({"handed_over": 1}, 0)
    assert [(line.item, line.loaded, line.received) for line in one.lines] == [("mask", 6, 6)]


def test_the_history_of_a_household_has_needs_and_goods(station: StationLedger) -> None:
    station.stock(10)
    station.need(6)
    hand_out(station, 6)
    day = station.day(0)
    history = get_household_history(station.books, "R-1", day, day)
    assert [(line.kind, line.asked, line.received) for line in history.items] == [
        ("need_noted", 6, None),
        ("handed_out", None, 6),
    ]
    with pytest.raises(NotFound):
        get_household_history(station.books, "R-9", day, day)


def test_a_report_of_documents_is_limited_to_the_first(station: StationLedger) -> None:
    station.stock(10)
    for _ in range(2):
        station.need(2)
        station.dispatch(station.allocate(2))
        station.pledge(5)
    day = station.day(0)
    for report in (report_noted_needs, report_deliveries, report_pledges):
        everything = report(station.books, day, day).items
        assert len(everything) == 2
        assert report(station.books, day, day, limit=1).items == everything[:1]
