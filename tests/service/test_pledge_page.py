"""The page of a pledge lists the needs that it can claim."""

from __future__ import annotations

import re

from support.page_client import sign_in_as
from support.rest_client import RestClient
from support.service_fixture import Service


def test_urgent_needs_are_listed_first(rest: RestClient, service: Service) -> None:
    for recipient, urgency in (("R-1", "low"), ("R-1", "normal"), ("R-2", "high")):
        need = {"recipient": recipient, "item": "mask", "quantity": 3, "urgency": urgency}
        rest.post("/api/needs", need)
    promised = {"donor": "D-1", "lines": [{"item": "mask", "quantity": 5}]}
    pledge = rest.post("/api/pledges", promised)["pledge"]["id"]
    page = sign_in_as(rest.client, service, "recorder").open(f"/pledges/{pledge}")
    assert re.findall(r"<td[^>]*>((?:not )?urgent|normal)</td>", page) == [
        "urgent",
        "normal",
        "not urgent",
    ]
