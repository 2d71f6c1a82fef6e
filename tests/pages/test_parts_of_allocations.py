"""The form that sends a team out with a part of an allocation."""

from __future__ import annotations

from support.page_client import sign_in_as
from support.rest_client import RestClient
from support.service_fixture import Service

from supplies.ledger.ledger import Ledger
from supplies.views.allocations import get_allocation


def test_a_part_of_an_allocation_is_sent_out(rest: RestClient, service: Service) -> None:
    rest.give(10)
    allocation = rest.allocation(10)
    browser = sign_in_as(rest.client, service, "recorder")
    form = browser.open("/deliveries/new")
    assert f'name="part:{allocation}:1"' in form
    sent = {"key": "0123456789abcdef", "do": "save", "/team": "T-1", "/allocations/0": allocation}
    refused = browser.send("/deliveries/new", **sent, **{f"part:{allocation}:1": "11"})
    assert refused.status_code == 409
    assert 'value="11"' in refused.text
    done = browser.send("/deliveries/new", **sent, **{f"part:{allocation}:1": "4"})
    assert done.status_code == 303
    with Ledger.open(str(service.folder / "books.db"), station="lx") as ledger:
        (line,) = get_allocation(ledger.books, allocation).lines
    assert (line.in_transit, line.allocated) == (4, 6)
    # The rest is listed, and goes out with the next team.
    assert f"/allocations/{allocation}" in browser.open("/allocations")
    form = browser.open("/deliveries/new")
    assert f'value="{allocation}"' in form
    rest = browser.send("/deliveries/new", **sent | {"key": "fedcba9876543210"})
    assert rest.status_code == 303
    with Ledger.open(str(service.folder / "books.db"), station="lx") as ledger:
        (line,) = get_allocation(ledger.books, allocation).lines
    assert (line.in_transit, line.allocated) == (10, 0)
