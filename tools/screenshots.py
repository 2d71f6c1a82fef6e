"""Take a picture of each page of the demo, at two widths and in both languages.

    make screenshots

The tool records the demo, serves it, and follows the links from the first page as a coordinator. It
opens one page for each route and writes `var/screenshots/PAGE-LANGUAGE-WIDTH.png`. A page to which
no link leads is missing, because a reader would not find it either.
"""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page

from supplies.access import credentials, users
from supplies.access.access_context import AccessContext
from supplies.ledger.ledger import Ledger
from tools.browser import LOCALES, WIDTHS, find_chromium, start_browser

TARGET = Path(__file__).parents[1] / "var" / "screenshots"
START_SECONDS = 60
LEFT_OUT = re.compile(r"/(schema|assets|find|.*/pdf)|.*#")
"""Addresses that are not pages."""

_RECORD = re.compile(r"\b(donors|recipients|items|locations|teams|communities)/(?!new\b)[^/]+")
"""The table and the code of a record in an address."""


def main() -> None:
    """Take all pictures.

    Raises:
        SystemExit: Chromium is missing, or the service did not start.
    """
    program = find_chromium()
    if program is None:
        sys.exit("Chromium is needed: install chromium")
    TARGET.mkdir(parents=True, exist_ok=True)
    for old in TARGET.glob("*.png"):
        old.unlink()
    with tempfile.TemporaryDirectory() as folder, start_browser(program) as browser:
        database = Path(folder) / "demo.db"
        subprocess.run([supplies_program(), "demo", "--database", str(database)], check=True)
        session = session_of_demo(database)
        with served_demo(database) as address:
            paths = find_pages(browser, address, session)
            for language in LOCALES:
                for width in WIDTHS:
                    _take(browser, address, session, paths, language, width)


def supplies_program() -> str:
    """Return the path of the command line program."""
    return str(Path(sys.executable).with_name("supplies"))


def session_of_demo(database: Path) -> str:
    """Add a coordinator to the demo's books. Return the secret of a session."""
    with Ledger.open(str(database), station="lx") as ledger, ledger.admin_transaction() as books:
        access = AccessContext(books, ledger.clock())
        new = users.NewUser(login="chen", role="coordinator")
        user = users.add(access, new, by="screenshots")
        _, secret = credentials.issue(
            access, kind="session", role="coordinator", by=user.code, holder=user.code
        )
        return secret


@contextmanager
def served_demo(database: Path) -> Iterator[str]:
    """Serve the demo and return the address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    command = [supplies_program(), "serve", "--database", str(database), "--port", port]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as service:
        try:
            address = f"http://127.0.0.1:{port}"
            _wait(f"{address}/api/health")
            yield address
        finally:
            service.terminate()


def _wait(address: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        with suppress(OSError), urllib.request.urlopen(address):
            return
        time.sleep(0.2)
    sys.exit(f"the service did not answer at {address} within {START_SECONDS} seconds")


def find_pages(browser: Browser, address: str, session: str) -> dict[str, str]:
    """Return one path for each page, by the name of its picture."""
    with signed_in(browser, address, session, "en", WIDTHS[-1]) as page:
        return dict(walk_pages(page, address))


def walk_pages(page: Page, address: str) -> Iterator[tuple[str, str]]:
    """Open one page for each route that links lead to. Yield its name and path while it is open."""
    found, waiting = set[str](), ["/", "/sign-in"]
    while waiting:
        path = waiting.pop(0)
        name = page_name(path)
        if name in found or LEFT_OUT.match(path):
            continue
        found.add(name)
        page.goto(address + path)
        waiting += page.eval_on_selector_all(
            "a[href^='/']", "links => links.map(link => link.getAttribute('href'))"
        )
        yield name, path


def page_name(path: str) -> str:
    """Return the name of a page: codes and numbers in its path are replaced."""
    parts = _RECORD.sub(r"\1/1", path.partition("?")[0]).strip("/").split("/")
    plain = [part if re.fullmatch(r"[a-z][a-z-]+", part) else "one" for part in parts if part]
    return "-".join(plain) or "today"


def _take(
    browser: Browser, address: str, session: str, paths: dict[str, str], language: str, width: int
) -> None:
    with signed_in(browser, address, session, language, width) as page:
        for name, path in paths.items():
            page.goto(address + path)
            page.screenshot(path=TARGET / f"{name}-{language}-{width}.png", full_page=True)
            print(f"{name}-{language}-{width}.png")


@contextmanager
def signed_in(
    browser: Browser, address: str, session: str, language: str, width: int
) -> Iterator[Page]:
    """Open a window of the browser with a session."""
    context: BrowserContext = browser.new_context(
        locale=LOCALES[language], viewport={"width": width, "height": 800}
    )
    context.add_cookies([{"name": "supplies_session", "value": session, "url": address}])
    try:
        yield context.new_page()
    finally:
        context.close()


if __name__ == "__main__":
    main()
