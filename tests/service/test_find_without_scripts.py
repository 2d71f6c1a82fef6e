"""Fields find a record among many without scripts, by a button beside the field."""

from __future__ import annotations

from supplies_service.pages.names import MAX_OPTIONS
from support.page_client import key_of, sign_in_as, value_of
from support.rest_client import RestClient
from support.service_fixture import Service

from supplies import Donor


def test_a_donor_is_found_among_many_by_a_part_of_the_name(
    rest: RestClient, service: Service
) -> None:
    ledger = rest.client.app.state.stations.default.ledger
    for number in range(MAX_OPTIONS + 1):
        ledger.register(Donor(code=f"N-{number}", name=f"邻居{number:04}", kind="person"))
    browser = sign_in_as(rest.client, service, "recorder")
    page = browser.open("/donations/new")
    assert '<noscript><button class="quiet" name="do" value="find:/donor">' in page
    assert 'value="find:/lines/0/item"' not in page
    typed = {"/donor": "邻居005", "/handled_by": "陈某"}
    found = browser.send("/donations/new", key=key_of(page), do="find:/donor", **typed)
    assert found.status_code == 200
    assert 'value="choose:/donor=N-57"' in found.text
    chosen = browser.send("/donations/new", key=key_of(page), do="choose:/donor=N-57", **typed)
    assert value_of(chosen.text, "/donor") == "邻居0057 · N-57"
    exact = browser.send("/donations/new", key=key_of(page), do="find:/donor", **{"/donor": "N-9"})
    assert value_of(exact.text, "/donor") == "邻居0009 · N-9"
