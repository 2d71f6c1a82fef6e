"""Count the keystrokes and seconds that it takes to record a donation by keyboard.

    make keystrokes

The tool serves the demo and records two donations in Chromium with the keyboard only. It measures
the second one, because by then the form remembers the location and the handler. It prints the
number of keystrokes, the seconds that the user waits for the program, and the seconds that a person
needs in total, with `SECONDS_A_KEY` for each keystroke.
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
"""Seconds per keystroke of a person who types 40 words a minute."""

AIM_SECONDS = 20


class Keyboard:
    """Presses keys on a page, and counts them."""

    def __init__(self, page: Page) -> None:
        self.page, self.keys = page, 0

    def type(self, text: str) -> None:
        """Type a text, one keystroke for each character."""
        self.page.keyboard.type(text)
        self.keys += len(text)

    def press(self, *keys: str) -> None:
        """Press some keys, one after another."""
        for key in keys:
            self.page.keyboard.press(key)
            self.keys += 1

    def choose(self, text: str) -> None:
        """Type the beginning of a name, choose the first record found, and go to the next field."""
        self.type(text)
        expect(self.page.locator(".found:not([hidden]) [role=option]").first).to_be_visible()
        self.press("Enter", "Enter")


def main() -> None:
    """Print the keystrokes and seconds of one donation.

    Raises:
        SystemExit: Chromium is not installed, or the service did not start.
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
    """Record a donation with the keyboard, and return the number of keystrokes.

    The donor is the first in the list.

    Args:
        opened_by: The key that opens the form; "" if the form is open already.
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
