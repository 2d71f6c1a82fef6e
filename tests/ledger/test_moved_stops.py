"""Stops that are moved to another delivery."""

from __future__ import annotations

from datetime import timedelta

import pytest
from support.ledger_fixture import StationLedger

from supplies.domain import commands as c
from supplies.errors import AlreadyDone, InvalidField
from supplies.views.deliveries import get_delivery


def two_stops(station: StationLedger) -> tuple[str, str, str]:
    """Dispatch two stops, and return the delivery and the allocations."""
    station.stock(20)
    first, second = station.allocate(4), station.allocate(5, recipient="R-2")
    return station.dispatch(first, second), first, second


def move(station: StationLedger, delivery: str, *allocations: str, **target: str) -> str:
    """Move stops, and return the delivery that has them now."""
    command = c.MoveStops(delivery=delivery, allocations=list(allocations), **target)  # type: ignore[arg-type]  # fields by name
    return str(station(command).document)


def test_a_delivery_is_split_between_two_teams(station: StationLedger) -> None:
    delivery, first, second = two_stops(station)
    other = move(station, delivery, second, team="T-2")
    assert station.total(f"in_transit:{delivery}:{first}") == 4
    assert station.total(f"in_transit:{delivery}:{second}") == 0
    assert station.total(f"in_transit:{other}:{second}") == 5
    station.outcome(other, second, "handed_over")
    station(c.CloseDelivery(delivery=other))
    assert station.total("received:R-2") == 5


def test_a_stop_moves_to_a_delivery_that_is_out(station: StationLedger) -> None:
    delivery, _, second = two_stops(station)
    third = station.allocate(3)
    other = station.dispatch(third, team="T-2")
    assert move(station, delivery, second, to_delivery=other) == other
    rows = station.books.all(
        "SELECT allocation FROM stops WHERE delivery = :delivery ORDER BY stop", delivery=other
    )
    assert [row[0] for row in rows] == [third, second]


def test_a_delivery_is_closed_when_its_last_goods_move_on(station: StationLedger) -> None:
    delivery, first, second = two_stops(station)
    move(station, delivery, first, second, team="T-2")
    with pytest.raises(AlreadyDone, match=f"delivery {delivery} is closed already"):
        move(station, delivery, first, team="T-1")


def test_a_stop_with_an_outcome_is_not_moved(station: StationLedger) -> None:
    delivery, first, _ = two_stops(station)
    station.outcome(delivery, first, "handed_over")
    with pytest.raises(AlreadyDone, match="correct the outcome instead"):
        move(station, delivery, first, team="T-2")


def test_a_stop_is_moved_from_a_delivery_once(station: StationLedger) -> None:
    delivery, first, _ = two_stops(station)
    other = move(station, delivery, first, team="T-2")
    with pytest.raises(AlreadyDone, match="was taken off"):
        move(station, delivery, first, team="T-2")
    with pytest.raises(InvalidField, match="has had a stop for"):
        move(station, other, first, to_delivery=delivery)
    assert move(station, other, first, team="T-1") not in (delivery, other)


def test_the_target_is_one_team_or_one_open_delivery(station: StationLedger) -> None:
    delivery, first, _ = two_stops(station)
    for target in (
        {},
        {"team": "T-2", "to_delivery": "v_1"},
        {"to_delivery": delivery},
        {"to_delivery": "v_99"},
    ):
        with pytest.raises(InvalidField):
            move(station, delivery, first, **target)


def test_a_late_outcome_of_the_old_delivery_counts_where_the_goods_are(
    station: StationLedger,
) -> None:
    delivery, first, _ = two_stops(station)
    other = move(station, delivery, first, team="T-2")
    done = station.outcome(delivery, first, "handed_over")
    assert (done.document, done.conflict) == (other, None)
    assert station.total("received:R-1") == 4
    assert station.outcome(other, first, "handed_over").repeated
    assert station.outcome(delivery, first, "handed_over").repeated


def test_a_late_outcome_that_differs_is_a_conflict_of_the_new_stop(
    station: StationLedger,
) -> None:
    delivery, first, _ = two_stops(station)
    other = move(station, delivery, first, team="T-2")
    station.outcome(other, first, "not_at_home")
    late = station.outcome(delivery, first, "handed_over")
    assert late.conflict is not None
    assert late.document == other
    station(c.ResolveConflict(conflict=late.seq, by="correct", reason="the first team went"))
    assert station.total("received:R-1") == 4


def test_an_outcome_from_before_the_move_is_no_conflict(
    station: StationLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    delivery, first, _ = two_stops(station)
    noon = station.clock()
    monkeypatch.setattr(station.ledger, "clock", lambda: noon + timedelta(minutes=40))
    other = move(station, delivery, first, team="T-2")
    report = c.ReportOutcome(
        delivery=delivery,
        allocation=first,
        outcome="handed_over",
        happened_at=noon + timedelta(minutes=20),
    )
    done = station(report)
    assert (done.document, done.conflict) == (other, None)


@pytest.mark.parametrize("has_time", [True, False])
def test_an_outcome_from_a_day_before_the_move_is_booked_on_the_day_of_the_move(
    station: StationLedger, has_time: bool
) -> None:
    delivery, first, _ = two_stops(station)
    noon = station.clock()
    station.clock.advance(2)
    other = move(station, delivery, first, team="T-2")
    when = {"happened_at": noon} if has_time else {"happened_on": noon.date()}
    report = c.ReportOutcome(delivery=delivery, allocation=first, outcome="handed_over", **when)  # type: ignore[arg-type]  # fields by name
    done = station(report)
    assert (done.document, done.conflict) == (other, None)
    (shown,) = get_delivery(station.books, other).stops
    assert shown.happened_on == station.day(0)
    assert (shown.happened_at is not None) == has_time
    early = c.ReportOutcome(
        delivery=delivery, allocation=first, outcome="lost", happened_on=station.day(-9)
    )
    assert station(early).conflict is not None
    station.ledger.verify()


def test_a_moved_stop_can_be_undone(station: StationLedger) -> None:
    delivery, first, _ = two_stops(station)
    other = move(station, delivery, first, team="T-2")
    station(c.UndoDispatch(delivery=other, reason="no car"))
    assert station.total(f"allocated:{first}:store") == 4
