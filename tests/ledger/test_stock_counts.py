"""Stock-takes: differences against what the books held when the sheet was opened."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from support.ledger_fixture import Desk

from supplies.domain import commands as c
from supplies.domain.entry_rows import Lot
from supplies.errors import AlreadyDone, InvalidField, NotFound


def opened(desk: Desk, location: str = "store") -> str:
    return str(desk(c.OpenCountSheet(location=location)).document)


def count(sheet: str, counted: int, item: str = "mask", lot: str | None = None) -> c.CountStock:
    return c.CountStock(sheet=sheet, lines=[c.CountLine(item=item, counted=counted, lot=lot)])


def test_a_shortage_takes_free_stock_and_stands_unexplained(desk: Desk) -> None:
    desk.stock(10)
    desk(count(opened(desk), 7))
    assert desk.total("stock:store") == 7
    assert desk.total("unexplained:store") == 3


def test_a_count_is_compared_with_what_stood_there_when_its_sheet_was_opened(desk: Desk) -> None:
    desk.stock(10)
    sheet = opened(desk)
    desk.stock(5)
    desk(c.Move(source="store", target="annex", lines=[c.LotLine(item="mask", quantity=2)]))
    desk(count(sheet, 10))
    assert desk.total("stock:store") == 13
    assert desk.total("unexplained:store") == 0


def hand_out(quantity: int, **more: Any) -> c.HandOut:
    lines = [c.LotLine(item="mask", quantity=quantity)]
    return c.HandOut(recipient="R-1", location="store", lines=lines, **more)


def opened_on(desk: Desk, day: date) -> str:
    return str(desk(c.OpenCountSheet(location="store", happened_on=day)).document)


def counted_on(sheet: str, counted: int, day: date) -> c.CountStock:
    lines = [c.CountLine(item="mask", counted=counted)]
    return c.CountStock(sheet=sheet, lines=lines, happened_on=day)


def test_a_count_of_yesterday_leaves_what_left_today_alone(desk: Desk) -> None:
    desk.stock(100, happened_on=desk.day(-5))
    desk(hand_out(10))
    desk(counted_on(opened_on(desk, desk.day(-1)), 100, desk.day(-1)))
    assert desk.total("stock:store") == 90
    assert desk.total("unexplained:store") == 0


def test_a_count_of_a_past_day_leaves_what_came_since_alone(desk: Desk) -> None:
    desk.stock(30, happened_on=desk.day(-5))
    desk.stock(12)
    desk(counted_on(opened_on(desk, desk.day(-2)), 30, desk.day(-2)))
    assert desk.total("stock:store") == 42
    assert desk.total("unexplained:store") == 0


def test_a_difference_of_a_past_day_is_booked_on_that_day(desk: Desk) -> None:
    lot = desk.stock(100, happened_on=desk.day(-5))
    desk(hand_out(10))
    desk(counted_on(opened_on(desk, desk.day(-1)), 97, desk.day(-1)))
    assert desk.books.balance_on(desk.day(-1), "stock:store", "mask", lot) == 97
    assert desk.total("stock:store") == 87


def test_a_slip_of_an_earlier_day_recorded_after_the_sheet_was_opened_counts(desk: Desk) -> None:
    desk.stock(100, happened_on=desk.day(-5))
    sheet = opened(desk)
    desk(hand_out(10, happened_on=desk.day(-2)))
    desk(count(sheet, 90))
    assert desk.total("stock:store") == 90
    assert desk.total("unexplained:store") == 0


@pytest.mark.parametrize("day", [0, -3])
def test_a_gift_corrected_after_the_sheet_was_opened_counts_as_corrected(
    desk: Desk, day: int
) -> None:
    gift = desk.give(60, happened_on=desk.day(day))
    sheet = opened(desk)
    right = desk.donation(50, happened_on=desk.day(day))
    desk(c.Correct(entry=gift.seq, command=right, reason="typed wrongly"))
    desk(count(sheet, 50))
    assert desk.total("stock:store") == 50
    assert desk.total("unexplained:store") == 0


def test_a_gift_reversed_after_the_sheet_was_opened_counts_as_reversed(desk: Desk) -> None:
    desk.stock(50)
    gift = desk.give(60)
    sheet = opened(desk)
    desk(c.Reverse(entry=gift.seq, reason="never came"))
    desk(count(sheet, 50))
    assert desk.total("stock:store") == 50


def test_two_sheets_of_one_shelf_book_a_shortage_once(desk: Desk) -> None:
    desk.stock(10)
    first, second = opened(desk), opened(desk)
    desk(count(first, 7))
    desk(count(second, 7))
    assert desk.total("stock:store") == 7
    assert desk.total("unexplained:store") == 3


def test_two_sheets_of_two_days_book_a_shortage_once(desk: Desk) -> None:
    desk.stock(10, happened_on=desk.day(-5))
    first, second = opened_on(desk, desk.day(-2)), opened_on(desk, desk.day(-1))
    desk(count(first, 7))
    desk(counted_on(second, 7, desk.day(-1)))
    assert desk.total("stock:store") == 7


def test_a_shortage_that_an_earlier_day_cannot_bear_is_booked_today(desk: Desk) -> None:
    """10 were there; 8 were counted; all 10 are said to have left since, and 10 others came."""
    desk.stock(10, happened_on=desk.day(-5))
    desk(hand_out(10, happened_on=desk.day(-1)))
    new = desk.stock(10)
    desk(counted_on(opened_on(desk, desk.day(-2)), 8, desk.day(-2)))
    assert desk.balance("stock:store", lot=new) == 8
    assert desk.total("unexplained:store") == 2


def test_what_is_set_aside_is_counted_with_what_is_free(desk: Desk) -> None:
    desk.stock(10)
    desk.allocate(6)
    desk(count(opened(desk), 10))
    assert desk.total("unexplained:store") == 0


def test_a_shortage_beyond_free_stock_takes_from_the_least_urgent_and_restores_its_need(
    desk: Desk,
) -> None:
    high = desk.need(4, urgency="high")
    low = desk.need(4, recipient="R-2", urgency="low")
    desk.stock(8)
    first, second = desk.allocate(4), desk.allocate(4, recipient="R-2")
    desk(count(opened(desk), 5))
    assert desk.total(f"allocated:{first}:") == 4
    assert desk.total(f"allocated:{second}:") == 1
    assert desk.balance(f"assigned:{high}:{first}") == 4
    assert desk.balance(f"needed:{low}") == 3


def test_what_serves_no_need_bears_a_shortage_before_what_does(desk: Desk) -> None:
    desk.need(4)
    desk.stock(8)
    serving, spare = desk.allocate(4), desk.allocate(4, recipient="R-2")
    desk(count(opened(desk), 6))
    assert desk.total(f"allocated:{serving}:") == 4
    assert desk.total(f"allocated:{spare}:") == 2


def test_a_surplus_is_a_lot_of_unknown_origin_and_not_part_of_another_lot(desk: Desk) -> None:
    given = f"l_lx_{desk.give(5, batch='B1', expires_on=desk.day(30)).seq}_1"
    done = desk(count(opened(desk), 12))
    lot = desk.books.latest_row(Lot, lot=f"l_lx_{done.seq}_1")
    assert lot is not None
    assert (lot.origin, lot.batch, lot.expires_on) == ("unexplained:store", None, None)
    assert desk.balance("stock:store", lot=lot.lot) == 7
    assert desk.balance("stock:store", lot=given) == 5


def test_a_surplus_may_name_its_batch_and_expiry(desk: Desk) -> None:
    desk.stock(5)
    line = c.CountLine(item="mask", counted=8, batch="B7", expires_on=desk.day(90))
    done = desk(c.CountStock(sheet=opened(desk), lines=[line]))
    lot = desk.books.latest_row(Lot, lot=f"l_lx_{done.seq}_1")
    assert lot is not None
    assert (lot.batch, lot.expires_on) == ("B7", desk.day(90))
    assert desk.balance("stock:store", lot=lot.lot) == 3


def test_a_surplus_of_a_named_lot_belongs_to_that_lot(desk: Desk) -> None:
    first, second = desk.stock(10), desk.stock(10)
    desk(count(opened(desk), 12, lot=first))
    assert desk.balance("stock:store", lot=first) == 12
    assert desk.balance("stock:store", lot=second) == 10
    line = c.CountLine(item="mask", counted=13, lot=first, batch="B7")
    with pytest.raises(InvalidField, match="has a batch already"):
        desk(c.CountStock(sheet=opened(desk), lines=[line]))


def test_goods_that_an_earlier_count_missed_are_found_in_their_own_lot(desk: Desk) -> None:
    lot = desk.stock(50, batch="B1")
    desk(count(opened(desk), 5))
    desk(count(opened(desk), 50))
    assert desk.balance("stock:store", lot=lot) == 50
    assert desk.total("unexplained:store") == 0


def test_a_shortage_that_nothing_can_bear_is_a_conflict(desk: Desk) -> None:
    desk.stock(10)
    sheet = opened(desk)
    desk(c.Move(source="store", target="annex", lines=[c.LotLine(item="mask", quantity=8)]))
    done = desk(count(sheet, 3))
    assert done.conflict is not None
    assert "5 × 口罩 more are missing than the books still hold" in done.conflict
    assert desk.total("stock:store") == 2
    desk(c.ResolveConflict(conflict=done.seq, by="unexplained", reason="counted again"))


def test_a_sheet_is_counted_once(desk: Desk) -> None:
    desk.stock(10)
    sheet = opened(desk)
    desk(count(sheet, 10))
    with pytest.raises(AlreadyDone, match="was counted already"):
        desk(count(sheet, 9))
    with pytest.raises(NotFound, match="there is no count sheet c_99"):
        desk(count("c_99", 9))


def test_an_item_is_counted_once_in_a_sheet(desk: Desk) -> None:
    lot = desk.stock(10)
    both = [c.CountLine(item="mask", counted=3), c.CountLine(item="mask", counted=3, lot=lot)]
    with pytest.raises(InvalidField, match="is counted twice"):
        desk(c.CountStock(sheet=opened(desk), lines=both))


def test_one_lot_may_be_counted_by_itself(desk: Desk) -> None:
    first, second = desk.stock(10), desk.stock(10)
    desk(count(opened(desk), 8, lot=first))
    assert desk.balance("stock:store", lot=first) == 8
    assert desk.balance("stock:store", lot=second) == 10


def test_what_is_missing_is_settled_as_lost_and_what_turned_up_by_its_origin(desk: Desk) -> None:
    desk.stock(10)
    desk(count(opened(desk), 7))
    line = [c.LotLine(item="mask", quantity=3)]
    desk(c.Settle(place="store", by="lost", lines=line, reason="mice"))
    assert desk.total("lost:missing") == 3
    desk(count(opened(desk), 9))
    found = [c.LotLine(item="mask", quantity=2)]
    desk(c.Settle(place="store", by="donor", party="D-2", lines=found, reason="unrecorded"))
    assert desk.total("unexplained:store") == 0
    assert desk.total("donor:D-2") == -2


def test_what_is_explained_already_is_not_settled(desk: Desk) -> None:
    with pytest.raises(InvalidField, match="nothing is unexplained in store"):
        desk(
            c.Settle(
                place="store",
                by="lost",
                lines=[c.LotLine(item="mask", quantity=1)],
                reason="r",
            )
        )
