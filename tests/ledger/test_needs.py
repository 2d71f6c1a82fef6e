"""Needs: noted, served and ended; they keep step with the goods."""

from __future__ import annotations

import pytest
from support.ledger_fixture import Desk

from supplies.domain import commands as c
from supplies.errors import AlreadyDone, InvalidField, NotEnough, NotFound


def standing(desk: Desk, need: str) -> dict[str, int]:
    """What stands in each kind of account of a need."""
    kinds = ("needed", "claimed", "assigned", "met", "ended")
    found = {}
    for kind in kinds:
        exact = desk.total(f"{kind}:{need}")
        below = desk.total(f"{kind}:{need}:")
        if exact + below:
            found[kind] = exact + below
    return found


def test_a_noted_need_is_open_in_base_units(desk: Desk) -> None:
    need = desk.need(3, pack="ten")
    assert standing(desk, need) == {"needed": 30}
    assert desk.balance("asked:R-1") == -30


def test_an_allocation_without_a_need_serves_the_most_urgent_open_one(desk: Desk) -> None:
    low, high = desk.need(4, urgency="low"), desk.need(4, urgency="high")
    desk.stock(3)
    desk.allocate(3)
    assert standing(desk, high) == {"needed": 1, "assigned": 3}
    assert standing(desk, low) == {"needed": 4}


def test_of_two_equally_urgent_needs_the_older_is_served(desk: Desk) -> None:
    older, newer = desk.need(4), desk.need(4)
    desk.stock(3)
    desk.allocate(3)
    assert standing(desk, older) == {"needed": 1, "assigned": 3}
    assert standing(desk, newer) == {"needed": 4}


def test_what_is_allocated_beyond_a_need_is_set_aside_but_serves_none(desk: Desk) -> None:
    need = desk.need(4)
    desk.stock(10)
    allocation = desk.allocate(10)
    assert standing(desk, need) == {"assigned": 4}
    assert desk.total(f"allocated:{allocation}:") == 10


def test_a_need_is_served_by_free_goods_before_promised_ones_and_the_claim_falls(
    desk: Desk,
) -> None:
    need = desk.need(10)
    pledge = desk.pledge(10, {need: 10})
    desk.stock(6)
    desk.allocate(6, need=need)
    assert standing(desk, need) == {"claimed": 4, "assigned": 6}
    assert desk.balance(f"pledged:{pledge}:{need}") == 4
    assert desk.balance(f"pledged:{pledge}") == 6


def test_an_allocation_that_names_no_need_serves_one_that_was_only_promised(desk: Desk) -> None:
    need = desk.need(10)
    desk.pledge(10, {need: 10})
    desk.stock(6)
    desk.allocate(6)
    assert standing(desk, need) == {"claimed": 4, "assigned": 6}


def test_the_newest_promise_is_displaced_first(desk: Desk) -> None:
    need = desk.need(10)
    older, newer = desk.pledge(5, {need: 5}), desk.pledge(5, {need: 5})
    desk.stock(5)
    desk.allocate(5, need=need)
    assert desk.balance(f"claimed:{need}:{older}") == 5
    assert desk.balance(f"claimed:{need}:{newer}") == 0


def test_a_hand_out_meets_the_recipients_need(desk: Desk) -> None:
    need = desk.need(4)
    desk.stock(10)
    lines = [c.LotLine(item="mask", quantity=6)]
    desk(c.HandOut(recipient="R-1", location="store", lines=lines))
    assert standing(desk, need) == {"met": 4}
    assert desk.total("received:R-1") == 6


def test_taking_back_takes_the_excess_first_and_then_opens_the_need_again(desk: Desk) -> None:
    need = desk.need(4)
    desk.stock(6)
    lines = [c.LotLine(item="mask", quantity=6)]
    desk(c.HandOut(recipient="R-1", location="store", lines=lines))
    back = [c.LotLine(item="mask", quantity=2)]
    desk(c.TakeBack(recipient="R-1", location="store", lines=back, reason="too many"))
    assert standing(desk, need) == {"met": 4}
    desk(c.TakeBack(recipient="R-1", location="store", lines=back, reason="too many"))
    assert standing(desk, need) == {"met": 2, "needed": 2}


def test_ending_a_need_frees_its_claims_and_what_comes_back_later_is_ended_too(desk: Desk) -> None:
    need = desk.need(10)
    pledge = desk.pledge(4, {need: 4})
    desk.stock(5)
    allocation = desk.allocate(5)
    desk(c.EndNeed(need=need, reason="moved"))
    assert standing(desk, need) == {"assigned": 5, "ended": 5}
    assert desk.balance(f"pledged:{pledge}") == 4
    desk(c.Release(allocation=allocation, reason="moved away"))
    assert standing(desk, need) == {"ended": 10}


def test_a_need_is_ended_once(desk: Desk) -> None:
    need = desk.need()
    desk(c.EndNeed(need=need, reason="died"))
    with pytest.raises(AlreadyDone, match=f"{need} was ended before"):
        desk(c.EndNeed(need=need, reason="died"))


def test_a_need_by_a_day_before_it_was_noted_is_refused(desk: Desk) -> None:
    with pytest.raises(InvalidField, match="before the need was noted"):
        desk.need(needed_by=desk.day(-1))


def test_a_need_that_is_not_there_is_not_found(desk: Desk) -> None:
    with pytest.raises(NotFound, match="there is no need n_99"):
        desk(c.EndNeed(need="n_99", reason="died"))


def test_a_need_is_not_claimed_twice(desk: Desk) -> None:
    need = desk.need(10)
    desk.pledge(8, {need: 8})
    with pytest.raises(NotEnough) as refusal:
        desk.pledge(5, {need: 5})
    assert str(refusal.value) == f"only 2 × 口罩 are still needed in need {need}; 5 were asked for"
    assert refusal.value.faults[0].pointer == "/lines/0/claims/0/quantity"


def test_a_need_of_another_item_or_recipient_is_not_served(desk: Desk) -> None:
    soap, other = desk.need(4, item="soap"), desk.need(4, recipient="R-2")
    desk.stock(4)
    with pytest.raises(InvalidField, match="asks for soap"):
        desk.allocate(4, need=soap)
    with pytest.raises(InvalidField, match="is recipient R-2's, not R-1's"):
        desk.allocate(4, need=other)


def test_a_need_noted_later_is_not_met_by_goods_handed_out_before(desk: Desk) -> None:
    desk.stock(10, happened_on=desk.day(-5))
    need = desk.need(4)
    lines = [c.LotLine(item="mask", quantity=3)]
    desk(c.HandOut(recipient="R-1", location="store", lines=lines, happened_on=desk.day(-2)))
    assert standing(desk, need) == {"needed": 4}


def test_a_back_dated_allocation_serves_no_need_that_was_noted_later(desk: Desk) -> None:
    desk.stock(10, happened_on=desk.day(-5))
    need = desk.need(4)
    desk.allocate(3, happened_on=desk.day(-2))
    assert standing(desk, need) == {"needed": 4}
