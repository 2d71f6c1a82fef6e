"""Note, see and end needs in a browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect
from support.browser import WIDTH_AND_LANGUAGE, OpenPage, fits, serious_faults


def field(page: Page, pointer: str) -> Locator:
    """A field of a form, by its JSON pointer."""
    return page.locator(f'form.command [name="{pointer}"]')


@pytest.mark.parametrize(("width", "language"), WIDTH_AND_LANGUAGE)
def test_axe_finds_no_serious_fault_in_need_pages(
    open_page: OpenPage, width: int, language: str
) -> None:
    for path in ("/needs", "/needs?status=all", "/needs/new"):
        page = open_page(path, width=width, language=language)
        assert serious_faults(page) == [], path
        assert fits(page), path


@pytest.mark.parametrize("javascript", [True, False])
def test_the_needs_of_a_household_are_noted_together_and_one_is_ended(
    open_page: OpenPage, javascript: bool
) -> None:
    recipient, quantity = ("R-1", 41) if javascript else ("R-2", 42)
    page = open_page("/needs/new", javascript=javascript)
    field(page, "/recipient").fill(recipient)
    field(page, "/lines/0/item").fill("mask")
    field(page, "/lines/0/quantity").fill(str(quantity))
    field(page, "/lines/0/urgency").select_option("high")
    page.get_by_role("button", name="Add a line").click()
    field(page, "/lines/1/item").fill("soap")
    field(page, "/lines/1/quantity").fill("3")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Needs of")
    expect(page.get_by_role("cell", name=f"{quantity} pieces")).to_be_visible()
    page.get_by_role("row", name=f"{quantity} pieces").get_by_role("link").nth(1).click()
    page.get_by_text("End this need").click()
    field(page, "/reason").select_option("moved")
    page.get_by_role("button", name="End the need").click()
    expect(page.get_by_text("ended · moved away")).to_be_visible()
    page.goto(open_page.site.address + f"/needs?status=open&recipient={recipient}&item=mask")
    expect(page.get_by_text("No needs to show.")).to_be_visible()


def test_a_wrong_line_is_named_and_nothing_is_recorded(open_page: OpenPage) -> None:
    open_page.expect_status(422)
    page = open_page("/needs/new")
    field(page, "/recipient").fill("R-1")
    field(page, "/lines/0/item").fill("mask")
    field(page, "/lines/0/quantity").fill("7301")
    page.get_by_role("button", name="Add a line").click()
    field(page, "/lines/1/item").fill("unheard-of")
    field(page, "/lines/1/quantity").fill("0")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(field(page, "/lines/1/item")).to_have_attribute("aria-invalid", "true")
    expect(field(page, "/lines/1/quantity")).to_have_attribute("aria-invalid", "true")
    expect(field(page, "/lines/0/quantity")).to_have_value("7301")
    page.goto(open_page.site.address + "/needs?recipient=R-1&status=all")
    expect(page.get_by_text("7,301")).to_have_count(0)


def test_a_need_noted_twice_is_told_before_it_is_recorded_again(open_page: OpenPage) -> None:
    open_page.expect_status(422)
    page = open_page("/needs/new?recipient=R-1")
    for again in (False, True):
        field(page, "/lines/0/item").fill("mask")
        field(page, "/lines/0/quantity").fill("77")
        page.get_by_role("button", name="Save", exact=True).click()
        if not again:
            expect(page.get_by_role("heading", level=1)).to_contain_text("Needs of")
            page.goto(open_page.site.address + "/needs/new?recipient=R-1")
            expect(page.get_by_text("Open already:")).to_be_visible()
    expect(page.get_by_text("The same was recorded on the same day before")).to_be_visible()
    page.get_by_role("button", name="Record it all the same").click()
    expect(page.get_by_role("cell", name="77 pieces")).to_have_count(2)
