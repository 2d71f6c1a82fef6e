"""No read on the event loop takes work that grows with the books: such reads run in threads.

The work is counted in instructions of SQLite's virtual machine, which are the same in each run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute
from litestar.testing import TestClient
from supplies_service.app import create_app
from supplies_service.routes.parameters import query_parameters
from support.rest_client import ADDRESS, issue_credentials, sessions

from benchmarks import growth
from benchmarks.workload import STATION
from supplies.domain.catalogue_records import Team
from supplies.signing.station_keys import create_first_key
from supplies.storage.sqlite.store import SqliteStore

SMALL, LARGE = 1_800, 7_200
"""Numbers of entries. In both books, a page of `LIMIT` rows is full for most lists."""

LIMIT = 10

INSTRUCTIONS = 100
"""How many instructions are counted as one."""

SPARE = 40
"""By how much the count may grow. Books of more entries have longer numbers and deeper indexes."""

PAGE = 200
"""What a page of 50 rows may take. Some pages are not full in the small books."""

LISTS = (
    "needs",
    "donations",
    "receipts",
    "allocations",
    "deliveries",
    "entries",
    "activities",
    "items",
    "donors",
    "recipients",
    "locations",
    "teams",
    "stock/issues",
    "tokens",
    "users",
)

QUERY: dict[str, Any] = {
    "from": growth.FIRST,
    "to": growth.LAST,
    "as_of": date(2019, 6, 30),
    "at_seq": SMALL // 2,
    "kind": "donors",
    "item": "item-1",
    "location": "store-a",
    "recipient": "R-1",
    "donor": "D-1",
    "team": "t_1",
    "urgency": "normal",
    "batch": "B",
    "code": "1",
    "c": "1",
    "q": "made",
    "retired": "false",
    "figures": "true",
    "open": "false",
    "soon": "30",
    "out": "0",
    "waiting": "0",
    "document": "n_1",
    "who": "u_1",
    "way": "out",
    "account": "stock:store-a",
    "lot": f"l_{STATION}_5_1",
}
"""Values of query parameters by name."""

CHOICES: dict[tuple[str, str], tuple[str, ...]] = {
    ("/api/needs", "status"): ("open", "met", "ended"),
    ("/needs", "status"): ("open", "met", "all"),
    ("/api/allocations", "status"): ("waiting", "allocated", "received", "released"),
    ("/allocations", "status"): ("waiting", "allocated", "received", "all"),
    ("/api/deliveries", "status"): ("out", "closed"),
    ("/deliveries", "status"): ("out", "closed", "all"),
    ("/api/pledges", "status"): ("open", "kept"),
    ("/pledges", "status"): ("open", "kept", "all"),
    ("/api/entries", "kind"): ("need_noted", "stock_counted"),
    ("/entries", "kind"): ("need_noted", "stock_counted"),
    ("/api/activities", "kind"): ("visit",),
}
"""Values of query parameters that depend on the route."""


class Served(NamedTuple):
    """A service over books of one size."""

    client: TestClient
    counts: list[int]
    headers: dict[str, dict[str, str]]
    codes: dict[str, str]

    def get(self, path: str, query: dict[str, Any]) -> int:
        """Request a page or a route, and return its count of instructions on the event loop."""
        self.counts[0] = 0
        kind = "api" if path.startswith("/api") else "page"
        answer = self.client.get(
            path, params=query, headers=self.headers[kind], follow_redirects=False
        )
        assert answer.status_code < 500, path
        return self.counts[0]


def serve(folder: Path, size: int) -> Served:
    folder.mkdir()
    url = str(folder / "books.db")
    create_first_key(url)
    clock = growth.Clock()
    with growth.open_books(url, size, clock) as ledger:
        ledger.register(Team(code="T-1", name="made up"))
        growth.record_entries(ledger, clock.set_day, size)
        token, cookie = issue_credentials(ledger)["coordinator"], sessions(ledger)["coordinator"]
    client = TestClient(create_app(url, STATION, clock=clock), base_url=ADDRESS)
    headers = {
        "api": {"Authorization": f"Bearer {token}"},
        "page": {"Cookie": f"supplies_session={cookie}", "Accept": "text/html"},
    }
    return Served(client, [0], headers, {"lots": f"l_{STATION}_5_1"})


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Served]]:
    folder = tmp_path_factory.mktemp("loop")
    both = [serve(folder / str(size), size) for size in (SMALL, LARGE)]
    with both[0].client, both[1].client:
        for served in both:
            watch(served)
        yield both


def watch(served: Served) -> None:
    """Count the instructions of the connection that reads on the event loop."""
    store = served.client.app.state.stations.default.ledger.store
    assert isinstance(store, SqliteStore)

    def count() -> int:
        served.counts[0] += 1
        return 0

    store.connection.set_progress_handler(count, INSTRUCTIONS)


def requests(app: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each reading route with its required parameters, and with each optional one."""
    for route in app.routes:
        if not isinstance(route, HTTPRoute) or route.path_format.startswith("/schema"):
            continue
        for handler in route.route_handlers:
            assert isinstance(handler, HTTPRouteHandler)
            if "GET" not in handler.http_methods:
                continue
            declared = query_parameters(handler)
            needed = {name: QUERY[name] for name, one in declared.items() if one.is_required}
            needed |= {"limit": LIMIT} if "limit" in declared else {}
            yield route.path_format, needed
            for name in declared.keys() - needed.keys():
                given = [QUERY[name]] if name in QUERY else []
                for value in CHOICES.get((route.path_format, name), given):
                    yield route.path_format, {**needed, name: value}


def test_no_route_reads_more_on_the_event_loop_if_the_books_are_larger(
    books: list[Served],
) -> None:
    grown = []
    tried = 0
    for path, query in requests(books[0].client.app):
        small, large = (served.get(address(served, path), query) for served in books)
        tried += 1
        if large > max(1.5 * small + SPARE, PAGE):
            grown.append((path, query, small, large))
    assert tried > 200
    assert not grown, "\n".join(map(str, grown))


def address(served: Served, path: str) -> str:
    """Return a path with the codes of objects that the books contain."""
    for plural in LISTS:
        if f"/{plural}/{{" in path and plural not in served.codes:
            found = served.client.get(f"/api/{plural}", headers=served.headers["api"]).json()
            names = ("seq", "id", "number", "code", "document")
            first = found["items"][0]
            served.codes[plural] = str(next(first[name] for name in names if name in first))
    for plural, code in served.codes.items():
        path = re.sub(rf"(/{plural}/)\{{\w+\}}", rf"\g<1>{code}", path)
    return path.replace("{item}", "item-1").replace("{kind}", "recipients")
