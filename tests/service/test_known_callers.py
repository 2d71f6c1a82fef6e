"""Callers who were looked up once: until when they are not looked up again."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from litestar.testing import TestClient
from support.rest_client import RestClient, problem
from support.service_fixture import Service

from supplies.access import credentials, users
from supplies.access.access_context import AccessContext
from supplies.ledger.ledger import Ledger

ENTRIES = "/api/entries"
"""A route whose responses are not cached."""


@pytest.fixture
def looked_up(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The secrets whose callers were looked up in the database."""
    secrets: list[str] = []
    original = credentials.authenticate

    def note(
        access: AccessContext, secret: str, kinds: tuple[credentials.CallerKind, ...]
    ) -> object:
        secrets.append(secret)
        return original(access, secret, kinds)

    monkeypatch.setattr(credentials, "authenticate", note)
    return secrets


@pytest.fixture
def token(rest: RestClient) -> str:
    """A token of user u_2, which is valid for a day, and whose first use is recorded."""
    made = rest.post("/api/tokens", {"user": "u_2", "label": "app", "days": 1})
    rest.client.headers["Authorization"] = f"Bearer {made['secret']}"
    for _ in range(3):
        rest.get(ENTRIES)
    return str(made["token"]["id"])


def change(service: Service, job: Callable[[AccessContext], object]) -> None:
    """Change the access tables over another connection to the database."""
    books = str(service.folder / "books.db")
    with (
        Ledger.open(books, station="lx", clock=service.clock) as ledger,
        ledger.admin_transaction() as there,
    ):
        job(AccessContext(there, ledger.clock()))


def test_a_caller_is_looked_up_once_until_somebody_writes(
    token: str, rest: RestClient, service: Service, looked_up: list[str]
) -> None:
    rest.get(ENTRIES)
    assert looked_up == []
    change(service, lambda access: users.disable(access, "u_1"))
    rest.get(ENTRIES)
    rest.get(ENTRIES)
    assert len(looked_up) == 1


def test_a_known_caller_is_refused_as_soon_as_the_token_is_revoked(
    token: str, rest: RestClient, service: Service
) -> None:
    change(service, lambda access: credentials.revoke(access, token))
    problem(rest.client.get(ENTRIES), 401, "unauthenticated")


def test_the_caller_of_a_write_is_known_too_until_the_token_is_revoked(
    token: str, rest: RestClient, service: Service, looked_up: list[str]
) -> None:
    rest.get(ENTRIES)
    need = {"recipient": "R-1", "item": "mask", "quantity": 1}
    rest.post("/api/needs", need)
    assert looked_up == []
    change(service, lambda access: credentials.revoke(access, token))
    problem(rest.client.post("/api/needs", json=need), 401, "unauthenticated")
    assert len(looked_up) == 1


def test_a_known_caller_is_refused_as_soon_as_the_user_is_disabled(
    token: str, rest: RestClient, service: Service
) -> None:
    change(service, lambda access: users.disable(access, "u_2"))
    problem(rest.client.get(ENTRIES), 401, "unauthenticated")


def test_a_known_caller_is_refused_when_the_token_expires(
    token: str, rest: RestClient, service: Service
) -> None:
    service.clock.advance(1)
    problem(rest.client.get(ENTRIES), 401, "unauthenticated")


def test_the_session_of_a_known_caller_is_not_accepted_as_a_token(
    anonymous_client: TestClient, service: Service
) -> None:
    session = service.sessions["auditor"]  # reads of auditors are not logged
    for _ in range(3):
        page = anonymous_client.get("/stock", headers={"Cookie": f"supplies_session={session}"})
        assert page.status_code == 200
    bearer = {"Authorization": f"Bearer {session}"}
    problem(anonymous_client.get(ENTRIES, headers=bearer), 401, "unauthenticated")
