"""Allocations: set aside for one recipient, first what expires first; and released."""

from __future__ import annotations

import pytest
from support.ledger_fixture import Desk

from supplies.domain import commands as c
from supplies.errors import AlreadyDone, InvalidField, NotEnough, NotFound


def test_what_expires_first_is_set_aside_first_and_what_never_expires_last(desk: Desk) -> None:
    never = desk.stock(5)
    late, soon = desk.stock(5, expires_on=desk.day(30)), desk.stock(5, expires_on=desk.day(3))
    allocation = desk.allocate(11)
    account = f"allocated:{allocation}:store"
    assert [desk.balance(account, lot=lot) for lot in (soon, late, never)] == [5, 5, 1]


def test_of_lots_that_expire_together_the_older_goes_first(desk: Desk) -> None:
    older, newer = desk.stock(5, expires_on=desk.day(3)), desk.stock(5, expires_on=desk.day(3))
    allocation = desk.allocate(6)
    account = f"allocated:{allocation}:store"
    assert [desk.balance(account, lot=lot) for lot in (older, newer)] == [5, 1]


def test_expired_goods_are_set_aside_only_when_said(desk: Desk) -> None:
    lot = desk.stock(5, expires_on=desk.day(0))
    desk.clock.advance()
    with pytest.raises(NotEnough, match=r"no 口罩 is free in Store A \(5 more have expired\)"):
        desk.allocate(5)
    with pytest.raises(NotEnough, match="5 more have expired"):
        desk.allocate(5, lots=[c.LotPart(lot=lot, quantity=5)])
    desk.allocate(5, allow_expired=True)
    assert desk.total("stock:store") == 0


def test_goods_may_still_be_used_on_their_last_day(desk: Desk) -> None:
    desk.stock(5, expires_on=desk.day(0))
    desk.allocate(5)
    assert desk.total("stock:store") == 0


def test_more_than_is_free_is_refused_saying_what_was_asked_and_what_is_there(desk: Desk) -> None:
    desk.stock(12)
    with pytest.raises(NotEnough) as refusal:
        desk.allocate(20)
    assert str(refusal.value) == "only 12 × 口罩 are free in Store A; 20 were asked for"
    fault = refusal.value.faults[0]
    assert (fault.pointer, fault.asked, fault.available) == ("/lines/0/quantity", 20, 12)
    assert desk.entries() == 1


def test_nothing_is_set_aside_from_a_quarantine(desk: Desk) -> None:
    desk.stock(5, location="ward")
    with pytest.raises(InvalidField, match="is a quarantine"):
        desk.allocate(5, location="ward")


def test_lots_named_must_come_to_the_line_and_be_named_once(desk: Desk) -> None:
    lot = desk.stock(10)
    with pytest.raises(InvalidField, match="the lots come to 4, the line to 5"):
        desk.allocate(5, lots=[c.LotPart(lot=lot, quantity=4)])
    with pytest.raises(InvalidField, match="is named twice"):
        desk.allocate(5, lots=[c.LotPart(lot=lot, quantity=4), c.LotPart(lot=lot, quantity=1)])


def test_a_lot_of_another_item_is_refused(desk: Desk) -> None:
    desk.stock(10)
    soap = desk.stock(10, "soap")
    with pytest.raises(InvalidField, match="is not a lot of 口罩"):
        desk.allocate(5, lots=[c.LotPart(lot=soap, quantity=5)])


def test_within_an_allocation_a_lot_serves_at_most_one_need(desk: Desk) -> None:
    first, second = desk.need(4), desk.need(4)
    desk.stock(8)
    lines = [
        c.AllocationLine(item="mask", quantity=4, need=first),
        c.AllocationLine(item="mask", quantity=4, need=second),
    ]
    with pytest.raises(InvalidField, match="already serves another need"):
        desk(c.Allocate(recipient="R-1", location="store", lines=lines))


def test_a_back_dated_allocation_takes_a_lot_that_was_there_on_its_day(desk: Desk) -> None:
    old = desk.stock(5, happened_on=desk.day(-5))
    desk.stock(5, expires_on=desk.day(3))
    allocation = desk.allocate(5, happened_on=desk.day(-2))
    assert desk.balance(f"allocated:{allocation}:store", lot=old) == 5


def test_a_back_dated_allocation_of_goods_that_came_later_is_refused(desk: Desk) -> None:
    desk.stock(5, happened_on=desk.day(-3))
    desk.stock(5)
    with pytest.raises(NotEnough, match=r"only 5 × 口罩 are free in Store A on every day since"):
        desk.allocate(8, happened_on=desk.day(-2))


def test_a_release_takes_the_excess_first_then_opens_the_need_again(desk: Desk) -> None:
    need = desk.need(6)
    desk.stock(10)
    allocation = desk.allocate(10)
    part = [c.ReleasedLine(line=1, quantity=4)]
    desk(c.Release(allocation=allocation, reason="too many", lines=part))
    assert desk.balance(f"assigned:{need}:{allocation}") == 6
    desk(c.Release(allocation=allocation, reason="not wanted"))
    assert desk.balance(f"needed:{need}") == 6
    assert desk.total("stock:store") == 10


def test_a_release_never_goes_back_to_a_claim(desk: Desk) -> None:
    need = desk.need(6)
    pledge = desk.pledge(6, {need: 6})
    done = desk.give(6, pledge=pledge)
    desk(c.Release(allocation=f"a_{done.seq + 1}", reason="not wanted"))
    assert desk.balance(f"needed:{need}") == 6
    assert desk.balance(f"claimed:{need}:{pledge}") == 0


def test_more_than_is_set_aside_is_not_released(desk: Desk) -> None:
    desk.stock(10)
    allocation = desk.allocate(4)
    with pytest.raises(NotEnough, match="only 4 × 口罩 are set aside in allocation"):
        desk(
            c.Release(
                allocation=allocation,
                reason="r",
                lines=[c.ReleasedLine(line=1, quantity=5)],
            )
        )
    with pytest.raises(InvalidField, match="has no line 2"):
        desk(
            c.Release(
                allocation=allocation,
                reason="r",
                lines=[c.ReleasedLine(line=2, quantity=1)],
            )
        )


def test_what_was_released_is_not_released_again(desk: Desk) -> None:
    desk.stock(10)
    allocation = desk.allocate(4)
    desk(c.Release(allocation=allocation, reason="r"))
    with pytest.raises(AlreadyDone, match="nothing is set aside"):
        desk(c.Release(allocation=allocation, reason="r"))
    with pytest.raises(NotFound, match="there is no allocation a_99"):
        desk(c.Release(allocation="a_99", reason="r"))
