"""Take a picture of each page that each role sees, at two widths and in both languages.

    make screenshots
    make screenshots ROLES="auditor courier" LANGUAGES=en

The tool records the demo with some open cases, serves it, and follows the links from the first page
as each role. Pages to which no link leads are named in `UNLINKED`. It opens one page for each route
and writes `var/screenshots/LANGUAGE-WIDTH/ROLE-PAGE.png`. The pictures of `new` are those of a
station without records, and those of `head` the pages of a head's coordinator about all stations.
"""

from __future__ import annotations

import argparse
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import get_args

import pyotp
from playwright.sync_api import Browser, BrowserContext, Page

from supplies import (
    Allocate,
    AllocationLine,
    ArrivalLine,
    Item,
    Ledger,
    LendGoods,
    Location,
    LotLine,
    MakePledge,
    MergeCodes,
    NoteNeed,
    PledgeLine,
    Recipient,
    RecordArrival,
    ReportOutcome,
    SendShipment,
)
from supplies.access import credentials, donor_requests, one_time_codes, users
from supplies.access.access_context import AccessContext
from supplies.access.donor_requests import NewRequest
from supplies.access.passwords import hash_password
from supplies.access.roles import UserRole
from supplies.demo.longxue import STATION
from supplies.signing.station_keys import StationKeys
from supplies.views.deliveries import list_deliveries
from supplies.views.receipt_papers import with_signature
from supplies.views.receipts import list_receipts
from tools.browser import LOCALES, WIDTHS, find_chromium, start_browser

TARGET = Path(__file__).parents[1] / "var" / "screenshots"
START_SECONDS = 60
PASSWORD = "seven red bicycles"
LEFT_OUT = re.compile(r"/(schema|assets|find|.*/(pdf|csv|xlsx))|.*#")
"""Paths that are not opened, because they are not pages."""

_RECORD = re.compile(r"\b(donors|recipients|items|locations|teams|communities)/(?!new\b)[^/]+")
"""Regular expression of the table and the code of a record in a path."""


UNLINKED: Mapping[str, Sequence[str]] = {
    "nobody": ("/v", "/v?number=JZ-2020-000001&c=WRONG", "/my/lost", "/nothing-here"),
    "recorder": ("/admin", "/donations/d_0"),
}
"""Paths of pages to which no link leads, such as error pages, by the role that opens them."""


ROLES = (*get_args(UserRole), "nobody", "donor", "head", "new")


def main() -> None:
    """Take the pictures that the command line asks for.

    Raises:
        SystemExit: An option is wrong, Chromium is missing, or the service did not start.
    """
    parser = argparse.ArgumentParser(prog="python -m tools.screenshots")
    parser.add_argument("--roles", nargs="+", choices=ROLES, default=ROLES)
    parser.add_argument("--languages", nargs="+", choices=LOCALES, default=tuple(LOCALES))
    options = parser.parse_args()
    program = find_chromium()
    if program is None:
        sys.exit("Chromium is needed: install chromium")
    shutil.rmtree(TARGET, ignore_errors=True)
    with tempfile.TemporaryDirectory() as folder, start_browser(program) as browser:
        take = partial(_take_role, browser, options.languages)
        demo, empty = Path(folder) / "demo.db", Path(folder) / "empty.db"
        run = partial(subprocess.run, check=True, stdout=subprocess.DEVNULL)
        run([supplies_program(), "demo", "--database", str(demo)])
        leave_cases_open(demo)
        with served_demo(demo) as address:
            for role in get_args(UserRole):
                if role in options.roles:
                    session = session_of_demo_user(demo, role)
                    take(address, role, session, UNLINKED.get(role, ()))
            if "nobody" in options.roles:
                take(address, "nobody", "", [*UNLINKED["nobody"], _receipt_address(demo)])
                _take_code_form(browser, options.languages, address, _user_with_codes(demo))
            if "donor" in options.roles:
                take(address, "donor", "", [_donor_link(demo)])
        if "head" in options.roles:
            _add_stations(run, demo)
            with served_demo(demo) as address:
                take(address, "head", _session_of_new_user(demo, "qu"))
        if "new" in options.roles:
            new = ("--database", str(empty), "--station", "nx", "--name", "南沙社工站")
            run([supplies_program(), "init", *new])
            with served_demo(empty) as address:
                take(address, "new", _session_of_new_user(empty, "nx"))


def _take_role(
    browser: Browser,
    languages: Iterable[str],
    address: str,
    role: str,
    session: str,
    unlinked: Sequence[str] = (),
) -> None:
    """Take pictures of all pages that a role can see.

    Args:
        unlinked: Paths of pages to which no link leads, such as a donor's page.
    """
    linked = find_pages(browser, address, session) if session else {}
    paths = [*linked.items(), *((f"unlinked-{at}", path) for at, path in enumerate(unlinked, 1))]
    for language in languages:
        for width in WIDTHS:
            folder = TARGET / f"{language}-{width}"
            folder.mkdir(parents=True, exist_ok=True)
            with signed_in(browser, address, session, language, width) as page:
                for name, path in paths:
                    page.goto(address + path)
                    if path.startswith("/run"):  # Its script reads the deliveries.
                        page.wait_for_load_state("networkidle")
                    page.screenshot(path=folder / f"{role}-{name}.png", full_page=True)
            print(f"{folder.name}: {len(paths)} pages of {role}")


def _take_code_form(browser: Browser, languages: Iterable[str], address: str, login: str) -> None:
    """Take pictures of the form for a one-time code, which is shown after the password."""
    for language in languages:
        for width in WIDTHS:
            with signed_in(browser, address, "", language, width) as page:
                page.goto(f"{address}/sign-in")
                page.locator("#login").fill(login)
                page.locator("#password").fill(PASSWORD)
                page.locator("#password").press("Enter")
                page.locator("#code").wait_for()
                picture = TARGET / f"{language}-{width}" / "nobody-sign-in-code.png"
                page.screenshot(path=picture, full_page=True)


def leave_cases_open(database: Path) -> None:
    """Record cases that the demo lacks, so that the pages about them are not empty."""
    with Ledger.open(str(database), station=STATION) as ledger:
        record = partial(ledger.record, by="u_1")
        delivery = list_deliveries(ledger.books, status="out").items[0]
        stops = [stop.allocation for stop in delivery.stops]
        for outcome in ("not_at_home", "handed_over"):
            record(ReportOutcome(delivery=delivery.id, allocation=stops[0], outcome=outcome))
        pledged = [PledgeLine(item="gift", quantity=30)]
        record(MakePledge(donor="D-05", due_on=ledger.today(), lines=pledged))
        bottles = [LotLine(item="sanitiser", quantity=2)]
        record(LendGoods(borrower="D-04", location="store-a", lines=bottles))
        record(SendShipment(station="hp", location="store-a", lines=bottles))
        bought = [ArrivalLine(item="mask", quantity=20, expires_on=ledger.today())]
        record(RecordArrival(origin="bought", party="D-04", location="store-a", lines=bought))
        record(MergeCodes(kind="recipient", code="R-036", into="R-035", reason="同一户"))
        free = [AllocationLine(item="mask", quantity=1)]
        record(Allocate(recipient="R-035", location="store-a", lines=free))
        with ledger.admin_transaction() as books:
            access = AccessContext(books, ledger.clock())
            donor_requests.add(access, "D-01", NewRequest(kind="forget"))


def _donor_link(database: Path) -> str:
    """Create a donor's link, and return its path."""
    with Ledger.open(str(database), station=STATION) as ledger, ledger.admin_transaction() as books:
        access = AccessContext(books, ledger.clock())
        _, secret = credentials.issue(access, kind="link", role="donor", by="u_1", donor="D-01")
        return f"/my/{secret}"


def _receipt_address(database: Path) -> str:
    """Return the path behind the QR code of the last valid receipt."""
    keys = StationKeys.for_database(str(database))
    with Ledger.open(str(database), station=STATION) as ledger:
        valid = [one for one in list_receipts(ledger.books).items if one.status == "issued"]
        receipt = with_signature(ledger.books, valid[-1], keys.sign)
    return f"/v/{receipt.number}?c={receipt.check_code}"


def _user_with_codes(database: Path) -> str:
    """Add a user who signs in with a one-time code. Return the login."""
    with Ledger.open(str(database), station=STATION) as ledger, ledger.admin_transaction() as books:
        access = AccessContext(books, ledger.clock())
        user = users.add(access, users.NewUser(login="liang", role="recorder"), by="screenshots")
        users.set_password(access, user.code, hash_password(PASSWORD, user.login))
        secret = one_time_codes.start(access, user)
        one_time_codes.confirm(access, user.code, pyotp.TOTP(secret).at(ledger.clock()))
        return user.login


def _add_stations(run: Callable[[Sequence[str]], object], database: Path) -> None:
    """Add a head to the demo's station, and another station with goods and needs."""
    station = (supplies_program(), "station")
    books = ("--database", str(database))
    run([*station, "add", "qu", "--name", "区红十字会", "--series", "QU", *books])
    run([*station, "add", "hp", "--name", "黄浦社工站", "--series", "HP", *books])
    for code in (STATION, "hp"):
        run([*station, "set", "--station", code, "--under", "qu", *books])
    with Ledger.open(str(database), station="hp") as ledger:
        ledger.register(Item(code="mask", name="口罩", name_en="mask"))
        ledger.register(
            Location(code="store", name="黄浦仓库"), Recipient(code="R-001", name="何家")
        )
        record = partial(ledger.record, by="u_1")
        goods = [ArrivalLine(item="mask", quantity=400)]
        record(RecordArrival(origin="bought", party="pharmacy", location="store", lines=goods))
        record(NoteNeed(recipient="R-001", item="mask", quantity=30))


def session_of_demo_user(database: Path, role: UserRole) -> str:
    """Create a session for the demo's user with this role. Return its secret."""
    with Ledger.open(str(database), station=STATION) as ledger, ledger.admin_transaction() as books:
        access = AccessContext(books, ledger.clock())
        return _issue(access, users.get_by_login(access, role))


def supplies_program() -> str:
    """Return the path of the program `supplies`."""
    return str(Path(sys.executable).with_name("supplies"))


def session_of_demo(database: Path) -> str:
    """Add a coordinator to the demo's books. Return the secret of a session of this user."""
    return _session_of_new_user(database, STATION)


def _session_of_new_user(database: Path, station: str) -> str:
    with Ledger.open(str(database), station=station) as ledger, ledger.admin_transaction() as books:
        access = AccessContext(books, ledger.clock())
        new = users.NewUser(login="chen", role="coordinator")
        return _issue(access, users.add(access, new, by="screenshots"))


def _issue(access: AccessContext, user: users.User) -> str:
    _, secret = credentials.issue(
        access, kind="session", role=user.role, by=user.code, holder=user.code, team=user.team
    )
    return secret


@contextmanager
def served_demo(database: Path) -> Iterator[str]:
    """Serve books within the `with` block. Yield the address of the service."""
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
    """Return the path of one page for each route, by the name of the page's picture."""
    with signed_in(browser, address, session, "en", WIDTHS[-1]) as page:
        return dict(walk_pages(page, address))


def walk_pages(page: Page, address: str) -> Iterator[tuple[str, str]]:
    """Follow the links, and open one page for each route.

    Yield the name and the path of each page while the page is open.
    """
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
    """Return a name for the page at a path, in which codes and numbers are replaced."""
    parts = _RECORD.sub(r"\1/1", path.partition("?")[0]).strip("/").split("/")
    plain = [part if re.fullmatch(r"[a-z][a-z-]+", part) else "one" for part in parts if part]
    return "-".join(plain) or "today"


@contextmanager
def signed_in(
    browser: Browser, address: str, session: str, language: str, width: int
) -> Iterator[Page]:
    """Open a browser window in which the user of a session is signed in."""
    context: BrowserContext = browser.new_context(
        locale=LOCALES[language], viewport={"width": width, "height": 800}
    )
    if session:
        context.add_cookies([{"name": "supplies_session", "value": session, "url": address}])
    try:
        yield context.new_page()
    finally:
        context.close()


if __name__ == "__main__":
    main()
