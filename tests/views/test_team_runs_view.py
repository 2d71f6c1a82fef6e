"""What the phones of a team get about the stops of their runs."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from support.ledger_fixture import StationLedger
from support.run_names import Names

from supplies.domain import commands as c
from supplies.views.team_runs import RunStopView, list_team_runs


@pytest.fixture
def visited(station: StationLedger) -> StationLedger:
    """A household that was not at home, with its goods set aside for the next attempt."""
    station.stock(20)
    allocation = station.allocate(4)
    station.outcome(
        station.dispatch(allocation, station.allocate(1, recipient="R-2")),
        allocation,
        "not_at_home",
        next_attempt=date(2020, 2, 20),
        time_window="after six",
    )
    return station


def _stops(station: StationLedger, team: str) -> list[RunStopView]:
    return [stop for run in list_team_runs(station.books, team, Names()) for stop in run.stops]


def test_the_next_run_says_when_the_household_is_at_home(visited: StationLedger) -> None:
    visited.dispatch(visited.allocate(2), visited.allocate(1, recipient="R-2"), team="T-2")
    assert [stop.time_window for stop in _stops(visited, "T-2")] == ["2020-02-20, after six", None]


def test_only_the_latest_outcome_says_when_the_household_is_at_home(
    visited: StationLedger,
) -> None:
    allocation = visited.allocate(2)
    visited.outcome(visited.dispatch(allocation), allocation, "handed_over")
    visited.dispatch(visited.allocate(2), team="T-2")
    assert [stop.time_window for stop in _stops(visited, "T-2")] == [None]


def test_an_outcome_that_arrived_late_does_not_say_when_the_household_is_at_home_now(
    station: StationLedger,
) -> None:
    station.stock(20)
    first, second = station.allocate(4), station.allocate(3)
    runs = [(station.dispatch(allocation), allocation) for allocation in (first, second)]
    station.clock.advance(2)
    for run, window, day in zip(reversed(runs), ("mornings", "evenings"), (0, -1), strict=True):
        happened_on = station.day(day)
        station.outcome(*run, "not_at_home", time_window=window, happened_on=happened_on)
    station.dispatch(station.allocate(2), team="T-2")
    assert [stop.time_window for stop in _stops(station, "T-2")] == ["mornings"]


def test_an_outcome_for_a_merged_code_says_when_the_household_is_at_home(
    visited: StationLedger,
) -> None:
    visited(c.MergeCodes(kind="recipient", code="R-1", into="R-2", reason="registered twice"))
    visited.dispatch(visited.allocate(1, recipient="R-2"), team="T-2")
    assert [stop.time_window for stop in _stops(visited, "T-2")] == ["2020-02-20, after six"]


def test_a_household_that_was_forgotten_leaves_the_rest_of_the_run_readable(
    visited: StationLedger,
) -> None:
    visited(
        c.Release(
            allocation=visited.books.value("SELECT min(allocation) FROM allocations"),
            reason="moved",
        )
    )
    visited(c.ForgetRecipient(recipient="R-1"))
    first, second = _stops(visited, "T-1")
    assert (first.recipient.name, first.recipient.address, first.time_window) == (
        None,
        None,
        "2020-02-20",
    )
    assert second.recipient.name == "张某"


def test_an_open_conflict_of_a_moved_stop_goes_with_the_stop(station: StationLedger) -> None:
    station.stock(20)
    stays, moves = station.allocate(4), station.allocate(3, recipient="R-2")
    delivery = station.dispatch(stays, moves)
    ahead = station.clock() + timedelta(days=1)
    conflict = station.outcome(delivery, moves, "handed_over", happened_at=ahead)
    station(c.MoveStops(delivery=delivery, allocations=[moves], team="T-2"))
    (moved,) = _stops(station, "T-2")
    assert moved.conflict is not None
    assert moved.conflict.entry == conflict.seq
    assert [stop.conflict for stop in _stops(station, "T-1")] == [None]
