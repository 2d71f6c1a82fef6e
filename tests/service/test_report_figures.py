"""Each figure of the page of the report leads to the entries behind it."""

from __future__ import annotations

import re

import pytest
from support.page_client import sign_in_as
from support.rest_client import RestClient
from support.service_fixture import Service


@pytest.mark.parametrize("role", ["coordinator", "auditor"])
def test_a_figure_of_the_report_leads_to_its_entries(
    rest: RestClient, service: Service, role: str
) -> None:
    entry = rest.give(14)["entry"]["seq"]
    rest.post("/api/activities", {"kind": "visit", "count": 3})
    rest.post("/api/needs", {"recipient": "R-1", "item": "mask", "quantity": 2})
    browser = sign_in_as(rest.client, service, role)
    report = browser.open("/reports")
    links = [
        link.replace("&amp;", "&") for link in re.findall(r'href="(/reports/fig[^"]+)', report)
    ]
    assert {link.partition("?")[0].rpartition("/")[2] for link in links} == {
        "received",
        "on_hand",
        "visits",
        "surveyed",
    }
    for link in links:
        page = browser.open(link)
        if "item=mask" in link:
            assert f'href="/entries/{entry}"' in page
            assert "14 pieces" in page
        if "surveyed" in link:
            assert ("王" in page) == (role == "coordinator")


def test_an_unknown_figure_is_refused(rest: RestClient, service: Service) -> None:
    browser = sign_in_as(rest.client, service, "coordinator")
    browser.open("/reports/figures/given", status=422)
    browser.open("/reports/figures/used?item=unknown", status=422)
