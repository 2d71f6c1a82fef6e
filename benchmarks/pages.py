"""Measure the server time of each web page, for a station with many entries.

The benchmark signs in as a coordinator, follows the links from the page Today, and opens one page
for each route. The application runs in the same process, so network time is not included.
"""

from __future__ import annotations

import re
import statistics
import tempfile
from html import unescape
from pathlib import Path
from time import perf_counter

from litestar.testing import TestClient
from supplies_service.app import create_app
from supplies_service.observability import logs

from benchmarks.growth import Clock, open_books, record_entries
from benchmarks.workload import STATION
from supplies.access import credentials, users
from supplies.access.access_context import AccessContext
from supplies.ledger.ledger import Ledger
from supplies.signing.station_keys import create_first_key
from tools.screenshots import LEFT_OUT, page_name

ENTRIES = 100_000
REPETITIONS = 5
AIM_MILLISECONDS = 100


def run(entries: int = ENTRIES) -> None:
    """Print the time of each page, slowest first, and then the pages that exceed the limit."""
    clock = Clock()
    with tempfile.TemporaryDirectory() as folder:
        database = str(Path(folder) / "books.db")
        with open_books(database, entries, clock) as ledger:
            record_entries(ledger, clock.set_day, entries)
            session = _issue_session(ledger)
        create_first_key(database)
        with (Path(folder) / "log").open("w") as log:
            logs.configure_logging(log)
            times = _measure(database, clock, session)
    print(f"pages, {entries:,} entries: milliseconds of the server")
    for name, milliseconds in sorted(times.items(), key=lambda each: -each[1]):
        mark = f"  more than {AIM_MILLISECONDS}" if milliseconds > AIM_MILLISECONDS else ""
        print(f"  {name:40}{milliseconds:10.1f}{mark}")
    slow = [name for name, milliseconds in times.items() if milliseconds > AIM_MILLISECONDS]
    print(f"{len(times) - len(slow)} of {len(times)} pages need at most {AIM_MILLISECONDS} ms")


def _issue_session(ledger: Ledger) -> str:
    """Add a coordinator, and return the secret of a session for this user."""
    with ledger.admin_transaction() as books:
        access = AccessContext(books, ledger.clock())
        new = users.NewUser(login="chen", role="coordinator")
        user = users.add(access, new, by="bench")
        return credentials.issue(
            access, kind="session", role="coordinator", by=user.code, holder=user.code
        )[1]


def _measure(database: str, clock: Clock, session: str) -> dict[str, float]:
    """Return the median time of each page in milliseconds, by name of the page."""
    found, waiting = dict[str, float](), ["/"]
    app = create_app(database, STATION, clock=clock)
    with TestClient(app, base_url="http://127.0.0.1", cookies={"supplies_session": session}) as get:
        while waiting:
            path = waiting.pop(0)
            if LEFT_OUT.match(path) or (name := page_name(path)) in found:
                continue
            answer = get.get(path)
            if "text/html" not in answer.headers["content-type"]:
                continue
            assert answer.status_code == 200, (path, answer.status_code, answer.text)
            taken = []
            for _ in range(REPETITIONS):
                begin = perf_counter()
                get.get(path)
                taken.append(1e3 * (perf_counter() - begin))
            found[name] = statistics.median(taken)
            waiting += [unescape(each) for each in re.findall(r'href="(/[^"]*)"', answer.text)]
    return found
