"""Dispatches that are undone, because the team did not start."""

from __future__ import annotations

import pytest
from support.ledger_fixture import StationLedger
from support.outcomes import partial_outcome

from supplies.domain import commands as c
from supplies.domain.accounts import CHART
from supplies.errors import AlreadyDone, InvalidField, NotEnough


def undo(delivery: str, *allocations: str) -> c.UndoDispatch:
    return c.UndoDispatch(
        delivery=delivery, allocations=list(allocations) or None, reason="no car today"
    )


def balances(station: StationLedger) -> list[dict[tuple[str, str, str], int]]:
    """Return all balances that are not zero."""
    return [station.books.nonzero_balances(kind) for kind in CHART]


def test_an_undone_dispatch_leaves_goods_and_needs_as_before_it(station: StationLedger) -> None:
    need = station.need(6)
    station.stock(10)
    allocation = station.allocate(10)
    before = balances(station)
    delivery = station.dispatch(allocation)
    station(undo(delivery))
    assert balances(station) == before
    assert station.balance(f"assigned:{need}:{allocation}") == 6


def test_undone_goods_can_be_dispatched_again(station: StationLedger) -> None:
    station.stock(10)
    allocation = station.allocate(4)
    station(undo(station.dispatch(allocation)))
    again = station.dispatch(allocation, team="T-2")
    station.outcome(again, allocation, "handed_over")
    assert station.total("received:R-1") == 4


def test_an_undone_delivery_is_closed(station: StationLedger, stop: tuple[str, str]) -> None:
    station(undo(stop[0]))
    with pytest.raises(AlreadyDone, match=f"delivery {stop[0]} is closed already"):
        station(c.CloseDelivery(delivery=stop[0]))


def test_one_stop_is_taken_off_and_the_delivery_goes_on(station: StationLedger) -> None:
    station.stock(10)
    first, second = station.allocate(4), station.allocate(5, recipient="R-2")
    delivery = station.dispatch(first, second)
    station(undo(delivery, first))
    assert station.total(f"allocated:{first}:store") == 4
    assert station.total(f"in_transit:{delivery}:{second}") == 5
    station.outcome(delivery, second, "handed_over")
    station(c.CloseDelivery(delivery=delivery))


def test_stops_with_an_outcome_stay_when_the_rest_is_undone(station: StationLedger) -> None:
    station.stock(10)
    first, second = station.allocate(4), station.allocate(5, recipient="R-2")
    delivery = station.dispatch(first, second)
    station.outcome(delivery, first, "handed_over")
    station(undo(delivery))
    assert station.total("received:R-1") == 4
    assert station.total(f"allocated:{second}:store") == 5


def test_a_stop_with_an_outcome_is_not_undone(
    station: StationLedger, stop: tuple[str, str]
) -> None:
    seq = station.outcome(*stop, "not_at_home").seq
    with pytest.raises(AlreadyDone, match=rf"has an outcome \(entry {seq}\)"):
        station(undo(*stop))


def test_unknown_and_repeated_stops_are_refused(
    station: StationLedger, stop: tuple[str, str]
) -> None:
    station.stock(1)
    other = station.allocate(1)
    with pytest.raises(InvalidField, match=f"has no stop for {other}"):
        station(undo(stop[0], other))
    with pytest.raises(InvalidField, match="named twice"):
        station(undo(stop[0], stop[1], stop[1]))


def test_an_outcome_of_an_undone_stop_is_a_conflict(
    station: StationLedger, stop: tuple[str, str]
) -> None:
    station(undo(*stop))
    late = station.outcome(*stop, "handed_over")
    assert late.conflict is not None
    assert "its goods were set aside again" in late.conflict
    assert station.total("received:R-1") == 0


@pytest.mark.parametrize("by", ["correct", "unexplained"])
def test_goods_of_an_undone_stop_that_were_handed_over_are_counted_once(
    station: StationLedger, by: str
) -> None:
    need = station.need(10)
    station.stock(10)
    allocation = station.allocate(10)
    stop = station.dispatch(allocation), allocation
    station(undo(*stop))
    late = station.outcome(*stop, "handed_over").seq
    station(c.ResolveConflict(conflict=late, by=by, reason="they did go"))  # type: ignore[arg-type]  # a way by name
    assert station.total("received:R-1") == 10
    assert station.total(f"allocated:{allocation}:store") == 0
    assert station.total(f"unexplained:{stop[0]}") == 0
    assert station.balance(f"met:{need}") == 10
    station.ledger.verify()


def test_an_outcome_from_a_day_before_the_dispatch_was_undone_can_be_decided(
    station: StationLedger, stop: tuple[str, str]
) -> None:
    noon = station.clock()
    station.clock.advance(2)
    station(undo(*stop))
    late = station.outcome(*stop, "handed_over", happened_at=noon).seq
    station(c.ResolveConflict(conflict=late, by="correct", reason="they did go"))
    assert station.total("received:R-1") == 10
    assert station.total(f"unexplained:{stop[0]}") == 0
    station.ledger.verify()


def test_goods_of_an_undone_stop_that_left_again_are_unexplained(
    station: StationLedger, stop: tuple[str, str]
) -> None:
    station(undo(*stop))
    station(c.Release(allocation=stop[1], reason="not needed"))
    late = station.outcome(*stop, "handed_over").seq
    with pytest.raises(NotEnough):
        station(c.ResolveConflict(conflict=late, by="correct", reason="they did go"))
    station(c.ResolveConflict(conflict=late, by="unexplained", reason="they did go"))
    assert station.total("received:R-1") == 10
    assert station.total(f"unexplained:{stop[0]}") == -10


def test_goods_that_an_undone_stop_brought_back_are_where_the_report_says(
    station: StationLedger, stop: tuple[str, str]
) -> None:
    station(undo(*stop))
    lines = partial_outcome(3, back=5, lost=2, location="annex")
    late = station.outcome(*stop, "partly", lines=lines).seq
    station(c.ResolveConflict(conflict=late, by="correct", reason="they did go"))
    assert station.total("received:R-1") == 3
    assert station.total(f"allocated:{stop[1]}:annex") == 5
    assert station.total(f"allocated:{stop[1]}:store") == 0
    assert station.total("lost:on_the_way") == 2
    station.ledger.verify()
