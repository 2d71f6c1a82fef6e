"""The response cache: which responses are used again, and until when."""

from __future__ import annotations

import io
import json
import subprocess
import sys

import pytest
from litestar.handlers import HTTPRouteHandler
from litestar.testing import TestClient
from supplies_service import response_cache
from supplies_service.request_context import RequestContext
from supplies_service.security.authorization import allow_roles
from support.rest_client import RestClient, problem, signed_in
from support.service_fixture import Service

STOCK = "/api/stock?location=store&item=mask"


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths of the requests that reached their handlers, not the cache."""
    paths: list[str] = []
    original = RequestContext.__init__

    def note(self: RequestContext, request: object) -> None:
        original(self, request)  # type: ignore[arg-type]  # Litestar gives the request
        paths.append(self.request.url.path)

    monkeypatch.setattr(RequestContext, "__init__", note)
    return paths


def quantity(rest: RestClient) -> int:
    return sum(line["on_hand"] for line in rest.get(STOCK)["items"])


def warm_up(rest: RestClient) -> None:
    """Send a request, so that the use of the token is recorded and not due again."""
    rest.get("/api/needs")


def test_the_same_request_is_answered_from_the_cache(rest: RestClient, made: list[str]) -> None:
    rest.give(20)
    warm_up(rest)
    made.clear()
    first, second = rest.client.get(STOCK), rest.client.get(STOCK)
    assert made == ["/api/stock"]
    assert first.content == second.content
    changing = {"x-request-id"}
    assert {name: value for name, value in first.headers.items() if name not in changing} == {
        name: value for name, value in second.headers.items() if name not in changing
    }


def test_a_write_of_the_service_is_seen_at_once(rest: RestClient) -> None:
    for expected in (20, 40, 60):
        rest.give(20)
        assert (quantity(rest), quantity(rest)) == (expected, expected)


def test_a_write_of_another_process_is_seen_at_once(rest: RestClient, service: Service) -> None:
    rest.give(20)
    assert (quantity(rest), quantity(rest)) == (20, 20)
    program = (
        "import sys\n"
        "from datetime import UTC, datetime\n"
        "from supplies import ArrivalLine, Ledger, RecordArrival\n"
        "clock = lambda: datetime(2020, 2, 10, 5, tzinfo=UTC)\n"
        "with Ledger.open(sys.argv[1], station='lx', clock=clock) as ledger:\n"
        "    lines = [ArrivalLine(item='mask', quantity=5)]\n"
        "    ledger.record(RecordArrival(origin='made', party='x', location='store', lines=lines),"
        " by='u_1')\n"
    )
    books = str(service.folder / "books.db")
    subprocess.run([sys.executable, "-c", program, books], check=True)
    assert quantity(rest) == 25


def test_a_revoked_token_is_refused_at_once(
    rest: RestClient, service: Service, anonymous_client: TestClient
) -> None:
    token = rest.post("/api/tokens", {"user": "u_2", "label": "app"})
    app = {"Authorization": f"Bearer {token['secret']}"}
    for _ in range(3):
        assert anonymous_client.get(STOCK, headers=app).status_code == 200
    rest.client.delete(f"/api/tokens/{token['token']['id']}")
    problem(anonymous_client.get(STOCK, headers=app), 401, "unauthenticated")


def test_a_token_expires_although_nobody_writes(
    rest: RestClient, service: Service, anonymous_client: TestClient
) -> None:
    token = rest.post("/api/tokens", {"user": "u_2", "label": "app", "days": 1})
    app = {"Authorization": f"Bearer {token['secret']}"}
    for _ in range(3):
        assert anonymous_client.get(STOCK, headers=app).status_code == 200
    service.clock.advance(1)
    problem(anonymous_client.get(STOCK, headers=app), 401, "unauthenticated")


def test_the_use_of_a_token_is_recorded_although_responses_are_cached(
    rest: RestClient, service: Service
) -> None:
    made = rest.post("/api/tokens", {"user": "u_2", "label": "app"})
    app = {"Authorization": f"Bearer {made['secret']}"}
    for _ in range(3):
        rest.client.get(STOCK, headers=app)
    service.clock.advance(1)
    rest.client.get(STOCK, headers=app)
    used = rest.get(f"/api/tokens/{made['token']['id']}")["used_at"]
    assert used == "2020-02-11T04:00:00.000000Z"


def test_each_caller_gets_the_own_response(rest: RestClient, service: Service) -> None:
    rest.give(20, **{"for": "R-1"})
    path = rest.get("/api/donations")["items"][0]["id"]
    seen = {
        role: signed_in(rest.client, service.tokens[role]).get(f"/api/donations/{path}").text
        for role in ("coordinator", "auditor", "coordinator", "auditor")
    }
    assert seen["coordinator"] != seen["auditor"]
    problem(signed_in(rest.client, service.tokens["donor"]).get(STOCK), 403, "forbidden")
    problem(signed_in(rest.client, "").get(STOCK), 401, "unauthenticated")


def test_a_cached_response_is_logged(rest: RestClient, log: io.StringIO) -> None:
    warm_up(rest)
    log.truncate(0)
    for _ in range(3):
        rest.client.get(STOCK)
    noted = [json.loads(line) for line in log.getvalue().replace("\0", "").splitlines()]
    assert {(line["route"], line["by"], line["status"]) for line in noted} == {
        ("/api/stock", "u_1", 200)
    }
    assert len({line["request"] for line in noted}) == 3


def test_no_route_with_personal_data_is_cacheable(service: Service) -> None:
    with pytest.raises(AssertionError):
        allow_roles("coordinator", personal=True, cacheable=True)


def test_cached_responses_do_not_depend_on_the_time(rest: RestClient, service: Service) -> None:
    donation = rest.give(20, expires_on="2020-03-01")["donation"]["id"]
    need = rest.need(5)
    allocation = rest.allocation(4)
    ids = {"donation": donation, "need": need, "allocation": allocation}
    paths = sorted(
        route.path_format.format(**ids)
        for route in service.app.routes
        for handler in getattr(route, "route_handlers", ())
        if isinstance(handler, HTTPRouteHandler) and handler.opt.get("cacheable", False)
    )
    assert len(paths) == 7
    before = {path: rest.client.get(path).content for path in paths}
    service.clock.advance(100)
    assert {path: rest.client.get(path).content for path in paths} == before


def test_the_cache_is_emptied_when_it_is_full(
    rest: RestClient, made: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(response_cache, "MAX_CACHED_BYTES", 3000)
    warm_up(rest)
    made.clear()
    for number in (1, 1, 2, 3, 1):
        rest.client.get(f"{STOCK}&limit={number}")
    assert len(made) == 4
