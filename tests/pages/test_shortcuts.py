"""Keyboard shortcuts: the list of them, and that they do nothing while somebody types."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from support.browser import WIDTHS, OpenPage, fits, serious_faults


@pytest.mark.parametrize(
    ("language", "title", "width"),
    [("zh", "键盘快捷键", WIDTHS[0]), ("en", "Keyboard shortcuts", WIDTHS[1])],
)
def test_the_question_mark_lists_the_shortcuts(
    open_page: OpenPage, language: str, title: str, width: int
) -> None:
    page = open_page("/", language=language, width=width)
    page.locator("main").focus()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name=title)).to_be_visible()
    assert serious_faults(page) == []
    assert fits(page)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_key_opens_a_page_unless_somebody_types(open_page: OpenPage) -> None:
    page = open_page("/donations")
    page.keyboard.press("d")
    page.wait_for_url("**/donations/new")
    expect(page.locator('[name="/donor"]')).to_be_focused()
    page.keyboard.type("t?n/d")
    expect(page.locator('[name="/donor"]')).to_have_value("t?n/d")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_the_keys_can_be_switched_off(open_page: OpenPage) -> None:
    page = open_page("/donations")
    page.get_by_role("button", name="Keyboard shortcuts").click()
    page.get_by_role("checkbox").uncheck()
    page.get_by_role("button", name="Close").click()
    page.reload()
    page.keyboard.press("?")
    page.keyboard.press("t")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert page.url.endswith("/donations")


def test_the_slash_goes_to_the_search_field(open_page: OpenPage) -> None:
    page = open_page("/items", role="coordinator")
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    expect(page.get_by_role("searchbox")).to_have_value("")


def test_shift_and_enter_go_to_the_next_line(open_page: OpenPage) -> None:
    page = open_page("/needs/new")
    page.locator('[name="/lines/0/quantity"]').focus()
    for line in (1, 2):
        page.keyboard.press("Shift+Enter")
        expect(page.locator(f'[name="/lines/{line}/item"]')).to_be_focused()
    page.locator('[name="/lines/0/quantity"]').focus()
    page.keyboard.press("Shift+Enter")
    expect(page.locator('[name="/lines/1/item"]')).to_be_focused()
