"""A clock that is set back: entries continue their numbers and the books stay consistent."""

from __future__ import annotations

from datetime import date

import pytest
from support.ledger_fixture import StationLedger

from supplies.domain import commands as c
from supplies.errors import InvalidField, NotEnough
from supplies.views.entries import get_entry, list_entries


def recorded_at(station: StationLedger) -> list[str]:
    rows = station.books.all(
        "SELECT recorded_at FROM entries WHERE station = :station ORDER BY seq"
    )
    return [moment for (moment,) in rows]


def test_entry_numbers_continue_when_the_clock_steps_back(
    station: StationLedger,
) -> None:
    station.need()
    station.clock.advance(-3)
    second = station.need()
    assert [station.books.last_entry().seq, second] == [2, "n_2"]
    first_at, second_at = recorded_at(station)
    assert second_at < first_at
    assert station.ledger.verify().entries == 2


def test_an_entry_says_that_the_clock_was_set_back_before_it(station: StationLedger) -> None:
    for days in (0, 2, -1, 0):
        station.clock.advance(days)
        station.need()
    views = [get_entry(station.books, seq) for seq in (1, 2, 3, 4)]
    assert [bool(view.warnings) for view in views] == [False, False, True, False]
    (warning,) = views[2].warnings or ()
    assert warning.warning == "clock-set-back"
    assert "before the time of entry 2 (2020-02-12T04:00:00.000000Z)" in warning.detail
    assert list_entries(station.books).items == views
    (verified,) = station.ledger.verify().stations
    assert verified.clock_set_back == [3]


def test_goods_cannot_leave_before_the_day_they_arrived(station: StationLedger) -> None:
    station.stock(10)
    station.clock.advance(-1)
    with pytest.raises(NotEnough):
        station.allocate(10)
    station.clock.advance(1)
    station.allocate(10)
    station.ledger.verify()


def test_a_day_after_a_clock_that_was_set_back_is_in_the_future(station: StationLedger) -> None:
    tenth = station.clock.day
    station.clock.advance(-1)
    with pytest.raises(InvalidField, match="is in the future"):
        station.give(5, happened_on=tenth)
    station.give(5)
    station.ledger.verify()


def test_receipt_numbers_have_no_gap_when_the_clock_steps_back_over_new_year(
    station: StationLedger,
) -> None:
    for day in (date(2020, 1, 1), date(2019, 12, 31), date(2019, 12, 31), date(2020, 1, 1)):
        station.clock.day = day
        station(
            c.RecordDonation(
                location="store", handled_by="x", lines=[c.DonationLine(item="mask", quantity=1)]
            )
        )
    rows = station.books.all("SELECT number FROM receipts WHERE station = :station ORDER BY seq")
    assert [number for (number,) in rows] == [
        "JZ-2020-000001",
        "JZ-2019-000001",
        "JZ-2019-000002",
        "JZ-2020-000002",
    ]
    station.ledger.verify()


def test_a_repeat_is_recognised_after_the_clock_changed(station: StationLedger) -> None:
    name = "8f6f6f0e-1111-4111-8111-111111111111"
    first = station.ledger.record(station.donation(5), by="u_1", id=name)
    station.clock.advance(-400)
    again = station.ledger.record(station.donation(5), by="u_1", id=name)
    assert (again.seq, again.repeated) == (first.seq, True)
