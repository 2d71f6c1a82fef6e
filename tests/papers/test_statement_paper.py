"""The donor statement on paper."""

from __future__ import annotations

import hashlib
from datetime import date

import pytest
from msgspec.structs import replace
from supplies_receipts import draw_donor_statement, samples
from supplies_receipts.__main__ import STATION
from supplies_receipts.drawing import account_labels as places
from support import pdf_reading as reading
from support.pdf_reading import needs_poppler

from supplies.domain.accounts import CHART, PLACES, Family, is_origin
from supplies.errors import BooksBroken
from supplies.papers.donor_statement import (
    DonorStatementPaper,
    ReceiptGivenBack,
    StatementLine,
    WishLine,
    receipt_months,
)


def statement_paper(**changes: object) -> DonorStatementPaper:
    paper = samples.statement(STATION)
    return replace(paper, statement=replace(paper.statement, **changes))


def line(unit: str = "piece", **places: int) -> StatementLine:
    return StatementLine(
        item="x", name="物资", name_en=None, unit=unit, received=sum(places.values()), repacked=0,
        places=places,
    )  # fmt: skip


@needs_poppler
def test_pypdf_and_pdftotext_read_every_section_of_a_statement() -> None:
    pdf = draw_donor_statement(samples.statement(STATION, 5))
    for page_text in (reading.text(pdf), reading.poppler_text(pdf)):
        for value in (
            "捐赠物资去向报告", "样例商贸有限公司（虚构）", "D-01", "JZ-2020-000001",
            "2020年2月3日至3月13日", "150瓶", "149瓶", "6件", "13件",
            "接收71=已发放48+在途6+已预留5+在架可用8+站点自用3+损耗1（件）",
            "received71=handedover48+ontheway6", "分装所得40=已发放31+在架可用9（袋）",
            "68%", "样例社区", "36", "95", "<5", "未登记社区", "优先用于独居长者",
            "该户已由邻里互助解决", "u_1", "Asofentry311", "2020年3月13日10:00",
        ):  # fmt: skip
            assert value in page_text, value


def test_every_account_of_the_chart_has_a_printed_name() -> None:
    assert set(places.PLACE_LABELS) == set(PLACES)
    origins = {kind.name for kind in CHART.values() if is_origin(kind)}
    assert set(places.ORIGIN_LABELS) == origins
    assert all(Family.GOODS in CHART[name].families for name in origins)


def test_zero_rows_are_not_printed_and_found_goods_are_subtracted() -> None:
    page_text = reading.text(
        draw_donor_statement(statement_paper(goods=[line(free=12, unexplained=-2)]))
    )
    assert "接收10=在架可用12−待查明2（件）" in page_text
    assert "在途0" not in page_text


def test_collected_goods_are_printed_in_both_languages() -> None:
    fetched = replace(line(handed_over=12), collected=5)
    page_text = reading.text(draw_donor_statement(statement_paper(goods=[fetched])))
    assert "其中领取5" in page_text
    assert "collected5" in page_text


def test_statement_totals_are_by_unit() -> None:
    goods = [line("piece", free=4), line("bottle", free=9), line("piece", handed_over=3)]
    page_text = reading.text(draw_donor_statement(statement_paper(goods=goods)))
    assert "接收7=已发放3+在架可用4（件）" in page_text
    assert "接收9=在架可用9（瓶）" in page_text


def test_each_figure_of_a_statement_names_its_items() -> None:
    mask, gloves = line("piece", free=4), line("piece", handed_over=3)
    goods = [
        replace(mask, name="口罩", name_en="mask"),
        replace(gloves, name="手套", name_en="gloves"),
        replace(line("bottle", free=9), name="洗手液", name_en="sanitiser"),
    ]
    page_text = reading.text(draw_donor_statement(statement_paper(goods=goods)))
    for words in (
        "7件口罩、手套",
        "9瓶洗手液",
        "3件手套",
        "口罩、手套：接收7=",
        "mask,gloves:received7=",
        "洗手液：接收9=",
    ):
        assert words in page_text, words


def test_a_statement_whose_goods_do_not_add_up_is_refused() -> None:
    broken = replace(line(free=9), received=10)
    with pytest.raises(BooksBroken, match="expected 10, found 9"):
        draw_donor_statement(statement_paper(goods=[broken]))


def test_a_statement_without_donations_says_so() -> None:
    paper = statement_paper(goods=[], receipts=[], served=[], wishes=[], departures=[])
    page_text = reading.text(draw_donor_statement(paper))
    assert "本期没有捐赠物资" in page_text
    assert "未指定用途" in page_text
    assert "没有none:nothing" in page_text


def test_an_erased_reason_is_printed_as_erased() -> None:
    (departure,) = statement_paper().statement.departures
    erased = replace(departure, reason=None)
    assert "原因已应要求删除" in reading.text(
        draw_donor_statement(statement_paper(departures=[erased]))
    )


@needs_poppler
@pytest.mark.parametrize("items", [1, 3, 6, 60])
def test_statements_have_no_overlapping_text_and_embedded_fonts(items: int) -> None:
    pdf = draw_donor_statement(samples.statement(STATION, items))
    reading.assert_well_set(pdf, margin=15)
    reading.assert_only_embedded_fonts(pdf)


def many_receipts(count: int) -> DonorStatementPaper:
    """A statement of receipts with every tenth number missing, in two months, with one wish."""
    numbers = [f"JZ-2020-{n:06d}" for n in range(1, count * 2) if n % 10][:count]
    days = {n: date(2020, 2 if at < count / 2 else 3, 9) for at, n in enumerate(numbers)}
    wishes = [WishLine(receipt=number, wish="优先用于独居长者") for number in numbers]
    back = [ReceiptGivenBack(receipt=numbers[0], all=count > 1)]
    return statement_paper(
        receipts=numbers, receipt_months=receipt_months(days), wishes=wishes, given_back=back
    )


@needs_poppler
@pytest.mark.parametrize("count", [1, 12, 40, 313])
def test_a_statement_groups_many_receipts_and_fits_its_pages(count: int) -> None:
    pdf = draw_donor_statement(many_receipts(count))
    reading.assert_well_set(pdf, margin=15)
    content = reading.text(pdf)
    assert f"Receipts({count})" in content
    assert ("JZ-2020-000002" in content) == (1 < count <= 12)
    assert ("2020-03(" in content) == (count > 12)
    assert "Receiptsofwhichgoodsweregivenback" in content
    assert content.count("优先用于独居长者") == 1


@needs_poppler
def test_the_longest_and_rarest_names_in_a_statement_do_not_overlap() -> None:
    long = "喆堃䶮㑇𠮷" * 40
    big = 10**12
    goods = [
        StatementLine(
            item="i" * 64, name=long, name_en="words and " * 20, unit="u" * 64, received=big,
            repacked=big, places=dict.fromkeys(PLACES, big // 6) | {"free": big // 6 + 8},
        )
    ]  # fmt: skip
    paper = statement_paper(goods=goods)
    departures = [replace(paper.statement.departures[0], name=long, reason=long, by="u" * 64)]
    served = [replace(paper.statement.served[0], community="c" * 64)]
    wishes = [replace(paper.statement.wishes[0], wish=long * 5)]
    shown = replace(paper.statement, departures=departures, served=served, wishes=wishes)
    donor = replace(paper.donor, name=long, name_en="words and " * 20)
    # The station is the author in the file's properties, where poppler garbles rare characters.
    station = replace(STATION, name="样例街道" * 50, name_en="words and " * 20, address=long)
    pdf = draw_donor_statement(replace(paper, statement=shown, donor=donor, station=station))
    reading.assert_well_set(pdf, margin=15)
    assert reading.text(pdf).count(long) >= 8


def test_two_processes_give_the_same_bytes() -> None:
    here = hashlib.sha256(draw_donor_statement(samples.statement(STATION))).hexdigest()
    drawn = "draw_donor_statement(samples.statement(STATION))"
    assert {reading.in_a_new_process(drawn, seed) for seed in (1, 2)} == {here}


@pytest.mark.parametrize(
    ("part", "whole", "shown"),
    [
        (739, 1000, "74%"),
        (735, 1000, "74%"),
        (734, 1000, "73%"),
        (999, 1000, "99%"),
        (1, 1000, "1%"),
        (0, 7, "0%"),
        (7, 7, "100%"),
        (0, 0, "–"),
    ],
)
def test_a_share_is_rounded_but_only_the_whole_is_a_hundred_percent(
    part: int, whole: int, shown: str
) -> None:
    assert places.percentage(part, whole) == shown
