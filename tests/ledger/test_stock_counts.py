"""Stock-takes: differences against what the books held when the sheet was opened."""

from __future__ import annotations

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


def test_a_surplus_joins_the_newest_lot_or_a_lot_of_its_own(desk: Desk) -> None:
    desk.stock(5)
    newest = desk.stock(5)
    desk(count(opened(desk), 12))
    assert desk.balance("stock:store", lot=newest) == 7
    done = desk(count(opened(desk, "annex"), 3))
    lot = desk.books.latest_row(Lot, lot=f"l_lx_{done.seq}_1")
    assert lot is not None
    assert lot.origin == "unexplained:annex"
    assert desk.total("stock:annex") == 3


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
