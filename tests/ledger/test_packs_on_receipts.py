"""Receipts and slips print the packs in which a quantity was stated."""

from __future__ import annotations

from typing import Any

import msgspec
from supplies_receipts import draw_delivery_slips
from support import pdf_reading as reading
from support.ledger_fixture import StationLedger

from supplies.domain import commands as c
from supplies.domain.catalogue_records import Item
from supplies.papers.common import StatedPacks
from supplies.views.delivery_slips import build_delivery_slips, build_run_sheet
from supplies.views.receipts import get_receipt


def receipt_line(station: StationLedger, number: int = 1) -> Any:
    document = get_receipt(station.books, f"JZ-2020-{number:06d}").document
    assert document is not None
    return document.lines[0]


CARTONS = StatedPacks(quantity=2, pack="carton", size=50)


def cartons(station: StationLedger) -> c.RecordDonation:
    station.ledger.amend(Item(code="mask", name="口罩", packs={"carton": 50}))
    return station.donation(2, pack="carton")


def test_a_receipt_keeps_the_packs_and_their_words(station: StationLedger) -> None:
    station(cartons(station))
    line = receipt_line(station)
    assert (line.quantity, line.stated) == (100, CARTONS)
    assert (line.pack_words.zh, line.pack_words.en) == ("箱", "carton")


def test_a_receipt_in_base_units_prints_no_packs(station: StationLedger) -> None:
    station.give(100)
    line = receipt_line(station)
    assert line.stated is line.pack_words is msgspec.UNSET


def test_a_receipt_keeps_the_words_of_the_unit_with_which_the_code_of_a_pack_begins(
    station: StationLedger,
) -> None:
    station.ledger.amend(Item(code="mask", name="口罩", packs={"box50": 50}))
    station(station.donation(1, pack="box50"))
    line = receipt_line(station)
    assert (line.pack_words.zh, line.pack_words.en) == ("盒", "box")


def test_a_receipt_prints_no_packs_of_one_piece(station: StationLedger) -> None:
    station.ledger.amend(Item(code="mask", name="口罩", packs={"bag": 1}))
    station(station.donation(9, pack="bag"))
    line = receipt_line(station)
    assert line.stated is line.pack_words is msgspec.UNSET


def test_a_correction_of_another_field_keeps_the_packs_on_the_new_receipt(
    station: StationLedger,
) -> None:
    gift = cartons(station)
    first = station(gift)
    station.ledger.amend(Item(code="mask", name="口罩", packs={"carton": 40}))
    other = msgspec.structs.replace(gift, handled_by="李某")
    station(c.Correct(entry=first.seq, command=other, reason="wrong name"))
    assert receipt_line(station, 2).stated == CARTONS
    loose = station.donation(100)
    second = station.books.value("SELECT max(seq) FROM entries WHERE kind = 'donation_received'")
    station(c.Correct(entry=second, command=loose, reason="loose masks"))
    assert receipt_line(station, 3).stated is msgspec.UNSET


def test_a_combined_receipt_keeps_the_packs_of_each_donation(station: StationLedger) -> None:
    first = station(cartons(station))
    second = station.give(7)
    donations = [str(first.document), str(second.document)]
    station(c.IssueReceipt(donations=donations))
    document = get_receipt(station.books, "JZ-2020-000003").document
    assert document is not None
    assert [line.stated for line in document.lines] == [CARTONS, msgspec.UNSET]


def found(station: StationLedger, *counts: tuple[int, str]) -> None:
    """Count goods that the books do not have: each count adds one batch."""
    for counted, batch in counts:
        sheet = str(station(c.OpenCountSheet(location="store")).document)
        line = c.CountLine(item="mask", counted=counted, batch=batch)
        station(c.CountStock(sheet=sheet, lines=[line]))


def settle(station: StationLedger, *lines: c.LotLine) -> None:
    station(
        c.Settle(
            place="store", by="donor", party="D-1", handled_by="陈某", reason="r", lines=list(lines)
        )
    )


def test_found_goods_of_one_lot_keep_the_packs_that_settled_them(station: StationLedger) -> None:
    found(station, (100, "A"))
    settle(station, c.LotLine(item="mask", quantity=2, pack="box"))
    assert receipt_line(station).stated == StatedPacks(quantity=2, pack="box", size=50)
    assert station.ledger.verify().entries == station.entries()


def test_packs_that_were_found_in_two_lots_are_not_printed_on_either(
    station: StationLedger,
) -> None:
    found(station, (60, "A"), (150, "B"))
    box = c.LotLine(item="mask", quantity=2, pack="box")
    settle(station, box, c.LotLine(item="mask", quantity=1, pack="box"))
    document = get_receipt(station.books, "JZ-2020-000001").document
    assert document is not None
    assert [(line.quantity, line.stated or None) for line in document.lines] == [
        (60, None),
        (40, None),
        (50, StatedPacks(quantity=1, pack="box", size=50)),
    ]
    assert station.ledger.verify().entries == station.entries()


def slip_lines(station: StationLedger, allocation: str) -> list[tuple[int, StatedPacks | None]]:
    delivery = station.dispatch(allocation)
    (slip,) = build_delivery_slips(station.books, delivery)
    (stop,) = build_run_sheet(station.books, delivery).stops
    assert stop.lines == slip.lines
    return [(line.quantity, line.stated or None) for line in slip.lines]


def test_a_slip_shows_the_packs_in_which_its_goods_were_allocated(station: StationLedger) -> None:
    station.stock(150)
    allocation = station.allocate(2, pack="box")
    packs = StatedPacks(quantity=2, pack="box", size=50)
    assert slip_lines(station, allocation) == [(100, packs)]


def test_a_slip_shows_no_packs_that_differ_from_its_quantity(station: StationLedger) -> None:
    station.stock(60)
    station.stock(90)
    allocation = station.allocate(2, pack="box")
    assert slip_lines(station, allocation) == [(60, None), (40, None)]
    assert slip_lines(station, station.allocate(5)) == [(5, None)]


def test_goods_released_from_packs_leave_base_units_on_the_slip(station: StationLedger) -> None:
    station.stock(100)
    allocation = station.allocate(2, pack="box")
    part = c.ReleasedLine(line=1, quantity=30)
    station(c.Release(allocation=allocation, lines=[part], reason="fewer people"))
    assert slip_lines(station, allocation) == [(70, None)]


def test_a_slip_shows_every_line_of_an_item_in_its_packs(station: StationLedger) -> None:
    station.stock(200)
    lines = [
        c.AllocationLine(item="mask", quantity=2, pack="box"),
        c.AllocationLine(item="mask", quantity=3, pack="ten"),
    ]
    done = station(c.Allocate(recipient="R-1", location="store", lines=lines))
    delivery = station.dispatch(str(done.document))
    (slip,) = build_delivery_slips(station.books, delivery)
    assert [(one.quantity, one.stated, one.further_stated) for one in slip.lines] == [
        (
            130,
            StatedPacks(quantity=2, pack="box", size=50),
            [StatedPacks(quantity=3, pack="ten", size=10)],
        )
    ]
    assert "2×boxof50+3×tenof10=130pieces" in reading.text(draw_delivery_slips([slip]))


def test_a_slip_shows_lines_of_two_lots_in_their_packs(station: StationLedger) -> None:
    station.stock(100)
    station.stock(30)
    lines = [
        c.AllocationLine(item="mask", quantity=2, pack="box"),
        c.AllocationLine(item="mask", quantity=3, pack="ten"),
    ]
    done = station(c.Allocate(recipient="R-1", location="store", lines=lines))
    assert slip_lines(station, str(done.document)) == [
        (100, StatedPacks(quantity=2, pack="box", size=50)),
        (30, StatedPacks(quantity=3, pack="ten", size=10)),
    ]


def test_a_slip_of_packs_and_base_units_shows_base_units(station: StationLedger) -> None:
    station.stock(200)
    lines = [
        c.AllocationLine(item="mask", quantity=2, pack="box"),
        c.AllocationLine(item="mask", quantity=7),
    ]
    done = station(c.Allocate(recipient="R-1", location="store", lines=lines))
    assert slip_lines(station, str(done.document)) == [(107, None)]
