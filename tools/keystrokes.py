"""Count the keys and seconds that recording a donation by keyboard takes.

    make keystrokes

It books the demo, serves it, and records two donations in Chromium with the keyboard alone. The
second one is measured, because the form then remembers the place and the person. The tool prints
the number of keys, the seconds for which the user waits for the program, and the seconds that a
person needs with `SECONDS_A_KEY` for each key.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Page, expect

from tools.browser import find_chromium, start_browser
from tools.screenshots import served_demo, session_of_demo, signed_in, supplies_program

SECONDS_A_KEY = 0.28
"""Seconds that a person who types 40 words a minute needs for one key."""

AIM_SECONDS = 20


class Keyboard:
    """Presses keys on a page and counts them."""

    def __init__(self, page: Page) -> None:
        self.page, self.keys = page, 0

    def type(self, text: str) -> None:
        """Type a text."""
        self.page.keyboard.type(text)
        self.keys += len(text)

    def press(self, *keys: str) -> None:
        """Press keys one after another."""
        for key in keys:
            self.page.keyboard.press(key)
            self.keys += 1

    def choose(self, text: str) -> None:
        """Type the beginning of a name, choose the first record found, and go to the next field."""
        self.type(text)
        expect(self.page.locator(".found:not([hidden]) [role=option]").first).to_be_visible()
        self.press("Enter", "Enter")


def main() -> None:
    """Print the measured numbers.

    Raises:
        SystemExit: Chromium is missing, or the service did not start.
    """
    program = find_chromium()
    if program is None:
        sys.exit("Chromium is needed: install chromium")
    with tempfile.TemporaryDirectory() as folder, start_browser(program) as browser:
        database = Path(folder) / "demo.db"
        booked = [supplies_program(), "demo", "--database", str(database)]
        subprocess.run(booked, check=True, stdout=subprocess.DEVNULL)
        session = session_of_demo(database)
        with (
            served_demo(database) as address,
            signed_in(browser, address, session, "zh", 1280) as page,
        ):
            page.goto(f"{address}/donations/new")
            page.locator('[name="/location"]').select_option(index=1)
            page.locator('[name="/handled_by"]').fill("陈某")
            page.locator('[name="/donor"]').focus()
            record_donation(page, "1")
            page.goto(f"{address}/donations")
            begin = time.perf_counter()
            keys = record_donation(page, "20", opened_by="d")
            waited = time.perf_counter() - begin
    person = keys * SECONDS_A_KEY + waited
    print(f"keystrokes             {keys:8}")
    print(f"seconds of the program {waited:8.1f}")
    print(f"seconds of a person    {person:8.1f}   (aim: {AIM_SECONDS})")


def record_donation(page: Page, quantity: str, *, opened_by: str = "") -> int:
    """Record a donation of the first donor with the keyboard, and return the number of keys.

    Args:
        opened_by: The key that opens the form; "" if it is open already.
    """
    keyboard = Keyboard(page)
    if opened_by:
        keyboard.press(opened_by)
    expect(page.locator('[name="/donor"]')).to_be_focused()
    keyboard.choose("D-")
    keyboard.press("Enter", "Enter", "Enter")  # day, place and person stay as they are
    expect(page.locator('[name="/lines/0/item"]')).to_be_focused()
    keyboard.choose("kz")  # the initials of 口罩, masks
    keyboard.type(quantity)
    keyboard.press("Control+Enter")
    page.wait_for_url(re.compile(r"/donations/d_\d+$"))
    return keyboard.keys


if __name__ == "__main__":
    main()
