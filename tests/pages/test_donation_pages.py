"""Record, see, correct and reverse a donation in a browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect
from support.browser import WIDTHS, OpenPage, fits, serious_faults

PAGES = ("/", "/donations", "/donations/new", "/account")


def field(page: Page, pointer: str) -> Locator:
    """A field of a form, by its JSON pointer."""
    return page.locator(f'form.command [name="{pointer}"]')


def fill(page: Page, quantity: int, *, item: str = "mask", donor: str = "D-1") -> None:
    """Fill in the form of a donation."""
    field(page, "/donor").fill(donor)
    field(page, "/location").select_option("store")
    field(page, "/handled_by").fill("陈某")
    field(page, "/lines/0/item").fill(item)
    field(page, "/lines/0/quantity").fill(str(quantity))


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_no_serious_fault_and_pages_fit(
    open_page: OpenPage, width: int, language: str
) -> None:
    for path in PAGES:
        page = open_page(path, role="coordinator", width=width, language=language)
        assert serious_faults(page) == [], path
        assert fits(page), path
    page = open_page("/sign-in", role=None, width=width, language=language)
    assert serious_faults(page) == []


@pytest.mark.parametrize("javascript", [True, False])
def test_a_donation_is_recorded_corrected_and_reversed(
    open_page: OpenPage, javascript: bool
) -> None:
    quantity = 31 if javascript else 32
    page = open_page("/donations/new", javascript=javascript)
    fill(page, quantity)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("广州某企业")
    expect(page.get_by_text(f"{quantity} pieces")).to_be_visible()
    expect(page.get_by_role("link", name="Print the receipt")).to_be_visible()
    assert serious_faults(page) == [] if javascript else True
    page.get_by_role("link", name="Correct").click()
    expect(field(page, "/command/donor")).to_have_value("广州某企业 · D-1")
    field(page, "/command/lines/0/quantity").fill(str(quantity + 100))
    field(page, "/reason").fill("miscounted")
    page.get_by_role("button", name="Save the correction").click()
    expect(page.get_by_text(f"{quantity + 100} pieces")).to_be_visible()
    page.get_by_text("Reverse this donation").click()
    field(page, "/reason").fill("by mistake")
    page.get_by_role("button", name="Reverse the donation").click()
    expect(page.get_by_text("This donation was reversed.")).to_be_visible()
