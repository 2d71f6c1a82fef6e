"""See the stock, and record in a browser what moves it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect
from support.browser import WIDTH_AND_LANGUAGE, OpenPage, fits, serious_faults

FORMS = (
    "move",
    "hand-out",
    "write-off",
    "issue",
    "lend",
    "repack",
    "return",
    "take-back",
    "found",
    "arrival",
    "opening",
)


def field(page: Page, pointer: str) -> Locator:
    """A field of a form, by its JSON pointer."""
    return page.locator(f'form.command [name="{pointer}"]')


def fill(page: Page, quantity: int, **fields: str) -> None:
    """Fill in fields of the command, and its first line."""
    for name, value in fields.items():
        control = field(page, f"/{name.rstrip('_')}")
        if control.evaluate("each => each.tagName") == "SELECT":
            control.select_option(value)
        else:
            control.fill(value)
    field(page, "/lines/0/item").fill("soap")
    field(page, "/lines/0/quantity").fill(str(quantity))
    page.get_by_role("button", name="Save", exact=True).click()


@pytest.mark.parametrize("javascript", [True, False])
def test_opening_stock_is_moved_handed_out_and_written_off(
    open_page: OpenPage, javascript: bool
) -> None:
    quantity = 1001 if javascript else 2002
    page = open_page("/stock/new/opening", javascript=javascript)
    address = open_page.site.address
    fill(page, quantity, location="store")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Opening stock")
    for kind, part, fields in (
        ("move", 7, {"from_": "store", "to": "annex"}),
        ("hand-out", 5, {"recipient": "R-1", "location": "store"}),
        ("write-off", 3, {"reason": "damaged", "location": "store"}),
        ("issue", 2, {"purpose": f"checkpoint {javascript}", "location": "store"}),
    ):
        page.goto(f"{address}/stock/new/{kind}")
        if kind == "issue":
            open_page.expect_status(422)
        fill(page, part if javascript else part + 10, **fields)
        if kind == "issue":
            page.get_by_role("button", name="as a new purpose").click()
            page.get_by_role("button", name="Save", exact=True).click()
        expect(page).to_have_url(f"{address}/entries/" + page.url.rpartition("/")[2])
    page.goto(f"{address}/stock?item=soap&location=annex")
    expect(page.get_by_role("rowheader", name="hand sanitiser").first).to_be_visible()
    page.get_by_role("link", name="hand sanitiser").first.click()
    expect(page.get_by_role("heading", name="Lots")).to_be_visible()


def test_too_much_is_refused_at_its_line(open_page: OpenPage) -> None:
    open_page.expect_status(409)
    page = open_page("/stock/new/move?item=mask&location=store")
    field(page, "/to").select_option("annex")
    field(page, "/lines/0/quantity").fill("987654321")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(field(page, "/lines/0/quantity")).to_have_value("987654321")


@pytest.mark.parametrize(("width", "language"), WIDTH_AND_LANGUAGE)
def test_axe_finds_no_serious_fault_in_pages_of_stock(
    open_page: OpenPage, width: int, language: str
) -> None:
    for path in ("/stock", "/stock/items/mask", *(f"/stock/new/{kind}" for kind in FORMS)):
        page = open_page(path, width=width, language=language)
        assert serious_faults(page) == [], path
        assert fits(page), path
