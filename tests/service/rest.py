"""Short words for what tests ask of the service, and what every problem must be."""

from __future__ import annotations

import re
from typing import Any

from httpx import Response
from litestar.testing import TestClient

ADDRESS = "http://127.0.0.1:8000"


class Rest:
    """A client that knows what an answer must look like."""

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
        """The problem that a POST is answered with."""
        return problem(self.send(path, body), status, slug)

    # --- what many tests begin with ------------------------------------------------------------

    def need(self, quantity: int = 10, **more: Any) -> str:
        body = {"recipient": "R-1", "item": "mask", "quantity": quantity, **more}
        return str(self.post("/api/needs", body)["need"]["id"])

    def donation(self, quantity: int = 10, **line: Any) -> dict[str, Any]:
        """The body of a donation of one line."""
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
    """An answer that is problem+json as the contract says, and tells nothing of our insides."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert list(told) == ["type", "title", "status", "detail", "instance", "errors"]
    assert told["type"] == f"/problems/{slug}"
    assert told["status"] == status
    assert told["detail"]
    assert re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", told["instance"])
    for inside in ("Traceback", ".py", "SELECT", "INSERT", "books.db", "sqlite"):
        assert inside not in answer.text
    return told
