"""Proposals can be posted unchanged, and alerts list what needs a coordinator's attention."""

from __future__ import annotations

import pytest
from support.rest_client import RestClient
from support.service_fixture import Service

GOODS = [{"item": "mask", "quantity": 4}]


@pytest.fixture(autouse=True)
def _public_address(rest: RestClient) -> None:
    assert rest.client.patch("/api/station", json={"host": "https://lx.example.org"}).is_success


def test_every_row_of_a_proposal_can_be_posted_as_it_is(rest: RestClient) -> None:
    rest.need(10), rest.need(4, recipient="R-2", urgency="high")
    rest.give(9)
    rows = rest.get("/api/allocations/proposal")["items"]
    assert [row["recipient"] for row in rows] == ["R-2", "R-1"]
    for row in rows:
        made = rest.post("/api/allocations", row)["allocation"]
        assert sum(line["allocated"] for line in made["lines"]) == row["lines"][0]["quantity"]
    assert rest.get("/api/allocations/proposal") == {"items": [], "next": None}
    assert rest.get("/api/stock")["items"][0]["free"] == 0


def test_alerts_use_the_requested_numbers_of_days(rest: RestClient, service: Service) -> None:
    rest.give(5, expires_on="2020-02-15")
    (alert,) = rest.get("/api/reports/alerts")["items"]
    assert (alert["what"], alert["due"], alert["quantity"]) == ("expires_soon", "2020-02-15", 5)
    assert rest.get("/api/reports/alerts", soon=2)["items"] == []
    service.clock.advance(6)
    assert rest.get("/api/reports/alerts")["items"][0]["what"] == "expired"
    assert rest.client.get("/api/reports/alerts", params={"soon": -1}).status_code == 422


def found_masks(rest: RestClient, quantity: int) -> str:
    """Count masks that the books do not contain. Return the count sheet."""
    sheet = str(rest.post("/api/stock/count-sheets", {"location": "store"})["entry"]["document"])
    lines = [{"item": "mask", "counted": quantity}]
    rest.post(f"/api/stock/count-sheets/{sheet}/count", {"lines": lines})
    return sheet


def test_unexplained_goods_give_an_alert_and_a_gift_of_them_a_warning(
    rest: RestClient,
) -> None:
    sheet = found_masks(rest, 20)
    (alert,) = rest.get("/api/reports/alerts")["items"]
    assert (alert["what"], alert["code"], alert["item"], alert["quantity"]) == (
        "unexplained",
        "store",
        "mask",
        -20,
    )
    gift = rest.give(20)
    assert [each["warning"] for each in gift["warnings"]] == ["unexplained-surplus"]
    assert "recounted" not in gift
    donation = gift["donation"]["id"]
    lines = [{"item": "mask", "quantity": 20}]
    command = {"donor": "D-1", "location": "store", "handled_by": "Chen", "lines": lines}
    mended = rest.post(
        f"/api/donations/{donation}/correct",
        {"reason": "came before", "command": {**command, "happened_on": "2020-02-09"}},
    )
    assert mended["recounted"] == [sheet]
    assert mended["warnings"] == []
    assert rest.get("/api/reports/alerts")["items"] == []


def test_every_command_that_brings_found_goods_gives_a_warning(rest: RestClient) -> None:
    rest.post("/api/donations", {**rest.donation(50), "location": "annex"})
    loan = rest.post("/api/stock/loans", {"borrower": "B-1", "location": "annex", "lines": GOODS})
    found_masks(rest, 20)
    bought = {"origin": "bought", "party": "X-1", "location": "store", "lines": GOODS}
    move = {"from": "annex", "to": "store", "lines": GOODS}
    into_store = {**GOODS[0], "quarantine": "ward"}
    back = f"/api/stock/loans/{loan['entry']['document']}/return"
    for path, command in (
        ("/api/stock/arrivals", bought),
        ("/api/stock/openings", {"location": "store", "lines": GOODS}),
        ("/api/stock/moves", move),
        (back, {"location": "store", "lines": GOODS}),
    ):
        warnings = [each["warning"] for each in rest.post(path, command)["warnings"]]
        assert warnings == ["unexplained-surplus"], path
    elsewhere = {**bought, "party": "X-2", "lines": [into_store]}
    assert "warnings" not in rest.post("/api/stock/arrivals", elsewhere)


def test_goods_written_off_as_expired_that_are_not_give_a_warning(
    rest: RestClient, service: Service
) -> None:
    rest.give(3, expires_on="2020-02-11")
    rest.give(9, expires_on="2020-12-31")
    service.clock.advance(6)
    off = {"reason": "expired", "location": "store", "lines": GOODS}
    done = rest.post("/api/stock/write-offs", off)
    (warning,) = done["warnings"]
    assert warning["warning"] == "not-expired"
    assert "1 × 口罩 of lot l_lx_3_1" in warning["detail"]
    assert "the lot expires on 2020-12-31" in warning["detail"]
    (lot,) = rest.get("/api/stock")["items"]
    assert (lot["lot"], lot["free"]) == (warning["about"], 8)


def test_lent_goods_that_expired_give_an_alert_that_names_the_borrower(
    rest: RestClient, service: Service
) -> None:
    rest.give(4, expires_on="2020-02-11")
    rest.post("/api/stock/loans", {"borrower": "B-1", "location": "store", "lines": GOODS})
    service.clock.advance(6)
    (alert,) = rest.get("/api/reports/alerts")["items"]
    assert (alert["what"], alert["borrower"], alert["location"]) == ("expired", "B-1", None)


def test_a_gift_dated_before_its_pledge_gives_a_warning_and_an_alert(rest: RestClient) -> None:
    lines = [{"item": "mask", "quantity": 10}]
    pledge = rest.post("/api/pledges", {"donor": "D-1", "lines": lines})["pledge"]["id"]
    gift = {
        "donor": "D-1",
        "location": "store",
        "handled_by": "Chen",
        "happened_on": "2020-02-09",
        "lines": [{"item": "mask", "quantity": 10, "pledge": pledge}],
    }
    entered = rest.post("/api/donations", gift)
    (warning,) = entered["warnings"]
    assert (warning["warning"], warning["about"]) == ("beside-pledge", pledge)
    assert "which was made on 2020-02-10, after they came on 2020-02-09" in warning["detail"]
    (alert,) = rest.get("/api/reports/alerts")["items"]
    assert (alert["what"], alert["code"]) == ("beside_pledge", entered["donation"]["id"])
    rest.post(
        f"/api/donations/{entered['donation']['id']}/correct",
        {"reason": "came later", "command": {**gift, "happened_on": "2020-02-10"}},
    )
    assert rest.get("/api/reports/alerts")["items"] == []
