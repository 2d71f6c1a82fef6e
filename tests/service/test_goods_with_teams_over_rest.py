"""Goods that a team still carries, over REST and on the pages of the desk."""

from __future__ import annotations

import pytest
from support.page_client import Browser, key_of, sign_in_as, value_of
from support.rest_client import RestClient
from support.service_fixture import Service


@pytest.fixture
def carried(rest: RestClient) -> str:
    """A delivery of T-1 with 4 masks of 10 that a household refused."""
    rest.give(10)
    stop = rest.allocation(4)
    delivery = rest.delivery(stop)
    refused = {"allocation": stop, "outcome": "refused"}
    rest.post(f"/api/deliveries/{delivery}/outcomes", refused)
    return delivery


HAND_OUT = {
    "recipient": "R-2",
    "location": "store",
    "lines": [{"item": "mask", "quantity": 9}],
}


def test_the_stock_says_what_a_team_still_carries(rest: RestClient, carried: str) -> None:
    (row,) = rest.get("/api/stock")["items"]
    assert (row["free"], row["with_teams"]) == (10, 4)
    rest.post(f"/api/deliveries/{carried}/close", {})
    (row,) = rest.get("/api/stock")["items"]
    assert "with_teams" not in row


@pytest.mark.parametrize("path", ["/api/stock/hand-outs", "/api/allocations"])
def test_who_takes_goods_that_a_team_still_carries_is_warned(
    rest: RestClient, carried: str, path: str
) -> None:
    (warning,) = rest.post(path, HAND_OUT)["warnings"]
    assert warning == {
        "warning": "still-with-team",
        "about": carried,
        "item": "mask",
        "quantity": 3,
        "detail": warning["detail"],
    }
    assert "3 × 口罩 of lot l_lx_1_1 are still with team T-1" in warning["detail"]


def test_the_desk_sees_the_goods_at_the_stock_and_at_the_delivery(
    rest: RestClient, service: Service, carried: str
) -> None:
    browser = sign_in_as(rest.client, service, "recorder")
    link = f'<a class="note" href="/deliveries/{carried}">4 pieces still with 一队</a>'
    for path in ("/stock", "/stock/items/mask"):
        assert link in browser.open(path)
    assert f'<a href="/deliveries/{carried}">mask 4 pieces</a>' in browser.open("/")
    page = browser.open(f"/deliveries/{carried}")
    assert "To be brought back: mask 4 pieces" in page
    lots = browser.open("/find/lots?q=mask")
    assert "Store A 10 pieces (4 pieces still with 一队)" in lots


def confirmed(browser: Browser, path: str, fields: dict[str, str]) -> str:
    """Send a form, which must be confirmed; return the address after it was confirmed."""
    sent = {"key": key_of(browser.open(path)), "do": "save", **fields}
    asked = browser.send(path, **sent)
    assert asked.status_code == 422
    assert "mask: 3 pieces are still with 一队, which brings them back" in asked.text
    sent["confirmed"] = value_of(asked.text, "confirmed")
    done = browser.send(path, **sent)
    assert done.status_code == 303
    return str(done.headers["location"])


def test_forms_that_take_such_goods_ask_before_they_record(
    rest: RestClient, service: Service, carried: str
) -> None:
    rest.post("/api/needs", {"recipient": "R-2", "item": "mask", "quantity": 9})
    browser = sign_in_as(rest.client, service, "recorder")
    assert "4 pieces still with 一队" in browser.open("/allocations/proposal")
    line = {"recipient": "R-2", "location": "store", "item": "mask", "need": "n_6"}
    proposed = {f"/lines/0/{name}": text for name, text in line.items()}
    assert value_of(browser.open("/allocations/proposal"), "/lines/0/need") in proposed.values()
    confirmed(browser, "/allocations/proposal", {**proposed, "/lines/0/quantity": "9"})


def test_an_allocation_that_came_back_is_shown_as_with_the_team(
    rest: RestClient, service: Service
) -> None:
    rest.give(10)
    stop = rest.allocation(3)
    delivery = rest.delivery(stop)
    away = {"allocation": stop, "outcome": "not_at_home"}
    rest.post(f"/api/deliveries/{delivery}/outcomes", away)
    browser = sign_in_as(rest.client, service, "recorder")
    for path in (f"/allocations/{stop}", "/deliveries/new"):
        assert "3 pieces still with 一队" in browser.open(path)
    fields = {"/lines/0/line": "1", "/lines/0/quantity": "3", "/received_by": "self"}
    asked = browser.send(f"/allocations/{stop}/collect", key="c" * 20, do="save", **fields)
    assert asked.status_code == 422
    assert "<details open><summary>The household fetches the goods" in asked.text
    confirmed(browser, "/deliveries/new", {"/team": "T-2", "/allocations/0": stop})


def test_goods_that_left_again_are_not_shown_as_with_the_team(
    rest: RestClient, service: Service
) -> None:
    rest.give(10)
    stop = rest.allocation(3)
    away = {"allocation": stop, "outcome": "not_at_home"}
    first = rest.delivery(stop)
    rest.post(f"/api/deliveries/{first}/outcomes", away)
    second = rest.delivery(stop)
    rest.post(f"/api/deliveries/{second}/outcomes", away)
    rest.post("/api/stock/hand-outs", HAND_OUT | {"lines": [{"item": "mask", "quantity": 7}]})
    browser = sign_in_as(rest.client, service, "recorder")
    for path in (f"/allocations/{stop}", "/stock", "/stock/items/mask"):
        page = browser.open(path)
        assert f'href="/deliveries/{second}">3 pieces still with' in page
        assert f'href="/deliveries/{first}">3 pieces still with' not in page
