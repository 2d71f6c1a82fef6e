"""Goods that leave stock and return to it."""

from __future__ import annotations

from typing import Any

import pytest
from support.ledger_fixture import StationLedger

from supplies.domain import commands as c
from supplies.domain.entry_rows import LotParent
from supplies.errors import (
    InvalidField,
    NotEnough,
    NotFound,
)


def lines(quantity: int, item: str = "mask", **more: Any) -> list[c.LotLine]:
    return [c.LotLine(item=item, quantity=quantity, **more)]


def test_goods_are_moved_first_expired_first(station: StationLedger) -> None:
    station.stock(5)
    soon = station.stock(5, expires_on=station.day(3))
    station(c.Move(source="store", target="annex", lines=lines(6)))
    assert station.balance("stock:annex", lot=soon) == 5
    assert station.total("stock:annex") == 6


def test_moving_goods_to_their_own_location_is_refused(station: StationLedger) -> None:
    station.stock(5)
    with pytest.raises(InvalidField, match="are in store already"):
        station(c.Move(source="store", target="store", lines=lines(1)))


def test_unused_goods_of_an_issue_return_to_their_location(station: StationLedger) -> None:
    station.stock(10)
    issue = str(station(c.IssueGoods(purpose="gate-1", location="store", lines=lines(6))).document)
    station(c.ReturnIssue(issue=issue, lines=lines(2)))
    assert station.total("used:gate-1") == 4
    assert station.total("stock:store") == 6


def test_returning_more_than_the_issue_took_is_refused(station: StationLedger) -> None:
    station.stock(10)
    first = str(station(c.IssueGoods(purpose="gate-1", location="store", lines=lines(6))).document)
    station(c.IssueGoods(purpose="gate-1", location="store", lines=lines(4)))
    with pytest.raises(NotEnough, match="only 6 × 口罩 are in use for gate-1; 7 were asked for"):
        station(c.ReturnIssue(issue=first, lines=lines(7)))
    with pytest.raises(NotFound, match="unknown loan"):
        station(c.ReturnLoan(loan=first, lines=lines(1)))


def test_a_loan_can_be_returned_to_another_location(station: StationLedger) -> None:
    station.stock(10)
    loan = str(station(c.LendGoods(borrower="B-1", location="store", lines=lines(6))).document)
    station(c.ReturnLoan(loan=loan, lines=lines(6), location="annex"))
    assert station.total("lent:B-1") == 0
    assert station.total("stock:annex") == 6


def test_written_off_goods_can_be_found_again(station: StationLedger) -> None:
    station.stock(10)
    station(c.WriteOff(reason="missing", location="store", lines=lines(3)))
    station(c.FindAgain(reason="missing", location="annex", lines=lines(2)))
    assert station.total("lost:missing") == 1
    with pytest.raises(NotEnough, match="only 1 × 口罩 is written off as missing"):
        station(c.FindAgain(reason="missing", location="annex", lines=lines(2)))


def test_expired_goods_can_be_written_off_but_not_handed_out(station: StationLedger) -> None:
    station.stock(5, expires_on=station.day(0))
    station.clock.advance()
    with pytest.raises(NotEnough, match="5 more have expired"):
        station(c.HandOut(recipient="R-1", location="store", lines=lines(5)))
    with pytest.raises(NotEnough, match="5 more have expired"):
        station(c.IssueGoods(purpose="gate", location="store", lines=lines(5)))
    station(c.WriteOff(reason="expired", location="store", lines=lines(5)))
    assert station.total("lost:expired") == 5


def test_goods_in_quarantine_cannot_be_handed_out_issued_or_lent(station: StationLedger) -> None:
    station.stock(5, location="ward")
    for command in (
        c.HandOut(recipient="R-1", location="ward", lines=lines(1)),
        c.IssueGoods(purpose="gate", location="ward", lines=lines(1)),
        c.LendGoods(borrower="B-1", location="ward", lines=lines(1)),
    ):
        with pytest.raises(InvalidField, match="is a quarantine"):
            station(command)


def test_a_headcount_is_accepted_only_for_groups(station: StationLedger) -> None:
    station.stock(100)
    station(c.HandOut(recipient="G-1", location="store", lines=lines(95), headcount=95))
    assert station.total("received:G-1") == 95
    with pytest.raises(InvalidField, match="not a group but one household"):
        station(c.HandOut(recipient="R-1", location="store", lines=lines(1), headcount=3))


def test_goods_are_returned_to_the_donor_or_lender_of_their_lot(station: StationLedger) -> None:
    station.give(5)
    arrived = [c.ArrivalLine(item="soap", quantity=4)]
    station(c.RecordArrival(origin="borrowed", party="X-1", location="store", lines=arrived))
    both = lines(5) + lines(3, "soap")
    station(c.ReturnGoods(location="store", lines=both, reason="not needed"))
    assert station.total("returned:D-1") == 5
    assert station.total("borrowed:X-1", "soap") == -1


def test_goods_of_unknown_origin_cannot_be_returned(station: StationLedger) -> None:
    station.stock(5)
    with pytest.raises(InvalidField, match="goods cannot be returned"):
        station(c.ReturnGoods(location="store", lines=lines(5), reason="r"))


def test_repacking_makes_a_new_lot_with_its_parents(station: StationLedger) -> None:
    parent = station.stock(10, "rice")
    done = station(
        c.Convert(
            location="store",
            consumed=lines(9, "rice"),
            spilled=lines(1, "rice"),
            produced=[c.ConvertedLine(item="soap", quantity=50)],
        )
    )
    born = station.books.rows(LotParent)
    assert [(row.lot, row.parent) for row in born] == [(f"l_lx_{done.seq}_1", parent)]
    assert station.total("stock:store", "soap") == 50
    assert station.total("lost:spilled", "rice") == 1
    assert station.total(f"converted:{done.document}", "rice") == 9


def test_a_backdated_withdrawal_that_overdraws_a_past_day_is_refused(
    station: StationLedger,
) -> None:
    station.stock(10)
    entries = station.entries()
    with pytest.raises(NotEnough, match=f"on every day since {station.day(-1)}; 4 were asked for"):
        station(c.Move(source="store", target="annex", lines=lines(4), happened_on=station.day(-1)))
    assert station.entries() == entries


def test_goods_used_since_cannot_be_moved_on_an_earlier_day(station: StationLedger) -> None:
    station.stock(10, happened_on=station.day(-5))
    station(
        c.WriteOff(reason="damaged", location="store", lines=lines(8), happened_on=station.day(-1))
    )
    with pytest.raises(NotEnough, match="only 2 × 口罩 are free in Store A; 4 were asked for"):
        station(c.Move(source="store", target="annex", lines=lines(4), happened_on=station.day(-3)))


def test_a_command_of_500_lines_over_2000_lots_is_recorded(
    station: StationLedger,
) -> None:
    for _ in range(4):
        lines = [c.ArrivalLine(item="mask", quantity=2)] * 500
        station(c.OpenStock(location="store", lines=lines))
    station(
        c.Move(source="store", target="annex", lines=[c.LotLine(item="mask", quantity=3)] * 500)
    )
    assert station.total("stock:annex") == 1500
