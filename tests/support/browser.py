"""Chromium, driven by Playwright, and the service that it opens."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect

from supplies.access import users
from supplies.access.access_context import AccessContext
from supplies.access.passwords import hash_password
from supplies.ledger.ledger import Ledger
from supplies.signing.station_keys import create_first_key
from support.ledger_fixture import register_all
from support.page_client import PASSWORD
from support.rest_client import issue_credentials, sessions
from support.service_process import free_port, running_service
from tools.browser import LOCALES, WIDTHS, find_chromium
from tools.browser import start_browser as start_chromium

__all__ = [
    "WIDTHS",
    "WIDTH_AND_LANGUAGE",
    "OpenPage",
    "Site",
    "fits",
    "serious_faults",
    "start_browser",
    "start_site",
]

WIDTH_AND_LANGUAGE = ((WIDTHS[1], "en"),)
"""The width and the language in which page tests run axe. `fits` tries every width.

`test_every_page` examines the pages of the demo at the other width, in Chinese.
"""

PATIENCE = 20_000
"""Milliseconds that tests wait for something on a page."""

expect.set_options(timeout=PATIENCE)


class Site(NamedTuple):
    """A running service.

    Attributes:
        sessions: Session cookies by role. The login `recorder` has the password `PASSWORD`.
    """

    address: str
    database: Path
    sessions: dict[str, str]


@contextmanager
def start_browser() -> Iterator[Browser]:
    """Start Chromium. Skip the test if Chromium is not installed."""
    program = find_chromium()
    if program is None:
        pytest.skip("there is no Chromium on this machine: the pages were not opened")
    with start_chromium(program) as browser:
        yield browser


@contextmanager
def start_site(folder: Path) -> Iterator[Site]:
    """Serve new books of station lx that contain the records of `register_all`."""
    database = folder / "books.db"
    with Ledger.open(str(database), station="lx", clock=lambda: datetime.now(UTC)) as ledger:
        register_all(ledger)
        issue_credentials(ledger)
        with ledger.admin_transaction() as books:
            access = AccessContext(books, ledger.clock())
            recorder = users.get_by_login(access, "recorder")
            users.set_password(access, recorder.code, hash_password(PASSWORD, "recorder"))
        cookies = sessions(ledger)
    create_first_key(str(database))
    port = free_port()
    with (folder / "log").open("w") as log, running_service(str(database), port, log=log):
        yield Site(f"http://127.0.0.1:{port}", database, cookies)


class OpenPage:
    """Opens pages of a site in Chromium, and collects the errors that Chromium logs."""

    def __init__(self, browser: Browser, site: Site) -> None:
        self.browser, self.site = browser, site
        self.faults: list[str] = []
        self.expected: tuple[str, ...] = ()
        self._contexts: list[BrowserContext] = []

    def __call__(
        self,
        path: str,
        *,
        role: str | None = "recorder",
        language: str = "en",
        width: int = 1280,
        javascript: bool = True,
    ) -> Page:
        """Open a page with new cookies.

        Args:
            role: The role of the session. None opens the page without a session.
        """
        context = self.browser.new_context(
            locale=LOCALES[language],
            viewport={"width": width, "height": 900},
            java_script_enabled=javascript,
        )
        self._contexts.append(context)
        context.set_default_timeout(PATIENCE)
        if role is not None:
            cookie = {"name": "supplies_session", "value": self.site.sessions[role]}
            context.add_cookies([{**cookie, "url": self.site.address}])  # type: ignore[typeddict-item]  # the keys are right
        page = context.new_page()
        page.on("pageerror", lambda error: self.faults.append(f"{page.url}: {error}"))
        page.on("console", lambda message: self._note(page, message))
        page.goto(self.site.address + path)
        return page

    def expect_status(self, status: int) -> None:
        """Do not count a response with this status as an error."""
        self.expected = (*self.expected, f"status of {status}")

    def close(self) -> None:
        """Close the pages. Fail if Chromium logged an error."""
        for context in self._contexts:
            context.close()
        assert self.faults == [], self.faults

    def _note(self, page: Page, message: ConsoleMessage) -> None:
        if message.type == "error" and not any(each in message.text for each in self.expected):
            self.faults.append(f"{page.url}: {message.text}")


AXE = Axe()

RUN_AXE = """() => axe.run(
    {exclude: [["tbody tr:nth-child(n+9)"]]}, {resultTypes: ["violations"], preload: false}
).then(
    found => found.violations
        .filter(one => ["serious", "critical"].includes(one.impact))
        .map(one => [one.id, one.help, one.nodes.map(node => node.html).slice(0, 3)])
)"""
"""Script that runs axe and returns only the faults, because reading all results takes long.

Of each table, axe examines the first eight rows, because it takes ten milliseconds for each text.
No rule that is on reads the style sheets, which axe would load again with `preload`.
"""


def serious_faults(page: Page) -> list[Any]:
    """Return the accessibility faults on a page that axe rates as serious or critical."""
    page.evaluate(AXE.axe_script)
    return list(page.evaluate(RUN_AXE))


def fits(page: Page) -> bool:
    """Return whether a page is not wider than the window, whatever width the window has."""
    size = page.viewport_size
    assert size is not None
    try:
        return all(_fits_at(page, width, size["height"]) for width in WIDTHS)
    finally:
        page.set_viewport_size(size)


def _fits_at(page: Page, width: int, height: int) -> bool:
    page.set_viewport_size({"width": width, "height": height})
    return bool(
        page.evaluate(
            "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
        )
    )
