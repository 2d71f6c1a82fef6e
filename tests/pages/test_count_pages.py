"""Count the stock of a place, settle the differences, and see why a figure is what it is."""

from __future__ import annotations

import re

import pytest
from litestar.testing import TestClient
from playwright.sync_api import Locator, Page, expect
from support.browser import WIDTH_AND_LANGUAGE, OpenPage, fits, serious_faults
from support.page_client import sign_in_as
from support.rest_client import RestClient
from support.service_fixture import Service


def field(page: Page, pointer: str) -> Locator:
    """A field of a form, by its JSON pointer."""
    return page.locator(f'form.command [name="{pointer}"]')


def open_stock(page: Page, quantity: int) -> None:
    """Enter opening stock of soap in the annex."""
    field(page, "/location").select_option("annex")
    field(page, "/lines/0/item").fill("soap")
    field(page, "/lines/0/quantity").fill(str(quantity))
    field(page, "/lines/0/batch").fill(f"N{quantity}")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Opening stock")


@pytest.mark.parametrize("javascript", [True, False])
def test_a_count_is_made_blind_and_its_difference_is_settled(
    open_page: OpenPage, javascript: bool
) -> None:
    quantity = 61 if javascript else 62
    page = open_page("/stock/new/opening", role="coordinator", width=360, javascript=javascript)
    open_stock(page, quantity)
    page.goto(f"{open_page.site.address}/stock/counts")
    field(page, "/location").select_option("annex")
    page.get_by_role("button", name="Begin a count").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Count of")
    counted = page.get_by_label(f"N{quantity}")
    expect(page.get_by_text("in the books:")).to_have_count(0)
    page.get_by_role("link", name="Show the quantities in the books").click()
    expect(page.get_by_text("in the books:").first).to_be_visible()
    page.get_by_role("link", name="Hide the quantities in the books").click()
    counted.fill(str(quantity - 2))
    page.get_by_role("button", name="Record the count").click()
    expect(page.get_by_text("2 bottles missing")).to_be_visible()
    if javascript:
        assert serious_faults(page) == []
        assert fits(page)
    expect(field(page, "/lines/0/quantity")).to_have_value("2")
    expect(field(page, "/by").get_by_role("option")).to_have_text(["–", "missing goods: lost"])
    expect(field(page, "/party")).to_have_count(0)
    field(page, "/reason").fill("broken bottles")
    page.get_by_role("button", name="Settle the difference").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Difference settled")
    page.goto(f"{open_page.site.address}/stock/counts")
    expect(page.get_by_role("heading", name="Differences without a cause")).to_have_count(0)


def test_found_goods_are_settled_as_a_gift_with_a_receipt(
    rest: RestClient, service: Service
) -> None:
    browser = sign_in_as(rest.client, service, "coordinator")
    keys = {"key": "0123456789abcdef", "do": "save"}
    sheet = browser.send("/stock/counts", **keys, **{"/location": "store"}).headers["location"]
    counted = {"/lines/0/item": "mask", "/lines/0/counted": "7"}
    empty = browser.send(sheet, **{**keys, "key": "1" * 16})
    assert empty.status_code == 422
    assert browser.send(sheet, **{**keys, "key": "2" * 16}, **counted).status_code == 303
    shown = browser.open(sheet)
    assert "7 pieces too many" in shown
    assert "missing goods: lost" not in shown
    assert 'name="/lines/0/quantity" type="text" value="7"' in shown
    cause = {
        "/by": "donor",
        "/party": "广州某企业",
        "/handled_by": "陈某",
        "/reason": "came in the night",
        "/lines/0/item": "mask",
        "/lines/0/quantity": "7",
    }
    done = browser.send(f"{sheet}/settle", **{**keys, "key": "3" * 16}, **cause)
    assert done.status_code == 303
    assert "Receipt" in browser.open("/donations")
    assert "has a cause" in browser.open(sheet)


def test_lots_left_empty_are_not_counted(rest: RestClient, service: Service) -> None:
    rest.give(5, batch="B1")
    rest.give(6, batch="B2")
    browser = sign_in_as(rest.client, service, "recorder")
    keys = {"key": "0123456789abcdef", "do": "save"}
    sheet = browser.send("/stock/counts", **keys, **{"/location": "store"}).headers["location"]
    lots = [row["lot"] for row in rest_stock(rest, service)]
    lines = {}
    for at, lot in enumerate(lots):
        lines |= {f"/lines/{at}/item": "mask", f"/lines/{at}/lot": lot}
        lines[f"/lines/{at}/counted"] = "5" if at == 0 else ""
    browser = sign_in_as(rest.client, service, "recorder")
    browser.send(sheet, **{**keys, "key": "1" * 16}, **lines)
    shown = browser.open(sheet)
    assert shown.count('<th scope="row">mask') == 1
    assert "/settle" not in shown
    assert browser.client.get(f"{sheet}/pdf").headers["content-type"] == "application/pdf"


def rest_stock(rest: RestClient, service: Service) -> list[dict[str, str]]:
    headers = {"Authorization": f"Bearer {service.tokens['coordinator']}"}
    rows = rest.client.get("/api/stock", headers=headers).json()["items"]
    return sorted(rows, key=lambda row: str(row["lot"]))


def test_every_figure_of_stock_leads_to_its_movements(rest: RestClient, service: Service) -> None:
    rest.give(20, batch="B1")
    rest.allocation(4)
    browser = sign_in_as(rest.client, service, "recorder")
    shown = browser.open("/stock")
    assert "/stock/movements?account=stock:store&item=mask&lot=" in shown.replace("&amp;", "&")
    page = browser.open("/stock/movements?account=stock:store&item=mask")
    assert "16 pieces" in page
    assert 'href="/entries/1"' in page
    assert "Also here, set aside:" in page
    cells = re.findall(r'data-label="(?:In or out|Balance)"[^>]*>([^<]*)<', page)
    assert cells == ["\u22124", "16", "+20", "20"]
    browser.open("/stock/movements?account=nonsense&item=mask", status=422)


def test_an_auditor_reads_movements_without_names(
    rest: RestClient, service: Service, anonymous_client: TestClient
) -> None:
    rest.give(20)
    auditor = sign_in_as(anonymous_client, service, "auditor")
    page = auditor.open("/stock/movements?account=stock:store&item=mask")
    assert "广州某企业" not in page


@pytest.mark.parametrize("javascript", [True, False])
def test_lent_goods_come_back_from_the_page_of_the_loan(
    open_page: OpenPage, javascript: bool
) -> None:
    quantity = 71 if javascript else 72
    page = open_page("/stock/new/opening", javascript=javascript)
    open_stock(page, quantity)
    page.goto(f"{open_page.site.address}/stock/new/lend?item=soap&location=annex")
    open_page.expect_status(422)
    field(page, "/borrower").fill(f"B-{quantity}")
    field(page, "/lines/0/quantity").fill("5")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("button", name="as a new borrower").click()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(field(page, "/borrower")).to_have_count(0)
    page.goto(f"{open_page.site.address}/stock/out/loans")
    page.get_by_role("row", name=f"B-{quantity}").last.get_by_role("link").first.click()
    expect(field(page, "/lines/0/quantity")).to_have_value("5")
    field(page, "/lines/0/quantity").fill("3")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("hand sanitiser 2 bottles")).to_be_visible()
    expect(field(page, "/lines/0/quantity")).to_have_value("2")


@pytest.mark.parametrize(("width", "language"), WIDTH_AND_LANGUAGE)
def test_axe_finds_no_serious_fault_in_counts_loans_and_movements(
    open_page: OpenPage, width: int, language: str
) -> None:
    page = open_page("/stock/new/opening", role="coordinator")
    open_stock(page, width + (language == "zh"))
    page.goto(f"{open_page.site.address}/stock/counts")
    field(page, "/location").select_option("annex")
    page.get_by_role("button", name="Begin a count").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Count of")
    sheet = page.url.removeprefix(open_page.site.address)
    for path in (
        "/stock/counts",
        sheet,
        f"{sheet}?figures=true",
        "/stock/out/loans",
        "/stock/out/issues",
        "/stock/movements?account=stock:annex&item=soap",
    ):
        page = open_page(path, role="coordinator", width=width, language=language)
        assert serious_faults(page) == [], path
        assert fits(page), path
