"""A clock that is set back: numbers go on, days are what the clock says, the books stay sound."""

from __future__ import annotations

from datetime import date

import pytest
from support.ledger_fixture import Desk

from supplies.domain import commands as c
from supplies.errors import InvalidField, NotEnough


def recorded_at(desk: Desk) -> list[str]:
    rows = desk.books.all("SELECT recorded_at FROM entries WHERE station = :station ORDER BY seq")
    return [moment for (moment,) in rows]


def test_numbers_go_on_when_the_clock_steps_back_and_the_moment_is_what_it_said(
    desk: Desk,
) -> None:
    desk.need()
    desk.clock.advance(-3)
    second = desk.need()
    assert [desk.books.head()[0], second] == [2, "n_2"]
    first_at, second_at = recorded_at(desk)
    assert second_at < first_at
    assert desk.ledger.verify().entries == 2


def test_goods_are_not_there_before_the_day_on_which_they_came(desk: Desk) -> None:
    desk.stock(10)
    desk.clock.advance(-1)
    with pytest.raises(NotEnough):
        desk.allocate(10)
    desk.clock.advance(1)
    desk.allocate(10)
    desk.ledger.verify()


def test_a_day_that_the_clock_has_taken_back_is_in_the_future(desk: Desk) -> None:
    tenth = desk.clock.day
    desk.clock.advance(-1)
    with pytest.raises(InvalidField, match="is in the future"):
        desk.give(5, happened_on=tenth)
    desk.give(5)
    desk.ledger.verify()


def test_receipts_have_no_gap_when_the_clock_steps_back_over_the_new_year(desk: Desk) -> None:
    for day in (date(2020, 1, 1), date(2019, 12, 31), date(2019, 12, 31), date(2020, 1, 1)):
        desk.clock.day = day
        desk(
            c.RecordDonation(
                location="store", handled_by="x", lines=[c.DonationLine(item="mask", quantity=1)]
            )
        )
    rows = desk.books.all("SELECT number FROM receipts WHERE station = :station ORDER BY seq")
    assert [number for (number,) in rows] == [
        "JZ-2020-000001",
        "JZ-2019-000001",
        "JZ-2019-000002",
        "JZ-2020-000002",
    ]
    desk.ledger.verify()


def test_a_repeat_is_known_whatever_the_clock_says(desk: Desk) -> None:
    name = "8f6f6f0e-1111-4111-8111-111111111111"
    first = desk.ledger.record(desk.donation(5), by="u_1", id=name)
    desk.clock.advance(-400)
    again = desk.ledger.record(desk.donation(5), by="u_1", id=name)
    assert (again.seq, again.repeated) == (first.seq, True)
