"""Allocations to a recipient, first expired first, and their release."""

from __future__ import annotations

from datetime import date

import pytest
from support.ledger_fixture import StationLedger
from support.refusals import assert_refused

from supplies.domain import commands as c
from supplies.errors import (
    AlreadyDone,
    InvalidField,
    NotEnough,
    NotFound,
)


def test_lots_are_allocated_first_expired_first(
    station: StationLedger,
) -> None:
    never = station.stock(5)
    late, soon = (
        station.stock(5, expires_on=station.day(30)),
        station.stock(5, expires_on=station.day(3)),
    )
    allocation = station.allocate(11)
    account = f"allocated:{allocation}:store"
    assert [station.balance(account, lot=lot) for lot in (soon, late, never)] == [5, 5, 1]


def test_of_lots_with_the_same_expiry_the_older_is_allocated_first(station: StationLedger) -> None:
    older, newer = (
        station.stock(5, expires_on=station.day(3)),
        station.stock(5, expires_on=station.day(3)),
    )
    allocation = station.allocate(6)
    account = f"allocated:{allocation}:store"
    assert [station.balance(account, lot=lot) for lot in (older, newer)] == [5, 1]


def test_expired_goods_are_allocated_only_with_allow_expired(station: StationLedger) -> None:
    lot = station.stock(5, expires_on=station.day(0))
    station.clock.advance()
    with pytest.raises(NotEnough, match=r"no 口罩 is free in Store A \(5 more have expired"):
        station.allocate(5)
    with pytest.raises(NotEnough, match="5 more have expired"):
        station.allocate(5, lots=[c.LotPart(lot=lot, quantity=5)])
    station.allocate(5, allow_expired=True)
    assert station.total("stock:store") == 0


def test_goods_may_be_allocated_on_their_expiry_day(station: StationLedger) -> None:
    station.stock(5, expires_on=station.day(0))
    station.allocate(5)
    assert station.total("stock:store") == 0


def test_allocating_more_than_is_free_is_refused_with_both_quantities(
    station: StationLedger,
) -> None:
    station.stock(12)
    with pytest.raises(NotEnough) as refusal:
        station.allocate(20)
    assert str(refusal.value) == "only 12 × 口罩 are free in Store A; 20 were asked for"
    fault = refusal.value.faults[0]
    assert (fault.pointer, fault.asked, fault.available) == ("/lines/0/quantity", 20, 12)
    assert station.entries() == 1


def test_allocating_from_quarantine_is_refused(station: StationLedger) -> None:
    station.stock(5, location="ward")
    with pytest.raises(InvalidField, match="is a quarantine"):
        station.allocate(5, location="ward")


def test_named_lots_must_sum_to_the_line_and_be_named_once(station: StationLedger) -> None:
    lot = station.stock(10)
    with pytest.raises(InvalidField, match="the lots add up to 4, but the line has 5"):
        station.allocate(5, lots=[c.LotPart(lot=lot, quantity=4)])
    with pytest.raises(InvalidField, match="is named twice"):
        station.allocate(5, lots=[c.LotPart(lot=lot, quantity=4), c.LotPart(lot=lot, quantity=1)])


def test_a_lot_of_another_item_is_refused(station: StationLedger) -> None:
    station.stock(10)
    soap = station.stock(10, "soap")
    with pytest.raises(InvalidField, match="is not a lot of 口罩"):
        station.allocate(5, lots=[c.LotPart(lot=soap, quantity=5)])


def test_a_lot_serves_at_most_one_need_of_an_allocation(station: StationLedger) -> None:
    first, second = station.need(4), station.need(4)
    station.stock(8)
    lines = [
        c.AllocationLine(item="mask", quantity=4, need=first),
        c.AllocationLine(item="mask", quantity=4, need=second),
    ]
    with pytest.raises(InvalidField, match="already serves another need"):
        station(c.Allocate(recipient="R-1", location="store", lines=lines))


def test_a_backdated_allocation_takes_a_lot_present_on_its_day(
    station: StationLedger,
) -> None:
    old = station.stock(5, happened_on=station.day(-5))
    station.stock(5, expires_on=station.day(3))
    allocation = station.allocate(5, happened_on=station.day(-2))
    assert station.balance(f"allocated:{allocation}:store", lot=old) == 5


def test_a_backdated_allocation_of_goods_that_arrived_later_is_refused(
    station: StationLedger,
) -> None:
    station.stock(5, happened_on=station.day(-3))
    station.stock(5)
    with pytest.raises(NotEnough, match=r"only 5 × 口罩 are free in Store A on every day since"):
        station.allocate(8, happened_on=station.day(-2))


def test_a_release_takes_the_excess_first_then_reopens_the_need(station: StationLedger) -> None:
    need = station.need(6)
    station.stock(10)
    allocation = station.allocate(10)
    part = [c.ReleasedLine(line=1, quantity=4)]
    station(c.Release(allocation=allocation, reason="too many", lines=part))
    assert station.balance(f"assigned:{need}:{allocation}") == 6
    station(c.Release(allocation=allocation, reason="not wanted"))
    assert station.balance(f"needed:{need}") == 6
    assert station.total("stock:store") == 10


def test_a_release_does_not_restore_a_claim(station: StationLedger) -> None:
    need = station.need(6)
    pledge = station.pledge(6, {need: 6})
    done = station.give(6, pledge=pledge)
    station(c.Release(allocation=f"a_{done.seq + 1}", reason="not wanted"))
    assert station.balance(f"needed:{need}") == 6
    assert station.balance(f"claimed:{need}:{pledge}") == 0


def test_releasing_more_than_is_allocated_is_refused(station: StationLedger) -> None:
    station.stock(10)
    allocation = station.allocate(4)
    with pytest.raises(NotEnough, match="only 4 × 口罩 are set aside in allocation"):
        station(
            c.Release(
                allocation=allocation,
                reason="r",
                lines=[c.ReleasedLine(line=1, quantity=5)],
            )
        )
    with pytest.raises(InvalidField, match="has no line 2"):
        station(
            c.Release(
                allocation=allocation,
                reason="r",
                lines=[c.ReleasedLine(line=2, quantity=1)],
            )
        )


def test_releasing_an_allocation_twice_is_refused(station: StationLedger) -> None:
    station.stock(10)
    allocation = station.allocate(4)
    station(c.Release(allocation=allocation, reason="r"))
    with pytest.raises(AlreadyDone, match="nothing is set aside"):
        station(c.Release(allocation=allocation, reason="r"))
    with pytest.raises(NotFound, match="unknown allocation a_99"):
        station(c.Release(allocation="a_99", reason="r"))


def test_a_backdated_allocation_that_overdraws_a_past_day_is_refused(
    station: StationLedger,
) -> None:
    station.stock(5, happened_on=date(2020, 2, 8))
    sentence = assert_refused(
        station,
        NotEnough,
        lambda: station.allocate(5, happened_on=date(2020, 2, 7)),
    )
    assert "no 口罩 is free in Store A on every day since 2020-02-07; 5 were asked for" in sentence


def test_claims_do_not_allocate_goods_in_quarantine(station: StationLedger) -> None:
    need = station.need(5)
    pledge = station.pledge(5, {need: 5})
    station.give(5, pledge=pledge, location="ward")
    assert station.total("allocated:") == 0
    assert station.balance(f"needed:{need}") == 5


def test_goods_that_a_team_brought_back_to_a_quarantine_stay_allocated_as_reported(
    station: StationLedger,
) -> None:
    station.stock(5)
    allocation = station.allocate(5)
    delivery = station.dispatch(allocation)
    back = c.OutcomeLine(line=1, brought_back=5, to="allocated", location="ward")
    station.outcome(delivery, allocation, "partly", lines=[back])
    assert station.total(f"allocated:{allocation}:") == 5
    with pytest.raises(InvalidField, match="quarantine"):
        station.dispatch(allocation)
