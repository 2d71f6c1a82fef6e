"""Papers of a delivery: the run sheet, and slips on A5."""

from __future__ import annotations

import hashlib
from typing import Literal

import pytest
import zxingcpp
from msgspec.structs import replace
from supplies_receipts import draw_delivery_slips, draw_run_sheet, samples
from supplies_receipts.__main__ import STATION, slips
from support import pdf_reading as reading
from support.pdf_reading import needs_poppler

from supplies.errors import InvalidField


@needs_poppler
def test_pypdf_and_pdftotext_read_goods_and_stops_of_a_run_sheet() -> None:
    pdf = draw_run_sheet(samples.run_sheet(STATION))
    for page_text in (reading.text(pdf), reading.poppler_text(pdf)):
        for value in ("出车单", "v_1", "样例一组", "3个配送点3stops", "B7-2019",
                      "有效期至2022年1月31日", "样例仓库甲", "30件", "6瓶", "李**（虚构）",
                      "139****0001", "样例小区2栋2单元1104房", "R-003", "10件", "2瓶",
                      "24小时内销毁", "配送点顺序"):  # fmt: skip
            assert value in page_text, value
        assert "l_sample" not in page_text
        assert page_text.count("签名Signature") == 3
        for step in ("装车Loaded", "已送达Handedover", "带回Broughtback"):
            assert step in page_text


@needs_poppler
@pytest.mark.parametrize("stops", [1, 6, 60])
def test_run_sheets_have_no_overlapping_text_and_embedded_fonts(stops: int) -> None:
    pdf = draw_run_sheet(samples.run_sheet(STATION, stops))
    reading.assert_well_set(pdf, margin=15)
    reading.assert_only_embedded_fonts(pdf)


@needs_poppler
def test_a_stop_with_many_goods_continues_on_the_next_page() -> None:
    sheet = samples.run_sheet(STATION, 1)
    name = "喆堃䶮㑇𠮷" * 40
    goods = [replace(sheet.stops[0].lines[0], name=name, quantity=10**12, unit="u" * 64)] * 30
    stop = replace(sheet.stops[0], lines=goods, name=name, address=name, phone="1" * 40)
    load = [replace(sheet.load[0], name=name, quantity=10**12, lot="l" * 64, batch="b" * 64)]
    pdf = draw_run_sheet(replace(sheet, stops=[stop], load=load))
    assert len(reading.pages(pdf)) > 1
    reading.assert_well_set(pdf, margin=15)


@needs_poppler
def test_a_run_sheet_prints_where_removed_stops_are() -> None:
    sheet = samples.run_sheet(STATION)
    moved, undone, left = sheet.stops
    off = [
        replace(stop, name="", phone=None, address=None, lines=[], moved_to=to)
        for stop, to in ((moved, "v_2"), (undone, None))
    ]
    pdf = draw_run_sheet(replace(sheet, stops=[*off, left]))
    for value in ("已转至v_2", "movedtodeliveryv_2", "未出车", "1个配送点1stop"):
        assert value in reading.text(pdf), value
    reading.assert_well_set(pdf, margin=15)


def test_a_delivery_without_stops_has_no_run_sheet_and_no_slips() -> None:
    with pytest.raises(InvalidField, match="without stops"):
        draw_run_sheet(samples.run_sheet(STATION, 0))
    with pytest.raises(InvalidField, match="without stops"):
        draw_delivery_slips([], "a5")


@needs_poppler
def test_slips_on_a5_have_the_text_of_slips_on_a_roll() -> None:
    roll, a5 = draw_delivery_slips(slips()), draw_delivery_slips(slips(), "a5")
    assert [reading.size_in_mm(page) for page in reading.pages(a5)] == [(210, 148)] * 3
    words = {word.text for word in reading.words(roll)}
    assert words <= {word.text for word in reading.words(a5)}
    reading.assert_well_set(a5, margin=12)
    reading.assert_only_embedded_fonts(a5)


@needs_poppler
def test_a_slip_of_many_goods_continues_on_further_a5_pages() -> None:
    slip = slips()[0]
    pdf = draw_delivery_slips([replace(slip, lines=slip.lines * 10)], "a5")
    assert len(reading.pages(pdf)) > 2
    assert "签名Signature" in reading.squeezed(reading.pages(pdf)[-1].extract_text())
    reading.assert_well_set(pdf, margin=12)


@needs_poppler
def test_many_goods_fill_both_columns_of_a5_above_the_signature() -> None:
    slip = slips()[0]
    for lines, pages in ((1, 1), (6, 1), (12, 2), (20, 2)):
        pdf = draw_delivery_slips([replace(slip, lines=(slip.lines * 7)[:lines])], "a5")
        assert len(reading.pages(pdf)) == pages, lines
        signed = [
            (word.page, word.left > 300)
            for word in reading.words(pdf)
            if word.text in ("签名", "签收人", "配送员")
        ]
        assert len(signed) == 3
        assert len(set(signed)) == 1, "all in one column"


@needs_poppler
def test_the_footer_of_a5_does_not_overlap_with_the_longest_codes() -> None:
    slip = replace(slips()[0], delivery="v" * 64, allocation="a" * 64)
    for word in reading.words(draw_delivery_slips([slip], "a5")):
        assert word.bottom - word.top > 3, word


def test_two_processes_give_the_same_bytes() -> None:
    for drawn, here in (
        ("draw_run_sheet(samples.run_sheet(STATION))", draw_run_sheet(samples.run_sheet(STATION))),
        ("draw_delivery_slips(slips(), 'a5')", draw_delivery_slips(slips(), "a5")),
    ):
        assert reading.in_a_new_process(drawn, 1) == hashlib.sha256(here).hexdigest()


def qr_codes(pdf: bytes) -> list[str]:
    """Return the texts of the QR codes on the first page."""
    return [code.text for code in zxingcpp.read_barcodes(reading.rendered(pdf, page=1))]


@needs_poppler
@pytest.mark.parametrize("paper", ["roll", "a5"])
def test_the_qr_code_of_a_slip_opens_the_stop_on_a_phone(paper: Literal["roll", "a5"]) -> None:
    url = "https://example.org/run/v_1/a_1"
    slip = replace(slips()[0], run_url=url)
    pdf = draw_delivery_slips([slip], paper)
    assert qr_codes(pdf) == [url]
    reading.assert_well_set(pdf, margin=4 if paper == "roll" else 12)


@needs_poppler
def test_the_qr_code_of_a_run_sheet_lets_a_phone_join() -> None:
    url = "https://example.org/run/join/supplies.lx.v_1.AAAAAAAAAAAAAAAAAAAAAA"
    pdf = draw_run_sheet(samples.run_sheet(STATION), url)
    assert qr_codes(pdf) == [url]
    reading.assert_well_set(pdf, margin=15)
