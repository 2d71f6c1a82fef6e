"""Forms in which quantities or lines of goods were left out."""

from __future__ import annotations

import pytest
from support.page_client import Browser, sign_in_as
from support.rest_client import RestClient
from support.service_fixture import Service

SAVE = {"key": "0123456789abcdef", "do": "save"}


def test_partly_without_quantities_is_refused_on_the_page(
    rest: RestClient, service: Service
) -> None:
    rest.give(20, batch="B1")
    delivery = rest.delivery(rest.allocation(4))
    stop = rest.get(f"/api/deliveries/{delivery}")["stops"][0]
    typed = {"/allocation": stop["allocation"], "/outcome": "partly", "/lines/1/line": "1"}
    browser = sign_in_as(rest.client, service, "recorder")
    path = f"/deliveries/{delivery}"

    refused = browser.send(f"{path}/outcomes", **SAVE, **typed)
    assert refused.status_code == 422
    assert refused.text.count("say of at least one item how much was received or lost") == 2
    fold = refused.text.partition("Handed over in part: how much?")[0].rpartition("<details")[2]
    assert fold.startswith(' class="more" open')

    done = browser.send(f"{path}/outcomes", **SAVE, **typed, **{"/lines/1/received": "0"})
    assert done.status_code == 303
    assert "handed over in part" in browser.open(path)


@pytest.mark.parametrize("path", ["/donations/new", "/needs/new", "/pledges/new"])
def test_a_form_without_goods_asks_for_a_line(
    rest: RestClient, service: Service, path: str
) -> None:
    browser: Browser = sign_in_as(rest.client, service, "recorder")
    filled_in = {"/lines/0/value/currency": "CNY"} if path.startswith("/donations") else {}
    shown = browser.send(path, **SAVE, **filled_in).text
    assert 'href="#field-lines-0-item"' in shown
    error = shown.partition('id="field-lines-0-item-error"')[2].partition("</span>")[0]
    assert "fill in at least one line" in error
