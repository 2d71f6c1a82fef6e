"""Deliveries of teams in the books of a site, and phones of the teams in Chromium."""

from __future__ import annotations

import itertools
import json
import os
import re
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from playwright.sync_api import Browser, BrowserContext, Error, Page

from supplies.access import credentials, phones
from supplies.access.access_context import AccessContext
from supplies.domain import commands as c
from supplies.domain.catalogue_records import Item, Location, Recipient, Team
from supplies.ledger.ledger import Ledger
from supplies.ledger.recorded import Recorded
from support.browser import PATIENCE, Site
from tools.browser import OPTIONS, find_chromium

NOISE = """async () => {
  const canvas = Object.assign(document.createElement("canvas"), { width: 900, height: 700 });
  const image = new ImageData(900, 700);
  image.data.forEach((_, at) => { image.data[at] = (at * 2654435761) % 251; });
  canvas.getContext("2d").putImageData(image, 0, 0);
  return canvas.toDataURL("image/png").split(",")[1];
}"""
"""Script that draws a picture which compresses badly."""

KEPT = """(store) => new Promise((done) => {
  const request = indexedDB.open("supplies-run");
  request.onsuccess = () => {
    const database = request.result;
    if (!database.objectStoreNames.contains(store)) { database.close(); done([]); return; }
    const all = database.transaction(store).objectStore(store).getAll();
    all.onsuccess = () => { database.close(); done(all.result); };
  };
})"""
"""Script that reads a store in the database of a phone's browser."""

PLENTY_OF_TIME = """() => {
  const inTime = globalThis.setTimeout;
  const isHold = (job, after) => job.name === "send" || (after > 4_000 && after <= 8_000);
  globalThis.setTimeout = (job, after) => inTime(job, isHold(job, after) ? 600_000 : after);
}"""
"""Script that delays automatic sending by ten minutes, so that slow computers pass the tests."""

NewPhone = Callable[..., "Phone"]

_NUMBERS = itertools.count(1)


class Stop(NamedTuple):
    """A stop of a delivery."""

    number: int
    allocation: str
    recipient: str


class TeamRun:
    """A delivery of a separate team, with rice and water for each stop."""

    def __init__(self, site: Site, stops: int = 3) -> None:
        number = next(_NUMBERS)
        self.site, self.team = site, f"T-run-{number}"
        self.group = f"Newcomers {number}"  # to whom the counter hands out goods
        self.rice, self.water = f"rice-{number}", f"water-{number}"
        with self.ledger() as ledger:
            ledger.register(
                Item(code=self.rice, name="大米", name_en="rice", unit="kg"),
                Item(
                    code=self.water, name="水", name_en="water", unit="bottle", packs={"case": 12}
                ),
                Team(code=self.team, name=f"Team {number}"),
            )
            arrived = [
                c.ArrivalLine(item=self.rice, quantity=10 * stops),
                c.ArrivalLine(item=self.water, quantity=24 * stops),
            ]
            _record(ledger, c.OpenStock(location="store", lines=arrived))
            self.stops = [self._stop(ledger, number, at) for at in range(1, stops + 1)]
            allocations = [stop.allocation for stop in self.stops]
            dispatched = _record(ledger, c.Dispatch(team=self.team, allocations=allocations))
            self.delivery = str(dispatched.document)

    def _stop(self, ledger: Ledger, number: int, at: int) -> Stop:
        recipient = f"R-run-{number}-{at}"
        ledger.register(
            Recipient(
                code=recipient,
                name=f"Household {at}",
                phone=f"138 0000 {at:04}",
                address=f"{at} Longxue Street, Nansha, room {at}01",
                access="Knock slowly, the bell is broken",
            )
        )
        lines = [
            c.AllocationLine(item=self.rice, quantity=5),
            c.AllocationLine(item=self.water, quantity=2, pack="case"),
        ]
        done = _record(ledger, c.Allocate(recipient=recipient, location="store", lines=lines))
        return Stop(at, str(done.document), recipient)

    def open_counter(self, rice: int = 10) -> None:
        """Let the team hand out free rice at a separate place, for example to a new group."""
        location = f"{self.team}-counter"
        with self.ledger() as ledger:
            ledger.register(
                Location(code=location, name=f"Hall of {self.team}"),
                Recipient(code=f"{self.team}-group", name=self.group, kind="group"),
            )
            ledger.amend(Team(code=self.team, name=self.team, counter=location))
            arrived = [c.ArrivalLine(item=self.rice, quantity=rice)]
            _record(ledger, c.OpenStock(location=location, lines=arrived))

    def handed_out(self) -> list[dict[str, Any]]:
        """Return the hand-outs at the counter, in order, as they were hashed."""
        with self.ledger() as ledger:
            rows = ledger.books.all(
                "SELECT e.body FROM hand_outs h JOIN entries e ON e.station = h.station "
                "AND e.seq = h.seq WHERE h.station = 'lx' AND h.location = :counter ORDER BY e.seq",
                counter=f"{self.team}-counter",
            )
            return [json.loads(body) for (body,) in rows]

    @contextmanager
    def ledger(self) -> Iterator[Ledger]:
        """Open the books while the service runs."""
        with Ledger.open(str(self.site.database), station="lx", create=False) as ledger:
            yield ledger

    def record(self, command: c.Command) -> Recorded:
        """Record a command as a user of the pages does."""
        with self.ledger() as ledger:
            return _record(ledger, command)

    def recorded(self) -> list[dict[str, Any]]:
        """Return the entries of this delivery after its dispatch, in order, as they were hashed."""
        with self.ledger() as ledger:
            rows = ledger.books.all(
                "SELECT body FROM entries WHERE station = 'lx' AND document = :delivery "
                "AND kind <> 'dispatched' ORDER BY seq",
                delivery=self.delivery,
            )
            return [json.loads(body) for (body,) in rows]

    def join(self, label: str = "phone") -> str:
        """Return the secret of a new phone of the team."""
        with self.ledger() as ledger, ledger.admin_transaction() as books:
            access = AccessContext(books, ledger.clock())
            invitation = phones.Invitation(self.team, "u_1")
            return phones.join(access, invitation, label=label)[1]

    def link(self) -> str:
        """Return the address of a new link of the team."""
        with self.ledger() as ledger, ledger.admin_transaction() as books:
            access = AccessContext(books, ledger.clock())
            _, secret = credentials.issue(
                access, kind="link", role="courier", by="u_1", team=self.team
            )
            return f"/run/join/{secret}"

    def revoke_phones(self) -> None:
        """Revoke every phone of the team."""
        with self.ledger() as ledger, ledger.admin_transaction() as books:
            access = AccessContext(books, ledger.clock())
            for phone in phones.list_phones(access, team=self.team):
                phones.revoke(access, phone.id)


def _record(ledger: Ledger, command: c.Command) -> Recorded:
    return ledger.record(command, by="u_1")


class Phone:
    """A phone of a team: a browser with its own cookie.

    Args:
        secret: The secret of the phone; None if it has not joined a team.
        clock_hours: How far the phone's clock is ahead.
        folder: The folder for the data of a separate browser, so that the browser can be killed and
            started again. None makes a phone of the shared browser.

    Attributes:
        faults: Errors of scripts and violations of the policy.
    """

    def __init__(
        self,
        browser: Browser,
        address: str,
        secret: str | None,
        *,
        language: str = "en-GB",
        clock_hours: float = 0,
        scheme: str = "light",
        folder: Path | None = None,
    ) -> None:
        self.address, self._folder = address, folder
        self.faults: list[str] = []
        options: dict[str, Any] = {
            "locale": language,
            "viewport": {"width": 360, "height": 740},
            "has_touch": True,
            "is_mobile": True,
            "color_scheme": scheme,
        }
        self.context: BrowserContext
        if folder is None:
            self.context = browser.new_context(**options)
        else:
            self.context = browser.browser_type.launch_persistent_context(
                folder, executable_path=find_chromium(), args=[*OPTIONS], **options
            )
        self.context.set_default_timeout(PATIENCE)
        if secret is not None:
            self.use(secret)
        if clock_hours:
            self.shift_clock(clock_hours)

    def use(self, secret: str) -> None:
        """Store the secret in a cookie, as the page on which a phone joins does."""
        cookie = {"name": "supplies_phone", "value": secret}
        self.context.add_cookies([{**cookie, "url": self.address, "httpOnly": True}])  # type: ignore[typeddict-item]  # the keys are right

    def shift_clock(self, hours: float) -> None:
        """Set the clock of this phone wrong from the next page on."""
        self.context.add_init_script(
            f"""{{
              const Right = Date, shift = {hours} * 3600_000;
              globalThis.Date = class extends Right {{
                constructor(...given) {{ given.length ? super(...given) : super(Date.now()); }}
                static now() {{ return Right.now() + shift; }}
              }};
            }}"""
        )

    def open(self, path: str = "/run") -> Page:
        """Open a window, and wait until it has read the data on the phone."""
        page = self.context.new_page()
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("console", lambda message: self._note(message.text))
        page.goto(self.address + path)
        page.wait_for_selector("html[data-ready]")
        return page

    def kill(self) -> None:
        """Kill the browser, as when the battery is empty."""
        mark = f"--user-data-dir={self._folder}".encode()
        for process in Path("/proc").iterdir():
            with suppress(OSError):
                if process.name.isdigit() and mark in (process / "cmdline").read_bytes():
                    os.kill(int(process.name), signal.SIGKILL)
        with suppress(Error):
            self.context.close()

    def _note(self, text: str) -> None:
        if "Content Security Policy" in text or "Content-Security-Policy" in text:
            self.faults.append(text)

    def close(self) -> None:
        """Close the browser's windows. Fail if a script failed."""
        self.context.close()
        assert self.faults == [], self.faults


def wait_for_kept(page: Page, store: str, condition: str = "kept.length") -> None:
    """Wait until a store of what the phone keeps meets a condition.

    Args:
        condition: An expression in JavaScript about `kept`, the list of what is in the store.
    """
    page.evaluate(
        f"""async (store) => {{
          const end = Date.now() + {PATIENCE};
          for (;;) {{
            const kept = await ({KEPT})(store);
            if ({condition}) return;
            if (Date.now() > end) throw new Error(`${{store}}: not ` + {json.dumps(condition)});
            await new Promise((done) => setTimeout(done, 20));
          }}
        }}""",
        store,
    )


def open_next(page: Page, outcome: str) -> None:
    """Open the form of an outcome of the next stop."""
    page.get_by_role("link", name="Record the outcome").click()
    page.get_by_role("button", name=outcome, exact=True).click()


def sign(page: Page) -> None:
    """Sign on the screen, with one stroke from the left to the right."""
    page.get_by_role("button", name="Signature", exact=True).click()
    place = page.get_by_role("img", name="Signature").bounding_box()
    assert place is not None
    page.mouse.move(place["x"], place["y"] + 20)
    page.mouse.down()
    page.mouse.move(place["x"] + place["width"] - 10, place["y"] + 100, steps=8)
    page.mouse.up()


def save(page: Page, outcome: str = "Handed over") -> None:
    """Record the next stop, and wait until the page says that it is saved."""
    open_next(page, outcome)
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("button", name="Undo").wait_for()


def send_now(page: Page) -> None:
    """Send the unsent records without waiting. They may be on their way already."""
    page.locator("#bar a").last.click()
    page.get_by_role("heading", name=re.compile("unsent$|^All is sent")).wait_for()
    page.evaluate("document.querySelector('main .wide-button')?.click()")


def send_all(page: Page) -> None:
    """Send the unsent records, and wait until all of them are confirmed."""
    send_now(page)
    page.get_by_role("heading", name="All is sent").wait_for()


def stops(page: Page) -> None:
    """Open the list of the stops."""
    page.locator("#bar a").nth(0).click()
