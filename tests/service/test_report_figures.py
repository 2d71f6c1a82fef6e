"""Each figure of the page of the report leads to the entries behind it."""

from __future__ import annotations

import re
from datetime import timedelta

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


def test_the_report_begins_with_the_latest_days_and_long_lists_have_pages(
    rest: RestClient, service: Service
) -> None:
    first = service.clock.day
    rest.give(2)
    service.clock.advance(40)
    for _ in range(51):
        rest.post("/api/activities", {"kind": "visit", "count": 1})
    browser = sign_in_as(rest.client, service, "coordinator")
    report = browser.open("/reports")
    assert f'value="{first + timedelta(days=10)}"' in report
    assert f'href="/reports?from={first}"' in report
    figure = browser.open("/reports/figures/visits")
    assert figure.count('href="/entries/') == 50
    (following,) = re.findall(r'rel="next" href="([^"]+)"', figure)
    rest_of_it = browser.open(following.replace("&amp;", "&"))
    assert rest_of_it.count('href="/entries/') == 1
    assert 'rel="next"' not in rest_of_it
