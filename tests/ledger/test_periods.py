"""Periods: facts late for a closed one are booked on the first open day, plans are refused."""

from __future__ import annotations

import pytest
from support.ledger_fixture import Desk

from supplies.domain import commands as c
from supplies.errors import AlreadyDone, InvalidField, PeriodClosed, Unaccounted


def close(desk: Desk, offset: int = -1) -> None:
    desk(c.ClosePeriod(through=desk.day(offset)))


def test_a_late_fact_is_booked_on_the_first_open_day_and_keeps_its_true_day(desk: Desk) -> None:
    close(desk)
    done = desk.give(5, happened_on=desk.day(-4))
    body = desk.books.body(done.seq)
    assert (body.happened_on, body.booked_on) == (desk.day(-4), desk.day(0))


def test_a_late_outcome_is_a_fact_too(desk: Desk) -> None:
    desk.stock(5, happened_on=desk.day(-5))
    allocation = desk.allocate(5, happened_on=desk.day(-4))
    delivery = desk.dispatch(allocation, happened_on=desk.day(-3))
    close(desk)
    done = desk.outcome(delivery, allocation, "handed_over", happened_on=desk.day(-3))
    assert done.conflict is None
    assert desk.books.body(done.seq).booked_on == desk.day(0)


def test_a_plan_in_a_closed_period_is_refused_and_told_the_first_open_day(desk: Desk) -> None:
    desk.stock(5, happened_on=desk.day(-5))
    close(desk)
    with pytest.raises(PeriodClosed, match=f"date it {desk.day(0)} or later") as refusal:
        desk.allocate(5, happened_on=desk.day(-2))
    assert refusal.value.faults[0].pointer == "/happened_on"


def test_a_correction_of_a_closed_day_is_booked_on_the_first_open_day(desk: Desk) -> None:
    lot = desk.stock(5, happened_on=desk.day(-5))
    close(desk)
    again = c.OpenStock(
        location="store",
        lines=[c.ArrivalLine(item="mask", quantity=3)],
        happened_on=desk.day(-5),
    )
    desk(c.Correct(entry=1, command=again, reason="typed wrongly"))
    assert desk.books.balance_on(desk.day(-1), "stock:store", "mask", lot) == 5
    assert desk.books.balance_on(desk.day(0), "stock:store", "mask", lot) == 3


def test_a_period_closes_only_forward_and_not_into_the_future(desk: Desk) -> None:
    close(desk)
    with pytest.raises(AlreadyDone, match="are closed through"):
        close(desk, -3)
    with pytest.raises(InvalidField, match="is not over"):
        close(desk, 0)


def test_a_period_closes_only_once_nothing_is_unexplained(desk: Desk) -> None:
    desk.stock(5, happened_on=desk.day(-2))
    sheet = str(desk(c.OpenCountSheet(location="store")).document)
    desk(c.CountStock(sheet=sheet, lines=[c.CountLine(item="mask", counted=4)]))
    close(desk)
    desk.clock.advance()
    with pytest.raises(Unaccounted, match="1 × 口罩 missing by counts through"):
        close(desk)
    line = [c.LotLine(item="mask", quantity=1)]
    day = desk.day(-1)
    desk(c.Settle(place="store", by="lost", lines=line, reason="gone", happened_on=day))
    close(desk)


def test_a_period_closes_only_once_no_conflict_waits(desk: Desk) -> None:
    desk.stock(5)
    allocation = desk.allocate(5)
    delivery = desk.dispatch(allocation)
    desk.outcome(delivery, allocation, "handed_over")
    conflict = desk.outcome(delivery, allocation, "lost").seq
    desk.clock.advance()
    with pytest.raises(Unaccounted, match=f"the conflict of entry {conflict} is not resolved"):
        close(desk)
    desk(c.ResolveConflict(conflict=conflict, by="correct", reason="asked"))
    close(desk)


def test_a_reopened_period_takes_plans_again(desk: Desk) -> None:
    desk.stock(5, happened_on=desk.day(-5))
    close(desk)
    desk(c.ReopenPeriod(day=desk.day(-2), reason="a list was found"))
    desk.allocate(5, happened_on=desk.day(-2))
    with pytest.raises(PeriodClosed):
        desk.allocate(1, happened_on=desk.day(-3))


def test_an_open_day_is_not_reopened(desk: Desk) -> None:
    with pytest.raises(InvalidField, match="is open"):
        desk(c.ReopenPeriod(day=desk.day(0), reason="r"))
