"""Tables have the titles of their columns in their cells, for narrow screens."""

from __future__ import annotations

from support.page_client import sign_in_as
from support.rest_client import RestClient
from support.service_fixture import Service


def test_tables_of_the_account_have_titles_in_their_cells(
    rest: RestClient, service: Service
) -> None:
    browser = sign_in_as(rest.client, service, "courier")
    assert '<td data-label="Signed in"' in browser.open("/account")


def test_the_first_page_of_a_courier_links_to_the_page_for_phones(
    rest: RestClient, service: Service
) -> None:
    assert 'href="/run"' in sign_in_as(rest.client, service, "courier").open("/")
