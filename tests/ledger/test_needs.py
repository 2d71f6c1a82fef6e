"""Needs: recorded, served and ended. Their quantities match the goods."""

from __future__ import annotations

import pytest
from support.ledger_fixture import StationLedger

from supplies.domain import commands as c
from supplies.errors import AlreadyDone, InvalidField, NotEnough, NotFound
from supplies.ledger.recorded import Recorded


def need_balances(station: StationLedger, need: str) -> dict[str, int]:
    """Return the balance of each kind of account of a need."""
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
    assert need_balances(station, need) == {"needed": 30}
    assert station.balance("asked:R-1") == -30


def test_an_allocation_serves_the_most_urgent_need_first(
    station: StationLedger,
) -> None:
    low, high = station.need(4, urgency="low"), station.need(4, urgency="high")
    station.stock(3)
    station.allocate(3)
    assert need_balances(station, high) == {"needed": 1, "assigned": 3}
    assert need_balances(station, low) == {"needed": 4}


def test_of_two_equally_urgent_needs_the_older_is_served_first(station: StationLedger) -> None:
    older, newer = station.need(4), station.need(4)
    station.stock(3)
    station.allocate(3)
    assert need_balances(station, older) == {"needed": 1, "assigned": 3}
    assert need_balances(station, newer) == {"needed": 4}


def test_goods_allocated_beyond_a_need_serve_no_need(
    station: StationLedger,
) -> None:
    need = station.need(4)
    station.stock(10)
    allocation = station.allocate(10)
    assert need_balances(station, need) == {"assigned": 4}
    assert station.total(f"allocated:{allocation}:") == 10


def test_an_allocation_displaces_the_claim_of_its_need(
    station: StationLedger,
) -> None:
    need = station.need(10)
    pledge = station.pledge(10, {need: 10})
    station.stock(6)
    station.allocate(6, need=need)
    assert need_balances(station, need) == {"claimed": 4, "assigned": 6}
    assert station.balance(f"pledged:{pledge}:{need}") == 4
    assert station.balance(f"pledged:{pledge}") == 6


def test_an_allocation_without_a_named_need_serves_a_claimed_need(
    station: StationLedger,
) -> None:
    need = station.need(10)
    station.pledge(10, {need: 10})
    station.stock(6)
    station.allocate(6)
    assert need_balances(station, need) == {"claimed": 4, "assigned": 6}


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
    assert need_balances(station, need) == {"met": 4}
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
    assert need_balances(station, need) == {"met": 4}
    station(c.TakeBack(recipient="R-1", location="store", lines=back, reason="too many"))
    assert need_balances(station, need) == {"met": 2, "needed": 2}


def test_ending_a_need_frees_its_claims_and_ends_goods_returned_later(
    station: StationLedger,
) -> None:
    need = station.need(10)
    pledge = station.pledge(4, {need: 4})
    station.stock(5)
    allocation = station.allocate(5)
    station(c.EndNeed(need=need, reason="moved"))
    assert need_balances(station, need) == {"assigned": 5, "ended": 5}
    assert station.balance(f"pledged:{pledge}") == 4
    station(c.Release(allocation=allocation, reason="moved away"))
    assert need_balances(station, need) == {"ended": 10}


def test_ending_a_need_twice_is_refused(station: StationLedger) -> None:
    need = station.need()
    station(c.EndNeed(need=need, reason="died"))
    with pytest.raises(AlreadyDone, match=f"{need} was ended before"):
        station(c.EndNeed(need=need, reason="died"))


def test_a_due_day_before_the_need_is_refused(station: StationLedger) -> None:
    with pytest.raises(InvalidField, match="before the need was noted"):
        station.need(needed_by=station.day(-1))


def test_an_unknown_need_is_not_found(station: StationLedger) -> None:
    with pytest.raises(NotFound, match="unknown need n_99"):
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
    with pytest.raises(InvalidField, match="is for soap"):
        station.allocate(4, need=soap)
    with pytest.raises(InvalidField, match="is of recipient R-2, not of R-1"):
        station.allocate(4, need=other)


def test_a_backdated_hand_out_does_not_meet_a_later_need(station: StationLedger) -> None:
    station.stock(10, happened_on=station.day(-5))
    need = station.need(4)
    lines = [c.LotLine(item="mask", quantity=3)]
    station(c.HandOut(recipient="R-1", location="store", lines=lines, happened_on=station.day(-2)))
    assert need_balances(station, need) == {"needed": 4}


def test_a_backdated_allocation_does_not_serve_a_later_need(
    station: StationLedger,
) -> None:
    station.stock(10, happened_on=station.day(-5))
    need = station.need(4)
    station.allocate(3, happened_on=station.day(-2))
    assert need_balances(station, need) == {"needed": 4}


# --- lines that name their need ------------------------------------------------------------------


def hand_out(station: StationLedger, *lines: c.RecipientLine) -> Recorded:
    return station(c.HandOut(recipient="R-1", location="store", lines=list(lines)))


def test_a_hand_out_meets_the_need_that_its_line_names(station: StationLedger) -> None:
    older, newer = station.need(4, urgency="high"), station.need(4)
    station.stock(20)
    hand_out(station, c.RecipientLine(item="mask", quantity=6, need=newer))
    assert need_balances(station, newer) == {"met": 4}
    assert need_balances(station, older) == {"needed": 4}
    assert station.total("received:R-1") == 6


def test_lines_that_name_their_need_are_served_before_lines_that_do_not(
    station: StationLedger,
) -> None:
    urgent, other = station.need(4, urgency="high"), station.need(4)
    station.stock(20)
    hand_out(
        station,
        c.RecipientLine(item="mask", quantity=4),
        c.RecipientLine(item="mask", quantity=4, need=urgent),
    )
    assert need_balances(station, urgent) == need_balances(station, other) == {"met": 4}


def test_a_hand_out_can_be_corrected_to_meet_another_need(station: StationLedger) -> None:
    older, newer = station.need(4), station.need(4)
    station.stock(20)
    done = hand_out(station, c.RecipientLine(item="mask", quantity=4))
    assert need_balances(station, older) == {"met": 4}
    lines = [c.RecipientLine(item="mask", quantity=4, need=newer)]
    meant = c.HandOut(recipient="R-1", location="store", lines=lines)
    station(c.Correct(entry=done.seq, command=meant, reason="the later need was meant"))
    assert need_balances(station, older) == {"needed": 4}
    assert need_balances(station, newer) == {"met": 4}
    station.ledger.verify()


def test_taking_goods_back_reopens_the_need_that_its_line_names(station: StationLedger) -> None:
    older, newer = station.need(4), station.need(4)
    station.stock(20)
    hand_out(station, c.RecipientLine(item="mask", quantity=8))
    back = [c.RecipientLine(item="mask", quantity=3, need=older)]
    station(c.TakeBack(recipient="R-1", location="store", lines=back, reason="too many"))
    assert need_balances(station, older) == {"met": 1, "needed": 3}
    assert need_balances(station, newer) == {"met": 4}
    station.ledger.verify()


def test_a_line_that_names_a_need_of_another_recipient_or_item_is_refused(
    station: StationLedger,
) -> None:
    soap, other = station.need(4, item="soap"), station.need(4, recipient="R-2")
    station.stock(4)
    for need, match in ((soap, "is for soap"), (other, "is of recipient R-2, not of R-1")):
        with pytest.raises(InvalidField, match=match) as refused:
            hand_out(station, c.RecipientLine(item="mask", quantity=1, need=need))
        assert refused.value.faults[0].pointer == "/lines/0/need"


def test_a_donated_line_serves_the_need_that_it_names(station: StationLedger) -> None:
    older, newer = station.need(4, urgency="high"), station.need(4)
    done = station.give(4, need=newer)
    assert need_balances(station, newer) == {"assigned": 4}
    assert need_balances(station, older) == {"needed": 4}
    allocation = f"a_{done.seq + 1}"
    delivery = station.dispatch(allocation)
    station.outcome(delivery, allocation, "handed_over")
    assert need_balances(station, newer) == {"met": 4}
    station.ledger.verify()


def test_a_donated_line_takes_the_place_of_claims_on_its_need(station: StationLedger) -> None:
    need = station.need(10)
    pledge = station.pledge(10, {need: 10}, donor="D-2")
    station.give(6, need=need)
    assert need_balances(station, need) == {"claimed": 4, "assigned": 6}
    assert station.balance(f"pledged:{pledge}") == 6
    station.ledger.verify()


def test_a_donated_line_serves_the_claim_of_the_need_that_it_names(
    station: StationLedger,
) -> None:
    urgent, other = station.need(5, urgency="high"), station.need(5)
    pledge = station.pledge(10, {urgent: 5, other: 5})
    station.give(7, pledge=pledge, need=other)
    assert need_balances(station, other) == {"assigned": 5}
    assert need_balances(station, urgent) == {"claimed": 5}
    station.ledger.verify()


def test_a_donation_can_be_corrected_to_serve_another_need(station: StationLedger) -> None:
    older, newer = station.need(4), station.need(4)
    done = station.give(4, recipient="R-1")
    assert need_balances(station, older) == {"assigned": 4}
    meant = station.donation(4, need=newer)
    station(c.Correct(entry=done.seq, command=meant, reason="the later need was meant"))
    assert need_balances(station, older) == {"needed": 4}
    assert need_balances(station, newer) == {"assigned": 4}
    station.ledger.verify()


def test_a_donated_line_for_one_household_with_the_need_of_another_is_refused(
    station: StationLedger,
) -> None:
    need = station.need(4, recipient="R-2")
    with pytest.raises(InvalidField, match="is of recipient R-2, not of R-1"):
        station.give(4, recipient="R-1", need=need)


# --- goods of a need that ends -------------------------------------------------------------------


def test_ending_a_need_releases_the_goods_set_aside_for_it_when_asked_to(
    station: StationLedger,
) -> None:
    need, other = station.need(10), station.need(3, item="soap")
    pledge = station.pledge(5, {need: 5})
    station.give(5, pledge=pledge)
    station.stock(10)
    station.stock(3, item="soap")
    station.allocate(5, need=need)
    station.allocate(3, item="soap")
    station(c.EndNeed(need=need, reason="moved", goods="release"))
    assert need_balances(station, need) == {"ended": 10}
    assert station.total("stock:store") == 15
    assert station.total(f"assigned:{other}:", "soap") == 3
    station.ledger.verify()


def test_ending_a_need_leaves_goods_that_a_team_carries(station: StationLedger) -> None:
    need = station.need(10)
    station.stock(10)
    carried, waiting = station.allocate(4), station.allocate(6)
    delivery = station.dispatch(carried)
    station(c.EndNeed(need=need, reason="moved", goods="release"))
    assert need_balances(station, need) == {"assigned": 4, "ended": 6}
    assert station.total(f"allocated:{waiting}:") == 0
    station.outcome(delivery, carried, "refused")
    assert need_balances(station, need) == {"ended": 10}
    station.ledger.verify()


def test_only_lots_for_the_ended_need_are_released(station: StationLedger) -> None:
    need, other = station.need(4), station.need(6, item="soap")
    station.stock(10)
    station.stock(6, item="soap")
    lines = [c.AllocationLine(item="mask", quantity=10), c.AllocationLine(item="soap", quantity=6)]
    done = station(c.Allocate(recipient="R-1", location="store", lines=lines))
    station(c.EndNeed(need=need, reason="moved", goods="release"))
    assert station.total(f"allocated:{done.document}:") == 0
    assert station.total(f"allocated:{done.document}:", "soap") == 6
    assert need_balances(station, need) == {"ended": 4}
    assert station.total(f"assigned:{other}:", "soap") == 6
    station.ledger.verify()


def test_a_gift_can_be_corrected_after_an_ended_need_released_its_goods(
    station: StationLedger,
) -> None:
    need = station.need(10)
    done = station.give(10, need=need)
    station(c.EndNeed(need=need, reason="moved", goods="release"))
    station(c.Correct(entry=done.seq, command=station.donation(8, need=need), reason="eight"))
    assert station.total("stock:store") == 8
    assert need_balances(station, need) == {"ended": 10}
    station.ledger.verify()


def test_goods_set_aside_before_a_need_was_noted_meet_it_when_they_are_handed_over(
    station: StationLedger,
) -> None:
    station.stock(10)
    allocation = station.allocate(6)
    need = station.need(4)
    assert need_balances(station, need) == {"needed": 4}
    station.outcome(station.dispatch(allocation), allocation, "handed_over")
    assert need_balances(station, need) == {"met": 4}


def test_goods_delivered_beyond_their_need_meet_the_next_need(station: StationLedger) -> None:
    first, second = station.need(4), station.need(5)
    station.stock(10)
    allocation = station.allocate(7)
    station.outcome(station.dispatch(allocation), allocation, "handed_over")
    assert need_balances(station, first) == {"met": 4}
    assert need_balances(station, second) == {"needed": 2, "met": 3}


def test_a_delivery_of_an_earlier_day_does_not_meet_a_later_need(station: StationLedger) -> None:
    station.stock(10)
    allocation = station.allocate(6)
    delivery = station.dispatch(allocation)
    yesterday = station.clock.day
    station.clock.advance()
    need = station.need(4)
    station.outcome(delivery, allocation, "handed_over", happened_on=yesterday)
    assert need_balances(station, need) == {"needed": 4}


def test_a_need_that_a_delivery_met_reopens_when_the_outcome_is_corrected(
    station: StationLedger,
) -> None:
    station.stock(10)
    allocation = station.allocate(6)
    need = station.need(4)
    delivery = station.dispatch(allocation)
    done = station.outcome(delivery, allocation, "handed_over")
    refused = c.ReportOutcome(delivery=delivery, allocation=allocation, outcome="refused")
    station(c.Correct(entry=done.seq, command=refused, reason="wrong door"))
    assert need_balances(station, need) == {"needed": 4}


def test_a_delivery_without_a_need_drops_the_claim_of_a_need_that_it_meets(
    station: StationLedger,
) -> None:
    station.stock(10)
    allocation = station.allocate(6)
    need = station.need(4)
    pledge = station.pledge(4, {need: 4})
    station.outcome(station.dispatch(allocation), allocation, "handed_over")
    assert need_balances(station, need) == {"met": 4}
    assert station.balance(f"pledged:{pledge}") == 4
