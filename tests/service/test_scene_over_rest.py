"""The demo through the REST API: its main steps by hand, then all of its commands."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import msgspec
import pytest
from litestar.testing import TestClient
from pypdf import PdfReader
from supplies_service.app import create_app
from support.ledger_fixture import Clock
from support.rest_client import ADDRESS, RestClient, issue_credentials, signed_in

from supplies.demo.longxue import STATION, Scene, SceneClock
from supplies.domain.catalogue_records import CatalogueRecord, Station
from supplies.domain.commands import Command
from supplies.ledger.ledger import Ledger
from supplies.ledger.recorded import Recorded
from supplies.signing.station_keys import create_first_key
from supplies.verification.verify import verify


@pytest.fixture
def longxue(books_path: Path, clock: Clock) -> Iterator[RestClient]:
    """The service with books that contain only their station."""
    with Ledger.open(str(books_path), station="lx", clock=clock) as ledger:
        ledger.register(Station(code="lx", name="龙穴街社工服务站（演示）"))
        token = issue_credentials(ledger)["coordinator"]
    create_first_key(str(books_path))
    app = create_app(str(books_path), "lx", clock=clock)
    with TestClient(app, base_url=ADDRESS) as client:
        yield RestClient(signed_in(client, token))


def register(rest: RestClient) -> None:
    packs = {"box50": 50}
    rest.post("/api/items", {"code": "mask", "name": "口罩", "name_en": "mask", "packs": packs})
    rest.post("/api/locations", {"code": "store-a", "name": "Store A"})
    rest.post("/api/teams", {"code": "t_1", "name": "Team 1"})
    firm = {"code": "D-01", "name": "蓝湾科技公司（虚构）", "kind": "organisation"}
    rest.post("/api/donors", firm)
    for code in ("R-001", "R-002"):
        person = {
            "code": code,
            "name": "住户（虚构）",
            "phone": "13800000001",
            "address": "1号101房",
        }
        rest.post("/api/recipients", person)


def promise(rest: RestClient) -> tuple[list[str], str]:
    """Note two needs, and pledge goods that claim both."""
    needs = []
    for code in ("R-001", "R-002"):
        body = {"recipient": code, "item": "mask", "quantity": 10, "urgency": "high"}
        needs.append(rest.post("/api/needs", body)["need"]["id"])
    claims = [{"need": need, "quantity": 10} for need in needs]
    line = {"item": "mask", "quantity": 50, "claims": claims}
    body = {"donor": "D-01", "due_on": "2020-02-06", "lines": [line]}
    pledge = rest.post("/api/pledges", body)["pledge"]
    assert pledge["status"] == "open"
    assert {rest.get(f"/api/needs/{need}")["status"] for need in needs} == {"claimed"}
    return needs, pledge["id"]


def donate(rest: RestClient, pledge: str) -> tuple[str, list[str]]:
    """Donate slightly more than one box. Claimed goods are allocated at once, the rest is free."""
    box = {"item": "mask", "quantity": 1, "pack": "box50", "pledge": pledge, "batch": "B7"}
    beside = {"item": "mask", "quantity": 21, "expires_on": "2021-12-31"}
    recorded = rest.post(
        "/api/donations",
        {
            "donor": "D-01",
            "location": "store-a",
            "handled_by": "陈晓（虚构）",
            "wish": "给有困难的老人",
            "lines": [{**box, "expires_on": "2022-01-31"}, beside],
        },
    )
    assert [line["on_pledge"] for line in recorded["donation"]["lines"]] == [50, 0]
    assert rest.get(f"/api/pledges/{pledge}")["status"] == "kept"
    assert [row["lines"][0]["quantity"] for row in recorded["allocations"]] == [10, 10]
    return recorded["receipt"]["number"], [row["id"] for row in recorded["allocations"]]


def deliver(rest: RestClient, allocations: list[str]) -> None:
    """Deliver to two households. One takes everything; at the other, a neighbour takes eight."""
    body = {"team": "t_1", "allocations": allocations}
    path = f"/api/deliveries/{rest.post('/api/deliveries', body)['delivery']['id']}"
    first, second = allocations
    outcome: dict[str, Any] = {"allocation": first, "outcome": "handed_over"}
    rest.post(f"{path}/outcomes", {**outcome, "received_by": "self", "proof": "signature"})
    rest.refused(f"{path}/close", {}, 409, "unaccounted")
    line = {"line": 1, "received": 8, "brought_back": 2, "to": "stock"}
    outcome = {"allocation": second, "outcome": "partly", "lines": [line]}
    rest.post(f"{path}/outcomes", {**outcome, "received_by": "neighbour"})
    assert rest.post(f"{path}/close")["delivery"]["status"] == "closed"


def test_a_donation_is_pledged_received_delivered_and_reported(
    longxue: RestClient, clock: Clock, books_path: Path
) -> None:
    rest = longxue
    clock.day = date(2020, 2, 3)
    register(rest)
    needs, pledge = promise(rest)
    clock.day = date(2020, 2, 5)
    number, allocations = donate(rest, pledge)
    clock.day = date(2020, 2, 6)
    deliver(rest, allocations)

    met = [rest.get(f"/api/needs/{need}") for need in needs]
    assert [(need["met"], need["needed"]) for need in met] == [(10, 0), (8, 2)]

    pdf = rest.client.get(f"/api/receipts/{number}/pdf").content
    pages = PdfReader(BytesIO(pdf)).pages
    page_text = re.sub(r"\s", "", "".join(page.extract_text() for page in pages))
    for words in (number, "蓝湾科技公司", "口罩", "伍拾", "贰拾壹", "陈晓", "给有困难的老人", "B7"):
        assert words in page_text

    clock.day = date(2020, 2, 13)
    report = rest.get("/api/reports/station", **{"from": "2020-02-03", "to": "2020-02-13"})
    assert (report["households_surveyed"], report["households_fully_met"]) == (2, 1)
    (goods,) = report["goods"]
    assert (goods["received"], goods["handed_over"], goods["on_hand"]) == (71, 18, 53)
    assert report["short"] == []

    with Ledger.open(str(books_path), station="lx") as ledger:
        assert verify(ledger.store, "lx").receipts == 1


ROUTES = {
    "NoteNeed": "/api/needs",
    "MakePledge": "/api/pledges",
    "LapsePledge": "/api/pledges/{pledge}/lapse",
    "RecordArrival": "/api/stock/arrivals",
    "IssueGoods": "/api/stock/issues",
    "RecordDonation": "/api/donations",
    "Correct": "/api/entries/{entry}/correct",
    "Allocate": "/api/allocations",
    "Dispatch": "/api/deliveries",
    "ReportOutcome": "/api/deliveries/{delivery}/outcomes",
    "CloseDelivery": "/api/deliveries/{delivery}/close",
    "HandOut": "/api/stock/hand-outs",
    "WriteOff": "/api/stock/write-offs",
    "OpenCountSheet": "/api/stock/count-sheets",
    "CountStock": "/api/stock/count-sheets/{sheet}/count",
    "RecordActivity": "/api/activities",
}
"""The route of each command of the scene. Fields in the path are left out of the body."""


class OverRest:
    """Replaces the ledger of the scene, and sends what it records to the service."""

    def __init__(self, rest: RestClient, ledger: Ledger) -> None:
        self.rest, self.books = rest, ledger.books
        self.admin_transaction = ledger.admin_transaction

    def register(self, *nouns: CatalogueRecord) -> None:
        for noun in nouns:
            if not isinstance(noun, Station):
                self.rest.post(f"/api/{noun.table}", json.loads(msgspec.json.encode(noun)))

    def record(self, command: Command, *, by: str) -> Recorded:
        body = json.loads(msgspec.json.encode(command))
        path = ROUTES[body.pop("type")]
        for name in re.findall(r"{(\w+)}", path):
            path = path.replace(f"{{{name}}}", str(body.pop(name)))
        entry = self.rest.post(path, body)["entry"]
        seq = entry["seq"]
        return Recorded(seq=seq, last=seq, id=entry["id"], document=entry["document"])


def test_the_whole_demo_can_be_recorded_through_the_service(books_path: Path) -> None:
    clock = SceneClock()
    with Ledger.open(str(books_path), station=STATION, clock=clock) as ledger:
        ledger.register(Station(code=STATION, name="龙穴街社工服务站（演示）"))
        token = issue_credentials(ledger)["coordinator"]
        create_first_key(str(books_path))
        with TestClient(create_app(str(books_path), STATION, clock=clock), base_url=ADDRESS) as it:
            rest = RestClient(signed_in(it, token))
            Scene(OverRest(rest, ledger), clock).book()  # type: ignore[arg-type]  # its stand-in
            report = rest.get("/api/reports/station", **{"from": "2020-02-03", "to": "2020-02-13"})
            paper = it.get("/api/receipts/JZ-2020-000003/pdf").content
        verify(ledger.store)
    assert (report["workers"], report["contacts"], report["visits"]) == (14, 54, 60)
    assert (report["households_surveyed"], report["households_fully_met"]) == (36, 16)
    received = {line["item"]: line["received"] for line in report["goods"]}
    assert (received["mask"], received["sanitiser"], received["disinfectant"]) == (71, 150, 2)
    assert (received["gift"], received["leaflet"], report["notices_posted"]) == (95, 260, 12)
    text = PdfReader(BytesIO(paper)).pages[0].extract_text()
    assert "贰拾壹" in text
    assert "JZ-2020-000002" in text
