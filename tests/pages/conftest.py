"""A real browser and a real service, which all tests of the pages use."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser
from support.browser import OpenPage, Site, start_browser, start_site


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Repeat a test in the browser once if it fails. The summary of the run names it.

    A browser on a busy machine may lose a connection. A test that is named again and again has a
    real fault.
    """
    for item in items:
        if "chromium" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """The browser, which is started once for this folder. Each test has its own cookies.

    It is closed after the folder: while it is open, Playwright runs an event loop in this thread,
    and tests of other folders could not start theirs.
    """
    with start_browser() as browser:
        yield browser


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A service over books with items, people and places, and a session for each role."""
    with start_site(tmp_path_factory.mktemp("site")) as site:
        yield site


@pytest.fixture
def open_page(chromium: Browser, site: Site) -> Iterator[OpenPage]:
    """Opens pages as a role: `open_page("/donations", role="recorder")`.

    The test fails if a page violates the policy, or if a script fails.
    """
    opened = OpenPage(chromium, site)
    yield opened
    opened.close()
