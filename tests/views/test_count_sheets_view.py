"""Count sheets show what was expected, what was counted and the difference."""

from __future__ import annotations

import pytest
from support.ledger_fixture import StationLedger
from support.view_json import has_exact_json

from supplies.domain import commands as c
from supplies.errors import NotFound
from supplies.views.count_sheets import (
    build_count_sheet_paper,
    get_count_sheet,
    list_count_sheets,
)


def test_a_count_sheet_is_open_until_it_is_counted(station: StationLedger) -> None:
    lot = station.stock(10)
    sheet = str(station(c.OpenCountSheet(location="store", note="with 陈某")).document)
    found = get_count_sheet(station.books, sheet)
    assert (found.status, found.note, found.lines) == ("open", "with 陈某", [])
    station.clock.advance()
    lines = [c.CountLine(item="mask", lot=lot, counted=8), c.CountLine(item="soap", counted=1)]
    station(c.CountStock(sheet=sheet, lines=lines, note="two are torn"))
    assert has_exact_json(
        get_count_sheet(station.books, sheet),
        {
            "id": sheet,
            "location": "store",
            "status": "counted",
            "happened_on": "2020-02-10",
            "note": "with 陈某",
            "counted_in": 3,
            "counted_on": "2020-02-11",
            "count_note": "two are torn",
            "lines": [
                {
                    "line": 1,
                    "item": "mask",
                    "lot": lot,
                    "expected": 10,
                    "counted": 8,
                    "difference": -2,
                },
                {
                    "line": 2,
                    "item": "soap",
                    "lot": None,
                    "expected": 0,
                    "counted": 1,
                    "difference": 1,
                },
            ],
            "remarks": [],
        },
    )


def test_a_late_entry_changes_the_expected_quantity_of_a_count(station: StationLedger) -> None:
    station.stock(10)
    sheet = str(station(c.OpenCountSheet(location="store")).document)
    station(c.CountStock(sheet=sheet, lines=[c.CountLine(item="mask", counted=10)]))
    station.stock(5, happened_on=station.day(-1))
    (counted,) = get_count_sheet(station.books, sheet).lines
    assert (counted.expected, counted.counted, counted.difference) == (15, 10, -5)


def test_count_sheets_are_listed_in_pages(station: StationLedger) -> None:
    for _ in range(3):
        station(c.OpenCountSheet(location="store"))
    first = list_count_sheets(station.books, limit=2)
    rest = list_count_sheets(station.books, limit=2, after=first.next)
    assert [one.id for one in first.items + rest.items] == ["c_1", "c_2", "c_3"]
    with pytest.raises(NotFound, match="unknown count sheet c_9"):
        get_count_sheet(station.books, "c_9")


def test_the_paper_lists_the_lots_present_when_the_sheet_was_opened(station: StationLedger) -> None:
    station.stock(10, expires_on=station.day(30), batch="B7")
    station.stock(5, expires_on=station.day(9))
    station.stock(3, "soap", location="annex")
    station.allocate(4)
    sheet = str(station(c.OpenCountSheet(location="store")).document)
    station.stock(99)
    paper = build_count_sheet_paper(station.books, sheet, blind=False)
    assert (paper.sheet, paper.location, paper.day) == (sheet, "Store A", station.day(0))
    assert [(one.lot, one.batch, one.expected) for one in paper.lines] == [
        ("l_lx_2_1", None, 5),
        ("l_lx_1_1", "B7", 10),
    ]
    blind = build_count_sheet_paper(station.books, sheet)
    assert [(one.lot, one.expected) for one in blind.lines] == [
        ("l_lx_2_1", None),
        ("l_lx_1_1", None),
    ]
    with pytest.raises(NotFound, match="unknown count sheet c_99"):
        build_count_sheet_paper(station.books, "c_99")
