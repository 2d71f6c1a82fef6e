"""A client for the REST API with short methods, and checks of problem responses."""

from __future__ import annotations

import json
import logging
import re
from datetime import timedelta
from typing import Any

import pytest
from httpx import Response
from litestar.testing import TestClient
from supplies_service.observability.logs import JsonFormatter

from supplies.access import credentials, users
from supplies.access.access_context import AccessContext
from supplies.ledger.ledger import Ledger

LONG = timedelta(days=700)
"""A lifetime that is longer than any test moves its clock."""

ADDRESS = "http://127.0.0.1:8000"


def issue_credentials(ledger: Ledger) -> dict[str, str]:
    """Create a user or link for each role. Return their tokens by role."""
    with ledger.admin_transaction() as books:
        access = AccessContext(books, ledger.clock())
        shown = {}
        for role in ("coordinator", "recorder", "auditor"):
            user = users.add(access, users.NewUser(login=role, role=role), by="test")
            _, shown[role] = credentials.issue(
                access, kind="token", role=role, by="test", holder=user.code, lifetime=LONG
            )
        for role, whom in (("courier", {"team": "T-1"}), ("donor", {"donor": "D-1"})):
            ((what, code),) = whom.items()
            exists = f"SELECT 1 FROM {what}s WHERE station = :station AND code = :code"
            if books.one(exists, code=code):
                _, shown[role] = credentials.issue(
                    access, kind="link", role=role, by="test", lifetime=LONG, **whom
                )
    return shown


def sessions(ledger: Ledger) -> dict[str, str]:
    """Return session cookies of users with a password, by role."""
    with ledger.admin_transaction() as books:
        access = AccessContext(books, ledger.clock())
        users.add(access, users.NewUser(login="courier", role="courier", team="T-1"), by="test")
        return {
            user.role: credentials.issue(
                access, kind="session", role=user.role, by="test", holder=user.code, lifetime=LONG
            )[1]
            for user in users.list_users(access)
        }


def signed_in(client: TestClient, token: str) -> TestClient:
    """Return the client after setting the token that it sends with every request."""
    client.headers["Authorization"] = f"Bearer {token}"
    return client


class RestClient:
    """A client that sends requests and checks the form of the responses."""

    def __init__(self, client: TestClient) -> None:
        self.client = client

    def get(self, path: str, **query: Any) -> Any:
        answer = self.client.get(path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def send(self, path: str, body: Any, *, key: str | None = None) -> Response:
        headers = {} if key is None else {"Idempotency-Key": key}
        return self.client.post(path, json=body, headers=headers)

    def post(self, path: str, body: Any = None, *, key: str | None = None) -> Any:
        answer = self.send(path, {} if body is None else body, key=key)
        assert answer.status_code == 201, answer.text
        assert answer.headers["location"].startswith("/api/")
        return answer.json()

    def refused(self, path: str, body: Any, status: int, slug: str) -> Any:
        """Send a POST that must be refused. Return the problem."""
        return problem(self.send(path, body), status, slug)

    # --- what many tests begin with ------------------------------------------------------------

    def need(self, quantity: int = 10, **more: Any) -> str:
        body = {"recipient": "R-1", "item": "mask", "quantity": quantity, **more}
        return str(self.post("/api/needs", body)["need"]["id"])

    def donation(self, quantity: int = 10, **line: Any) -> dict[str, Any]:
        """Return the body of a donation of one line."""
        return {
            "donor": "D-1",
            "location": "store",
            "handled_by": "陈某",
            "lines": [{"item": "mask", "quantity": quantity, **line}],
        }

    def give(self, quantity: int = 10, **line: Any) -> Any:
        return self.post("/api/donations", self.donation(quantity, **line))

    def allocation(self, quantity: int = 10) -> str:
        line = {"item": "mask", "quantity": quantity}
        body = {"recipient": "R-1", "location": "store", "lines": [line]}
        return str(self.post("/api/allocations", body)["allocation"]["id"])

    def delivery(self, *allocations: str) -> str:
        body = {"team": "T-1", "allocations": list(allocations)}
        return str(self.post("/api/deliveries", body)["delivery"]["id"])


def problem(answer: Response, status: int, slug: str) -> Any:
    """Return the problem of a response. Check that it is documented and reveals no internals."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    known = ["type", "title", "status", "detail", "instance", "errors"]
    assert list(body) in (known, [*known, "scanned"])
    assert body["type"] == f"/problems/{slug}"
    assert body["status"] == status
    assert body["detail"]
    assert re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", body["instance"])
    for inside in ("Traceback", ".py", "SELECT", "INSERT", "books.db", "sqlite"):
        assert inside not in answer.text
    return body


def logged_store_errors(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return messages of the store in the error lines of the log."""
    lines = [
        json.loads(JsonFormatter().format(record))
        for record in caplog.records
        if record.levelno == logging.ERROR
    ]
    return [about["says"] for line in lines for about in line["error"] if "says" in about]
