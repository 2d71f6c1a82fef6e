"""Documents that move stock are listed, and shown as last stated."""

from __future__ import annotations

import pytest
from support.ledger_fixture import StationLedger
from support.view_json import has_exact_json

from supplies.domain import commands as c
from supplies.errors import NotFound
from supplies.views.stock_documents import (
    StockNoun,
    get_stock_document,
    list_stock_documents,
)


def line(quantity: int, **more: object) -> c.LotLine:
    return c.LotLine(item="mask", quantity=quantity, **more)  # type: ignore[arg-type]  # fields by name


def test_a_write_off_shows_what_left_the_shelf_its_note_and_its_packs(
    station: StationLedger,
) -> None:
    lot = station.stock(100)
    done = station(
        c.WriteOff(reason="damaged", location="store", lines=[line(1, pack="box")], note="rain")
    )
    assert has_exact_json(
        get_stock_document(station.books, "write-offs", str(done.document)),
        {
            "id": "w_2",
            "kind": "written_off",
            "happened_on": "2020-02-10",
            "recorded_by": "u_1",
            "superseded_by": None,
            "lines": [
                {
                    "item": "mask",
                    "lot": lot,
                    "quantity": 50,
                    "from": "stock:store",
                    "to": "lost:damaged",
                }
            ],
            "note": "rain",
            "reason": None,
            "remarks": [],
            "stated": [
                {
                    "quantity": 1,
                    "pack": "box",
                    "size": 50,
                    "field": "lines",
                    "line": 1,
                    "item": "mask",
                }
            ],
        },
    )


def test_a_corrected_document_shows_what_it_moves_now_and_why(station: StationLedger) -> None:
    lot = station.stock(100)
    station(c.Move(source="store", target="annex", lines=[line(40)]))
    station(c.WriteOff(reason="damaged", location="store", lines=[line(9)], note="rain"))
    right = c.WriteOff(reason="missing", location="annex", lines=[line(4)], note="theft")
    done = station(c.Correct(entry=3, command=right, reason="wrong shelf"))
    found = get_stock_document(station.books, "write-offs", "w_3")
    assert [(one.source, one.target, one.lot, one.quantity) for one in found.lines] == [
        ("stock:annex", "lost:missing", lot, 4)
    ]
    assert (found.note, found.superseded_by) == ("theft", done.seq)
    assert [text.text for one in found.remarks for text in one.texts] == ["rain", "wrong shelf"]


def test_a_reversed_document_is_empty_and_keeps_its_reason(station: StationLedger) -> None:
    station.stock(10)
    station(c.HandOut(recipient="R-1", location="store", lines=[line(5)]))
    station(c.TakeBack(recipient="R-1", location="store", lines=[line(5)], reason="too big"))
    station(c.Reverse(entry=3, reason="it stayed there"))
    found = get_stock_document(station.books, "take-backs", "t_3")
    assert (found.lines, found.reason, found.superseded_by) == ([], "too big", 4)
    assert [text.text for one in found.remarks for text in one.texts] == ["it stayed there"]


def test_a_loan_shows_when_it_is_due_and_what_is_outstanding(station: StationLedger) -> None:
    lot = station.stock(10)
    due = station.day(9)
    station(c.LendGoods(borrower="school", location="store", lines=[line(6)], due_on=due))
    station(c.ReturnLoan(loan="g_2", lines=[line(2)], note="two came back"))
    (found,) = list_stock_documents(station.books, "loans").items
    assert found.due_on == due
    assert [(one.quantity, one.target) for one in found.lines] == [(6, "lent:school")]
    assert isinstance(found.outstanding, list)
    assert [(one.lot, one.quantity) for one in found.outstanding] == [(lot, 4)]
    assert [one.kind for one in found.remarks] == ["loan_returned"]


def test_a_hand_out_shows_how_many_people_came(station: StationLedger) -> None:
    station.stock(10)
    station(c.HandOut(recipient="G-1", location="store", headcount=95, lines=[line(9)]))
    (found,) = list_stock_documents(station.books, "hand-outs").items
    assert (found.headcount, found.lines[0].target) == (95, "received:G-1")


def test_a_conversion_shows_what_went_in_and_what_came_out(station: StationLedger) -> None:
    station.stock(2, "rice")
    station(
        c.Convert(
            location="store",
            consumed=[c.LotLine(item="rice", quantity=2)],
            produced=[c.ConvertedLine(item="soap", quantity=8)],
        )
    )
    (found,) = list_stock_documents(station.books, "conversions").items
    assert [(one.item, one.quantity, one.source, one.target) for one in found.lines] == [
        ("rice", 2, "stock:store", "converted:k_2"),
        ("soap", 8, "converted:k_2", "stock:store"),
    ]


def test_documents_are_listed_in_pages_each_in_the_list_of_its_noun(
    station: StationLedger,
) -> None:
    for _ in range(3):
        station.stock(1)
    first = list_stock_documents(station.books, "openings", limit=2)
    rest = list_stock_documents(station.books, "openings", limit=2, after=first.next)
    assert [one.id for one in first.items + rest.items] == ["o_1", "o_2", "o_3"]
    assert list_stock_documents(station.books, "arrivals").items == []
    with pytest.raises(NotFound, match="o_1 is not in the list of moves"):
        get_stock_document(station.books, "moves", "o_1")


def test_the_other_documents_of_stock_show_their_accounts(station: StationLedger) -> None:
    bought = c.RecordArrival(
        origin="bought",
        party="shop",
        location="store",
        lines=[c.ArrivalLine(item="mask", quantity=50)],
        note="with invoice",
    )
    station(bought)
    station(c.IssueGoods(purpose="gate", location="store", lines=[line(3)]))
    station(c.WriteOff(reason="missing", location="store", lines=[line(4)]))
    station(c.FindAgain(reason="missing", location="store", lines=[line(1)], note="under a box"))
    station.give(6, batch="B7")
    back = c.LotLine(item="mask", quantity=6, lot="l_lx_5_1")
    station(c.ReturnGoods(location="store", lines=[back], reason="wrong size"))
    shown: dict[StockNoun, tuple[str, str, int, str | None]] = {
        "arrivals": ("bought:shop", "stock:store", 50, "with invoice"),
        "issues": ("stock:store", "used:gate", 3, None),
        "found": ("lost:missing", "stock:store", 1, "under a box"),
        "returns": ("stock:store", "returned:D-1", 6, "wrong size"),
    }
    for noun, expected in shown.items():
        (found,) = list_stock_documents(station.books, noun).items
        (moved,) = found.lines
        remark = found.note or found.reason
        assert (moved.source, moved.target, moved.quantity, remark) == expected
        assert get_stock_document(station.books, noun, found.id) == found
