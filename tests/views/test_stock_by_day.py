"""The stock of each item at the end of each day of a period."""

from datetime import timedelta

import msgspec
import pytest
from support.ledger_fixture import StationLedger

from supplies.domain import commands as c
from supplies.errors import InvalidField
from supplies.views.stock_by_day import list_stock_by_day


def stock_by_day(station: StationLedger, first: int, last: int) -> dict[str, list[tuple[int, int]]]:
    """Return (days from today, quantity) of each row, by item."""
    today = station.clock.day
    found = list_stock_by_day(station.books, station.day(first), station.day(last))
    return {
        item: [((row.day - today).days, row.quantity) for row in rows]
        for item, rows in found.items()
    }


def test_the_stock_is_shown_before_the_period_and_after_each_change(
    station: StationLedger,
) -> None:
    for quantity, day in ((20, -5), (30, -2), (1, -2)):
        line = c.DonationLine(item="mask", quantity=quantity)
        gift = c.RecordDonation(location="store", handled_by="Li", lines=[line])
        station(msgspec.structs.replace(gift, happened_on=station.day(day)))
    station(
        c.WriteOff(location="store", reason="lost", lines=[c.GoodsLine(item="mask", quantity=7)])
    )
    assert stock_by_day(station, -3, 0) == {"mask": [(-4, 20), (-2, 51), (0, 44)]}
    assert stock_by_day(station, -9, -3) == {"mask": [(-10, 0), (-5, 20)]}


def test_goods_that_are_set_aside_or_on_the_way_are_still_on_hand(station: StationLedger) -> None:
    station.stock(20)
    station.dispatch(station.allocate(5))
    assert stock_by_day(station, 0, 0) == {"mask": [(-1, 0), (0, 20)]}


def test_the_last_day_must_not_be_before_the_first(station: StationLedger) -> None:
    with pytest.raises(InvalidField):
        list_stock_by_day(station.books, station.clock.day, station.clock.day - timedelta(days=1))
