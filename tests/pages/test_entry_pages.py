"""Entries and conflicts as pages, and what is to be done today."""

from __future__ import annotations

import pytest
from litestar.testing import TestClient
from supplies_service.templating import environment
from support.page_client import Browser, sign_in_as
from support.rest_client import RestClient
from support.service_fixture import Service

from supplies.domain.accounts import CHART
from supplies.domain.entries import ENTRY_KINDS


@pytest.fixture
def coordinator(rest: RestClient, service: Service) -> Browser:
    """A coordinator's browser, after a delivery whose outcome was reported twice."""
    rest.give(20, batch="B1")
    delivery = rest.delivery(rest.allocation(4))
    allocation = rest.get(f"/api/deliveries/{delivery}")["stops"][0]["allocation"]
    report = {"allocation": allocation, "outcome": "handed_over"}
    rest.post(f"/api/deliveries/{delivery}/outcomes", report)
    differing = rest.send(
        f"/api/deliveries/{delivery}/outcomes", {**report, "outcome": "not_at_home"}
    )
    assert differing.status_code == 202
    return sign_in_as(rest.client, service, "coordinator")


def test_every_entry_opens_as_a_page(coordinator: Browser) -> None:
    shown = coordinator.open("/entries")
    last = shown.count('<th scope="row">')
    assert last >= 5
    for seq in range(1, last + 1):
        page = coordinator.open(f"/entries/{seq}")
        assert f"Entry {seq}: " in page
    first = coordinator.open("/entries/1")
    assert "donor 广州某企业" in first
    assert "free at Store A" in first
    assert 'href="/donations/d_1"' in first
    coordinator.open("/entries/999", status=404)
    assert coordinator.open("/entries?document=d_1").count('<th scope="row">') < last


def test_a_conflict_shows_both_sides_and_is_resolved(coordinator: Browser) -> None:
    listed = coordinator.open("/entries/conflicts")
    number = listed.partition("Conflict in entry ")[2].partition("<")[0]
    assert f'href="/entries/{number}"' in coordinator.open("/")
    page = coordinator.open(f"/entries/{number}")
    assert "not at home" in page
    assert "handed over" in page
    path = f"/entries/{number}/resolve"
    key = {"key": "0123456789abcdef", "do": "save"}
    refused = coordinator.send(path, **key, **{"/by": "", "/reason": ""})
    assert refused.status_code == 422
    done = coordinator.send(path, **key, **{"/by": "correct", "/reason": "asked the team"})
    assert done.status_code == 303
    assert "asked the team" in coordinator.open(f"/entries/{number}")
    assert "None are open." in coordinator.open("/entries/conflicts")


@pytest.mark.parametrize("tapped", ["2020-01-01T08:00:00Z", "0001-01-01T00:00:00Z"])
def test_a_report_with_an_impossible_time_is_decided_for_the_books(
    rest: RestClient, service: Service, tapped: str
) -> None:
    rest.give()
    allocation = rest.allocation()
    reported = {"allocation": allocation, "outcome": "handed_over", "happened_at": tapped}
    path = f"/api/deliveries/{rest.delivery(allocation)}/outcomes"
    seq = rest.send(path, reported).json()["entry"]["seq"]
    browser = sign_in_as(rest.client, service, "coordinator")
    page = browser.open(f"/entries/{seq}")
    assert "the report: it is booked as the outcome" in page
    assert 'name="/happened_on"' in page
    chinese = browser.client.get(f"/entries/{seq}", headers={"accept-language": "zh"})
    assert "以账面为准：上报不入账" in chinese.text
    form = {"key": "0123456789abcdef", "do": "save", "/by": "keep", "/reason": "a wrong stop"}
    assert browser.send(f"/entries/{seq}/resolve", **form).status_code == 303
    assert "the report is not booked" in browser.open(f"/entries/{seq}")


def test_a_coordinator_reverses_an_entry_on_its_page(rest: RestClient, service: Service) -> None:
    rest.need()
    browser = sign_in_as(rest.client, service, "coordinator")
    done = browser.send(
        "/entries/1/reverse",
        **{"key": "0123456789abcdef", "do": "save", "/reason": "noted twice"},
    )
    assert done.headers["location"] == "/entries/2"
    assert "noted twice" in browser.open("/entries/2")
    assert 'href="/entries/2"' in browser.open("/entries/1")
    again = browser.send(
        "/entries/1/reverse",
        **{"key": "fedcba9876543210", "do": "save", "/reason": "once more"},
    )
    assert again.status_code == 409
    assert "once more" in again.text


def test_today_lists_what_is_to_be_done_with_its_next_step(
    rest: RestClient, service: Service
) -> None:
    rest.need(7, needed_by="2020-02-10")
    rest.give(5, expires_on="2020-02-20")
    service.clock.advance(2)
    page = sign_in_as(rest.client, service, "recorder").open("/")
    assert "Needs past their day" in page
    assert "Goods that expire soon" in page
    assert "mask · mask" not in page
    assert "5 pieces" in page
    assert 'href="/donations/d_2"' in page


def test_an_auditor_reads_no_names_on_entries_and_today(
    coordinator: Browser, service: Service
) -> None:
    auditor = sign_in_as(coordinator.client, service, "auditor")
    pages = "".join(auditor.open(path) for path in ("/", "/entries", "/entries/1", "/entries/4"))
    for secret in ("广州某企业", "王某", "陈某"):
        assert secret not in pages


@pytest.mark.parametrize("role", ["coordinator", "recorder", "courier", "auditor"])
def test_each_role_may_open_every_entry_of_its_navigation(
    anonymous_client: TestClient, service: Service, role: str
) -> None:
    browser = sign_in_as(anonymous_client, service, role)
    page = browser.open("/").partition("<nav")[2].partition("</nav>")[0]
    links = [part.partition('"')[0] for part in page.split('href="')[1:]]
    assert 1 <= len(links) <= 8
    for link in links:
        browser.open(link)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_kind_of_entry_and_account_has_words(language: str) -> None:
    templates = environment(language)  # type: ignore[arg-type]  # one of the two
    kinds = templates.get_template("macros.html").make_module({"names": _Codes()})
    for kind in ENTRY_KINDS:
        assert "_" not in str(kinds.entry_kind(kind)), kind  # type: ignore[attr-defined]  # a macro
    accounts = templates.get_template("accounts.html").make_module({"names": _Codes()})
    for kind in CHART.values():
        code = kind(*("x" for _ in kind.keys))
        assert code not in str(accounts.account(code))  # type: ignore[attr-defined]  # a macro


class _Codes:
    """Names that are the codes."""

    def __getattr__(self, _: str) -> object:
        return lambda code: "" if code == "" else code


def test_the_list_of_entries_names_goods_once(rest: RestClient, service: Service) -> None:
    rest.give(20, batch="B1")
    rest.post("/api/needs", {"recipient": "R-1", "item": "mask", "quantity": 17})
    rest.allocation(17)
    shown = sign_in_as(rest.client, service, "coordinator").open("/entries")
    newest = shown.partition("<tbody>")[2].partition("</tr>")[0]
    assert newest.count("17 ") == 1
