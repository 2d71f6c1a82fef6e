"""What leaves the shelf and comes back to it."""

from __future__ import annotations

from typing import Any

import pytest
from support.ledger_fixture import Desk

from supplies.domain import commands as c
from supplies.domain.entry_rows import LotParent
from supplies.errors import InvalidField, NotEnough, NotFound


def lines(quantity: int, item: str = "mask", **more: Any) -> list[c.LotLine]:
    return [c.LotLine(item=item, quantity=quantity, **more)]


def test_goods_are_moved_first_expired_first(desk: Desk) -> None:
    desk.stock(5)
    soon = desk.stock(5, expires_on=desk.day(3))
    desk(c.Move(source="store", target="annex", lines=lines(6)))
    assert desk.balance("stock:annex", lot=soon) == 5
    assert desk.total("stock:annex") == 6


def test_goods_are_not_moved_to_where_they_stand(desk: Desk) -> None:
    desk.stock(5)
    with pytest.raises(InvalidField, match="stand in store already"):
        desk(c.Move(source="store", target="store", lines=lines(1)))


def test_goods_drawn_and_not_used_come_back_to_where_they_left(desk: Desk) -> None:
    desk.stock(10)
    issue = str(desk(c.IssueGoods(purpose="gate-1", location="store", lines=lines(6))).document)
    desk(c.ReturnIssue(issue=issue, lines=lines(2)))
    assert desk.total("used:gate-1") == 4
    assert desk.total("stock:store") == 6


def test_no_more_comes_back_than_this_very_issue_took(desk: Desk) -> None:
    desk.stock(10)
    first = str(desk(c.IssueGoods(purpose="gate-1", location="store", lines=lines(6))).document)
    desk(c.IssueGoods(purpose="gate-1", location="store", lines=lines(4)))
    with pytest.raises(NotEnough, match="only 6 × 口罩 are in use for gate-1; 7 were asked for"):
        desk(c.ReturnIssue(issue=first, lines=lines(7)))
    with pytest.raises(NotFound, match="there is no loan"):
        desk(c.ReturnLoan(loan=first, lines=lines(1)))


def test_a_loan_comes_back_to_another_place(desk: Desk) -> None:
    desk.stock(10)
    loan = str(desk(c.LendGoods(borrower="B-1", location="store", lines=lines(6))).document)
    desk(c.ReturnLoan(loan=loan, lines=lines(6), location="annex"))
    assert desk.total("lent:B-1") == 0
    assert desk.total("stock:annex") == 6


def test_written_off_goods_are_found_again(desk: Desk) -> None:
    desk.stock(10)
    desk(c.WriteOff(reason="missing", location="store", lines=lines(3)))
    desk(c.FindAgain(reason="missing", location="annex", lines=lines(2)))
    assert desk.total("lost:missing") == 1
    with pytest.raises(NotEnough, match="only 1 × 口罩 is written off as missing"):
        desk(c.FindAgain(reason="missing", location="annex", lines=lines(2)))


def test_expired_goods_are_written_off_but_not_handed_out(desk: Desk) -> None:
    desk.stock(5, expires_on=desk.day(0))
    desk.clock.advance()
    with pytest.raises(NotEnough, match="5 more have expired"):
        desk(c.HandOut(recipient="R-1", location="store", lines=lines(5)))
    with pytest.raises(NotEnough, match="5 more have expired"):
        desk(c.IssueGoods(purpose="gate", location="store", lines=lines(5)))
    desk(c.WriteOff(reason="expired", location="store", lines=lines(5)))
    assert desk.total("lost:expired") == 5


def test_nothing_is_handed_out_drawn_or_lent_from_a_quarantine(desk: Desk) -> None:
    desk.stock(5, location="ward")
    for command in (
        c.HandOut(recipient="R-1", location="ward", lines=lines(1)),
        c.IssueGoods(purpose="gate", location="ward", lines=lines(1)),
        c.LendGoods(borrower="B-1", location="ward", lines=lines(1)),
    ):
        with pytest.raises(InvalidField, match="is a quarantine"):
            desk(command)


def test_a_headcount_is_for_groups(desk: Desk) -> None:
    desk.stock(100)
    desk(c.HandOut(recipient="G-1", location="store", lines=lines(95), headcount=95))
    assert desk.total("received:G-1") == 95
    with pytest.raises(InvalidField, match="is one household"):
        desk(c.HandOut(recipient="R-1", location="store", lines=lines(1), headcount=3))


def test_goods_go_back_to_the_donor_or_lender_of_their_lot(desk: Desk) -> None:
    desk.give(5)
    arrived = [c.ArrivalLine(item="soap", quantity=4)]
    desk(c.RecordArrival(origin="borrowed", party="X-1", location="store", lines=arrived))
    both = lines(5) + lines(3, "soap")
    desk(c.ReturnGoods(location="store", lines=both, reason="not needed"))
    assert desk.total("returned:D-1") == 5
    assert desk.total("borrowed:X-1", "soap") == -1


def test_goods_of_nobody_known_are_not_given_back(desk: Desk) -> None:
    desk.stock(5)
    with pytest.raises(InvalidField, match="nothing can be given back"):
        desk(c.ReturnGoods(location="store", lines=lines(5), reason="r"))


def test_repacking_bears_a_new_lot_that_names_its_parents(desk: Desk) -> None:
    parent = desk.stock(10, "rice")
    done = desk(
        c.Convert(
            location="store",
            consumed=lines(9, "rice"),
            spilled=lines(1, "rice"),
            produced=[c.ConvertedLine(item="soap", quantity=50)],
        )
    )
    born = desk.books.rows(LotParent)
    assert [(row.lot, row.parent) for row in born] == [(f"l_lx_{done.seq}_1", parent)]
    assert desk.total("stock:store", "soap") == 50
    assert desk.total("lost:spilled", "rice") == 1
    assert desk.total(f"converted:{done.document}", "rice") == 9


def test_a_past_day_is_not_left_below_zero(desk: Desk) -> None:
    desk.stock(10)
    entries = desk.entries()
    with pytest.raises(NotEnough, match=f"on every day since {desk.day(-1)}; 4 were asked for"):
        desk(c.Move(source="store", target="annex", lines=lines(4), happened_on=desk.day(-1)))
    assert desk.entries() == entries


def test_what_was_used_up_since_is_not_moved_on_an_earlier_day(desk: Desk) -> None:
    desk.stock(10, happened_on=desk.day(-5))
    desk(c.WriteOff(reason="damaged", location="store", lines=lines(8), happened_on=desk.day(-1)))
    with pytest.raises(NotEnough, match="only 2 × 口罩 are free in Store A; 4 were asked for"):
        desk(c.Move(source="store", target="annex", lines=lines(4), happened_on=desk.day(-3)))
