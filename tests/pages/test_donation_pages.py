"""Record, see, correct and reverse a donation in a browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect
from support.browser import WIDTH_AND_LANGUAGE, OpenPage, fits, serious_faults
from support.page_client import PASSWORD

PAGES = ("/", "/donations", "/donations/new", "/entries", "/entries/conflicts", "/account")


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


@pytest.mark.parametrize(("width", "language"), WIDTH_AND_LANGUAGE)
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
    expect(page.get_by_text("· Why it was corrected: miscounted")).to_be_visible()
    page.get_by_text("Reverse this donation").click()
    field(page, "/reason").fill("by mistake")
    page.get_by_role("button", name="Reverse the donation").click()
    expect(page.get_by_text("This donation was reversed.")).to_be_visible()


def test_a_donation_is_recorded_by_keyboard_alone(open_page: OpenPage) -> None:
    page = open_page("/donations/new")
    keys = page.keyboard
    expect(field(page, "/donor")).to_be_focused()
    keys.type("李某")
    expect(page.get_by_role("option", name="李某 · D-2")).to_be_visible()
    keys.press("Enter")
    expect(field(page, "/donor")).to_have_value("李某 · D-2")
    keys.press("Enter")
    expect(field(page, "/happened_on")).to_be_focused()
    field(page, "/location").select_option("store")
    field(page, "/handled_by").fill("陈某")
    keys.press("Enter")
    expect(field(page, "/lines/0/item")).to_be_focused()
    keys.type("kz")  # the initials of 口罩
    expect(page.get_by_role("option", name="mask", exact=True)).to_be_visible()
    keys.press("Enter")
    keys.press("Enter")
    expect(field(page, "/lines/0/quantity")).to_be_focused()
    keys.type("2")
    keys.press("Enter")
    expect(field(page, "/lines/0/pack")).to_be_focused()
    field(page, "/lines/0/pack").select_option("ten")
    keys.press("Control+Enter")
    expect(page.get_by_text("2 × ten of 10 pieces = 20 pieces")).to_be_visible()


def test_lines_are_added_and_removed_in_place(open_page: OpenPage) -> None:
    page = open_page("/donations/new")
    fill(page, 3)
    page.get_by_role("button", name="Add a line").click()
    expect(field(page, "/lines/1/item")).to_be_focused()
    page.keyboard.type("洗手")
    page.get_by_role("option", name="hand sanitiser · soap").click()
    expect(field(page, "/lines/1/pack").locator("option")).to_have_text(
        ["bottle", "six of 6 bottles"]
    )
    page.get_by_role("button", name="Remove line 1").click()
    expect(field(page, "/lines/0/item")).to_have_count(0)
    expect(field(page, "/lines/1/item")).to_be_focused()
    field(page, "/lines/1/quantity").fill("4")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("4 bottles")).to_be_visible()


def test_a_reload_keeps_what_was_typed_until_it_is_saved(open_page: OpenPage) -> None:
    page = open_page("/donations/new")
    fill(page, 77)
    page.get_by_role("button", name="Add a line").click()
    field(page, "/lines/1/quantity").fill("5")
    page.reload()
    expect(field(page, "/lines/0/quantity")).to_have_value("77")
    expect(field(page, "/lines/1/quantity")).to_have_value("5")
    expect(field(page, "/donor")).to_be_focused()
    selected = field(page, "/donor").evaluate(
        "it => it.value.slice(it.selectionStart, it.selectionEnd)"
    )
    assert selected == field(page, "/donor").input_value() != ""
    field(page, "/lines/1/quantity").fill("")
    page.get_by_role("button", name="Save and next").click()
    expect(page.get_by_text("Recorded:")).to_be_visible()
    expect(field(page, "/lines/0/quantity")).to_have_value("")


def test_enter_while_composing_neither_chooses_nor_moves(open_page: OpenPage) -> None:
    page = open_page("/donations/new")
    field(page, "/donor").focus()
    field(page, "/donor").evaluate(
        """input => {
            input.dispatchEvent(new CompositionEvent("compositionstart"));
            input.value = "li";
            input.dispatchEvent(new InputEvent("input", { isComposing: true, bubbles: true }));
            input.dispatchEvent(
                new KeyboardEvent("keydown", { key: "Enter", isComposing: true, bubbles: true })
            );
        }"""
    )
    expect(field(page, "/donor")).to_be_focused()
    expect(field(page, "/donor")).to_have_value("li")


@pytest.mark.parametrize("javascript", [True, False])
def test_a_session_that_ends_in_a_filled_form_loses_nothing(
    open_page: OpenPage, javascript: bool
) -> None:
    open_page.expect_status(401)
    page = open_page("/donations/new", javascript=javascript)
    fill(page, 55 if javascript else 56)
    page.context.clear_cookies()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("What you typed is kept")).to_be_visible()
    page.get_by_label("Login").fill("recorder")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    if not javascript:
        page.get_by_role("button", name="Show my form").click()
    expect(page.get_by_text("This is the form as you left it")).to_be_visible()
    expect(field(page, "/lines/0/quantity")).to_have_value("55" if javascript else "56")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("link", name="Print the receipt")).to_be_visible()


def test_the_error_summary_leads_to_the_field(open_page: OpenPage) -> None:
    open_page.expect_status(422)
    page = open_page("/donations/new")
    field(page, "/donor").fill("Nobody")
    field(page, "/handled_by").fill("")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("alert")).to_be_focused()
    assert serious_faults(page) == []
    page.get_by_role("link", name="Taken in by").click()
    expect(field(page, "/handled_by")).to_be_focused()
    page.get_by_role("button", name="Register “Nobody” as a new donor").click()
    expect(field(page, "/new_donor/name")).to_have_value("Nobody")
