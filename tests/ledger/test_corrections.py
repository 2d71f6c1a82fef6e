"""Corrections: a command stated again as it should have been, and only the difference booked."""

from __future__ import annotations

from typing import Any

import pytest
from support.ledger_fixture import Desk

from supplies.domain import commands as c
from supplies.domain.entry_rows import Allocation, Lot
from supplies.errors import AlreadyDone, InvalidField, NotEnough
from supplies.verification.verify import verify
from supplies.views.trace import trace_lot


def correct(desk: Desk, entry: int, command: Any) -> Any:
    return desk(c.Correct(entry=entry, command=command, reason="typed wrongly"))


def opening(quantity: int, item: str = "mask", **more: Any) -> c.OpenStock:
    day = more.pop("happened_on", None)
    place = more.pop("location", "store")
    lines = [c.ArrivalLine(item=item, quantity=quantity, **more)]
    return c.OpenStock(location=place, lines=lines, happened_on=day)


def note(quantity: int, recipient: str = "R-1", **more: Any) -> c.NoteNeed:
    return c.NoteNeed(recipient=recipient, item="mask", quantity=quantity, **more)


def mask(quantity: int, **more: Any) -> list[c.LotLine]:
    return [c.LotLine(item="mask", quantity=quantity, **more)]


# --- only the difference ---------------------------------------------------------------------


def test_a_figure_is_corrected_by_its_difference_in_the_same_lot(desk: Desk) -> None:
    lot = desk.stock(10)
    done = correct(desk, 1, opening(7))
    body = desk.books.body(done.seq)
    assert [tuple(move) for move in body.transfers] == [
        ("stock:store", "opening:store", "mask", lot, 3)
    ]
    assert (body.kind, body.document, body.supersedes) == ("stock_opened", "o_1", 1)


def test_a_batch_is_corrected_by_describing_the_lot_anew(desk: Desk) -> None:
    lot = desk.stock(10, batch="B1")
    done = correct(desk, 1, opening(10, batch="B2"))
    assert desk.books.body(done.seq).transfers == ()
    described = desk.books.latest_row(Lot, lot=lot)
    assert described is not None
    assert described.batch == "B2"


def test_an_entry_is_corrected_once_and_then_its_correction_is(desk: Desk) -> None:
    desk.stock(10)
    correct(desk, 1, opening(7))
    with pytest.raises(AlreadyDone, match="was corrected already by entry 2; correct that one"):
        correct(desk, 1, opening(8))
    correct(desk, 2, opening(8))
    assert desk.total("stock:store") == 8


def test_a_reversed_entry_can_be_stated_again(desk: Desk) -> None:
    desk.stock(10)
    desk(c.Reverse(entry=1, reason="not ours"))
    assert desk.total("stock:store") == 0
    correct(desk, 2, opening(4))
    assert desk.total("stock:store") == 4


def test_a_changed_day_is_two_entries_the_old_day_and_the_new(desk: Desk) -> None:
    desk.stock(10)
    done = correct(desk, 1, opening(10, happened_on=desk.day(-3)))
    days = [desk.books.body(seq).booked_on for seq in range(done.seq, done.last + 1)]
    assert sorted(days) == [desk.day(-3), desk.day(0)]
    assert desk.books.balance_on(desk.day(-1), "stock:store", "mask", "l_lx_1_1") == 10


def test_a_command_is_corrected_by_its_own_kind_only(desk: Desk) -> None:
    desk.stock(10)
    with pytest.raises(InvalidField, match="was made by OpenStock; state that one again"):
        correct(desk, 1, note(3))


def test_what_has_a_way_back_of_its_own_is_not_corrected(desk: Desk) -> None:
    desk.stock(10)
    allocation = desk.allocate(5)
    desk.dispatch(allocation)
    with pytest.raises(InvalidField, match="has a way back of its own"):
        desk(c.Reverse(entry=3, reason="r"))


# --- goods that have moved on ----------------------------------------------------------------


def test_a_refusal_names_the_entries_in_the_way_and_the_smallest_figure(desk: Desk) -> None:
    desk.stock(10)
    desk(c.WriteOff(reason="damaged", location="store", lines=mask(6)))
    with pytest.raises(NotEnough) as refusal:
        correct(desk, 1, opening(5))
    assert str(refusal.value) == (
        "the goods have moved on: 5 × 口罩 would have to come back, but 4 are still there; "
        "in the way: entry 2; the smallest figure possible is 6"
    )
    correct(desk, 1, opening(6))
    assert desk.total("stock:store") == 0


def test_the_smallest_figure_counts_past_days_too(desk: Desk) -> None:
    desk.stock(10, happened_on=desk.day(-5))
    desk(c.IssueGoods(purpose="gate", location="store", lines=mask(8), happened_on=desk.day(-4)))
    desk(c.ReturnIssue(issue="i_2", lines=mask(8)))
    with pytest.raises(NotEnough, match="the smallest figure possible is 8"):
        correct(desk, 1, opening(5))
    correct(desk, 1, opening(8))
    assert desk.total("stock:store") == 8


def test_moving_an_arrival_past_the_day_its_goods_left_is_refused(desk: Desk) -> None:
    desk.stock(10, happened_on=desk.day(-5))
    desk(c.WriteOff(reason="damaged", location="store", lines=mask(1), happened_on=desk.day(-3)))
    with pytest.raises(NotEnough, match="the goods have moved on"):
        correct(desk, 1, opening(10, happened_on=desk.day(-1)))


def test_a_raised_figure_on_a_later_day_does_not_leave_the_last_day_below_zero(
    desk: Desk,
) -> None:
    """The day on which the claim was made is the latest in the books, and is looked at too."""
    need = desk.need(30)
    desk.pledge(19, {need: 19})
    desk.clock.advance()
    with pytest.raises(NotEnough, match="the goods have moved on"):
        correct(desk, 1, note(66, happened_on=desk.day(0)))


# --- donations -------------------------------------------------------------------------------


def test_a_wrong_donor_is_corrected_wherever_the_goods_are(desk: Desk) -> None:
    desk.give(10)
    desk(c.HandOut(recipient="R-1", location="store", lines=mask(10)))
    correct(desk, 1, desk.donation(10, donor="D-2"))
    assert desk.books.donors_of_lot("l_lx_1_1", "mask") == [("D-2", 10)]
    assert desk.total("received:R-1") == 10


def test_a_corrected_donation_has_its_receipt_voided_and_replaced(desk: Desk) -> None:
    desk.give(10)
    done = correct(desk, 1, desk.donation(7))
    kinds = [desk.books.body(seq).kind for seq in range(done.seq, done.last + 1)]
    assert kinds == ["donation_received", "receipt_voided", "receipt_issued"]
    assert desk.books.body(done.last).document == "JZ-2020-000002"


def test_a_reversed_donation_keeps_no_receipt(desk: Desk) -> None:
    desk.give(10)
    done = desk(c.Reverse(entry=1, reason="never came"))
    kinds = [desk.books.body(seq).kind for seq in range(done.seq, done.last + 1)]
    assert kinds == ["donation_received", "receipt_voided"]
    assert desk.total("stock:store") == 0


def test_a_smaller_donation_gives_its_claim_and_promise_back(desk: Desk) -> None:
    need = desk.need(6)
    pledge = desk.pledge(10, {need: 6})
    done = desk.give(10, pledge=pledge)
    correct(desk, done.seq, desk.donation(4, pledge=pledge))
    assert desk.balance(f"claimed:{need}:{pledge}") == 2 == desk.balance(f"pledged:{pledge}:{need}")
    assert desk.balance(f"pledged:{pledge}") == 4
    assert desk.total("allocated:") == 4
    assert desk.total("stock:store") == 0


def test_a_larger_donation_counts_as_a_further_arrival_on_the_same_lot(desk: Desk) -> None:
    need = desk.need(6)
    pledge = desk.pledge(10, {need: 6})
    done = desk.give(4, pledge=pledge)
    correct(desk, done.seq, desk.donation(12, pledge=pledge))
    assert desk.balance(f"pledged:{pledge}") == 0
    assert desk.balance(f"claimed:{need}:{pledge}") == 0
    assert desk.total("stock:store") == 6
    assert len(desk.books.rows(Allocation)) == 1
    assert {key[2] for key in desk.books.nonzero_balances("stock:store")} == {f"l_lx_{done.seq}_1"}


def test_a_donation_whose_parcel_is_on_its_way_is_not_made_smaller(desk: Desk) -> None:
    done = desk.give(10, recipient="R-1")
    desk.dispatch(f"a_{done.seq + 1}")
    with pytest.raises(NotEnough, match="in the way: entry 4; the smallest figure possible is 10"):
        correct(desk, done.seq, desk.donation(8, recipient="R-1"))


def test_any_entry_of_a_command_names_it(desk: Desk) -> None:
    done = desk.give(10, recipient="R-1")
    correct(desk, done.seq + 1, desk.donation(8, recipient="R-1"))
    assert desk.total("allocated:") == 8


# --- needs keep step -------------------------------------------------------------------------


def test_a_smaller_allocation_after_a_release_keeps_needs_within_its_goods(desk: Desk) -> None:
    need = desk.need(30)
    desk.stock(34)
    allocation = desk.allocate(34)
    part = [c.ReleasedLine(line=1, quantity=25)]
    desk(c.Release(allocation=allocation, reason="r", lines=part))
    lines = [c.AllocationLine(item="mask", quantity=33)]
    correct(desk, 3, c.Allocate(recipient="R-1", location="store", lines=lines))
    assert desk.total(f"allocated:{allocation}:") == 8
    assert desk.balance(f"assigned:{need}:{allocation}") <= 8
    assert desk.balance(f"assigned:{need}:{allocation}") + desk.balance(f"needed:{need}") == 30


def test_an_allocation_reversed_after_its_need_ended_ends_what_comes_back(desk: Desk) -> None:
    need = desk.need(10)
    desk.stock(10)
    desk.allocate(10)
    desk(c.EndNeed(need=need, reason="died"))
    desk(c.Reverse(entry=3, reason="wrong household"))
    assert desk.balance(f"needed:{need}") == 0
    assert desk.balance(f"ended:{need}:died") == 10


def test_an_ended_need_that_is_raised_stays_ended(desk: Desk) -> None:
    need = desk.need(10)
    desk(c.EndNeed(need=need, reason="died"))
    correct(desk, 1, note(12))
    assert desk.balance(f"ended:{need}:died") == 12


def test_a_claim_given_back_to_an_ended_need_is_ended_and_the_promise_is_free(
    desk: Desk,
) -> None:
    need = desk.need(10)
    pledge = desk.pledge(10, {need: 10})
    done = desk.give(10, pledge=pledge)
    desk(c.EndNeed(need=need, reason="moved"))
    correct(desk, done.seq, desk.donation(6, pledge=pledge))
    assert desk.balance(f"claimed:{need}:{pledge}") == 0
    assert desk.balance(f"pledged:{pledge}") == 4
    assert desk.balance(f"ended:{need}:moved") == 4


def test_a_need_that_goods_serve_does_not_become_another_households(desk: Desk) -> None:
    desk.need(10)
    desk.stock(10)
    desk.allocate(4)
    with pytest.raises(InvalidField, match="set aside for or reached recipient R-1"):
        correct(desk, 1, note(10, "R-2"))


def test_a_need_that_nothing_serves_yet_may_become_another_households(desk: Desk) -> None:
    desk.need(10)
    correct(desk, 1, note(10, "R-2"))
    assert desk.balance("asked:R-1") == 0
    assert desk.balance("asked:R-2") == -10


# --- outcomes and what hangs on a document ---------------------------------------------------


def test_an_outcome_is_corrected_after_its_delivery_closed_but_never_reversed(desk: Desk) -> None:
    need = desk.need(10)
    desk.stock(10)
    allocation = desk.allocate(10)
    delivery = desk.dispatch(allocation)
    outcome = desk.outcome(delivery, allocation, "handed_over").seq
    with pytest.raises(InvalidField, match="an outcome is a fact"):
        desk(c.Reverse(entry=outcome, reason="r"))
    desk(c.CloseDelivery(delivery=delivery))
    correct(
        desk,
        outcome,
        c.ReportOutcome(delivery=delivery, allocation=allocation, outcome="not_at_home"),
    )
    assert desk.total("received:R-1") == 0
    assert desk.balance(f"assigned:{need}:{allocation}") == 10
    assert desk.balance(f"met:{need}") == 0


def test_an_outcome_is_not_corrected_to_that_of_another_stop(desk: Desk) -> None:
    desk.stock(20)
    first, second = desk.allocate(10), desk.allocate(10, recipient="R-2")
    delivery = desk.dispatch(first, second)
    outcome = desk.outcome(delivery, first, "handed_over").seq
    other = c.ReportOutcome(delivery=delivery, allocation=second, outcome="handed_over")
    with pytest.raises(InvalidField, match="is the outcome of the stop for"):
        correct(desk, outcome, other)


def test_an_outcome_corrected_to_more_than_was_loaded_is_refused_and_no_conflict(
    desk: Desk,
) -> None:
    desk.stock(10)
    allocation = desk.allocate(10)
    delivery = desk.dispatch(allocation)
    outcome = desk.outcome(delivery, allocation, "handed_over").seq
    entries = desk.entries()
    lines = [c.OutcomeLine(line=1, received=11)]
    wrong = c.ReportOutcome(delivery=delivery, allocation=allocation, outcome="partly", lines=lines)
    with pytest.raises(NotEnough, match="but 10 were loaded"):
        correct(desk, outcome, wrong)
    assert desk.entries() == entries


def test_a_return_is_not_corrected_to_that_of_another_issue(desk: Desk) -> None:
    desk.stock(10)
    for _ in range(2):
        desk(c.IssueGoods(purpose="gate", location="store", lines=mask(5)))
    back = desk(c.ReturnIssue(issue="i_2", lines=mask(2))).seq
    with pytest.raises(InvalidField, match="the entry is of i_2, not of i_3"):
        correct(desk, back, c.ReturnIssue(issue="i_3", lines=mask(2)))
    correct(desk, back, c.ReturnIssue(issue="i_2", lines=mask(5)))
    assert desk.total("used:gate") == 5


# --- the other commands ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "again", "account", "left"),
    [
        (
            c.Move(source="store", target="annex", lines=mask(5)),
            c.Move(source="store", target="ward", lines=mask(4)),
            "stock:ward",
            4,
        ),
        (
            c.WriteOff(reason="damaged", location="store", lines=mask(5)),
            c.WriteOff(reason="expired", location="store", lines=mask(5)),
            "lost:expired",
            5,
        ),
        (
            c.LendGoods(borrower="B-1", location="store", lines=mask(5)),
            c.LendGoods(borrower="B-2", location="store", lines=mask(6)),
            "lent:B-2",
            6,
        ),
        (
            c.HandOut(recipient="R-1", location="store", lines=mask(5)),
            c.HandOut(recipient="R-2", location="store", lines=mask(3)),
            "received:R-2",
            3,
        ),
    ],
)
def test_what_left_the_shelf_is_corrected(
    desk: Desk, command: c.Command, again: c.Command, account: str, left: int
) -> None:
    desk.stock(10)
    entry = desk(command).seq
    correct(desk, entry, again)
    assert desk.total(account) == left
    assert desk.total("stock:store") == 10 - left
    desk(c.Reverse(entry=desk.entries(), reason="r"))
    assert desk.total("stock:store") == 10


def test_a_hand_out_to_the_wrong_household_opens_its_need_again_and_meets_the_right_one(
    desk: Desk,
) -> None:
    wrong, right = desk.need(5), desk.need(5, recipient="R-2")
    desk.stock(5)
    entry = desk(c.HandOut(recipient="R-1", location="store", lines=mask(5))).seq
    correct(desk, entry, c.HandOut(recipient="R-2", location="store", lines=mask(5)))
    assert desk.balance(f"needed:{wrong}") == 5
    assert desk.balance(f"met:{right}") == 5


def test_a_repacking_is_corrected_in_the_lot_it_bore(desk: Desk) -> None:
    desk.stock(10, "rice")

    def repack(produced: int) -> c.Convert:
        return c.Convert(
            location="store",
            consumed=[c.LotLine(item="rice", quantity=10)],
            produced=[c.ConvertedLine(item="soap", quantity=produced)],
        )

    entry = desk(repack(50)).seq
    correct(desk, entry, repack(45))
    assert desk.balance("stock:store", "soap", f"l_lx_{entry}_1") == 45


def test_an_activity_is_corrected_without_moving_anything(desk: Desk) -> None:
    entry = desk(c.RecordActivity(kind="visit", count=60)).seq
    done = correct(desk, entry, c.RecordActivity(kind="visit", count=54))
    assert desk.books.body(done.seq).transfers == ()


def test_an_outcome_decided_from_unexplained_since_is_not_corrected_under_it(desk: Desk) -> None:
    desk.stock(10)
    allocation = desk.allocate(10)
    delivery = desk.dispatch(allocation)
    outcome = desk.outcome(delivery, allocation, "not_at_home").seq
    conflict = desk.outcome(delivery, allocation, "handed_over").seq
    desk(c.ResolveConflict(conflict=conflict, by="unexplained", reason="r"))
    again = c.ReportOutcome(delivery=delivery, allocation=allocation, outcome="handed_over")
    with pytest.raises(AlreadyDone, match="decided this stop since"):
        correct(desk, outcome, again)
    assert desk.total("received:R-1") == 10


def test_an_outcome_moved_before_its_dispatch_is_refused_and_names_the_day(desk: Desk) -> None:
    desk.stock(10, happened_on=desk.day(-5))
    allocation = desk.allocate(10)
    delivery = desk.dispatch(allocation)
    outcome = desk.outcome(delivery, allocation, "handed_over").seq
    early = c.ReportOutcome(
        delivery=delivery,
        allocation=allocation,
        outcome="handed_over",
        happened_on=desk.day(-1),
    )
    with pytest.raises(NotEnough, match=f"is in transit on delivery {delivery} on {desk.day(-1)}"):
        correct(desk, outcome, early)


# --- what was undone before, and what has moved on ---------------------------------------------


def test_a_reversal_is_not_reversed(desk: Desk) -> None:
    desk.stock(10)
    reversal = desk(c.Reverse(entry=1, reason="not ours")).seq
    with pytest.raises(AlreadyDone, match="took back all that entry 1 did; correct it"):
        desk(c.Reverse(entry=reversal, reason="again"))
    activity = desk(c.RecordActivity(kind="visit", count=3)).seq
    reversal = desk(c.Reverse(entry=activity, reason="r")).seq
    with pytest.raises(AlreadyDone):
        desk(c.Reverse(entry=reversal, reason="again"))


def test_a_reversal_booked_late_is_stated_again_on_a_reopened_day(desk: Desk) -> None:
    def promise(day: int) -> c.MakePledge:
        lines = [c.PledgeLine(item="mask", quantity=8)]
        return c.MakePledge(donor="D-1", happened_on=desk.day(day), lines=lines)

    desk(promise(-4))
    desk(c.ClosePeriod(through=desk.day(-4)))
    reversal = desk(c.Reverse(entry=1, reason="r")).seq
    desk(c.ReopenPeriod(day=desk.day(-5), reason="r"))
    correct(desk, reversal, promise(0))
    pledged = [desk.books.balance_on(desk.day(day), "pledged:p_1", "mask") for day in range(-5, 1)]
    assert pledged == [0, 0, 0, 0, 0, 8]


@pytest.mark.parametrize("smaller", [4, 5, 7, 8])
def test_a_smaller_gift_serves_first_what_was_handed_over(desk: Desk, smaller: int) -> None:
    urgent = desk.need(4, urgency="high")
    other = desk.need(4, recipient="R-2", urgency="low")
    pledge = desk.pledge(20, {urgent: 4, other: 4})
    gift = desk.give(20, pledge=pledge).seq
    theirs = f"a_{gift + 2}"
    desk.outcome(desk.dispatch(theirs), theirs, "handed_over")
    with pytest.raises(NotEnough, match="the smallest figure possible is 4"):
        correct(desk, gift, desk.donation(1, pledge=pledge))
    correct(desk, gift, desk.donation(smaller, pledge=pledge))
    assert desk.total("received:R-2") == 4 == desk.balance(f"met:{other}")
    assert (
        desk.total("allocated:") == smaller - 4 == desk.balance(f"assigned:{urgent}:a_{gift + 1}")
    )
    assert desk.balance(f"claimed:{urgent}:{pledge}") == 8 - smaller


def test_what_was_released_of_a_gift_counts_as_undone(desk: Desk) -> None:
    need = desk.need(4)
    pledge = desk.pledge(20, {need: 4})
    gift = desk.give(20, pledge=pledge).seq
    desk(c.Release(allocation=f"a_{gift + 1}", reason="r"))
    correct(desk, gift, desk.donation(1, pledge=pledge))
    assert (desk.total("stock:store"), desk.total("allocated:")) == (1, 0)
    assert desk.balance(f"claimed:{need}:{pledge}") == 3
    assert desk.balance(f"needed:{need}") == 1


def test_what_was_released_and_is_free_may_go_however_it_was_wished(desk: Desk) -> None:
    gift = desk.give(20, recipient="R-1", happened_on=desk.day(-2)).seq
    desk(c.Release(allocation=f"a_{gift + 1}", reason="r"))
    desk(c.HandOut(recipient="R-2", location="store", lines=mask(5)))
    with pytest.raises(NotEnough, match="the smallest figure possible is 5"):
        correct(desk, gift, desk.donation(4, recipient="R-1"))
    done = correct(desk, gift, desk.donation(12, recipient="R-1"))
    assert (desk.total("stock:store"), desk.total("allocated:")) == (7, 0)
    with pytest.raises(NotEnough, match="the goods have moved on"):
        desk(c.Reverse(entry=done.seq, reason="R-2 has five"))


def test_two_figures_in_the_way_are_named_together_and_are_possible(desk: Desk) -> None:
    def opened(masks: int, soap: int) -> c.OpenStock:
        lines = [
            c.ArrivalLine(item="mask", quantity=masks),
            c.ArrivalLine(item="soap", quantity=soap),
        ]
        return c.OpenStock(location="store", lines=lines)

    desk(opened(10, 10))
    soap = [c.LotLine(item="soap", quantity=3)]
    desk(c.WriteOff(reason="damaged", location="store", lines=[*mask(6), *soap]))
    with pytest.raises(NotEnough, match="figures possible are 6 × 口罩, 3 × 洗手液") as refusal:
        correct(desk, 1, opened(1, 1))
    assert [fault.pointer for fault in refusal.value.faults] == [
        "/command/lines/0/quantity",
        "/command/lines/1/quantity",
    ]
    correct(desk, 1, opened(6, 3))


def test_a_day_that_cannot_be_is_not_blamed_on_the_figure(desk: Desk) -> None:
    desk.stock(10, happened_on=desk.day(-5))
    desk(c.WriteOff(reason="damaged", location="store", lines=mask(1), happened_on=desk.day(-3)))
    with pytest.raises(NotEnough) as refusal:
        correct(desk, 1, opening(10, happened_on=desk.day(-1)))
    assert "smallest" not in str(refusal.value)


# --- lots ------------------------------------------------------------------------------------


def batches(*batch: tuple[str, int]) -> c.OpenStock:
    lines = [c.ArrivalLine(item="mask", quantity=n, batch=name) for name, n in batch]
    return c.OpenStock(location="store", lines=lines)


def test_swapped_lines_leave_every_lot_what_it_was(desk: Desk) -> None:
    desk(batches(("A", 10), ("B", 10)))
    desk(c.HandOut(recipient="R-1", location="store", lines=mask(10, lot="l_lx_1_1")))
    done = correct(desk, 1, batches(("B", 10), ("A", 10)))
    assert desk.books.body(done.seq).transfers == ()
    held = trace_lot(desk.books, "l_lx_1_1").lots[0]
    assert (held.batch, [reached.recipient for reached in held.reached]) == ("A", ["R-1"])


def test_a_dropped_line_takes_its_own_lot_and_no_other(desk: Desk) -> None:
    desk(batches(("A", 10), ("B", 10)))
    desk(c.HandOut(recipient="R-1", location="store", lines=mask(10, lot="l_lx_1_2")))
    dropped = correct(desk, 1, batches(("B", 10)))
    assert desk.total("stock:store") == 0
    assert desk.balance("received:R-1", "mask", "l_lx_1_2") == 10
    correct(desk, dropped.seq, batches(("A", 4), ("B", 10)))
    assert desk.balance("stock:store", "mask", "l_lx_1_1") == 4


def test_a_corrected_repacking_has_the_parents_of_the_correction(desk: Desk) -> None:
    wrong, right = desk.stock(10, "rice"), desk.stock(10, "rice")

    def repack(lot: str) -> c.Convert:
        return c.Convert(
            location="store",
            consumed=[c.LotLine(item="rice", quantity=10, lot=lot)],
            produced=[c.ConvertedLine(item="soap", quantity=50)],
        )

    entry = desk(repack(wrong)).seq
    correct(desk, entry, repack(right))
    born = f"l_lx_{entry}_1"
    family = {lot.lot: lot for lot in trace_lot(desk.books, born).lots}
    assert family[born].parents == [right]
    assert [lot.lot for lot in trace_lot(desk.books, wrong).lots] == [wrong]
    verify(desk.ledger.store)
