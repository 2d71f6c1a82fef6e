"""Two services on one PostgreSQL database: changes at one apply at the other at once."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import httpx
import pytest
from support.engines import Server
from support.ledger_fixture import register_all
from support.rest_client import issue_credentials
from support.service_process import PATIENCE, free_port, running_service

from supplies.access.rate_limits import REFUSED_REQUESTS
from supplies.ledger.ledger import Ledger

CLIENTS, EACH = 8, 6

Both = tuple[httpx.Client, httpx.Client]


@pytest.fixture(scope="module")
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    server: Server = request.getfixturevalue("engines").server
    with server.books() as url:
        yield url


@pytest.fixture(scope="module")
def two_clients(url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    """A coordinator's client for each of two services. The first service has two workers."""
    with Ledger.open(url, station="lx") as ledger:
        register_all(ledger)
        bearer = {"Authorization": f"Bearer {issue_credentials(ledger)['coordinator']}"}
    with ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.setenv("SUPPLIES_KEYS", str(tmp_path_factory.mktemp("keys") / "lx.key"))
        patch.setenv("SUPPLIES_PROXIES", "127.0.0.1")
        clients = []
        for workers in ("2", "1"):
            port = free_port()
            stack.enter_context(running_service(url, port, "--workers", workers))
            address = f"http://127.0.0.1:{port}"
            web = httpx.Client(base_url=address, headers=bearer, timeout=PATIENCE)
            clients.append(stack.enter_context(web))
        yield clients[0], clients[1]


def need(web: httpx.Client, key: str) -> httpx.Response:
    body = {"recipient": "R-1", "item": "mask", "quantity": 1}
    return web.post("/api/needs", json=body, headers={"Idempotency-Key": key})


def test_a_repeat_at_the_other_service_gets_the_first_response(two_clients: Both, url: str) -> None:
    with Ledger.open(url, station="lx") as ledger:
        before = ledger.verify().entries

    def ask(number: int) -> list[tuple[httpx.Response, httpx.Response]]:
        here, there = two_clients if number % 2 else two_clients[::-1]
        keys = [str(uuid.uuid4()) for _ in range(EACH)]
        return [(need(here, key), need(there, key)) for key in keys]

    with ThreadPoolExecutor(CLIENTS) as threads:
        answers = [pair for pairs in threads.map(ask, range(CLIENTS)) for pair in pairs]
    for first, repeat in answers:
        assert (first.status_code, repeat.status_code) == (201, 201)
        assert (first.content, first.headers["location"]) == (
            repeat.content,
            repeat.headers["location"],
        )
    numbers = sorted(first.json()["entry"]["seq"] for first, _ in answers)
    assert numbers == list(range(before + 1, before + 1 + CLIENTS * EACH))
    with Ledger.open(url, station="lx") as ledger:
        assert ledger.verify().entries == before + CLIENTS * EACH


def test_one_key_sent_to_both_services_at_once_is_recorded_once(two_clients: Both) -> None:
    keys = [str(uuid.uuid4()) for _ in range(10)]
    with ThreadPoolExecutor(2) as threads:
        for key in keys:
            one, other = threads.map(need, two_clients, (key, key))
            assert (one.status_code, other.status_code) == (201, 201)
            assert one.content == other.content


def test_a_change_of_an_item_at_one_service_is_seen_by_the_other(two_clients: Both) -> None:
    here, there = two_clients
    for name in ("N95", "KN95", "FFP2"):
        assert there.get("/api/items/mask").json()["name"] != name
        assert here.patch("/api/items/mask", json={"name": name}).status_code == 200
        for _ in range(4):  # whichever worker responds
            assert there.get("/api/items/mask").json()["name"] == name
        here, there = there, here


def test_a_token_works_at_both_services_until_it_is_revoked_at_one(two_clients: Both) -> None:
    here, there = two_clients
    users = {user["login"]: user["code"] for user in here.get("/api/users").json()["items"]}
    made = here.post("/api/tokens", json={"user": users["auditor"], "label": "t"})
    assert made.status_code == 201, made.text
    shown = {"Authorization": f"Bearer {made.json()['secret']}"}
    assert there.get("/api/stock", headers=shown).status_code == 200
    assert there.delete(made.headers["location"]).status_code in (200, 204)
    for web in (here, here, here, there):
        assert web.get("/api/stock", headers=shown).status_code == 401


def test_rate_limits_count_requests_at_both_services(two_clients: Both) -> None:
    """If the period of the limit ends meanwhile, the test starts again from another address."""
    seconds = int(REFUSED_REQUESTS.window.total_seconds())
    for number in range(1, 100):
        stranger = {"Authorization": "Bearer nobody", "X-Forwarded-For": f"203.0.113.{number}"}
        span = time.time() // seconds
        answers = [
            two_clients[at % 2].get("/api/stock", headers=stranger).status_code
            for at in range(REFUSED_REQUESTS.attempts + 4)
        ]
        if time.time() // seconds == span:
            break
    assert answers == [401] * REFUSED_REQUESTS.attempts + [429] * 4
