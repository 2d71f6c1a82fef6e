"""The station report and the organisation report on paper."""

from __future__ import annotations

import hashlib

import pytest
from msgspec.structs import replace
from supplies_receipts import draw_organisation_report, draw_station_report
from supplies_receipts.__main__ import organisation, report
from support import pdf_reading as reading
from support.pdf_reading import needs_poppler

from supplies.errors import BooksBroken
from supplies.papers.common import ItemName
from supplies.papers.station_report import ActivityLine, GoodsLine, ShortageLine, StationReportPaper


def report_paper(**changes: object) -> StationReportPaper:
    paper = report()
    changed = replace(paper.report, **changes)
    items = [*(line.item for line in changed.goods), *(line.item for line in changed.short)]
    made_up = {item: ItemName(name=f"物资 {item}", name_en=None) for item in items}
    names = {**made_up, **paper.names}
    return replace(paper, report=changed, names=names)


def goods(item: str, scale: int = 1) -> GoodsLine:
    """Return an item with a different figure in every column."""
    return GoodsLine(
        item=item, unit="mL", opening=50 * scale, received=70 * scale,
        handed_over=31 * scale, used=11 * scale, lost=7 * scale, unexplained=-3 * scale,
        other=5 * scale, on_hand=60 * scale, allocated=13 * scale, in_transit=9 * scale,
    )  # fmt: skip


@needs_poppler
def test_pypdf_and_pdftotext_read_period_text_and_figures_of_a_report() -> None:
    pdf = draw_station_report(report())
    for page_text in (reading.text(pdf), reading.poppler_text(pdf)):
        for value in ("工作报告", "Stationreport", "2020年2月3日至13日", "2020-02-03to2020-02-13",
                      "社工14人", "电话联系54次", "上门走访60次", "困难家庭36户",
                      "16户的需求已全部解决",
                      "张贴通知12处", "54telephonecontacts", "Asofentry311",
                      "2020年2月13日10:00", "第1页，共1页"):  # fmt: skip
            assert value in page_text, value


def test_the_goods_table_has_every_column_of_the_equation() -> None:
    page_text = reading.text(draw_station_report(report_paper(goods=[goods("x", 10)])))
    for column in (
        "期初",
        "接收",
        "发放",
        "自用",
        "损耗",
        "不明",
        "其他",
        "在库",
        "已分配",
        "在途",
    ):
        assert column in page_text
    # In the order of the columns. Negative figures have a minus sign.
    assert "50070031011070−305060013090" in page_text
    assert "毫升mL" in page_text
    assert "x·" not in page_text


def test_goods_that_do_not_add_up_are_refused() -> None:
    wrong = replace(goods("x"), on_hand=61)
    with pytest.raises(BooksBroken, match=r"report\.x: expected 69, found 70"):
        draw_station_report(report_paper(goods=[wrong]))


def test_shortages_are_printed_with_the_missing_quantity() -> None:
    short = [
        ShortageLine(item="mask-kn95", needed=40, free=5),
        ShortageLine(item="soap", needed=9, free=0),
    ]
    page_text = reading.text(draw_station_report(report_paper(short=short)))
    assert "期末仍有2种物资不足" in page_text
    assert "口罩（KN95）Mask(KN95)40535" in page_text
    assert "soap9–9" in page_text


def test_a_report_of_an_empty_period_is_printed() -> None:
    pdf = draw_station_report(
        report_paper(
            goods=[],
            activities=[],
            short=[],
            workers=0,
            contacts=0,
            visits=0,
            households_surveyed=0,
            households_fully_met=0,
            notices_posted=0,
        )
    )
    page_text = reading.text(pdf)
    assert "无none" in page_text
    assert "不足。" not in page_text


def test_activities_are_named_in_the_languages_of_the_report_or_by_code() -> None:
    done = [ActivityLine(kind=kind, count=3) for kind in ("people_measured", "tea-served")]
    paper = report_paper(activities=done)
    page_text = reading.text(draw_station_report(paper))
    assert "测量体温peoplemeasured3" in page_text
    assert "tea-served3" in page_text
    station = replace(paper.station, languages="zh")
    page_text = reading.text(draw_station_report(replace(paper, station=station)))
    assert "测量体温3" in page_text
    assert "measured" not in page_text


@needs_poppler
def test_bars_of_the_charts_are_proportional_to_their_figures() -> None:
    """Twice the contacts give a bar twice as long, measured in the rendered page."""
    image = reading.rendered(
        draw_station_report(report_paper(contacts=30, visits=60, activities=[])), dpi=144
    )
    teal = (13, 92, 107)
    under_the_head = image.height // 5
    right_half = image.crop((image.width // 2, under_the_head, image.width, image.height))
    runs = []
    for y in range(right_half.height):
        row = [right_half.getpixel((x, y)) == teal for x in range(right_half.width)]
        if (length := sum(row)) > 20:
            runs.append(length)
    assert any(abs(length - max(runs) / 2) <= 2 for length in runs)


@needs_poppler
@pytest.mark.parametrize(("items", "pages"), [(1, 1), (20, 2), (200, 7)])
def test_a_long_table_of_goods_repeats_its_header_on_each_page(items: int, pages: int) -> None:
    many = [goods(f"item-{at}", 10**9) for at in range(items)]
    pdf = draw_station_report(report_paper(goods=many))
    reading.assert_well_set(pdf, margin=15)
    found = reading.pages(pdf)
    assert len(found) == pages
    for page in found:
        page_text = reading.squeezed(page.extract_text())
        assert "期初Opening" in page_text or "item-" not in page_text
    assert f"物资item-{items - 1}毫升" in reading.text(pdf)


def test_a_finished_table_has_no_header_on_the_next_page() -> None:
    done = [ActivityLine(kind=f"kind-{at}", count=1) for at in range(90)]
    pages = reading.pages(draw_station_report(report_paper(activities=done)))
    heads = [
        ("工作内容Activity" in page_text, "尚缺Missing" in page_text)
        for page_text in (reading.squeezed(page.extract_text()) for page in pages)
    ]
    assert heads == [(True, True), (True, False), (True, False)]


@needs_poppler
def test_the_longest_report_has_no_overlapping_text() -> None:
    name = "样例街道" * 50
    paper = report_paper(
        goods=[goods("i" * 64, 10**15)] * 9,
        activities=[ActivityLine(kind="k" * 64, count=10**18)] * 40,
        short=[ShortageLine(item="i" * 64, needed=10**15, free=1)],
        contacts=10**15,
    )
    station = replace(paper.station, name=name, name_en="words and " * 20, address=name)
    names = {"i" * 64: ItemName(name=name, name_en="words and " * 20)}
    reading.assert_well_set(
        draw_station_report(replace(paper, station=station, names=names)), margin=15
    )


@needs_poppler
def test_reports_have_no_overlapping_text_and_embedded_fonts() -> None:
    pdf = draw_station_report(report())
    reading.assert_well_set(pdf, margin=15)
    reading.assert_only_embedded_fonts(pdf)


def test_two_processes_give_the_same_bytes() -> None:
    here = hashlib.sha256(draw_station_report(report())).hexdigest()
    assert {reading.in_a_new_process("draw_station_report(report())", seed) for seed in (1, 2)} == {
        here
    }


# --- over all stations ---------------------------------------------------------------------------


def test_the_organisation_report_names_each_station_and_its_last_entry() -> None:
    page_text = reading.text(draw_organisation_report(organisation(report())))
    assert "联合工作报告" in page_text
    assert "Reportoftheorganisation" in page_text
    assert "电话联系54次" in page_text
    assert "样例街社工服务站SampleStreetSocialWorkStation(made-updata)sample311" in page_text
    assert "样例1站（虚构）Station1s1101" in page_text
    assert "截至账目Asofentry311·" not in page_text
    assert "Mask(KN95)·件piece40535" in page_text


def test_an_item_counted_in_two_units_has_two_rows() -> None:
    pieces = goods("soap")
    paper = report_paper(goods=[pieces, replace(pieces, unit="bottle")])
    page_text = reading.text(draw_organisation_report(organisation(paper)))
    assert "soap毫升mL5070" in page_text
    assert "soap瓶bottle5070" in page_text


def test_goods_of_an_organisation_that_do_not_add_up_are_refused() -> None:
    wrong = replace(goods("x"), on_hand=61)
    with pytest.raises(BooksBroken, match=r"report\.x: expected 69, found 70"):
        draw_organisation_report(organisation(report_paper(goods=[wrong])))


@needs_poppler
def test_a_table_of_a_thousand_stations_repeats_its_header_on_each_page() -> None:
    pdf = draw_organisation_report(organisation(report(), 1000))
    reading.assert_well_set(pdf, margin=15)
    pages = [reading.squeezed(page.extract_text()) for page in reading.pages(pdf)]
    assert "s999" in pages[-1]
    assert all("代码Code" in page for page in pages[1:])
