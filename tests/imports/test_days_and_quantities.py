"""Days and quantities as people write them in cells."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supplies.errors import InvalidField
from supplies.imports.days import DayHints, ReadDay, read_day
from supplies.imports.quantities import (
    NotPositive,
    Units,
    content_of,
    read_contents,
    read_quantity,
)
from supplies.imports.sheets import LOST, Cell

HINTS = DayHints(ZoneInfo("Asia/Shanghai"), year=2020, month=2)

UNITS = Units({"piece": ["件"], "bottle": ["瓶"], "box": ["盒"], "carton": ["箱"]})


@pytest.mark.parametrize(
    "cell",
    [
        date(2020, 2, 5),
        datetime(2020, 2, 5, 8, 30),
        43866,
        "43866",
        "2020-02-05",
        "2020/2/5",
        "2020.2.5",
        "20200205",
        "2020年2月5日",
        "２０２０年２月５日",
        "２０２０．２．５",
        "２０２０／２／５",
        "２０２０－０２－０５",
        "2月5日",
        "2.5",
        "5日",
        "5 Feb 2020",
        "Feb 5, 2020",
        "5-Feb",
        "2020-02-04 17:00:00 UTC",
        "2020-02-05T00:30:00.123+08:00",
        "2020/2/5 8:30",
        "2020年2月5日 上午8点半",
        "2020/2/5（周三）",
        "5-Feb-20",
        "5/Feb/2020",
        "20年2月5日",
        "二月五日",
        "二〇二〇年二月五日",
        "Wed, 5 Feb 2020",
    ],
)
def test_a_day_is_read_in_each_of_its_forms(cell: Cell) -> None:
    assert read_day(cell, HINTS) == ReadDay(date(2020, 2, 5))


def test_a_day_that_is_only_the_latest_one_is_marked() -> None:
    assert read_day("截至28日", HINTS) == ReadDay(date(2020, 2, 28), or_earlier=True)
    assert read_day("by 2020-02-28", HINTS) == ReadDay(date(2020, 2, 28), or_earlier=True)


def test_a_day_that_can_be_read_in_two_ways_is_refused_unless_the_order_is_chosen() -> None:
    with pytest.raises(InvalidField, match="--day-first"):
        read_day("05/02/2020", HINTS)
    chosen = DayHints(HINTS.zone, day_first=True)
    assert read_day("05/02/2020", chosen).day == date(2020, 2, 5)
    assert read_day("25/02/2020", HINTS).day == date(2020, 2, 25)
    assert read_day("02/25/2020", HINTS).day == date(2020, 2, 25)


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("2020-02-30", "not a day of the calendar"),
        ("soon", "write it as 2020-02-28"),
        (LOST, "formula without a result"),
        (7, "not a day"),
        (Decimal("2.1"), "is a number and not a day"),
    ],
)
def test_a_cell_without_a_day_is_refused(cell: Cell, words: str) -> None:
    with pytest.raises(InvalidField, match=words):
        read_day(cell, HINTS)


def test_a_day_without_its_year_is_refused_if_no_year_is_given() -> None:
    with pytest.raises(InvalidField, match="--year"):
        read_day("2月5日", DayHints(HINTS.zone))


@pytest.mark.parametrize(
    ("cell", "number", "unit"),
    [
        (198, "198", ""),
        ("198箱", "198", "箱"),
        ("１，２００ 只", "1200", "只"),
        ("1 200 pcs", "1200", "pcs"),
        ("十二箱", "12", "箱"),
        ("一百二十", "120", ""),
        ("两百瓶", "200", "瓶"),
        ("2 × 50只/箱", "2", "箱"),
        ("3万只", "30000", "只"),
        ("1.5万", "15000", ""),
        ("1.23456万只", "12345.6", "只"),
        ("17.5十万", "1750000", ""),
        ("3千克", "3", "千克"),
        ("一二〇箱", "120", "箱"),
        ("二十箱", "20", "箱"),
        (Decimal("2.5"), "2.5", ""),
        ("2.5 kg", "2.5", "kg"),
        ("\u200b41\u00a0", "41", ""),
    ],
)
def test_a_quantity_is_read_with_its_unit(cell: Cell, number: str, unit: str) -> None:
    read = read_quantity(cell)
    assert (read.number, read.unit) == (Decimal(number), unit)


@pytest.mark.parametrize(
    "cell",
    [
        "约100",
        "100左右",
        "七八箱",
        "两三箱",
        "一两只",
        "五六",
        "十七八个",
        "1,20",
        "1,2万",
        "1.2.3",
        "many",
        None,
        LOST,
        "100+",
        Decimal("1e20000000"),
    ],
)
def test_an_inexact_or_unreadable_quantity_is_refused(cell: Cell) -> None:
    with pytest.raises(InvalidField):
        read_quantity(cell)


@pytest.mark.parametrize("cell", ["10~20", "10～20箱", "10-20", "10箱至20箱"])
def test_a_range_is_named_as_such(cell: Cell) -> None:
    with pytest.raises(InvalidField, match="is a range; write the number that was counted"):
        read_quantity(cell)


@pytest.mark.parametrize("cell", [0, -1, "0", "-20箱", Decimal("-0.5")])
def test_a_quantity_below_one_is_refused_as_such(cell: Cell) -> None:
    with pytest.raises(NotPositive):
        read_quantity(cell)


def test_the_content_of_a_pack_is_multiplied_through_its_inner_packs() -> None:
    contents = read_contents("50ml   1瓶/盒*100盒/箱")
    assert content_of("箱", "瓶", contents, UNITS) == 100
    assert content_of("盒", "瓶", contents, UNITS) == 1
    assert content_of("箱", "件", contents, UNITS) is None


@given(st.one_of(st.text(max_size=30), st.integers(), st.decimals(), st.dates(), st.none()))
def test_no_cell_ends_in_another_error(cell: Cell) -> None:
    with suppress(InvalidField):
        assert read_day(cell, HINTS).day
    with suppress(InvalidField):
        assert read_quantity(cell).number > 0
