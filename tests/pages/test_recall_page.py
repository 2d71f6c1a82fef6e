"""The page of a recall: where the goods of a batch are, and one button to quarantine them."""

from __future__ import annotations

from support.page_client import sign_in_as
from support.rest_client import RestClient
from support.service_fixture import Service


def test_a_batch_is_found_and_its_free_goods_are_quarantined(
    rest: RestClient, service: Service
) -> None:
    rest.give(10, batch="B7")
    rest.post("/api/locations", {"code": "cage", "name": "隔离区", "quarantine": True})
    browser = sign_in_as(rest.client, service, "recorder")
    path = "/stock/recall?item=mask&batch=B7"
    assert path.replace("&", "&amp;") in browser.open("/stock")
    assert "Move all free goods to quarantine" in browser.open(path)
    fields = {"/item": "mask", "/batch": "B7", "/to": "cage"}
    done = browser.send("/stock/recall", key="recall-key-00000001", do="save", **fields)
    assert done.headers["location"] == path
    page = browser.open(path)
    assert "No goods of this batch are free." in page
    assert "free at 隔离区 · Quarantine" in page
