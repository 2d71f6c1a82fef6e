"""Deliveries: one outcome a stop; what the books contradict is kept as a conflict."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from support.ledger_fixture import Desk

from supplies.domain import commands as c
from supplies.domain.entry_rows import Conflict
from supplies.errors import AlreadyDone, InvalidField, NotEnough, Unaccounted


@pytest.fixture
def stop(desk: Desk) -> tuple[str, str]:
    """Ten masks on their way to R-1: the delivery and the allocation."""
    desk.stock(10)
    allocation = desk.allocate(10)
    return desk.dispatch(allocation), allocation


def partly(received: int, back: int = 0, lost: int = 0, **more: str) -> list[c.OutcomeLine]:
    line = c.OutcomeLine(line=1, received=received, brought_back=back, lost=lost, **more)  # type: ignore[arg-type]
    return [line]


def test_a_dispatch_takes_all_that_is_set_aside_stop_by_stop(desk: Desk) -> None:
    desk.stock(10)
    first, second = desk.allocate(4), desk.allocate(5, recipient="R-2")
    delivery = desk.dispatch(second, first)
    assert desk.total(f"in_transit:{delivery}:{first}") == 4
    assert desk.total(f"in_transit:{delivery}:{second}") == 5
    assert [row[0] for row in desk.books.all("SELECT allocation FROM stops ORDER BY stop")] == [
        second,
        first,
    ]


def test_a_second_dispatch_is_refused_and_says_where_the_goods_are(
    desk: Desk, stop: tuple[str, str]
) -> None:
    delivery, allocation = stop
    with pytest.raises(AlreadyDone, match=f"it went out on delivery {delivery}"):
        desk.dispatch(allocation)


def test_a_released_allocation_is_not_dispatched(desk: Desk) -> None:
    desk.stock(10)
    allocation = desk.allocate(4)
    desk(c.Release(allocation=allocation, reason="r"))
    with pytest.raises(AlreadyDone, match="it was released"):
        desk.dispatch(allocation)


def test_an_allocation_is_one_stop_of_a_delivery(desk: Desk) -> None:
    desk.stock(10)
    allocation = desk.allocate(4)
    with pytest.raises(InvalidField, match="named twice"):
        desk.dispatch(allocation, allocation)


def test_a_hand_over_fills_the_need_first_and_the_excess_is_received_but_not_met(
    desk: Desk,
) -> None:
    need = desk.need(6)
    desk.stock(10)
    allocation = desk.allocate(10)
    delivery = desk.dispatch(allocation)
    desk.outcome(delivery, allocation, "partly", lines=partly(8, back=2))
    assert desk.balance(f"met:{need}") == 6
    assert desk.total("received:R-1") == 8
    assert desk.total(f"allocated:{allocation}:") == 2


@pytest.mark.parametrize(
    ("outcome", "account"),
    [
        ("handed_over", "received:R-1"),
        ("not_at_home", "allocated:{}:store"),
        ("refused", "stock:store"),
        ("lost", "lost:on_the_way"),
    ],
)
def test_an_outcome_says_where_the_goods_are(
    desk: Desk, stop: tuple[str, str], outcome: str, account: str
) -> None:
    delivery, allocation = stop
    desk.outcome(delivery, allocation, outcome)
    assert desk.total(account.format(allocation)) == 10
    assert desk.total(f"in_transit:{delivery}:{allocation}") == 0


def test_a_need_is_open_again_when_the_goods_are_refused_or_lost(desk: Desk) -> None:
    need = desk.need(10)
    desk.stock(10)
    allocation = desk.allocate(10)
    desk.outcome(desk.dispatch(allocation), allocation, "lost")
    assert desk.balance(f"needed:{need}") == 10


def test_not_at_home_goes_out_again_the_next_day_on_another_delivery(
    desk: Desk, stop: tuple[str, str]
) -> None:
    delivery, allocation = stop
    desk.outcome(delivery, allocation, "not_at_home")
    desk(c.CloseDelivery(delivery=delivery))
    desk.clock.advance()
    again = desk.dispatch(allocation, team="T-2")
    desk.outcome(again, allocation, "handed_over")
    assert desk.total("received:R-1") == 10


def test_what_is_brought_back_may_go_to_another_shelf(desk: Desk, stop: tuple[str, str]) -> None:
    delivery, allocation = stop
    desk.outcome(
        delivery, allocation, "partly", lines=partly(7, back=3, to="stock", location="annex")
    )
    assert desk.total("stock:annex") == 3


def test_partly_must_say_what_became_of_every_unit(desk: Desk, stop: tuple[str, str]) -> None:
    delivery, allocation = stop
    with pytest.raises(InvalidField, match="say of each line"):
        desk.outcome(delivery, allocation, "partly")
    with pytest.raises(InvalidField, match="accounts for 9 of 10 loaded"):
        desk.outcome(delivery, allocation, "partly", lines=partly(7, back=2))
    lines = [c.OutcomeLine(line=2, received=10)]
    with pytest.raises(InvalidField, match="the stop's lines are 1"):
        desk.outcome(delivery, allocation, "partly", lines=lines)


def test_a_moment_in_the_future_is_refused(desk: Desk, stop: tuple[str, str]) -> None:
    when = datetime(2020, 2, 10, 5, tzinfo=UTC)
    with pytest.raises(InvalidField, match="in the future"):
        desk.outcome(*stop, "handed_over", happened_at=when)


def test_the_same_outcome_again_is_a_repeat_and_records_nothing(
    desk: Desk, stop: tuple[str, str]
) -> None:
    first = desk.outcome(*stop, "handed_over")
    again = desk.outcome(*stop, "handed_over")
    assert again.repeated
    assert again.seq == first.seq
    assert desk.entries() == first.last


def test_a_differing_second_outcome_is_kept_as_a_conflict_and_moves_nothing(
    desk: Desk, stop: tuple[str, str]
) -> None:
    desk.outcome(*stop, "handed_over")
    second = desk.outcome(*stop, "refused")
    assert second.conflict == (
        f"the stop for {stop[1]} on delivery {stop[0]} was reported as handed_over by entry 4, "
        "now as refused"
    )
    body = desk.books.body(second.seq)
    assert body.kind == "conflict_noted"
    assert body.transfers == ()
    assert desk.total("received:R-1") == 10


def test_more_handed_over_than_was_loaded_is_a_conflict(desk: Desk, stop: tuple[str, str]) -> None:
    done = desk.outcome(*stop, "partly", lines=partly(11))
    assert done.conflict is not None
    assert "11 × mask came of line 1, but 10 were loaded" in done.conflict
    assert desk.total(f"in_transit:{stop[0]}:{stop[1]}") == 10


def test_an_outcome_dated_before_the_dispatch_is_a_conflict(
    desk: Desk, stop: tuple[str, str]
) -> None:
    done = desk.outcome(*stop, "handed_over", happened_on=desk.day(-1))
    assert done.conflict is not None
    assert desk.total("received:R-1") == 0


def test_a_conflict_is_resolved_by_correcting_the_standing_outcome(
    desk: Desk, stop: tuple[str, str]
) -> None:
    desk.outcome(*stop, "handed_over")
    conflict = desk.outcome(*stop, "refused")
    desk(c.ResolveConflict(conflict=conflict.seq, by="correct", reason="asked the neighbour"))
    assert desk.total("received:R-1") == 0
    assert desk.total("stock:store") == 10
    with pytest.raises(AlreadyDone, match="was resolved already"):
        desk(c.ResolveConflict(conflict=conflict.seq, by="correct", reason="again"))


def test_a_hand_over_of_what_the_desk_put_back_is_resolved_from_unexplained(desk: Desk) -> None:
    need = desk.need(10)
    desk.stock(10)
    allocation = desk.allocate(10)
    delivery = desk.dispatch(allocation)
    desk.outcome(delivery, allocation, "refused")
    desk(
        c.IssueGoods(purpose="gate", location="store", lines=[c.LotLine(item="mask", quantity=10)])
    )
    conflict = desk.outcome(delivery, allocation, "handed_over")
    with pytest.raises(NotEnough, match="the goods have moved on"):
        desk(c.ResolveConflict(conflict=conflict.seq, by="correct", reason="r"))
    desk(c.ResolveConflict(conflict=conflict.seq, by="unexplained", reason="r"))
    assert desk.total("received:R-1") == 10
    assert desk.total(f"unexplained:{delivery}") == -10
    assert desk.balance(f"met:{need}") == 10


def test_a_resolution_that_the_books_contradict_again_is_refused_and_no_new_conflict(
    desk: Desk, stop: tuple[str, str]
) -> None:
    desk.outcome(*stop, "handed_over")
    conflict = desk.outcome(*stop, "partly", lines=partly(10, back=1))
    entries = desk.entries()
    with pytest.raises(NotEnough, match="came of line 1"):
        desk(c.ResolveConflict(conflict=conflict.seq, by="correct", reason="r"))
    assert desk.entries() == entries
    assert len(desk.books.rows(Conflict)) == 1


def test_a_delivery_closes_only_at_zero_and_once(desk: Desk, stop: tuple[str, str]) -> None:
    delivery, _ = stop
    with pytest.raises(Unaccounted, match=r"10 × 口罩 of .* are still in transit"):
        desk(c.CloseDelivery(delivery=delivery))
    desk.outcome(*stop, "handed_over")
    desk(c.CloseDelivery(delivery=delivery))
    with pytest.raises(AlreadyDone, match="is closed already"):
        desk(c.CloseDelivery(delivery=delivery))
    with pytest.raises(AlreadyDone, match="is closed already"):
        desk(c.ReassignDelivery(delivery=delivery, team="T-2"))


def test_another_team_goes_on_with_an_open_delivery(desk: Desk, stop: tuple[str, str]) -> None:
    desk(c.ReassignDelivery(delivery=stop[0], team="T-2"))
    with pytest.raises(AlreadyDone, match="is with team T-2 already"):
        desk(c.ReassignDelivery(delivery=stop[0], team="T-2"))
