"""Delivery slips on paper."""

from __future__ import annotations

import hashlib

import pytest
from msgspec.structs import replace
from supplies_receipts import draw_delivery_slips
from supplies_receipts.__main__ import slips
from support import pdf_reading as reading
from support.pdf_reading import needs_poppler

from supplies.errors import InvalidField
from supplies.papers.common import StatedPacks


def test_each_stop_has_a_page_on_the_roll() -> None:
    pages = reading.pages(draw_delivery_slips(slips()))
    assert [reading.size_in_mm(page)[0] for page in pages] == [80, 80, 80]
    for slip, page in zip(slips(), pages, strict=True):
        page_text = reading.squeezed(page.extract_text())
        assert f"{slip.stop}/{slip.stops}" in page_text
        assert f"{slip.delivery}·{slip.allocation}·2020年2月6日" in page_text
        assert slip.name in page_text
        assert slip.phone is not None
        assert slip.phone in page_text
        assert slip.address is not None
        assert reading.squeezed(slip.address) in page_text


def test_a_page_on_the_roll_is_as_long_as_its_text() -> None:
    slip = slips()[0]
    heights = [
        reading.size_in_mm(reading.pages(draw_delivery_slips([replace(slip, lines=lines)]))[0])[1]
        for lines in (slip.lines[:1], slip.lines, slip.lines * 20)
    ]
    assert heights[0] < heights[1] < heights[2]


@needs_poppler
def test_pypdf_and_pdftotext_read_all_parts_of_a_slip() -> None:
    pdf = draw_delivery_slips(slips()[:1])
    for page_text in (reading.text(pdf), reading.poppler_text(pdf)):
        for value in ("口罩（KN95，独立包装）", "10件", "2瓶", "1套", "共3种10件、2瓶、1套",
                      "B7-2019", "有效期至2022年1月31日", "敲门请慢", "住户报出的验证码", "签名",
                      "样例一组", "送达后24小时内交回或销毁。",
                      "Handbackordestroywithin24hours"):  # fmt: skip
            assert value in page_text, value
        for choice in ("本人", "家人", "邻居", "门卫", "放在门口", "未送达", "notdelivered"):
            assert choice in page_text


def test_slip_totals_are_by_unit_and_lots_of_one_item_are_merged() -> None:
    slip = slips()[0]
    mask = slip.lines[0]
    pdf = draw_delivery_slips([replace(slip, lines=[mask, replace(mask, batch="B8")])])
    assert "共1种20件" in reading.text(pdf)


def test_unknown_parts_of_an_address_are_named_or_left_out() -> None:
    slip = replace(slips()[0], phone=None, address=None, access=None, lines=[])
    page_text = reading.text(draw_delivery_slips([slip]))
    assert "地址未登记" in page_text
    assert "上门提示" not in page_text
    assert "无物资" in page_text


def test_slips_without_stops_are_refused() -> None:
    with pytest.raises(InvalidField, match="without stops"):
        draw_delivery_slips([])


@needs_poppler
def test_slips_use_only_black() -> None:
    for page in (1, 2, 3):
        colours = reading.rendered(draw_delivery_slips(slips()), page).getcolors(maxcolors=1 << 16)
        assert colours is not None
        assert all(red == green == blue for _, (red, green, blue) in colours)
    operators = {
        line.split()[-1]: line
        for page in reading.pages(draw_delivery_slips(slips()))
        for line in page.get_contents().get_data().decode("latin-1").splitlines()
        if line.endswith((" rg", " RG"))
    }
    assert {line.rsplit(" ", 1)[0] for line in operators.values()} == {"0 0 0"}


@needs_poppler
def test_the_longest_slip_has_no_overlapping_text() -> None:
    slip = slips()[0]
    name = "样例街道" * 50
    line = replace(
        slip.lines[0], name=name, name_en="words and " * 20, unit="u" * 64, quantity=10**12,
        batch="b" * 64,
    )  # fmt: skip
    long = replace(
        slip, name=name, address=name, access=name, phone="1" * 200, team=name, lines=[line] * 3,
        stop=999, stops=999, delivery="d" * 64, allocation="a" * 64, recipient="R" * 64,
        station=replace(slip.station, name=name, phone="2" * 200),
    )  # fmt: skip
    pdf = draw_delivery_slips([long])
    reading.assert_well_set(pdf, margin=4)
    assert reading.text(pdf).count(name) == 8


@needs_poppler
def test_slips_have_no_overlapping_text_and_embedded_fonts() -> None:
    pdf = draw_delivery_slips(slips())
    reading.assert_well_set(pdf, margin=4)
    reading.assert_only_embedded_fonts(pdf)


def test_two_processes_give_the_same_bytes() -> None:
    here = hashlib.sha256(draw_delivery_slips(slips())).hexdigest()
    assert {reading.in_a_new_process("draw_delivery_slips(slips())", seed) for seed in (1, 2)} == {
        here
    }


@needs_poppler
@pytest.mark.parametrize(("pack", "times"), [("carton", 1), ("y" * 64, 10**5)])
def test_packs_are_printed_below_the_item(pack: str, times: int) -> None:
    stated = StatedPacks(quantity=2 * times, pack=pack, size=50)
    first = slips()[0]
    line = replace(first.lines[0], unit="piece", quantity=100 * times, stated=stated)
    pdf = draw_delivery_slips([replace(first, lines=[line] * 5)])
    reading.assert_well_set(pdf, margin=4)
    content = reading.text(pdf)
    word = "箱" if pack == "carton" else pack
    assert content.count(f"{word}×50件") == 5
    assert content.count(f"×{pack}of50") == 5
