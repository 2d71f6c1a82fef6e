"""Reports as they are printed and shown: names in place of codes."""

from __future__ import annotations

from typing import Any

import pytest
from supplies_receipts import draw_report
from support.ledger_fixture import StationLedger
from support.pdf_reading import needs_poppler, words

from supplies.domain.accounts import CHART
from supplies.exports.report_papers import build_report_paper
from supplies.exports.report_words import ACCOUNTS
from supplies.exports.reports import REPORTS, build_report
from supplies.papers.common import BilingualText
from supplies.papers.report import ReportPaper


def report_paper(
    station: StationLedger, name: str, *, personal: bool = True, **options: Any
) -> ReportPaper:
    built = build_report(station.books, REPORTS[name], station.clock.day, **options)
    return build_report_paper(
        built, built.content, printed_at=station.ledger.clock(), personal=personal
    )


def column(paper: ReportPaper, title: str) -> list[str]:
    """Return the Chinese texts of a column, by its English title."""
    table = paper.tables[0]
    (at,) = [at for at, each in enumerate(table.columns) if each.title.en == title]
    return [cell.zh if isinstance(cell, BilingualText) else str(cell) for cell in
            (row[at] for row in table.rows)]  # fmt: skip


@pytest.fixture
def late(station: StationLedger) -> StationLedger:
    """Return a station with a late need and a late pledge."""
    station.need(10, needed_by=station.day(0))
    station.pledge(5, {}, due_on=station.day(0))
    station.clock.advance(2)
    return station


def test_alerts_name_people_in_place_of_documents(late: StationLedger) -> None:
    assert column(report_paper(late, "alerts"), "About") == ["王某", "广州某企业"]


def test_reports_call_the_status_of_a_need_or_pledge_as_its_page_does(late: StationLedger) -> None:
    assert column(report_paper(late, "needs"), "Status") == ["未满足"]
    assert column(report_paper(late, "pledges"), "Status") == ["未到齐"]


def test_a_reader_who_may_not_see_names_gets_the_codes_of_people(late: StationLedger) -> None:
    for name, title in (("alerts", "About"), ("needs", "Recipient"), ("pledges", "Donor")):
        shown = column(report_paper(late, name, personal=False), title)
        assert set(shown) <= {"R-1", "D-1"}, name


def test_movements_say_in_words_where_goods_came_from_and_went(station: StationLedger) -> None:
    station.give(20)
    station.allocate(5)
    paper = report_paper(station, "movements", item="mask", account="stock:store")
    assert column(paper, "From or to") == ["广州某企业捐赠", "预留给王某"]
    assert [(label.en, text.en) for label, text in paper.about] == [
        ("Account", "free at Store A"),
        ("Item", "mask (piece)"),
    ]


def test_each_kind_of_account_has_words() -> None:
    assert ACCOUNTS.keys() == CHART.keys()


@needs_poppler
def test_days_and_figures_of_a_wide_report_stay_on_one_line(late: StationLedger) -> None:
    read = [word.text for word in words(draw_report(report_paper(late, "alerts")))]
    assert read.count("2020年2月10日") >= 2
