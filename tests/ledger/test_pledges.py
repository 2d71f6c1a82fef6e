"""Pledges: recorded with claims on needs; fulfilled, cancelled or lapsed."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.ledger_fixture import StationLedger

from supplies.domain import commands as c
from supplies.domain.entry_rows import Allocation, ArrivalLine
from supplies.errors import AlreadyDone, InvalidField, NotEnough, Sentence
from supplies.papers.common import StatedPacks
from supplies.views.donations import get_donation
from supplies.views.pledges import get_pledge
from supplies.views.receipts import get_receipt


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
    with pytest.raises(InvalidField, match="one line per item"):
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
    with pytest.raises(InvalidField, match="was made by donor D-1, not by D-2"):
        station.give(10, donor="D-2", pledge=pledge)


def test_a_donation_of_another_item_than_pledged_is_refused(station: StationLedger) -> None:
    pledge = station.pledge(10)
    with pytest.raises(InvalidField, match="does not promise soap"):
        station.give(10, "soap", pledge=pledge)


def test_a_pledge_can_claim_a_need_that_was_noted_later(station: StationLedger) -> None:
    pledge = station.pledge(50)
    station.clock.advance(3)
    need = station.need(20)
    done = station(
        c.ClaimNeeds(pledge=pledge, claims=[c.Claim(need=need, quantity=20)], note="by phone")
    )
    assert station.books.body(done.seq).kind == "needs_claimed"
    assert station.balance(f"pledged:{pledge}") == 30
    assert (
        station.balance(f"pledged:{pledge}:{need}")
        == station.balance(f"claimed:{need}:{pledge}")
        == 20
    )
    station.give(50, pledge=pledge)
    assert station.balance(f"assigned:{need}:a_{station.entries() - 1}") == 20
    station.ledger.verify()


def test_claims_are_dropped_and_others_made_in_one_command(station: StationLedger) -> None:
    first, other = station.need(10), station.need(10, recipient="R-2")
    pledge = station.pledge(10, {first: 10})
    station(
        c.ClaimNeeds(
            pledge=pledge,
            claims=[c.Claim(need=other, quantity=6)],
            drop=[c.Claim(need=first, quantity=8)],
        )
    )
    assert station.balance(f"claimed:{first}:{pledge}") == 2
    assert station.balance(f"claimed:{other}:{pledge}") == 6
    assert station.balance(f"pledged:{pledge}") == 2
    assert station.balance(f"needed:{first}") == 8
    station.ledger.verify()


def test_claims_beyond_the_free_promise_or_the_open_need_are_refused(
    station: StationLedger,
) -> None:
    need, small = station.need(50), station.need(2)
    pledge = station.pledge(10)
    with pytest.raises(NotEnough, match="only 10 × 口罩 are outstanding on pledge") as refused:
        station(c.ClaimNeeds(pledge=pledge, claims=[c.Claim(need=need, quantity=11)]))
    assert refused.value.faults[0].pointer == "/claims/0/quantity"
    with pytest.raises(NotEnough, match="only 2 × 口罩 are still needed"):
        station(c.ClaimNeeds(pledge=pledge, claims=[c.Claim(need=small, quantity=3)]))
    with pytest.raises(NotEnough, match="no 口罩 is claimed of need"):
        station(c.ClaimNeeds(pledge=pledge, drop=[c.Claim(need=need, quantity=1)]))


def test_claims_that_name_nothing_or_the_wrong_need_are_refused(station: StationLedger) -> None:
    pledge = station.pledge(10)
    soap, mask = station.need(1, item="soap"), station.need(4)
    for claims, match in (
        ([c.Claim(need=soap, quantity=1)], "promises no soap"),
        ([c.Claim(need="n_99", quantity=1)], "unknown need n_99"),
        ([c.Claim(need=mask, quantity=1), c.Claim(need=mask, quantity=2)], "is named twice"),
        ([], "name the needs to claim"),
    ):
        with pytest.raises(InvalidField, match=match):
            station(c.ClaimNeeds(pledge=pledge, claims=claims))


def test_a_claim_dated_before_its_need_is_refused(station: StationLedger) -> None:
    pledge = station.pledge(10, happened_on=station.day(-5))
    need = station.need(4)
    claims = [c.Claim(need=need, quantity=4)]
    with pytest.raises(NotEnough, match="still needed in need"):
        station(c.ClaimNeeds(pledge=pledge, claims=claims, happened_on=station.day(-1)))


def test_a_pledge_cannot_be_corrected_below_claims_made_later(station: StationLedger) -> None:
    pledge = station.pledge(10)
    need = station.need(8)
    claimed = station(c.ClaimNeeds(pledge=pledge, claims=[c.Claim(need=need, quantity=8)]))
    smaller = c.MakePledge(donor="D-1", lines=[c.PledgeLine(item="mask", quantity=5)])
    with pytest.raises(
        NotEnough, match=f"used by entry {claimed.seq}.*smallest possible quantity is 8"
    ):
        station(c.Correct(entry=1, command=smaller, reason="five"))
    enough = c.MakePledge(donor="D-1", lines=[c.PledgeLine(item="mask", quantity=9)])
    station(c.Correct(entry=1, command=enough, reason="nine"))
    assert station.balance(f"pledged:{pledge}") == 1
    station.ledger.verify()


def test_an_ended_need_drops_claims_made_later(station: StationLedger) -> None:
    pledge = station.pledge(10)
    need = station.need(8)
    station(c.ClaimNeeds(pledge=pledge, claims=[c.Claim(need=need, quantity=8)]))
    station(c.EndNeed(need=need, reason="moved"))
    assert station.balance(f"pledged:{pledge}") == 10
    with pytest.raises(NotEnough, match="still needed in need"):
        station(c.ClaimNeeds(pledge=pledge, claims=[c.Claim(need=need, quantity=1)]))


# --- a donation that keeps the donor's open pledges --------------------------------------------


def with_pledges_kept_open(donation: c.RecordDonation, **changes: Any) -> c.RecordDonation:
    return msgspec.structs.replace(donation, keep_pledges=True, **changes)


def masks(quantity: int, **more: Any) -> c.DonationLine:
    return c.DonationLine(item="mask", quantity=quantity, **more)


def test_a_donation_keeps_open_pledges_oldest_first_when_asked_to(station: StationLedger) -> None:
    old, soap = station.pledge(10), station.pledge(5, item="soap")
    other, new = station.pledge(10, donor="D-2"), station.pledge(10)
    done = station(with_pledges_kept_open(station.donation(12)))
    outstanding = [station.balance(f"pledged:{name}") for name in (old, new, other)]
    assert outstanding == [0, 8, 10]
    assert station.balance(f"pledged:{soap}", "soap") == 5
    with station.ledger.reading() as books:
        [line] = get_donation(books, str(done.document)).lines
        assert [get_pledge(books, name).lines[0].arrived for name in (old, new)] == [10, 2]
    assert (line.quantity, line.on_pledge, line.pledge) == (12, 12, None)
    station(with_pledges_kept_open(station.donation(10)))
    assert station.balance(f"pledged:{new}") == 0
    assert station.total("stock:store") == 22


def test_a_donation_keeps_no_pledge_unless_asked_to(station: StationLedger) -> None:
    pledge = station.pledge(10)
    station.give(10)
    assert station.balance(f"pledged:{pledge}") == 10


def test_an_anonymous_gift_keeps_no_pledge(station: StationLedger) -> None:
    pledge = station.pledge(10)
    station(with_pledges_kept_open(station.donation(10, donor=None)))
    assert station.balance(f"pledged:{pledge}") == 10


def test_goods_keep_no_pledge_that_was_made_later(station: StationLedger) -> None:
    pledge = station.pledge(10)
    station(with_pledges_kept_open(station.donation(10, happened_on=station.day(-1))))
    assert station.balance(f"pledged:{pledge}") == 10


def test_goods_that_keep_pledges_serve_the_claims_of_each(station: StationLedger) -> None:
    need, other = station.need(10), station.need(4, recipient="R-2")
    old, new = station.pledge(6, {need: 6}), station.pledge(10, {need: 4, other: 4})
    station(with_pledges_kept_open(station.donation(20)))
    assert [station.total(f"assigned:{name}:") for name in (need, other)] == [10, 4]
    assert [station.total(f"pledged:{name}:") for name in (old, new)] == [0, 0]
    assert station.total("stock:store") == 6


def test_a_gift_for_one_household_leaves_the_claims_of_others(station: StationLedger) -> None:
    others_need, own = station.need(6, recipient="R-2"), station.need(6)
    old, new = station.pledge(6, {others_need: 6}), station.pledge(6, {own: 6})
    station(with_pledges_kept_open(station.donation(8, recipient="R-1")))
    assert station.balance(f"pledged:{old}:{others_need}") == 6
    assert station.balance(f"pledged:{new}:{own}") == 0
    assert station.total(f"assigned:{own}:") == 6


def test_a_line_that_names_a_pledge_is_served_before_lines_that_name_none(
    station: StationLedger,
) -> None:
    old, new = station.pledge(10), station.pledge(10)
    gift = station.donation(10)
    done = station(
        with_pledges_kept_open(gift, lines=[masks(10, batch="A"), masks(10, batch="B", pledge=old)])
    )
    assert [station.balance(f"pledged:{name}") for name in (old, new)] == [0, 0]
    with station.ledger.reading() as books:
        donation = get_donation(books, str(done.document))
        receipt = get_receipt(books, str(donation.receipt)).document
    assert [(line.line, line.batch, line.on_pledge) for line in donation.lines] == [
        (1, "A", 10),
        (2, "B", 10),
    ]
    assert [line.batch for line in receipt.lines] == ["A", "B"]


def test_a_receipt_prints_one_line_in_packs_for_goods_that_kept_two_pledges(
    station: StationLedger,
) -> None:
    pledges = station.pledge(60), station.pledge(60)
    done = station(with_pledges_kept_open(station.donation(2, pack="box")))
    with station.ledger.reading() as books:
        donation = get_donation(books, str(done.document))
        [line] = get_receipt(books, str(donation.receipt)).document.lines
    assert (line.quantity, line.stated) == (100, StatedPacks(quantity=2, pack="box", size=50))
    assert [station.balance(f"pledged:{name}") for name in pledges] == [0, 20]


def test_expired_goods_keep_open_pledges_and_drop_their_claims(station: StationLedger) -> None:
    need = station.need(5)
    pledges = station.pledge(10, {need: 5}), station.pledge(10)
    expired = {"expires_on": station.day(-1), "quarantine": "ward"}
    station(with_pledges_kept_open(station.donation(12, **expired)))
    assert [station.total(f"pledged:{name}") for name in pledges] == [0, 8]
    assert station.balance(f"needed:{need}") == 5


def test_a_correction_keeps_the_same_pledges_again(station: StationLedger) -> None:
    need = station.need(6)
    pledges = station.pledge(10, {need: 6}), station.pledge(10)
    gift = with_pledges_kept_open(station.donation(15))
    done = station(gift)
    station.dispatch(*(row.allocation for row in station.books.rows(Allocation)))
    later = station.pledge(10)
    renamed = msgspec.structs.replace(gift, handled_by="李某")
    fixed = station(c.Correct(entry=done.seq, command=renamed, reason="another person"))
    assert not station.books.body(fixed.seq).transfers
    more = msgspec.structs.replace(renamed, lines=[masks(28)])
    fixed = station(c.Correct(entry=fixed.seq, command=more, reason="more came"))
    assert [station.balance(f"pledged:{name}") for name in (*pledges, later)] == [0, 0, 2]
    less = msgspec.structs.replace(renamed, lines=[masks(7)])
    fixed = station(c.Correct(entry=fixed.seq, command=less, reason="less came"))
    assert [station.balance(f"pledged:{name}") for name in (*pledges, later)] == [3, 10, 10]
    station.ledger.verify()


def test_a_corrected_donation_keeps_pledges_only_if_asked_again(station: StationLedger) -> None:
    pledge = station.pledge(10)
    done = station(with_pledges_kept_open(station.donation(8)))
    command = station.donation(8)
    station(c.Correct(entry=done.seq, command=command, reason="not for the pledge"))
    assert station.balance(f"pledged:{pledge}") == 10
    assert station.total("stock:store") == 8


def test_the_donor_of_a_pledge_kept_without_naming_it_cannot_be_corrected(
    station: StationLedger,
) -> None:
    pledge = station.pledge(10)
    made = station.entries()
    done = station(with_pledges_kept_open(station.donation(4)))
    other = c.MakePledge(donor="D-2", lines=[c.PledgeLine(item="mask", quantity=10)])
    with pytest.raises(InvalidField, match=f"have arrived on pledge {pledge}"):
        station(c.Correct(entry=made, command=other, reason="typed wrongly"))
    station(c.Reverse(entry=done.seq, reason="typed twice"))
    station(c.Correct(entry=made, command=other, reason="typed wrongly"))
    assert station.balance("donor:D-2") == -10


def test_a_smaller_gift_still_serves_the_claim_whose_goods_have_left(
    station: StationLedger,
) -> None:
    need = station.need(5)
    old, new = station.pledge(10), station.pledge(10, {need: 5})
    gift = with_pledges_kept_open(station.donation(20))
    done = station(gift)
    station.dispatch(*(row.allocation for row in station.books.rows(Allocation)))
    for quantity, left in ((16, [0, 4]), (12, [3, 5]), (5, [10, 5]), (20, [0, 0]), (7, [8, 5])):
        changed = msgspec.structs.replace(gift, lines=[masks(quantity)])
        done = station(c.Correct(entry=done.seq, command=changed, reason=f"{quantity} came"))
        assert [station.total(f"pledged:{name}") for name in (old, new)] == left
    fewer = msgspec.structs.replace(gift, lines=[masks(4)])
    with pytest.raises(NotEnough, match="the smallest possible quantity is 5"):
        station(c.Correct(entry=done.seq, command=fewer, reason="4 came"))
    station.ledger.verify()


def test_goods_of_two_lines_that_have_left_stay_with_the_claims_of_a_newer_pledge(
    station: StationLedger,
) -> None:
    first, second = station.need(5), station.need(4, recipient="R-2")
    old, new = station.pledge(10), station.pledge(20, {first: 5, second: 4})
    gift = with_pledges_kept_open(
        station.donation(), lines=[masks(13, batch="A"), masks(9, batch="B")]
    )
    done = station(gift)
    station.dispatch(*(row.allocation for row in station.books.rows(Allocation)))
    fewer = with_pledges_kept_open(
        station.donation(), lines=[masks(4, batch="A"), masks(7, batch="B")]
    )
    station(c.Correct(entry=done.seq, command=fewer, reason="fewer came"))
    assert station.balance(f"met:{first}") == 0
    assert station.total(f"assigned:{first}:") + station.total(f"assigned:{second}:") == 9
    assert station.total(f"pledged:{old}") + station.total(f"pledged:{new}:") == 8
    station.ledger.verify()


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    promised=st.lists(st.integers(1, 20), max_size=5),
    given_=st.lists(st.integers(1, 40), min_size=1, max_size=4),
)
def test_gifts_keep_pledges_in_order_and_never_more_than_is_open(
    station: StationLedger, promised: list[int], given_: list[int]
) -> None:
    """The station of all examples is the same, so each example takes back what it recorded."""
    before = station.entries()
    stock = station.total("stock:store")
    pledges = [station.pledge(quantity) for quantity in promised]
    gift = with_pledges_kept_open(
        station.donation(), lines=[masks(quantity) for quantity in given_]
    )
    done = station(gift)
    left = sum(given_)
    for name, quantity in zip(pledges, promised, strict=True):
        assert station.balance(f"pledged:{name}") == quantity - min(left, quantity)
        left -= min(left, quantity)
    lines = station.books.rows_of_entry(ArrivalLine, done.seq)
    assert [line.quantity for line in lines] == given_
    assert sum(line.quantity - line.on_pledge for line in lines) == left
    assert station.total("stock:store") == stock + sum(given_)
    station(c.Reverse(entry=done.seq, reason="next example"))
    assert [station.balance(f"pledged:{name}") for name in pledges] == promised
    for seq in range(before + 1, done.seq):
        station(c.Reverse(entry=seq, reason="next example"))


def test_a_later_claim_is_left_out_of_the_correction_of_its_pledge(station: StationLedger) -> None:
    pledge = station.pledge(100, happened_on=station.day(-9))
    need = station.need(30, happened_on=station.day(-2))
    claim = c.Claim(need=need, quantity=10)
    station(c.ClaimNeeds(pledge=pledge, claims=[claim]))
    entry = int(pledge.rsplit("_", 1)[1])

    def corrected(*claims: c.Claim) -> c.Correct:
        line = c.PledgeLine(item="mask", quantity=100, claims=list(claims))
        return c.Correct(
            entry=entry, reason="r", command=c.MakePledge(donor="D-1", note="n", lines=[line])
        )

    with pytest.raises(InvalidField) as refusal:
        station(corrected(claim))
    (fault,) = refusal.value.faults
    assert fault.pointer == "/command/lines/0/claims/0/quantity"
    assert isinstance(fault.rule, Sentence)
    assert (fault.rule.values["available"], fault.rule.values["made_later"]) == ("0", "10")
    station(corrected())
    assert station.total(f"claimed:{need}:") == 10


def test_a_gift_dated_before_its_pledge_is_corrected_in_two_steps(station: StationLedger) -> None:
    need = station.need(3)
    pledge = station.pledge(3, {need: 3})
    gift = station.give(1, pledge=pledge, happened_on=station.day(-2))

    def corrected(entry: int, **line: str) -> c.Correct:
        again = station.donation(1, happened_on=station.day(0), **line)
        return c.Correct(entry=entry, reason="r", command=again)

    with pytest.raises(InvalidField) as refusal:
        station(corrected(gift.seq, pledge=pledge))
    (fault,) = refusal.value.faults
    assert fault.pointer == "/command/happened_on"
    assert isinstance(fault.rule, Sentence)
    assert fault.rule.values == {"recipients": "R-1"}
    day_only = station(corrected(gift.seq))
    station(corrected(day_only.seq, pledge=pledge))
    assert station.total(f"assigned:{need}:") == 1
