"""Deliveries: dispatch, the outcome of each stop, and closing."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from support.ledger_fixture import StationLedger
from support.outcomes import partial_outcome
from support.refusals import assert_refused

from supplies.domain import commands as c
from supplies.errors import (
    AlreadyDone,
    InvalidField,
    Unaccounted,
)


def test_a_dispatch_loads_all_allocated_goods_stop_by_stop(station: StationLedger) -> None:
    station.stock(10)
    first, second = station.allocate(4), station.allocate(5, recipient="R-2")
    delivery = station.dispatch(second, first)
    assert station.total(f"in_transit:{delivery}:{first}") == 4
    assert station.total(f"in_transit:{delivery}:{second}") == 5
    assert [row[0] for row in station.books.all("SELECT allocation FROM stops ORDER BY stop")] == [
        second,
        first,
    ]


def test_a_second_dispatch_of_an_allocation_names_its_delivery(
    station: StationLedger, stop: tuple[str, str]
) -> None:
    delivery, allocation = stop
    with pytest.raises(AlreadyDone, match=f"they were dispatched on delivery {delivery}"):
        station.dispatch(allocation)


def test_a_released_allocation_cannot_be_dispatched(station: StationLedger) -> None:
    station.stock(10)
    allocation = station.allocate(4)
    station(c.Release(allocation=allocation, reason="r"))
    with pytest.raises(AlreadyDone, match="they were released"):
        station.dispatch(allocation)


def test_an_allocation_is_dispatched_once_in_a_delivery(station: StationLedger) -> None:
    station.stock(10)
    allocation = station.allocate(4)
    with pytest.raises(InvalidField, match="named twice"):
        station.dispatch(allocation, allocation)


def test_a_delivery_meets_the_need_first_and_the_excess_is_received(
    station: StationLedger,
) -> None:
    need = station.need(6)
    station.stock(10)
    allocation = station.allocate(10)
    delivery = station.dispatch(allocation)
    station.outcome(delivery, allocation, "partly", lines=partial_outcome(8, back=2))
    assert station.balance(f"met:{need}") == 6
    assert station.total("received:R-1") == 8
    assert station.total(f"allocated:{allocation}:") == 2


@pytest.mark.parametrize(
    ("outcome", "account"),
    [
        ("handed_over", "received:R-1"),
        ("not_at_home", "allocated:{}:store"),
        ("refused", "stock:store"),
        ("lost", "lost:on_the_way"),
    ],
)
def test_each_outcome_moves_the_goods_to_its_account(
    station: StationLedger, stop: tuple[str, str], outcome: str, account: str
) -> None:
    delivery, allocation = stop
    station.outcome(delivery, allocation, outcome)
    assert station.total(account.format(allocation)) == 10
    assert station.total(f"in_transit:{delivery}:{allocation}") == 0


def test_a_need_reopens_when_the_goods_are_refused_or_lost(station: StationLedger) -> None:
    need = station.need(10)
    station.stock(10)
    allocation = station.allocate(10)
    station.outcome(station.dispatch(allocation), allocation, "lost")
    assert station.balance(f"needed:{need}") == 10


def test_goods_not_delivered_can_be_dispatched_again_the_next_day(
    station: StationLedger, stop: tuple[str, str]
) -> None:
    delivery, allocation = stop
    station.outcome(delivery, allocation, "not_at_home")
    station(c.CloseDelivery(delivery=delivery))
    station.clock.advance()
    again = station.dispatch(allocation, team="T-2")
    station.outcome(again, allocation, "handed_over")
    assert station.total("received:R-1") == 10


def test_goods_brought_back_may_go_to_another_location(
    station: StationLedger, stop: tuple[str, str]
) -> None:
    delivery, allocation = stop
    station.outcome(
        delivery,
        allocation,
        "partly",
        lines=partial_outcome(7, back=3, to="stock", location="annex"),
    )
    assert station.total("stock:annex") == 3


def test_a_partial_outcome_must_account_for_every_unit(
    station: StationLedger, stop: tuple[str, str]
) -> None:
    delivery, allocation = stop
    with pytest.raises(InvalidField, match="give for each line"):
        station.outcome(delivery, allocation, "partly")
    with pytest.raises(InvalidField, match="accounts for 9 of 10 loaded"):
        station.outcome(delivery, allocation, "partly", lines=partial_outcome(7, back=2))
    lines = [c.OutcomeLine(line=2, received=10)]
    with pytest.raises(InvalidField, match="the lines of the stop are 1"):
        station.outcome(delivery, allocation, "partly", lines=lines)


NOON = datetime(2020, 2, 10, 4, tzinfo=UTC)
"""The time of the ledger's clock when the goods were dispatched."""


def test_an_outcome_is_booked_on_the_day_of_its_time_in_the_stations_zone(
    station: StationLedger, stop: tuple[str, str]
) -> None:
    station.clock.advance(2)
    late = NOON + timedelta(hours=12, minutes=1)
    done = station.outcome(*stop, "handed_over", happened_at=late)
    assert station.books.body(done.seq).happened_on == date(2020, 2, 11)
    earlier = c.ReportOutcome(
        delivery=stop[0], allocation=stop[1], outcome="handed_over", happened_at=NOON
    )
    again = station(c.Correct(entry=done.seq, command=earlier, reason="the evening before"))
    assert station.books.body(again.seq).happened_on == date(2020, 2, 10)


def test_a_time_that_contradicts_the_day_is_refused(
    station: StationLedger, stop: tuple[str, str]
) -> None:
    station.clock.advance()
    with pytest.raises(InvalidField, match="is not the day of happened_at"):
        station.outcome(*stop, "handed_over", happened_at=NOON, happened_on=station.day(0))


def test_a_time_some_minutes_in_the_future_is_accepted(
    station: StationLedger, stop: tuple[str, str]
) -> None:
    done = station.outcome(*stop, "handed_over", happened_at=NOON + timedelta(minutes=4))
    assert done.conflict is None


@pytest.mark.parametrize(
    ("when", "because"),
    [
        (NOON + timedelta(minutes=6), "but it is only 2020-02-10 12:00"),
        (NOON + timedelta(days=1), "but it is only 2020-02-10 12:00"),
        (NOON - timedelta(minutes=6), "before the goods of v_3 went out"),
        (datetime(1970, 1, 1, tzinfo=UTC), "before the goods of v_3 went out"),
    ],
)
def test_an_outcome_at_an_impossible_time_is_a_conflict(
    station: StationLedger, stop: tuple[str, str], when: datetime, because: str
) -> None:
    done = station.outcome(*stop, "handed_over", happened_at=when)
    assert done.conflict is not None
    assert because in done.conflict
    station(c.ResolveConflict(conflict=done.seq, by="unexplained", reason="the phone's clock"))
    assert station.total("received:R-1") == 10
    assert station.total("unexplained:v_3") == 0


def test_an_outcome_may_precede_the_recording_of_a_dispatch_of_the_same_day(
    station: StationLedger,
) -> None:
    station.stock(10, happened_on=station.day(-2))
    allocation = station.allocate(10, happened_on=station.day(-2))
    delivery = station.dispatch(allocation, happened_on=station.day(-1))
    before = NOON - timedelta(days=1, hours=3)
    done = station.outcome(delivery, allocation, "handed_over", happened_at=before)
    assert done.conflict is None
    assert station.books.body(done.seq).happened_on == station.day(-1)


def test_a_second_report_of_the_same_goods_is_a_repeat_whoever_received_them(
    station: StationLedger, stop: tuple[str, str]
) -> None:
    station.outcome(*stop, "handed_over", received_by="self")
    assert station.outcome(*stop, "handed_over", received_by="neighbour").repeated


def test_repeating_an_outcome_records_nothing(
    station: StationLedger, stop: tuple[str, str]
) -> None:
    first = station.outcome(*stop, "handed_over")
    again = station.outcome(*stop, "handed_over")
    assert again.repeated
    assert again.seq == first.seq
    assert station.entries() == first.last


def test_a_delivery_closes_once_and_only_without_goods_in_transit(
    station: StationLedger, stop: tuple[str, str]
) -> None:
    delivery, _ = stop
    with pytest.raises(Unaccounted, match=r"10 × 口罩 of .* are still in transit"):
        station(c.CloseDelivery(delivery=delivery))
    station.outcome(*stop, "handed_over")
    station(c.CloseDelivery(delivery=delivery))
    with pytest.raises(AlreadyDone, match="is closed already"):
        station(c.CloseDelivery(delivery=delivery))
    with pytest.raises(AlreadyDone, match="is closed already"):
        station(c.ReassignDelivery(delivery=delivery, team="T-2"))


def test_a_refused_close_names_every_open_stop(station: StationLedger) -> None:
    station.stock(10)
    first, second = (station.allocate(quantity) for quantity in (3, 4))
    delivery = station.dispatch(first, second)
    with pytest.raises(Unaccounted) as refused:
        station(c.CloseDelivery(delivery=delivery))
    goods = f"3 × 口罩 of {first}, 4 × 口罩 of {second}"
    assert str(refused.value.detail) == (
        f"still in transit on delivery {delivery}: {goods}; report the outcome of every stop first"
    )


def test_an_open_delivery_can_be_reassigned_to_another_team(
    station: StationLedger, stop: tuple[str, str]
) -> None:
    station(c.ReassignDelivery(delivery=stop[0], team="T-2"))
    with pytest.raises(AlreadyDone, match="is with team T-2 already"):
        station(c.ReassignDelivery(delivery=stop[0], team="T-2"))


def test_goods_that_expired_after_allocation_need_allow_expired_to_be_dispatched(
    station: StationLedger,
) -> None:
    station.stock(5, expires_on=station.day(2))
    allocation = station.allocate(5)
    station.clock.advance(3)
    sentence = assert_refused(
        station, InvalidField, lambda: station.dispatch(allocation), at="/allocations/0"
    )
    assert "expired on 2020-02-12; release it, or set allow_expired" in sentence
    station.dispatch(allocation, allow_expired=True)


@pytest.mark.parametrize(
    ("outcome", "quantities"),
    [
        ("lost", {"received": 5}),
        ("handed_over", {"received": 3, "lost": 2}),
        ("refused", {"brought_back": 4, "received": 1}),
        ("not_at_home", {"lost": 5}),
    ],
)
def test_lines_that_disagree_with_the_outcome_of_the_stop_are_refused(
    station: StationLedger, outcome: str, quantities: dict[str, int]
) -> None:
    station.stock(5)
    allocation = station.allocate(5)
    delivery = station.dispatch(allocation)
    lines = [c.OutcomeLine(line=1, **quantities)]
    with pytest.raises(InvalidField, match="report the outcome partly"):
        station.outcome(delivery, allocation, outcome, lines=lines)
    station.outcome(delivery, allocation, "partly", lines=lines)


def test_a_wrong_line_number_does_not_hide_the_fault_of_another_line(
    station: StationLedger, stop: tuple[str, str]
) -> None:
    lines = [c.OutcomeLine(line=1, received=1), c.OutcomeLine(line=7, received=2)]
    with pytest.raises(InvalidField) as refusal:
        station.outcome(*stop, "partly", lines=lines)
    assert [fault.pointer for fault in refusal.value.faults] == ["/lines/1/line", "/lines/0"]
