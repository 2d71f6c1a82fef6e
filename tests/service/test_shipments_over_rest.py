"""Shipments through the REST API: the data that one service shows can be posted to another."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient
from supplies_service.app import create_app
from support.rest_client import ADDRESS, RestClient, issue_credentials, problem, signed_in
from support.service_fixture import Service

from supplies.domain.catalogue_records import Item, Location, Station
from supplies.ledger.ledger import Ledger
from supplies.signing.station_keys import create_first_key


@pytest.fixture
def other_station(service: Service, tmp_path: Path) -> Iterator[RestClient]:
    """Station hp, with a database and a service of its own."""
    path = str(tmp_path / "hp.db")
    with Ledger.open(path, station="hp", clock=service.clock) as ledger:
        ledger.register(Station(code="hp", name="黄浦站", series="HP"))
        ledger.register(Item(code="mask", name="口罩"), Location(code="depot", name="Depot"))
        tokens = issue_credentials(ledger)
    create_first_key(path)
    app = create_app(path, "hp", clock=service.clock)
    with TestClient(app, base_url=ADDRESS, raise_server_exceptions=False) as client:
        yield RestClient(signed_in(client, tokens["coordinator"]))


def sent(rest: RestClient, quantity: int = 8) -> Any:
    rest.give(10, batch="B7")
    body = {
        "to": "hp",
        "location": "store",
        "lines": [{"item": "mask", "quantity": quantity}],
    }
    return rest.post("/api/shipments", body)["shipment"]


def test_a_shipment_between_two_services_is_received_and_acknowledged(
    rest: RestClient, other_station: RestClient
) -> None:
    out = sent(rest)
    path = f"/api/shipments/{out['id']}"
    assert (out["from"], out["to"], out["status"]) == ("lx", "hp", "on_the_way")
    arrived = {
        "location": "depot",
        "sent": rest.get(path)["entry"],
        "lines": [{"line": 1, "arrived": 7}],
    }
    came = other_station.post(f"{path}/receive", arrived)["shipment"]
    assert (came["way"], came["status"], came["lines"][0]["lost"]) == ("in", "received", 1)
    assert other_station.get("/api/stock")["items"][0]["batch"] == "B7"
    done = rest.post(f"{path}/acknowledge", {"received": other_station.get(path)["entry"]})[
        "shipment"
    ]
    assert (done["status"], done["lines"][0]["arrived"]) == ("acknowledged", 7)
    again = rest.post(f"{path}/acknowledge", {"received": other_station.get(path)["entry"]})
    assert again["shipment"] == done
    assert rest.get("/api/shipments", way="out")["items"] == [done]
    assert other_station.get("/api/shipments")["items"] == [other_station.get(path)]


def test_a_shipment_to_a_station_of_another_database_returns_a_warning(
    rest: RestClient, other_station: RestClient
) -> None:
    rest.give(10)
    body = {"to": "zz", "location": "store", "lines": [{"item": "mask", "quantity": 1}]}
    (warning,) = rest.post("/api/shipments", body)["warnings"]
    assert (warning["warning"], warning["about"]) == ("unknown-station", "zz")
    assert "no station zz is in this database" in warning["detail"]


def test_errors_in_a_shipment_are_named(rest: RestClient, other_station: RestClient) -> None:
    out = sent(rest)
    path = f"/api/shipments/{out['id']}"
    error = other_station.refused(f"{path}/receive", {"location": "depot"}, 422, "invalid-field")
    assert error["errors"][0]["pointer"] == "/sent"
    forged = {**out["entry"], "hash": "0" * 64}
    error = other_station.refused(
        f"{path}/receive", {"location": "depot", "sent": forged}, 422, "invalid-field"
    )
    assert error["errors"][0]["pointer"] == "/sent/hash"
    broken = {**out["entry"], "body": "not base64!"}
    other_station.refused(
        f"{path}/receive", {"location": "depot", "sent": broken}, 422, "invalid-field"
    )
    good = {"location": "depot", "sent": out["entry"]}
    other_station.post(f"{path}/receive", good)
    more = {**good, "lines": [{"line": 1, "arrived": 1}]}
    other_station.refused(f"{path}/receive", more, 409, "already-done")
    problem(other_station.client.get("/api/shipments/x_lx_99"), 404, "not-found")
    problem(other_station.client.get("/api/shipments", params={"way": "up"}), 422, "invalid-field")
