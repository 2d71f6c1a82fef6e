"""Goods that the books have put back into stock, while the team still carries them."""

from __future__ import annotations

from collections import Counter

import msgspec
import pytest
from support.ledger_fixture import StationLedger
from support.run_names import Names

from supplies.domain import commands as c
from supplies.ledger.recorded import Recorded
from supplies.views.goods_with_teams import find_goods_with_teams, list_goods_with_teams
from supplies.views.stock import get_stock
from supplies.views.team_runs import list_team_runs


def run(station: StationLedger, outcome: str, quantity: int = 4, **more: object) -> tuple[str, str]:
    """Send T-1 to a household with some of ten masks; return delivery and allocation."""
    if not station.total("stock:store"):
        station.stock(10)
    allocation = station.allocate(quantity)
    delivery = station.dispatch(allocation)
    station.outcome(delivery, allocation, outcome, **more)
    return delivery, allocation


def warned(station: StationLedger, done: Recorded) -> list[tuple[str, object, object]]:
    """Return delivery, item and quantity of each warning about a command."""
    found = find_goods_with_teams(station.books, done.seq, done.last)
    assert {each.warning for each in found} <= {"still-with-team"}
    return [(each.about, each.item, each.quantity) for each in found]


def hand_out(station: StationLedger, quantity: int) -> Recorded:
    lines = [c.RecipientLine(item="mask", quantity=quantity)]
    return station(c.HandOut(recipient="R-2", location="store", lines=lines))


def bag_of_phones(station: StationLedger, *teams: str) -> Counter[str]:
    """Return what the bags of the teams' phones show as to be brought back, by item."""
    bag: Counter[str] = Counter()
    for team in teams:
        for each in list_team_runs(station.books, team, Names()):
            for stop in each.stops:
                items = {line.line: line.item for line in stop.lines}
                for line in (stop.outcome and stop.outcome.lines) or []:
                    bag[items[line.line]] += line.brought_back
    return +bag


@pytest.mark.parametrize("outcome", ["not_at_home", "refused"])
def test_goods_that_come_back_are_with_the_team_until_the_delivery_is_closed(
    station: StationLedger, outcome: str
) -> None:
    delivery, _ = run(station, outcome)
    (row,) = get_stock(station.books).items
    assert (row.on_hand, row.with_teams) == (10, 4)
    station(c.CloseDelivery(delivery=delivery))
    (row,) = get_stock(station.books).items
    assert (row.on_hand, row.with_teams) == (10, msgspec.UNSET)
    assert list_goods_with_teams(station.books) == []


def test_no_more_is_with_teams_than_is_in_the_books(station: StationLedger) -> None:
    run(station, "refused")
    hand_out(station, 9)
    (row,) = get_stock(station.books).items
    assert (row.on_hand, row.with_teams) == (1, 1)


def test_the_stock_of_an_earlier_day_does_not_say_what_teams_carry(
    station: StationLedger,
) -> None:
    run(station, "refused")
    for past in ({"as_of": station.day(0)}, {"at_seq": station.entries()}):
        (row,) = get_stock(station.books, **past).items
        assert row.with_teams is msgspec.UNSET


def test_a_corrected_outcome_counts_and_the_one_before_does_not(station: StationLedger) -> None:
    delivery, allocation = run(station, "refused")
    lines = [c.OutcomeLine(line=1, received=3, brought_back=1, location="annex", to="stock")]
    report = c.ReportOutcome(
        delivery=delivery, allocation=allocation, outcome="partly", lines=lines
    )
    station(c.Correct(entry=station.entries(), command=report, reason="counted again"))
    (one,) = list_goods_with_teams(station.books)
    assert (one.location, one.quantity, one.team) == ("annex", 1, "T-1")


def test_a_decided_conflict_counts(station: StationLedger) -> None:
    delivery, allocation = run(station, "handed_over")
    conflict = station.outcome(delivery, allocation, "not_at_home").seq
    assert list_goods_with_teams(station.books) == []
    station(c.ResolveConflict(conflict=conflict, by="correct", reason="the team called"))
    assert [one.quantity for one in list_goods_with_teams(station.books)] == [4]


def test_the_desk_and_the_bag_of_the_phones_show_the_same_goods(station: StationLedger) -> None:
    station.stock(50)
    station.stock(20, "soap")
    stops = [station.allocate(4), station.allocate(3, item="soap"), station.allocate(2)]
    delivery = station.dispatch(*stops, station.allocate(1, recipient="R-2"))
    station.outcome(delivery, stops[0], "not_at_home")
    station.outcome(delivery, stops[1], "refused")
    lines = [c.OutcomeLine(line=1, received=1, brought_back=1)]
    station.outcome(delivery, stops[2], "partly", lines=lines)
    other = station.allocate(5)
    moved = station.dispatch(other, station.allocate(6), team="T-2")
    new = str(station(c.MoveStops(delivery=moved, allocations=[other], team="T-1")).document)
    station.outcome(moved, other, "refused")
    desk: Counter[str] = Counter()
    for one in list_goods_with_teams(station.books):
        desk[one.item] += one.quantity
    assert desk == bag_of_phones(station, "T-1", "T-2") == {"mask": 10, "soap": 3}
    station(c.CloseDelivery(delivery=new))
    assert bag_of_phones(station, "T-1", "T-2") == {"mask": 5, "soap": 3}


def test_a_hand_out_of_goods_that_a_team_carries_is_warned_of(station: StationLedger) -> None:
    delivery, _ = run(station, "refused")
    assert warned(station, hand_out(station, 6)) == []
    assert warned(station, hand_out(station, 3)) == [(delivery, "mask", 3)]


@pytest.mark.parametrize(
    "take",
    [
        c.Allocate(
            recipient="R-2",
            location="store",
            lines=[c.AllocationLine(item="mask", quantity=8)],
        ),
        c.IssueGoods(location="store", purpose="gate", lines=[c.LotLine(item="mask", quantity=8)]),
        c.Move(source="store", target="annex", lines=[c.LotLine(item="mask", quantity=8)]),
    ],
    ids=lambda take: type(take).__name__,
)
def test_each_command_that_takes_free_goods_is_warned_of_what_a_team_carries(
    station: StationLedger, take: c.Command
) -> None:
    delivery, _ = run(station, "refused")
    assert warned(station, station(take)) == [(delivery, "mask", 2)]


def test_goods_set_aside_are_warned_of_if_they_are_dispatched_or_fetched_meanwhile(
    station: StationLedger,
) -> None:
    delivery, allocation = run(station, "not_at_home")
    done = station(c.Dispatch(team="T-2", allocations=[allocation]))
    assert warned(station, done) == [(delivery, "mask", 4)]


def test_goods_that_a_household_fetches_are_warned_of_and_others_are_not(
    station: StationLedger,
) -> None:
    delivery, allocation = run(station, "not_at_home")
    done = station(c.CollectAllocation(allocation=allocation))
    assert warned(station, done) == [(delivery, "mask", 4)]
    assert warned(station, hand_out(station, 6)) == []


def test_a_release_is_not_warned_of_but_who_takes_the_released_goods_is(
    station: StationLedger,
) -> None:
    delivery, allocation = run(station, "not_at_home")
    assert warned(station, station(c.Release(allocation=allocation, reason="moved"))) == []
    assert warned(station, hand_out(station, 7)) == [(delivery, "mask", 1)]


def test_two_teams_that_carry_goods_of_one_lot_are_both_named(station: StationLedger) -> None:
    first, _ = run(station, "refused")
    second, _ = run(station, "refused", 3)
    assert warned(station, hand_out(station, 9)) == [(first, "mask", 4), (second, "mask", 2)]


def test_nobody_is_warned_while_no_goods_come_back(station: StationLedger) -> None:
    run(station, "handed_over")
    assert warned(station, hand_out(station, 6)) == []
