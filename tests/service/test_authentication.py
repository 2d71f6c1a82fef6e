"""Authentication: what the API and the pages accept as a credential."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from litestar.testing import TestClient
from litestar.types import ASGIApp, Receive, Scope, Send
from support.rest_client import problem, signed_in
from support.service_fixture import Service


@pytest.mark.parametrize(
    "shown",
    [
        "",
        "Bearer ",
        "Bearer supplies",
        "Bearer supplies.0000000000000000." + "A" * 43,
        "Basic Y29vcmRpbmF0b3I6eA==",
    ],
)
def test_an_invalid_token_is_refused(anonymous_client: TestClient, shown: str) -> None:
    answer = anonymous_client.get("/api/stock", headers={"Authorization": shown})
    problem(answer, 401, "unauthenticated")
    assert answer.headers["www-authenticate"] == "Bearer"


def test_the_api_does_not_accept_a_session_cookie(
    anonymous_client: TestClient, service: Service
) -> None:
    cookie = {"Cookie": f"supplies_session={service.sessions['coordinator']}"}
    problem(anonymous_client.get("/api/stock", headers=cookie), 401, "unauthenticated")
    assert anonymous_client.get("/", headers=cookie).status_code == 200


def test_a_session_is_not_accepted_as_a_token(
    anonymous_client: TestClient, service: Service
) -> None:
    signed_in(anonymous_client, service.sessions["coordinator"])
    problem(anonymous_client.get("/api/stock"), 401, "unauthenticated")


class ClientAddress:
    """The application, called from a network address that the test sets."""

    def __init__(self, app: ASGIApp, address: str) -> None:
        self._app, self._address = app, address

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["client"] = (self._address, 4000)
        await self._app(scope, receive, send)


@pytest.fixture
def call_from(
    anonymous_client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], None]:
    """Set the network address of further requests."""
    handler = anonymous_client.app.asgi_handler

    def set_address(address: str) -> None:
        monkeypatch.setattr(anonymous_client.app, "asgi_handler", ClientAddress(handler, address))

    return set_address


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_a_program_on_this_machine_reads_the_metrics_without_a_token(
    anonymous_client: TestClient, call_from: Callable[[str], None], address: str
) -> None:
    call_from(address)
    answer = anonymous_client.get("/api/metrics")
    assert answer.status_code == 200
    assert "supplies_answers_total" in answer.text


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded"])
def test_a_proxy_on_this_machine_needs_a_token_for_the_metrics(
    anonymous_client: TestClient, call_from: Callable[[str], None], header: str
) -> None:
    call_from("127.0.0.1")
    answer = anonymous_client.get("/api/metrics", headers={header: "203.0.113.9"})
    problem(answer, 401, "unauthenticated")


def test_another_machine_needs_a_token_for_the_metrics(
    anonymous_client: TestClient, service: Service, call_from: Callable[[str], None]
) -> None:
    call_from("192.0.2.1")
    problem(anonymous_client.get("/api/metrics"), 401, "unauthenticated")
    wrong = {"Authorization": "Bearer nobody"}
    problem(anonymous_client.get("/api/metrics", headers=wrong), 401, "unauthenticated")
    for role, status in (("auditor", 200), ("courier", 403)):
        token = {"Authorization": f"Bearer {service.tokens[role]}"}
        assert anonymous_client.get("/api/metrics", headers=token).status_code == status


def test_loopback_without_a_token_reads_nothing_but_the_metrics(
    anonymous_client: TestClient, call_from: Callable[[str], None]
) -> None:
    call_from("127.0.0.1")
    problem(anonymous_client.get("/api/stock"), 401, "unauthenticated")


def test_head_needs_a_token_too(anonymous_client: TestClient) -> None:
    assert anonymous_client.head("/api/stock").status_code == 401
