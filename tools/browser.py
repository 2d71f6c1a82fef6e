"""Start Chromium for tests and tools, with Playwright."""

from __future__ import annotations

import atexit
import lzma
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from playwright.sync_api import Browser, sync_playwright

OPTIONS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # No page is open long enough for optimized scripts to pay. Without, axe takes a seventh less.
    "--js-flags=--no-maglev --no-turbofan",
)

WIDTHS = (360, 1280)
"""Widths of browser windows in pixels: a phone and a desktop computer."""

LOCALES = {"zh": "zh-CN", "en": "en-GB"}
"""The locale of the browser for each language of the web pages."""

FONT = Path(__file__).parents[1] / "receipts/supplies_receipts/drawing/fonts/regular.ttf.xz"
"""The font file of the papers, with which Chinese is drawn on systems without a Chinese font."""


def find_chromium() -> str | None:
    """Return the path of Chromium, or None if it is not installed.

    Chromium's headless shell is preferred. It opens a page in a third of the time of the full
    browser.
    """
    names = ("chromium-headless-shell", "chromium", "chromium-browser")
    return next(filter(None, map(shutil.which, names)), None)


@contextmanager
def start_browser(program: str) -> Iterator[Browser]:
    """Run Chromium without a window, with a Chinese font, within the `with` block."""
    with sync_playwright() as playwright:
        environment: dict[str, str | float | bool] = {**os.environ}
        environment["FONTCONFIG_FILE"] = str(_fonts())
        browser = playwright.chromium.launch(
            executable_path=program, args=[*OPTIONS], env=environment
        )
        try:
            yield browser
        finally:
            browser.close()


@cache
def _fonts() -> Path:
    """Unpack the font of the papers. Return a fontconfig file that adds it to the system fonts.

    All browsers of this process use the same files, and the index of the fonts that the first made.
    """
    folder = Path(mkdtemp(prefix="supplies-fonts-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    (folder / "regular.ttf").write_bytes(lzma.decompress(FONT.read_bytes()))
    configuration = folder / "fonts.conf"
    configuration.write_text(
        '<?xml version="1.0"?><fontconfig><include ignore_missing="yes">/etc/fonts/fonts.conf'
        f"</include><dir>{folder}</dir><cachedir>{folder}</cachedir></fontconfig>",
        encoding="utf-8",
    )
    return configuration
