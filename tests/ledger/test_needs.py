"""Needs: recorded, served and ended; their quantities match the goods."""

from __future__ import annotations

import pytest
from support.ledger_fixture import StationLedger

from supplies.domain import commands as c
from supplies.errors import AlreadyDone, InvalidField, NotEnough, NotFound


def standing(station: StationLedger, need: str) -> dict[str, int]:
    """The balance of each kind of account of a need."""
    kinds = ("needed", "claimed", "assigned", "met", "ended")
    found = {}
    for kind in kinds:
        exact = station.total(f"{kind}:{need}")
        below = station.total(f"{kind}:{need}:")
        if exact + below:
            found[kind] = exact + below
    return found


def test_a_need_is_counted_in_base_units(station: StationLedger) -> None:
    need = station.need(3, pack="ten")
    assert standing(station, need) == {"needed": 30}
    assert station.balance("asked:R-1") == -30


def test_an_allocation_serves_the_most_urgent_need_first(
    station: StationLedger,
) -> None:
    low, high = station.need(4, urgency="low"), station.need(4, urgency="high")
    station.stock(3)
    station.allocate(3)
    assert standing(station, high) == {"needed": 1, "assigned": 3}
    assert standing(station, low) == {"needed": 4}


def test_of_two_equally_urgent_needs_the_older_is_served_first(station: StationLedger) -> None:
    older, newer = station.need(4), station.need(4)
    station.stock(3)
    station.allocate(3)
    assert standing(station, older) == {"needed": 1, "assigned": 3}
    assert standing(station, newer) == {"needed": 4}


def test_goods_allocated_beyond_a_need_serve_no_need(
    station: StationLedger,
) -> None:
    need = station.need(4)
    station.stock(10)
    allocation = station.allocate(10)
    assert standing(station, need) == {"assigned": 4}
    assert station.total(f"allocated:{allocation}:") == 10


def test_an_allocation_displaces_the_claim_of_its_need(
    station: StationLedger,
) -> None:
    need = station.need(10)
    pledge = station.pledge(10, {need: 10})
    station.stock(6)
    station.allocate(6, need=need)
    assert standing(station, need) == {"claimed": 4, "assigned": 6}
    assert station.balance(f"pledged:{pledge}:{need}") == 4
    assert station.balance(f"pledged:{pledge}") == 6


def test_an_allocation_without_a_named_need_serves_a_claimed_need(
    station: StationLedger,
) -> None:
    need = station.need(10)
    station.pledge(10, {need: 10})
    station.stock(6)
    station.allocate(6)
    assert standing(station, need) == {"claimed": 4, "assigned": 6}


def test_the_newest_claim_is_displaced_first(station: StationLedger) -> None:
    need = station.need(10)
    older, newer = station.pledge(5, {need: 5}), station.pledge(5, {need: 5})
    station.stock(5)
    station.allocate(5, need=need)
    assert station.balance(f"claimed:{need}:{older}") == 5
    assert station.balance(f"claimed:{need}:{newer}") == 0


def test_a_hand_out_meets_the_recipients_need(station: StationLedger) -> None:
    need = station.need(4)
    station.stock(10)
    lines = [c.LotLine(item="mask", quantity=6)]
    station(c.HandOut(recipient="R-1", location="store", lines=lines))
    assert standing(station, need) == {"met": 4}
    assert station.total("received:R-1") == 6


def test_taking_goods_back_takes_the_excess_first_then_reopens_the_need(
    station: StationLedger,
) -> None:
    need = station.need(4)
    station.stock(6)
    lines = [c.LotLine(item="mask", quantity=6)]
    station(c.HandOut(recipient="R-1", location="store", lines=lines))
    back = [c.LotLine(item="mask", quantity=2)]
    station(c.TakeBack(recipient="R-1", location="store", lines=back, reason="too many"))
    assert standing(station, need) == {"met": 4}
    station(c.TakeBack(recipient="R-1", location="store", lines=back, reason="too many"))
    assert standing(station, need) == {"met": 2, "needed": 2}


def test_ending_a_need_frees_its_claims_and_ends_goods_returned_later(
    station: StationLedger,
) -> None:
    need = station.need(10)
    pledge = station.pledge(4, {need: 4})
    station.stock(5)
    allocation = station.allocate(5)
    station(c.EndNeed(need=need, reason="moved"))
    assert standing(station, need) == {"assigned": 5, "ended": 5}
    assert station.balance(f"pledged:{pledge}") == 4
    station(c.Release(allocation=allocation, reason="moved away"))
    assert standing(station, need) == {"ended": 10}


def test_ending_a_need_twice_is_refused(station: StationLedger) -> None:
    need = station.need()
    station(c.EndNeed(need=need, reason="died"))
    with pytest.raises(AlreadyDone, match=f"{need} was ended before"):
        station(c.EndNeed(need=need, reason="died"))


def test_a_due_day_before_the_need_is_refused(station: StationLedger) -> None:
    with pytest.raises(InvalidField, match="before the need was noted"):
        station.need(needed_by=station.day(-1))


def test_an_unknown_need_is_not_found(station: StationLedger) -> None:
    with pytest.raises(NotFound, match="there is no need n_99"):
        station(c.EndNeed(need="n_99", reason="died"))


def test_claiming_a_need_twice_is_refused(station: StationLedger) -> None:
    need = station.need(10)
    station.pledge(8, {need: 8})
    with pytest.raises(NotEnough) as refusal:
        station.pledge(5, {need: 5})
    assert str(refusal.value) == f"only 2 × 口罩 are still needed in need {need}; 5 were asked for"
    assert refusal.value.faults[0].pointer == "/lines/0/claims/0/quantity"


def test_allocating_for_a_need_of_another_item_or_recipient_is_refused(
    station: StationLedger,
) -> None:
    soap, other = station.need(4, item="soap"), station.need(4, recipient="R-2")
    station.stock(4)
    with pytest.raises(InvalidField, match="asks for soap"):
        station.allocate(4, need=soap)
    with pytest.raises(InvalidField, match="is recipient R-2's, not R-1's"):
        station.allocate(4, need=other)


def test_a_backdated_hand_out_does_not_meet_a_later_need(station: StationLedger) -> None:
    station.stock(10, happened_on=station.day(-5))
    need = station.need(4)
    lines = [c.LotLine(item="mask", quantity=3)]
    station(c.HandOut(recipient="R-1", location="store", lines=lines, happened_on=station.day(-2)))
    assert standing(station, need) == {"needed": 4}


def test_a_backdated_allocation_does_not_serve_a_later_need(
    station: StationLedger,
) -> None:
    station.stock(10, happened_on=station.day(-5))
    need = station.need(4)
    station.allocate(3, happened_on=station.day(-2))
    assert standing(station, need) == {"needed": 4}
