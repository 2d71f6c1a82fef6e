"""Pledges: made, claiming needs line by line; kept, cancelled or lapsed."""

from __future__ import annotations

import pytest
from support.ledger_fixture import StationLedger

from supplies.domain import commands as c
from supplies.errors import AlreadyDone, InvalidField, NotEnough


def test_the_goods_of_a_pledge_are_claimed_or_free(station: StationLedger) -> None:
    need = station.need(6)
    pledge = station.pledge(10, {need: 6})
    assert station.balance(f"pledged:{pledge}") == 4
    assert (
        station.balance(f"pledged:{pledge}:{need}")
        == 6
        == station.balance(f"claimed:{need}:{pledge}")
    )
    assert station.balance("donor:D-1") == -10


def test_claims_larger_than_their_line_are_refused(station: StationLedger) -> None:
    need = station.need(20)
    with pytest.raises(InvalidField, match="more than the 10 promised"):
        station.pledge(10, {need: 11})


def test_two_lines_of_one_item_in_a_pledge_are_refused(station: StationLedger) -> None:
    lines = [c.PledgeLine(item="mask", quantity=1), c.PledgeLine(item="mask", quantity=2)]
    with pytest.raises(InvalidField, match="one line an item"):
        station(c.MakePledge(donor="D-1", lines=lines))


def test_cancelling_takes_free_goods_first_then_the_least_urgent_newest_claim(
    station: StationLedger,
) -> None:
    high, old = station.need(5, urgency="high"), station.need(5, urgency="low")
    new = station.need(5, urgency="low")
    pledge = station.pledge(20, {high: 5, old: 5, new: 5})
    station(
        c.CancelPledge(pledge=pledge, reason="fewer", lines=[c.DroppedLine(line=1, quantity=13)])
    )
    assert station.balance(f"pledged:{pledge}") == 0
    assert [station.balance(f"claimed:{need}:{pledge}") for need in (high, old, new)] == [5, 2, 0]
    assert station.balance(f"needed:{new}") == 5
    assert station.balance(f"needed:{old}") == 3


def test_cancelling_drops_named_claims_first(station: StationLedger) -> None:
    high, low = station.need(5, urgency="high"), station.need(5, urgency="low")
    pledge = station.pledge(20, {high: 5, low: 5})
    drop = [c.Claim(need=high, quantity=4)]
    station(
        c.CancelPledge(
            pledge=pledge,
            reason="fewer",
            lines=[c.DroppedLine(line=1, quantity=6, drop=drop)],
        )
    )
    assert station.balance(f"claimed:{high}:{pledge}") == 1
    assert station.balance(f"claimed:{low}:{pledge}") == 5
    assert station.balance(f"pledged:{pledge}") == 8


def test_cancelling_more_than_is_outstanding_is_refused(station: StationLedger) -> None:
    pledge = station.pledge(10)
    with pytest.raises(NotEnough, match="only 10 × 口罩 are outstanding on pledge"):
        station(
            c.CancelPledge(pledge=pledge, reason="r", lines=[c.DroppedLine(line=1, quantity=11)])
        )


def test_a_pledge_lapses_once(station: StationLedger) -> None:
    pledge = station.pledge(10)
    station(c.LapsePledge(pledge=pledge, reason="did not come"))
    assert station.balance(f"pledged:{pledge}") == 0
    with pytest.raises(AlreadyDone, match="nothing of pledge"):
        station(c.LapsePledge(pledge=pledge, reason="again"))


def test_a_donation_serves_the_most_urgent_oldest_claim_first_then_the_free_goods(
    station: StationLedger,
) -> None:
    low, high = station.need(4, urgency="low"), station.need(4, recipient="R-2", urgency="high")
    pledge = station.pledge(10, {low: 4, high: 4})
    station.give(5, pledge=pledge)
    assert station.total(f"assigned:{high}:") == 4
    assert station.total(f"assigned:{low}:") == 1
    station.give(4, pledge=pledge)
    assert station.total(f"assigned:{low}:") == 4
    assert station.balance(f"pledged:{pledge}") == 1


def test_goods_beyond_a_pledge_are_a_separate_gift(station: StationLedger) -> None:
    pledge = station.pledge(10)
    done = station.give(13, pledge=pledge)
    assert station.balance(f"pledged:{pledge}") == 0
    assert station.total("stock:store") == 13
    assert station.balance("donor:D-1", lot=f"l_lx_{done.seq}_1") == -13


def test_goods_that_arrived_before_the_pledge_are_a_separate_gift(
    station: StationLedger,
) -> None:
    pledge = station.pledge(10)
    station.give(10, pledge=pledge, happened_on=station.day(-3))
    assert station.balance(f"pledged:{pledge}") == 10
    assert station.total("stock:store") == 10


def test_a_donation_on_another_donors_pledge_is_refused(station: StationLedger) -> None:
    pledge = station.pledge(10)
    with pytest.raises(InvalidField, match="is donor D-1's, not D-2's"):
        station.give(10, donor="D-2", pledge=pledge)


def test_a_donation_of_another_item_than_pledged_is_refused(station: StationLedger) -> None:
    pledge = station.pledge(10)
    with pytest.raises(InvalidField, match="does not promise soap"):
        station.give(10, "soap", pledge=pledge)
