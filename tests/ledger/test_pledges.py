"""Pledges: made, claiming needs line by line; kept, cancelled or lapsed."""

from __future__ import annotations

import pytest
from support.ledger_fixture import Desk

from supplies.domain import commands as c
from supplies.errors import AlreadyDone, InvalidField, NotEnough


def test_what_a_pledge_promises_is_claimed_or_free(desk: Desk) -> None:
    need = desk.need(6)
    pledge = desk.pledge(10, {need: 6})
    assert desk.balance(f"pledged:{pledge}") == 4
    assert desk.balance(f"pledged:{pledge}:{need}") == 6 == desk.balance(f"claimed:{need}:{pledge}")
    assert desk.balance("donor:D-1") == -10


def test_claims_beyond_the_line_are_refused(desk: Desk) -> None:
    need = desk.need(20)
    with pytest.raises(InvalidField, match="more than the 10 promised"):
        desk.pledge(10, {need: 11})


def test_a_pledge_has_one_line_an_item(desk: Desk) -> None:
    lines = [c.PledgeLine(item="mask", quantity=1), c.PledgeLine(item="mask", quantity=2)]
    with pytest.raises(InvalidField, match="one line an item"):
        desk(c.MakePledge(donor="D-1", lines=lines))


def test_cancelling_takes_free_promise_first_then_the_least_urgent_newest_claim(
    desk: Desk,
) -> None:
    high, old = desk.need(5, urgency="high"), desk.need(5, urgency="low")
    new = desk.need(5, urgency="low")
    pledge = desk.pledge(20, {high: 5, old: 5, new: 5})
    desk(c.CancelPledge(pledge=pledge, reason="fewer", lines=[c.DroppedLine(line=1, quantity=13)]))
    assert desk.balance(f"pledged:{pledge}") == 0
    assert [desk.balance(f"claimed:{need}:{pledge}") for need in (high, old, new)] == [5, 2, 0]
    assert desk.balance(f"needed:{new}") == 5
    assert desk.balance(f"needed:{old}") == 3


def test_cancelling_drops_the_claims_it_names_before_all_else(desk: Desk) -> None:
    high, low = desk.need(5, urgency="high"), desk.need(5, urgency="low")
    pledge = desk.pledge(20, {high: 5, low: 5})
    drop = [c.Claim(need=high, quantity=4)]
    desk(
        c.CancelPledge(
            pledge=pledge,
            reason="fewer",
            lines=[c.DroppedLine(line=1, quantity=6, drop=drop)],
        )
    )
    assert desk.balance(f"claimed:{high}:{pledge}") == 1
    assert desk.balance(f"claimed:{low}:{pledge}") == 5
    assert desk.balance(f"pledged:{pledge}") == 8


def test_more_than_is_outstanding_is_not_cancelled(desk: Desk) -> None:
    pledge = desk.pledge(10)
    with pytest.raises(NotEnough, match="only 10 × 口罩 are outstanding on pledge"):
        desk(c.CancelPledge(pledge=pledge, reason="r", lines=[c.DroppedLine(line=1, quantity=11)]))


def test_a_lapsed_pledge_has_nothing_left_to_lapse(desk: Desk) -> None:
    pledge = desk.pledge(10)
    desk(c.LapsePledge(pledge=pledge, reason="did not come"))
    assert desk.balance(f"pledged:{pledge}") == 0
    with pytest.raises(AlreadyDone, match="nothing of pledge"):
        desk(c.LapsePledge(pledge=pledge, reason="again"))


def test_goods_that_come_serve_the_most_urgent_oldest_claim_first_then_free_promise(
    desk: Desk,
) -> None:
    low, high = desk.need(4, urgency="low"), desk.need(4, recipient="R-2", urgency="high")
    pledge = desk.pledge(10, {low: 4, high: 4})
    desk.give(5, pledge=pledge)
    assert desk.total(f"assigned:{high}:") == 4
    assert desk.total(f"assigned:{low}:") == 1
    desk.give(4, pledge=pledge)
    assert desk.total(f"assigned:{low}:") == 4
    assert desk.balance(f"pledged:{pledge}") == 1


def test_what_comes_beyond_the_pledge_is_a_gift_beside_it(desk: Desk) -> None:
    pledge = desk.pledge(10)
    done = desk.give(13, pledge=pledge)
    assert desk.balance(f"pledged:{pledge}") == 0
    assert desk.total("stock:store") == 13
    assert desk.balance("donor:D-1", lot=f"l_lx_{done.seq}_1") == -13


def test_goods_that_came_before_they_were_promised_are_a_gift_beside_the_pledge(
    desk: Desk,
) -> None:
    pledge = desk.pledge(10)
    desk.give(10, pledge=pledge, happened_on=desk.day(-3))
    assert desk.balance(f"pledged:{pledge}") == 10
    assert desk.total("stock:store") == 10


def test_another_donors_pledge_is_not_kept(desk: Desk) -> None:
    pledge = desk.pledge(10)
    with pytest.raises(InvalidField, match="is donor D-1's, not D-2's"):
        desk.give(10, donor="D-2", pledge=pledge)


def test_a_pledge_of_masks_is_not_kept_with_soap(desk: Desk) -> None:
    pledge = desk.pledge(10)
    with pytest.raises(InvalidField, match="promises no soap"):
        desk.give(10, "soap", pledge=pledge)
