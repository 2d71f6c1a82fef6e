"""Quantities on papers in the larger unit of an item, such as 2.5 kg for 2,500 g."""

from __future__ import annotations

import msgspec
import pytest
from msgspec.structs import replace
from supplies_receipts import draw_public_disclosure, samples
from supplies_receipts.__main__ import STATION
from supplies_receipts.drawing import bilingual
from support import pdf_reading as reading
from support.ledger_fixture import StationLedger

from supplies.domain import commands as c
from supplies.domain.catalogue_records import LargerUnit
from supplies.domain.larger_units import in_larger_unit
from supplies.papers.common import ShownUnit, UnitWords
from supplies.views.delivery_slips import build_run_sheet
from supplies.views.public_disclosure import build_disclosure_paper
from supplies.views.receipts import get_receipt

KG = LargerUnit(unit="kg", size=1000)


@pytest.mark.parametrize(
    ("quantity", "size", "shown"),
    [
        (2_500, 1000, "2.5"),
        (1_000, 1000, "1"),
        (999, 1000, None),
        (1_002_005, 1000, "1,002.005"),
        (10**12, 10, "100,000,000,000"),
        (15, 10, "1.5"),
        (0, 10, None),
        (-2_500, 1000, None),
    ],
)
def test_a_quantity_in_a_larger_unit_is_an_exact_decimal(
    quantity: int, size: int, shown: str | None
) -> None:
    assert in_larger_unit(quantity, LargerUnit(unit="kg", size=size)) == shown


def in_kilograms(station: StationLedger) -> None:
    """Count soap in grams, and show it in kilograms."""
    soap = replace(station.books.item("soap"), unit="g", shown_unit=KG)
    station.ledger.amend(soap)


def test_a_receipt_keeps_the_larger_unit_and_prints_the_words_in_base_units(
    station: StationLedger,
) -> None:
    in_kilograms(station)
    station.give(2_500, "soap")
    station.ledger.amend(replace(station.books.item("soap"), shown_unit=None))
    document = get_receipt(station.books, "JZ-2020-000001").document
    assert document is not None
    (line,) = document.lines
    assert (line.quantity, line.unit, line.in_words) == (2_500, "g", "贰仟伍佰")
    assert line.shown_unit == ShownUnit(
        unit="kg", size=1000, words=UnitWords(zh="千克", en="kg", en_many="kg")
    )
    shown = bilingual.quantity_of_line(line)
    assert (shown.figure, shown.unit.zh, shown.unit.en) == ("2.5", "千克", "kg")
    less = bilingual.quantity_of_line(replace(line, quantity=500))
    assert (less.figure, less.unit.zh) == ("500", "克")


def test_a_receipt_of_an_item_without_a_larger_unit_is_as_before(station: StationLedger) -> None:
    station.give(2_500)
    document = get_receipt(station.books, "JZ-2020-000001").document
    assert document is not None
    assert document.lines[0].shown_unit is msgspec.UNSET
    assert b"shown_unit" not in msgspec.json.encode(document)


def test_slips_run_sheets_and_the_disclosure_print_the_larger_unit(
    station: StationLedger,
) -> None:
    in_kilograms(station)
    station.stock(9_000, "soap")
    sheet = build_run_sheet(station.books, station.dispatch(station.allocate(2_500, item="soap")))
    kilograms = ShownUnit(unit="kg", size=1000)
    assert {line.shown_unit for line in (*sheet.load, *sheet.stops[0].lines)} == {kilograms}
    lines = [c.RecipientLine(item="soap", quantity=1_500)]
    station(c.HandOut(recipient="R-1", location="store", lines=lines))
    paper = build_disclosure_paper(
        station.books, station.clock.day, station.clock.day, printed_at=station.clock()
    )
    assert paper.names["soap"].shown_unit == kilograms


def test_a_disclosure_prints_the_figure_in_the_larger_unit() -> None:
    paper = samples.disclosure(STATION, 1)
    names = {
        code: replace(name, shown_unit=ShownUnit(unit="carton", size=10))
        for code, name in paper.names.items()
    }
    page_text = reading.text(draw_public_disclosure(replace(paper, names=names)))
    assert "7.1箱" in page_text
