"""Barcodes, retired records, and warnings about labels, over REST."""

from __future__ import annotations

from support.rest_client import RestClient, problem

MASK = "6901234567892"
SCANNED = f"010{MASK}10B7\x1d17270500"


def test_a_scanned_code_finds_its_item_with_batch_and_expiry(rest: RestClient) -> None:
    body = {"barcodes": [{"code": MASK, "pack": "box"}]}
    item = rest.client.patch("/api/items/mask", json=body).json()
    assert item["barcodes"] == body["barcodes"]
    assert rest.get("/api/barcodes", code=SCANNED) == {
        "item": item,
        "barcode": MASK,
        "pack": "box",
        "quantity": 50,
        "batch": "B7",
        "expires_on": "2027-05-31",
        "expires_month": "2027-05",
    }
    used_twice = rest.client.patch("/api/items/soap", json={"barcodes": [{"code": MASK}]})
    assert problem(used_twice, 409, "already-done")["errors"][0]["pointer"] == "/barcodes/0/code"


def test_an_unknown_code_is_answered_with_its_parts(rest: RestClient) -> None:
    answer = rest.client.get("/api/barcodes", params={"code": SCANNED})
    assert problem(answer, 404, "not-found")["scanned"] == {
        "barcode": MASK,
        "batch": "B7",
        "expires_on": "2027-05-31",
        "expires_month": "2027-05",
    }
    plain = rest.client.get("/api/barcodes", params={"code": "SHELF 7"})
    assert problem(plain, 404, "not-found")["scanned"]["batch"] is None
    unknown = rest.client.get("/api/items/none")
    assert "scanned" not in problem(unknown, 404, "not-found")
    assert rest.client.get("/api/barcodes", params={"code": " "}).status_code == 422


def test_retired_records_can_be_left_out_of_a_list(rest: RestClient) -> None:
    rest.client.patch("/api/teams/T-1", json={"retired": True})
    assert [one["code"] for one in rest.get("/api/teams", retired="false")["items"]] == ["T-2"]
    assert [one["code"] for one in rest.get("/api/teams", retired="true")["items"]] == ["T-1"]
    assert len(rest.get("/api/teams")["items"]) == 2


def test_a_donation_without_the_batch_that_its_item_needs_is_recorded_with_a_warning(
    rest: RestClient,
) -> None:
    rest.client.patch("/api/items/mask", json={"needs_batch": True})
    lines = [{"item": "mask", "quantity": 5}]
    gift = {"donor": "D-1", "location": "store", "handled_by": "陈某", "lines": lines}
    warnings = rest.post("/api/donations", gift)["warnings"]
    assert [each["warning"] for each in warnings] == ["batch-missing", "local-address"]
    bought = {"origin": "bought", "party": "shop", "location": "store", "lines": lines}
    (warning,) = rest.post("/api/stock/arrivals", bought)["warnings"]
    assert warning["warning"] == "batch-missing"
