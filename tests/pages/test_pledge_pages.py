"""Record a pledge, promise its goods to a need, and end it, in a browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect
from support.browser import WIDTH_AND_LANGUAGE, OpenPage, fits, serious_faults

from supplies.domain.catalogue_records import Item
from supplies.ledger.ledger import Ledger


def field(page: Page, pointer: str) -> Locator:
    """A field of a form, by its JSON pointer."""
    return page.locator(f'form.command [name="{pointer}"]')


@pytest.mark.parametrize("javascript", [True, False])
def test_a_pledge_is_recorded_claimed_and_cancelled(open_page: OpenPage, javascript: bool) -> None:
    item, quantity = f"candle-{javascript}".lower(), 61
    with Ledger.open(str(open_page.site.database), station="lx", create=False) as ledger:
        # No other test needs it, so there is one need to promise the goods to.
        ledger.register(Item(code=item, name=item, unit="bottle"))
    page, address = open_page("/needs/new", javascript=javascript), open_page.site.address
    field(page, "/recipient").fill("R-1")
    field(page, "/lines/0/item").fill(item)
    field(page, "/lines/0/quantity").fill(str(quantity))
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Needs of")
    page.goto(address + "/pledges/new")
    field(page, "/donor").fill("D-1")
    field(page, "/lines/0/item").fill(item)
    field(page, "/lines/0/quantity").fill(str(quantity + 10))
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Pledge of")
    main_button = page.locator("main :is(button, a.button):not(.quiet, .hidden):visible")
    expect(main_button).to_have_text(["Promise these goods"])
    page.get_by_label(f"Promise: 王某, {item}").fill("9")
    page.get_by_role("button", name="Promise these goods").click()
    expect(page.get_by_role("cell", name="王某: 9 bottles")).to_be_visible()
    page.get_by_text("The donor cancels the pledge").click()
    page.locator("#cancel-field-reason").fill("moved away")
    page.get_by_role("button", name="Cancel what is outstanding").click()
    expect(page.get_by_text("moved away")).to_be_visible()
    expect(page.get_by_role("button", name="End the pledge")).to_have_count(0)


@pytest.mark.parametrize(("width", "language"), WIDTH_AND_LANGUAGE)
def test_axe_finds_no_serious_fault_in_pages_of_pledges(
    open_page: OpenPage, width: int, language: str
) -> None:
    for path in ("/pledges?status=all", "/pledges/new"):
        page = open_page(path, width=width, language=language)
        assert serious_faults(page) == [], path
        assert fits(page), path
