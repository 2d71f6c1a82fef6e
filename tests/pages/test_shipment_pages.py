"""Send goods to another station, receive them there, and acknowledge them, on pages."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from litestar.testing import TestClient
from supplies_service.app import create_app
from support.page_client import Browser, sign_in_as
from support.rest_client import ADDRESS, RestClient, issue_credentials, sessions
from support.service_fixture import Service

from supplies.domain.catalogue_records import Item, Location, Station, Team
from supplies.ledger.ledger import Ledger
from supplies.signing.station_keys import create_first_key

KEY = "shipment-form-key-{}"


@pytest.fixture
def here(rest: RestClient, service: Service) -> Browser:
    """A recorder of station lx, which has 10 masks."""
    rest.give(10, batch="B7")
    return sign_in_as(rest.client, service, "recorder")


@pytest.fixture
def there(service: Service, tmp_path: Path) -> Iterator[Browser]:
    """A recorder of station hp, with a database and a service of its own."""
    yield from station_hp(service, str(tmp_path / "hp.db"))


@pytest.fixture
def beside(here: Browser, service: Service) -> Iterator[Browser]:
    """A recorder of station hp, whose books are in the database of station lx."""
    yield from station_hp(service, str(service.folder / "books.db"))


def station_hp(service: Service, path: str) -> Iterator[Browser]:
    with Ledger.open(path, station="hp", clock=service.clock, new_station=True) as ledger:
        ledger.register(Station(code="hp", name="黄浦站", name_en="Huangpu", series="HP"))
        ledger.register(Item(code="mask", name="口罩"), Location(code="depot", name="Depot"))
        ledger.register(Team(code="T-1", name="Team"))
        issue_credentials(ledger)
        cookies = sessions(ledger)
    create_first_key(path)
    with TestClient(create_app(path, "hp", clock=service.clock), base_url=ADDRESS) as client:
        client.cookies.set("supplies_session", cookies["recorder"])
        yield Browser(client)


def evidence(page: str) -> str:
    """The entry that a page shows for the other station."""
    found = re.search(r'<textarea id="evidence"[^>]*>(.*?)</textarea>', page, re.DOTALL)
    assert found is not None, page
    return html.unescape(found[1])


def values(page: str) -> dict[str, str]:
    """The fields of a form with their values."""
    fields = re.findall(r'<input[^>]*name="(/[^"]*)"[^>]*?value="([^"]*)"', page)
    return {name: html.unescape(value) for name, value in fields}


def test_goods_are_sent_received_and_acknowledged_by_pasting_entries(
    here: Browser, there: Browser
) -> None:
    sent = {"/to": "hp", "/location": "store", "/lines/0/item": "mask", "/lines/0/quantity": "8"}
    asked = here.send("/shipments/new", key=KEY.format(1), do="save", **sent)
    assert asked.status_code == 422
    assert "No station hp is in this database" in asked.text
    done = here.send(
        "/shipments/new", key=KEY.format(1), do="save", confirmed="unknown-station:hp", **sent
    )
    shipment = done.headers["location"]
    assert "On the way to other stations" in here.open("/shipments")

    refused = there.send("/shipments/receive", key=KEY.format(2), do="show", **{"/sent": "{}"})
    assert "copy the whole text from the other station" in refused.text
    pasted = {"/sent": evidence(here.open(shipment))}
    form = there.send("/shipments/receive", key=KEY.format(2), do="show", **pasted)
    assert "8 pieces sent" in form.text
    fields = values(form.text) | {"/location": "depot", "/lines/0/arrived": "7"}
    received = there.send("/shipments/receive", key=KEY.format(2), do="save", **fields)
    assert received.headers["location"] == shipment
    assert "B7" in there.open("/stock")

    answer = {"/received": evidence(there.open(shipment))}
    closed = here.send(f"{shipment}/acknowledge", key=KEY.format(3), do="save", **answer)
    assert closed.headers["location"] == shipment
    page = here.open(shipment)
    assert "arrived" in page
    assert "Acknowledge what arrived" not in page


def test_goods_from_a_station_in_the_same_database_are_received_without_pasting(
    here: Browser, beside: Browser
) -> None:
    sent = {"/to": "hp", "/location": "store", "/lines/0/item": "mask", "/lines/0/quantity": "8"}
    done = here.send("/shipments/new", key=KEY.format(4), do="save", **sent)
    shipment = done.headers["location"]
    early = here.send(f"{shipment}/acknowledge", key=KEY.format(5), do="save")
    assert early.status_code == 422
    assert "On the way here" in beside.open("/shipments")
    name = shipment.rpartition("/")[2]
    fields = values(beside.open(f"/shipments/receive?shipment={name}")) | {"/location": "depot"}
    received = beside.send("/shipments/receive", key=KEY.format(6), do="save", **fields)
    assert received.headers["location"] == shipment
    assert "Shipment from" in beside.open(shipment)
    closed = here.send(f"{shipment}/acknowledge", key=KEY.format(7), do="save")
    assert closed.headers["location"] == shipment
