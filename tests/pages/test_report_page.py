"""The reports of a period in a browser, and their charts."""

from __future__ import annotations

from datetime import date

import pytest
from playwright.sync_api import expect
from supplies_service.pages.charts import Segment, stacked_bar, step_line
from support.browser import WIDTH_AND_LANGUAGE, OpenPage, fits, serious_faults

from supplies.views.stock_by_day import StockOfDay

FIRST, LAST = date(2020, 2, 1), date(2020, 2, 10)


@pytest.mark.parametrize(("width", "language"), WIDTH_AND_LANGUAGE)
def test_axe_finds_no_serious_fault_in_the_report(
    open_page: OpenPage, width: int, language: str
) -> None:
    page = open_page("/reports", width=width, language=language)
    assert serious_faults(page) == []
    assert fits(page)


@pytest.mark.parametrize("role", ["coordinator", "recorder", "auditor"])
def test_the_report_of_a_period_is_shown_and_printed(open_page: OpenPage, role: str) -> None:
    page = open_page("/reports", role=role)
    page.get_by_label("From", exact=True).fill("2000-01-01")
    page.get_by_label("To", exact=True).fill("2000-01-11")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_label("From", exact=True)).to_have_value("2000-01-01")
    expect(page.get_by_text("No goods moved in this period.")).to_be_visible()
    printed = page.get_by_role("link", name="Print the report").get_attribute("href")
    assert printed == "/reports/station/pdf?from=2000-01-01&to=2000-01-11"
    answer = page.request.get(open_page.site.address + printed)
    assert answer.ok
    assert answer.body().startswith(b"%PDF")
    receipts = page.get_by_role("link", name="Print all receipts of the period")
    expect(receipts).to_have_count(0 if role == "auditor" else 1)


def test_a_period_that_ends_before_it_begins_is_refused(open_page: OpenPage) -> None:
    open_page.expect_status(422)
    page = open_page("/reports?from=2020-02-11&to=2020-02-01")
    expect(page.get_by_text("2020-02-01 is before 2020-02-11")).to_be_visible()


def test_the_segments_of_a_bar_fill_its_width_without_gaps() -> None:
    assert stacked_bar({"met": 1, "open": 1, "promised": 0, "other": -4, "set-aside": 1}) == [
        Segment("met", 0, 333, 1),
        Segment("open", 333, 333, 1),
        Segment("set-aside", 666, 334, 1),
    ]
    assert stacked_bar({"met": 0}) == []


def test_the_line_of_the_stock_has_a_step_on_each_day_with_a_change() -> None:
    days = [
        StockOfDay(day=date(2020, 1, 31), quantity=0),
        StockOfDay(day=date(2020, 2, 2), quantity=10),
        StockOfDay(day=date(2020, 2, 6), quantity=5),
    ]
    assert step_line(days, FIRST, LAST) == "0,120 60,120 60,0 300,0 300,60 600,60"
    assert step_line([], FIRST, LAST) == ""
