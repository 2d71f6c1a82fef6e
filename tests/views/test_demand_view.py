"""Demand: how much of each item is needed, promised and free."""

from datetime import date

from support.ledger_fixture import StationLedger

from supplies.views.demand import DemandLine, list_demand


def demand(station: StationLedger) -> list[DemandLine]:
    return list_demand(station.books, station.clock.day)


def test_the_demand_compares_open_and_claimed_needs_with_free_goods(
    station: StationLedger,
) -> None:
    need = station.need(10)
    station.need(30)
    station.pledge(5, {need: 5})
    station.stock(20)
    assert demand(station) == [DemandLine(item="mask", open=35, claimed=5, free=20, missing=15)]


def test_goods_that_are_set_aside_serve_their_need_and_are_not_free(
    station: StationLedger,
) -> None:
    station.need(10)
    station.stock(20)
    station.allocate(4)
    assert demand(station) == [DemandLine(item="mask", open=6, claimed=0, free=16, missing=0)]


def test_expired_goods_are_not_free(station: StationLedger) -> None:
    station.stock(20, expires_on=date(2020, 2, 20))
    station.need(10)
    assert [line.free for line in demand(station)] == [20]
    [line] = list_demand(station.books, date(2020, 2, 21))
    assert (line.free, line.missing) == (0, 10)


def test_items_without_an_open_need_are_not_listed(station: StationLedger) -> None:
    station.stock(20)
    station.need(10)
    station.allocate(10)
    assert demand(station) == []
