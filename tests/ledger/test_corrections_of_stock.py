"""Corrections of commands that change stock, and of the lots they made."""

from __future__ import annotations

import pytest
from support.corrections import correct, mask_lines, open_batches, opening
from support.ledger_fixture import StationLedger

from supplies.domain import commands as c
from supplies.domain.entry_rows import Lot
from supplies.errors import (
    InvalidField,
)
from supplies.verification.verify import verify
from supplies.views.trace import trace_lot


def test_correcting_a_batch_number_changes_the_description_of_the_lot(
    station: StationLedger,
) -> None:
    lot = station.stock(10, batch="B1")
    done = correct(station, 1, opening(10, batch="B2"))
    assert station.books.body(done.seq).transfers == ()
    described = station.books.latest_row(Lot, lot=lot)
    assert described is not None
    assert described.batch == "B2"


def test_a_return_cannot_be_corrected_to_another_issue(station: StationLedger) -> None:
    station.stock(10)
    for _ in range(2):
        station(c.IssueGoods(purpose="gate", location="store", lines=mask_lines(5)))
    back = station(c.ReturnIssue(issue="i_2", lines=mask_lines(2))).seq
    with pytest.raises(InvalidField, match="the corrected entry belongs to i_2, not to i_3"):
        correct(station, back, c.ReturnIssue(issue="i_3", lines=mask_lines(2)))
    correct(station, back, c.ReturnIssue(issue="i_2", lines=mask_lines(5)))
    assert station.total("used:gate") == 5


@pytest.mark.parametrize(
    ("command", "again", "account", "left"),
    [
        (
            c.Move(source="store", target="annex", lines=mask_lines(5)),
            c.Move(source="store", target="ward", lines=mask_lines(4)),
            "stock:ward",
            4,
        ),
        (
            c.WriteOff(reason="damaged", location="store", lines=mask_lines(5)),
            c.WriteOff(reason="expired", location="store", lines=mask_lines(5)),
            "lost:expired",
            5,
        ),
        (
            c.LendGoods(borrower="B-1", location="store", lines=mask_lines(5)),
            c.LendGoods(borrower="B-2", location="store", lines=mask_lines(6)),
            "lent:B-2",
            6,
        ),
        (
            c.HandOut(recipient="R-1", location="store", lines=mask_lines(5)),
            c.HandOut(recipient="R-2", location="store", lines=mask_lines(3)),
            "received:R-2",
            3,
        ),
    ],
)
def test_commands_that_take_stock_are_corrected_and_reversed(
    station: StationLedger, command: c.Command, again: c.Command, account: str, left: int
) -> None:
    station.stock(10)
    entry = station(command).seq
    correct(station, entry, again)
    assert station.total(account) == left
    assert station.total("stock:store") == 10 - left
    station(c.Reverse(entry=station.entries(), reason="r"))
    assert station.total("stock:store") == 10


def test_correcting_a_repacking_changes_the_lot_it_made(station: StationLedger) -> None:
    station.stock(10, "rice")

    def repack(produced: int) -> c.Convert:
        return c.Convert(
            location="store",
            consumed=[c.LotLine(item="rice", quantity=10)],
            produced=[c.ConvertedLine(item="soap", quantity=produced)],
        )

    entry = station(repack(50)).seq
    correct(station, entry, repack(45))
    assert station.balance("stock:store", "soap", f"l_lx_{entry}_1") == 45


def test_swapping_lines_in_a_correction_changes_no_lot(station: StationLedger) -> None:
    station(open_batches(("A", 10), ("B", 10)))
    station(c.HandOut(recipient="R-1", location="store", lines=mask_lines(10, lot="l_lx_1_1")))
    done = correct(station, 1, open_batches(("B", 10), ("A", 10)))
    assert station.books.body(done.seq).transfers == ()
    balances = trace_lot(station.books, "l_lx_1_1").lots[0]
    assert (balances.batch, [reached.recipient for reached in balances.reached]) == ("A", ["R-1"])


def test_dropping_a_line_in_a_correction_removes_its_own_lot(station: StationLedger) -> None:
    station(open_batches(("A", 10), ("B", 10)))
    station(c.HandOut(recipient="R-1", location="store", lines=mask_lines(10, lot="l_lx_1_2")))
    dropped = correct(station, 1, open_batches(("B", 10)))
    assert station.total("stock:store") == 0
    assert station.balance("received:R-1", "mask", "l_lx_1_2") == 10
    correct(station, dropped.seq, open_batches(("A", 4), ("B", 10)))
    assert station.balance("stock:store", "mask", "l_lx_1_1") == 4


def test_correcting_the_source_lot_of_a_repacking_corrects_its_parents(
    station: StationLedger,
) -> None:
    wrong, right = station.stock(10, "rice"), station.stock(10, "rice")

    def repack(lot: str) -> c.Convert:
        return c.Convert(
            location="store",
            consumed=[c.LotLine(item="rice", quantity=10, lot=lot)],
            produced=[c.ConvertedLine(item="soap", quantity=50)],
        )

    entry = station(repack(wrong)).seq
    correct(station, entry, repack(right))
    born = f"l_lx_{entry}_1"
    family = {lot.lot: lot for lot in trace_lot(station.books, born).lots}
    assert family[born].parents == [right]
    assert [lot.lot for lot in trace_lot(station.books, wrong).lots] == [wrong]
    verify(station.ledger.store)
