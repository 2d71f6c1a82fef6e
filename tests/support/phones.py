"""A phone of a delivery team, as tests use it over REST."""

from __future__ import annotations

import base64
import json
import uuid
import zlib
from collections.abc import Mapping
from typing import Any

from httpx import Response

from support.rest_client import ADDRESS, RestClient


class TeamPhone:
    """A phone of a team, with its own secret.

    Attributes:
        shown: The phone in the list of phones, as it was when it joined.
    """

    def __init__(self, rest: RestClient, secret: str) -> None:
        self.rest, self.secret = rest, secret
        id = secret.split(".")[2]
        self.shown: dict[str, Any] = rest.get(f"/api/phones/{id}")

    @classmethod
    def by_page(
        cls, rest: RestClient, address: str, *, present: TeamPhone | None = None
    ) -> TeamPhone:
        """Join with the form of a page, as a browser does."""
        headers = {"Origin": ADDRESS, "User-Agent": "Mozilla/5.0 (Linux; Android 9; HD1) X"}
        if present is not None:
            headers["Cookie"] = f"supplies_phone={present.secret}"
        answer = rest.client.post(
            address, data={"label": ""}, headers=headers, follow_redirects=False
        )
        assert answer.status_code == 303, answer.text
        rest.client.cookies.clear()
        return cls(rest, answer.cookies["supplies_phone"])

    @classmethod
    def by_rest(cls, rest: RestClient, secret: str, **more: str) -> TeamPhone:
        """Join with the secret of a link, or with the code of a run sheet."""
        body = {"secret": secret, "label": "Kai's phone", **more}
        answer = rest.client.post("/api/phones", json=body, headers={"Authorization": ""})
        assert answer.status_code == 201, answer.text
        return cls(rest, answer.json()["secret"])

    @classmethod
    def of_team(cls, rest: RestClient, team: str = "T-1", **more: str) -> TeamPhone:
        """Join a team with a new link."""
        return cls.by_rest(rest, rest.post(f"/api/teams/{team}/link")["secret"], **more)

    def _headers(self, more: Mapping[str, str] | None) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.secret}", **(more or {})}

    def get(self, path: str, *, headers: Mapping[str, str] | None = None) -> Response:
        return self.rest.client.get(path, headers=self._headers(headers))

    def post(self, path: str, body: Any, *, headers: Mapping[str, str] | None = None) -> Response:
        return self.rest.client.post(path, json=body, headers=self._headers(headers))

    def send(
        self,
        delivery: str,
        outcome: Mapping[str, Any],
        *,
        key: str | None = None,
        sent_at: str | None = None,
    ) -> Response:
        """Send an outcome. Without `allocation`, it is about the first stop of the delivery."""
        body = dict(outcome)
        if "allocation" not in body:
            stops = self.rest.get(f"/api/deliveries/{delivery}")["stops"]
            body["allocation"] = stops[0]["allocation"]
        headers = {"Idempotency-Key": key or str(uuid.uuid4())}
        if sent_at is not None:
            headers["Sent-At"] = sent_at
        return self.post(f"/api/deliveries/{delivery}/outcomes", body, headers=headers)

    def report(self, delivery: str, outcome: Mapping[str, Any], **more: str) -> Any:
        """Send an outcome that must be booked. Return the answer."""
        answer = self.send(delivery, outcome, **more)
        assert answer.status_code == 201, answer.text
        return answer.json()


def rescue_lines(
    phone: TeamPhone, now: str, records: list[dict[str, Any]], *, size: int = 400
) -> list[str]:
    """Return the lines of text that a phone shows for its unsent records."""
    return rescue_text(phone.shown["id"], now, records, size=size).splitlines()


def rescue_text(phone: str, now: str, records: list[dict[str, Any]], *, size: int = 400) -> str:
    """Return the text that a phone shows for its unsent records.

    Args:
        phone: The id of the phone.
    """
    content = json.dumps({"now": now, "records": records}).encode()
    data = base64.urlsafe_b64encode(zlib.compress(content)).decode().rstrip("=")
    pieces = [data[at : at + size] for at in range(0, len(data), size)]
    return "\n".join(
        f"supplies-run:1:{at}/{len(pieces)}:{phone}:{piece}" for at, piece in enumerate(pieces, 1)
    )


def unsent_record(
    delivery: str, allocation: str, key: str, outcome: str = "handed_over", **more: Any
) -> dict[str, Any]:
    """Return a record as a phone keeps it. Its body is the exact text that is sent."""
    body = json.dumps({"allocation": allocation, "outcome": outcome, **more})
    return {"key": key, "delivery": delivery, "body": body, "sent_at": None, "made_at": None}
