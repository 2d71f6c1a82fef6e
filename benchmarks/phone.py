"""Measure the web page of a delivery team, with 2,000 stops and over a slow network.

The benchmark creates books with one large delivery, opens the page in Chromium, and measures two
times: from opening the list until it is drawn, and from tapping Save until the record is on the
phone's disk and the page confirms it. It then creates books with the delivery of one day, and
measures on a slow phone with a slow network how long it takes from opening the link of a team,
through joining, until the first stop is shown.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import Browser, Page

from benchmarks.workload import STATION
from supplies.access import credentials, phones
from supplies.access.access_context import AccessContext
from supplies.domain import commands as c
from supplies.domain.catalogue_records import Item, Location, Recipient, Station, Team
from supplies.ledger.ledger import Ledger
from supplies.signing.station_keys import create_first_key
from tools.browser import find_chromium, start_browser
from tools.screenshots import served_demo

STOPS = 2_000
MOST_STOPS = 500
"""Number of stops in one delivery. The phone lists the stops of all deliveries of a team."""

STOPS_OF_ONE_DAY = 40

REPETITIONS = 9
REPETITIONS_OF_JOINING = 3
AIM_LIST_MILLISECONDS = 100
AIM_SAVE_MILLISECONDS = 50
AIM_JOIN_SECONDS = 10

SLOW_NETWORK = {
    "offline": False,
    "latency": 400,  # milliseconds for each request
    "downloadThroughput": 400_000 / 8,  # bytes per second
    "uploadThroughput": 400_000 / 8,
}

SLOWER_PROCESSOR = 4
"""How much slower the phone's processor is than that of this computer."""

LIST = """() => new Promise((done) => {
  location.hash = "#/bag";
  setTimeout(() => {
    const begin = performance.now();
    location.hash = "#/";
    const look = () => {
      if (!document.querySelector(".stops li")) return setTimeout(look);
      document.body.getBoundingClientRect();
      done(performance.now() - begin);
    };
    setTimeout(look);
  }, 200);
})"""

SAVE = """() => new Promise((done) => {
  location.hash = document.querySelector(".next .wide-button").hash;
  setTimeout(() => {
    document.querySelector(".outcome-handed_over").click();
    const begin = performance.now();
    const look = new MutationObserver(() => {
      if (!document.querySelector("#toast button")) return;
      look.disconnect();
      done(performance.now() - begin);
    });
    document.querySelector("#toast").replaceChildren();
    look.observe(document.querySelector("#toast"), { childList: true });
    document.querySelector(".save").click();
  }, 200);
})"""


def run(stops: int = STOPS) -> None:
    """Print the median times of drawing the list, of saving a record, and of joining a team."""
    program = find_chromium()
    if program is None:
        print("phone: Chromium is not installed")
        return
    _measure_long_run(program, stops)
    _measure_joining(program)


def _measure_joining(program: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "books.db"
        _record_run(str(database), STOPS_OF_ONE_DAY)
        with served_demo(database) as address, start_browser(program) as browser:
            seconds = [
                _join(browser, address + _new_link(str(database)))
                for _ in range(REPETITIONS_OF_JOINING)
            ]
    median = statistics.median(seconds)
    mark = f"  more than {AIM_JOIN_SECONDS}" if median > AIM_JOIN_SECONDS else ""
    print("phone, 4 × slower processor, 400 kbit/s, 400 ms for each request: seconds")
    print(f"  {'open the link, join, see the first stop':40}{median:10.1f}{mark}")


def _join(browser: Browser, link: str) -> float:
    """Open a link on a new phone, and join. Return the seconds until the first stop is shown."""
    context = browser.new_context(viewport={"width": 360, "height": 740}, locale="en-GB")
    page = context.new_page()
    tools = context.new_cdp_session(page)
    tools.send("Network.enable")
    tools.send("Network.emulateNetworkConditions", SLOW_NETWORK)
    tools.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER_PROCESSOR})
    begin = time.monotonic()
    page.goto(link, wait_until="commit")
    page.locator("main button").click(timeout=60_000)
    page.locator(".next .household").wait_for(timeout=120_000)
    seconds = time.monotonic() - begin
    context.close()
    return seconds


def _new_link(database: str) -> str:
    """Return the path of a new link of the team."""
    with (
        Ledger.open(database, station=STATION, create=False) as ledger,
        ledger.admin_transaction() as books,
    ):
        access = AccessContext(books, ledger.clock())
        _, secret = credentials.issue(access, kind="link", role="courier", by="bench", team="T-1")
    return f"/run/join/{secret}"


def _measure_long_run(program: str, stops: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "books.db"
        secret = _record_run(str(database), stops)
        with served_demo(database) as address, start_browser(program) as browser:
            context = browser.new_context(viewport={"width": 360, "height": 740}, locale="en-GB")
            context.add_cookies([{"name": "supplies_phone", "value": secret, "url": address}])
            page = context.new_page()
            page.goto(address + "/run")
            page.wait_for_selector(".stops li", timeout=120_000)
            context.set_offline(True)
            print(f"phone, {stops:,} stops: milliseconds of the browser")
            _print(page, "draw the list", LIST, AIM_LIST_MILLISECONDS)
            _print(page, "save a record", SAVE, AIM_SAVE_MILLISECONDS)


def _print(page: Page, name: str, script: str, aim: int) -> None:
    median = statistics.median(page.evaluate(script) for _ in range(REPETITIONS))
    mark = f"  more than {aim}" if median > aim else ""
    print(f"  {name:40}{median:10.1f}{mark}")


def _record_run(database: str, stops: int) -> str:
    """Record a delivery with this number of stops. Return the secret of a phone of its team."""
    with Ledger.open(database, station=STATION, clock=lambda: datetime.now(UTC)) as ledger:
        ledger.register(
            Station(code=STATION, name="Station", zone="Asia/Shanghai"),
            Item(code="rice", name="大米", name_en="rice", unit="kg"),
            Location(code="store", name="Store"),
            Team(code="T-1", name="Team"),
            *(
                Recipient(code=f"R-{at}", name=f"Household {at}", address=f"{at} Long Street")
                for at in range(stops)
            ),
        )
        lines = [c.ArrivalLine(item="rice", quantity=5 * stops)]
        ledger.record(c.OpenStock(location="store", lines=lines), by="bench")
        allocate = (
            c.Allocate(
                recipient=f"R-{at}",
                location="store",
                lines=[c.AllocationLine(item="rice", quantity=5)],
            )
            for at in range(stops)
        )
        made = [str(ledger.record(command, by="bench").document) for command in allocate]
        for some in (made[at : at + MOST_STOPS] for at in range(0, stops, MOST_STOPS)):
            ledger.record(c.Dispatch(team="T-1", allocations=some), by="bench")
        with ledger.admin_transaction() as books:
            access = AccessContext(books, ledger.clock())
            secret = phones.join(access, phones.Invitation("T-1", "bench"), label="bench")[1]
    create_first_key(database)
    return secret
