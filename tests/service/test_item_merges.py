"""An item that was registered twice is replaced by the other one, in one step."""

from __future__ import annotations

from support.page_client import sign_in_as
from support.rest_client import RestClient
from support.service_fixture import Service


def test_an_item_is_replaced_with_its_stock_barcodes_and_names(
    rest: RestClient, service: Service
) -> None:
    rest.post("/api/items", {"code": "face", "name": "面罩", "barcodes": [{"code": "69012349"}]})
    line = {"item": "face", "quantity": 7, "batch": "B7", "expires_on": "2031-05-31"}
    rest.post("/api/donations", {**rest.donation(), "lines": [line]})
    rest.post("/api/needs", {"recipient": "R-1", "item": "face", "quantity": 2})
    token = rest.client.headers["Authorization"]
    browser = sign_in_as(rest.client, service, "coordinator")
    preview = browser.open("/items/face/merge?into=mask")
    assert "B7" in preview
    assert "Open needs" in preview
    fields = {"/item": "mask", "/reason": "the same masks"}
    done = browser.send("/items/face/merge", key="replace-key-00001", do="save", **fields)
    assert done.headers["location"] == "/items/mask"
    rest.client.headers["Authorization"] = token
    rows = rest.get("/api/stock", item="mask")["items"]
    assert [(row["batch"], row["free"]) for row in rows if row["batch"] == "B7"] == [("B7", 7)]
    assert rest.get("/api/stock", item="face")["items"] == []
    assert rest.get("/api/items/face")["retired"]
    kept = rest.get("/api/items/mask")
    assert "69012349" in [each["code"] for each in kept["barcodes"]]
    assert "面罩" in kept["aliases"]


def test_items_of_different_units_are_not_replaced(rest: RestClient, service: Service) -> None:
    rest.post("/api/items", {"code": "drum", "name": "桶", "unit": "L"})
    browser = sign_in_as(rest.client, service, "coordinator")
    for into, message in (("mask", "repack the goods by hand"), ("drum", "another code than")):
        fields = {"/item": into, "/reason": "the same"}
        shown = browser.send("/items/drum/merge", key="replace-key-00002", do="save", **fields)
        assert message in shown.text
