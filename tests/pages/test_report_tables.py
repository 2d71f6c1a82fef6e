"""The pages of reports that are tables, and the page of exports, in a browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from support.browser import WIDTH_AND_LANGUAGE, OpenPage, fits, serious_faults

from supplies.exports.reports import REPORTS


@pytest.mark.parametrize(("width", "language"), WIDTH_AND_LANGUAGE)
def test_axe_finds_no_serious_fault_in_a_report_and_in_the_exports(
    open_page: OpenPage, width: int, language: str
) -> None:
    for path in ("/reports/tables/cover", "/reports/tables/household", "/exports"):
        page = open_page(path, width=width, language=language, role="coordinator")
        assert serious_faults(page) == [], path
        assert fits(page), path


def test_every_report_is_reached_from_the_reports_and_gives_its_files(open_page: OpenPage) -> None:
    page = open_page("/reports")
    page.get_by_text("More reports").click()
    for kind in REPORTS.values():
        if kind.of_organisation:  # Linked from the page of the organisation.
            continue
        link = page.get_by_role("main").get_by_role("link", name=kind.title.en, exact=True)
        address = f"/reports/tables/{kind.name}"
        expect(link).to_have_attribute("href", address)
        shown = page.request.get(open_page.site.address + address)
        assert shown.ok, kind.name
        if any(option.required for option in kind.options):
            continue
        for form, start in (("pdf", b"%PDF"), ("xlsx", b"PK"), ("csv", b"\xef\xbb\xbf")):
            file = page.request.get(f"{open_page.site.address}{address}?form={form}")
            assert file.body().startswith(start), (kind.name, form)


def test_the_period_the_day_and_the_item_of_a_report_are_chosen(open_page: OpenPage) -> None:
    page = open_page("/reports/tables/derivation")
    page.get_by_label("From", exact=True).fill("2000-01-01")
    page.get_by_label("To", exact=True).fill("2000-01-31")
    page.get_by_label("Item", exact=True).fill("mask")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_label("From", exact=True)).to_have_value("2000-01-01")
    printed = page.get_by_role("link", name="Excel workbook").get_attribute("href")
    assert printed is not None
    assert {"from=2000-01-01", "to=2000-01-31", "item=mask", "form=xlsx"} <= set(
        printed.partition("?")[2].split("&")
    )
    assert page.request.get(open_page.site.address + printed).body().startswith(b"PK")


def test_a_report_that_needs_a_code_asks_for_it(open_page: OpenPage) -> None:
    page = open_page("/reports/tables/household")
    expect(page.get_by_role("table")).to_have_count(0)
    expect(page.get_by_label("Recipient")).to_be_visible()


def test_wrong_values_are_explained(open_page: OpenPage) -> None:
    for query, sentence in (
        ("derivation?from=2020-02-11&to=2020-02-01", "2020-02-01 is before 2020-02-11"),
        ("cover?days=many", "'many' is not a whole number of days"),
        ("cover?form=doc", "use pdf, csv or xlsx"),
    ):
        open_page.expect_status(422)
        page = open_page(f"/reports/tables/{query}")
        expect(page.get_by_text(sentence)).to_be_visible()


@pytest.mark.parametrize("role", ["coordinator", "auditor"])
def test_the_books_are_downloaded_in_each_format(open_page: OpenPage, role: str) -> None:
    page = open_page("/reports", role=role)
    page.get_by_role("link", name="Export the books").click()
    expect(page.get_by_role("heading", name="Journal for hledger")).to_be_visible()
    boxes = page.get_by_label("with personal data")
    assert (boxes.count() > 0) == (role == "coordinator")
    with page.expect_download() as started:
        page.get_by_role("button", name="Download").first.click()
    assert started.value.suggested_filename.endswith(".journal")


def test_a_recorder_sees_no_link_to_the_exports(open_page: OpenPage) -> None:
    page = open_page("/reports", role="recorder")
    expect(page.get_by_role("link", name="Export the books")).to_have_count(0)
