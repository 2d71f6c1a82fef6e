"""Correct entries of every kind in a form that opens as they were recorded."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from litestar.testing import TestClient
from playwright.sync_api import Locator, Page, expect
from support.browser import WIDTH_AND_LANGUAGE, OpenPage, fits, serious_faults
from support.page_client import sign_in_as
from support.rest_client import RestClient
from support.service_fixture import Service

from supplies.views.stated_commands import CORRECTABLE_KINDS

SOAP = {"item": "soap", "quantity": 2}
MASKS = {"item": "mask", "quantity": 2, "pack": "ten"}


def record_every_kind(rest: RestClient) -> None:
    """Record an entry of each kind that can be corrected."""
    rest.need(9, note="by telephone")
    rest.post(
        "/api/pledges",
        {"donor": "D-1", "lines": [{"item": "soap", "quantity": 5}], "due_on": "2020-03-01"},
    )
    rest.give(200, batch="B1")
    opened = [{"item": "soap", "quantity": 90, "expires_month": "2031-05"}]
    rest.post("/api/stock/openings", {"location": "store", "lines": opened})
    for origin in ("bought", "made", "borrowed"):
        arrival = {"origin": origin, "party": "S-1", "location": "annex", "lines": [SOAP]}
        rest.post("/api/stock/arrivals", arrival)
    delivery = rest.delivery(rest.allocation(4))
    allocation = rest.get(f"/api/deliveries/{delivery}")["stops"][0]["allocation"]
    report = {"allocation": allocation, "outcome": "partly"}
    parts = [{"line": 1, "received": 3, "brought_back": 1}]
    rest.post(f"/api/deliveries/{delivery}/outcomes", {**report, "lines": parts})
    rest.post(f"/api/allocations/{rest.allocation(2)}/collect", {})
    here: dict[str, Any] = {"location": "store", "lines": [SOAP, MASKS]}
    soap: dict[str, Any] = {"location": "store", "lines": [SOAP]}
    rest.post("/api/stock/moves", {"from": "store", "to": "annex", "lines": [SOAP, MASKS]})
    issue = rest.post("/api/stock/issues", {"purpose": "gate", **here})["entry"]["document"]
    rest.post(f"/api/stock/issues/{issue}/return", {"lines": [SOAP]})
    loan = rest.post("/api/stock/loans", {"borrower": "B-1", "due_on": "2020-04-01", **here})
    rest.post(f"/api/stock/loans/{loan['entry']['document']}/return", {"lines": [MASKS]})
    rest.post("/api/stock/write-offs", {"reason": "damaged", **here})
    rest.post("/api/stock/found", {"reason": "damaged", **soap})
    rest.post("/api/stock/hand-outs", {"recipient": "R-1", **here})
    rest.post("/api/stock/take-backs", {"recipient": "R-1", "reason": "too many", **soap})
    given = {"location": "store", "lines": [MASKS], "reason": "asked for"}
    rest.post("/api/stock/returns", given)
    made = [{"item": "soap", "quantity": 3, "batch": "new"}]
    rest.post("/api/stock/conversions", {"location": "store", "consumed": [SOAP], "produced": made})
    sheet = rest.post("/api/stock/count-sheets", {"location": "annex"})["entry"]["document"]
    counted = [{"item": "soap", "counted": 1}]
    rest.post(f"/api/stock/count-sheets/{sheet}/count", {"lines": counted})
    rest.post(
        "/api/stock/settlements",
        {"place": "annex", "by": "lost", "lines": [SOAP], "reason": "mice"},
    )
    rest.post("/api/activities", {"kind": "visit", "count": 3, "who": "陈某"})


def fields_of_form(page: str) -> dict[str, str]:
    """Return the names and values that a browser would send with the form of a command."""
    form = page.partition('class="command"')[2].partition("</form>")[0]
    form = re.sub(r"<template>.*?</template>", "", form, flags=re.DOTALL)
    sent = {}
    for tag in re.findall(r"<input[^>]*>", form):
        attributes = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        unchecked = attributes.get("type") == "checkbox" and " checked" not in tag
        if unchecked or "name" not in attributes:
            continue
        sent[attributes["name"]] = unescape(attributes.get("value", ""))
    for name, options in re.findall(r'<select[^>]* name="([^"]+)"[^>]*>(.*?)</select>', form, re.S):
        chosen = re.search(r'<option value="([^"]*)" selected', options)
        first = re.search(r'<option value="([^"]*)"', options)
        assert first
        sent[name] = unescape((chosen or first)[1])
    for name, text in re.findall(
        r'<textarea[^>]* name="([^"]+)"[^>]*>(.*?)</textarea>', form, re.S
    ):
        sent[name] = unescape(text)
    return sent


def test_a_correction_that_changes_nothing_moves_nothing(
    rest: RestClient, service: Service
) -> None:
    record_every_kind(rest)
    entries = rest.get("/api/entries?limit=100")["items"]
    browser = sign_in_as(rest.client, service, "coordinator")
    seen = set()
    for entry in entries:
        if entry["kind"] not in CORRECTABLE_KINDS or entry["kind"] in seen:
            continue
        seen.add(entry["kind"])
        path = f"/entries/{entry['seq']}/correct"
        fields = fields_of_form(browser.open(path))
        answer = browser.send(path, **{**fields, "/reason": "looked at", "do": "save"})
        assert answer.status_code == 303, (entry["kind"], fields, answer.text)
        shown = browser.open(answer.headers["location"])
        assert "No goods moved." in shown, entry["kind"]
        changed = shown.partition("<h2>What was corrected</h2>")[2].partition("</table>")[0]
        assert changed == "", entry["kind"]
    assert seen == CORRECTABLE_KINDS


def test_a_corrected_outcome_shows_fields_and_times_in_words(
    rest: RestClient, service: Service
) -> None:
    rest.need(9)
    rest.give(50)
    delivery = rest.delivery(rest.allocation(4))
    allocation = rest.get(f"/api/deliveries/{delivery}")["stops"][0]["allocation"]
    now = service.clock()
    times = {
        "happened_at": now.isoformat(),
        "phone_time": (now + timedelta(minutes=5)).isoformat(),
    }
    zone = ZoneInfo("Asia/Shanghai")
    local, on_phone = (
        f"{moment.astimezone(zone):%Y-%m-%d %H:%M}" for moment in (now, now + timedelta(minutes=5))
    )
    absent = {
        "allocation": allocation,
        "outcome": "not_at_home",
        "why": "moved",
        "next_attempt": "2020-02-07",
        "time_window": "after the night shift",
    }
    done = rest.post(f"/api/deliveries/{delivery}/outcomes", absent)
    met = {
        "type": "ReportOutcome",
        "delivery": delivery,
        "allocation": allocation,
        "outcome": "handed_over",
        "proof": "code",
        **times,
    }
    seq = rest.post(
        f"/api/entries/{done['entry']['seq']}/correct", {"reason": "asked", "command": met}
    )["entry"]["seq"]
    shown = sign_in_as(rest.client, service, "coordinator").open(f"/entries/{seq}")
    for field, before, after in (
        ("Outcome", "not at home", "handed over"),
        ("Time", "–", local),
        ("Clock of the phone", "–", on_phone),
        ("Proof of delivery", "–", "Code of the household"),
        ("Why the stop failed", "the household has moved", "–"),
        ("Next attempt", "2020-02-07", "–"),
    ):
        assert re.search(f"{field}</th><td[^>]*>{before}</td><td[^>]*>{after}</td>", shown), field
    coordinator = sign_in_as(rest.client, service, "coordinator")
    chinese = coordinator.client.get(f"/entries/{seq}", headers={"accept-language": "zh"}).text
    assert "2020年2月7日" in chinese
    assert "2020-02-07" not in chinese
    read = sign_in_as(rest.client, service, "auditor").open(f"/entries/{seq}")
    assert "What was corrected" in read
    assert "night shift" not in read


def test_the_note_of_an_outcome_is_filled_in_and_its_change_is_shown_to_staff(
    rest: RestClient, service: Service
) -> None:
    rest.give(50)
    delivery = rest.delivery(rest.allocation(4))
    allocation = rest.get(f"/api/deliveries/{delivery}")["stops"][0]["allocation"]
    report = {"allocation": allocation, "outcome": "handed_over", "note": "to the aunt"}
    done = rest.post(f"/api/deliveries/{delivery}/outcomes", report)["entry"]["seq"]
    browser = sign_in_as(rest.client, service, "coordinator")
    fields = fields_of_form(browser.open(f"/entries/{done}/correct"))
    assert fields["/command/note"] == "to the aunt"
    changed = {"/command/note": "to the uncle", "/reason": "asked", "do": "save"}
    answer = browser.send(f"/entries/{done}/correct", **fields | changed)
    path = answer.headers["location"]
    shown = browser.open(path)
    assert re.search(r"Note</th><td[^>]*>to the aunt</td><td[^>]*>to the uncle</td>", shown)
    again = fields_of_form(browser.open(f"{path}/correct"))
    assert again["/command/note"] == "to the uncle"
    assert "aunt" not in sign_in_as(rest.client, service, "auditor").open(path)


def test_a_correction_shows_what_it_changed(rest: RestClient, service: Service) -> None:
    rest.need(9)
    browser = sign_in_as(rest.client, service, "coordinator")
    assert 'href="/entries/1/correct"' in browser.open("/entries/1")
    fields = fields_of_form(browser.open("/entries/1/correct"))
    changed = {"/command/quantity": "7", "/command/urgency": "high", "/reason": "seven"}
    answer = browser.send("/entries/1/correct", **{**fields, **changed, "do": "save"})
    shown = browser.open(answer.headers["location"])
    assert "What was corrected" in shown
    assert re.search(r"Quantity</th><td[^>]*>9</td><td[^>]*>7</td>", shown)
    assert re.search(r"Urgency</th><td[^>]*>normal</td><td[^>]*>urgent</td>", shown)
    again = browser.send("/entries/1/correct", **{**fields, "key": "k" * 20, "do": "save"})
    assert again.status_code == 422
    late = {**fields, "key": "l" * 20, "/reason": "again", "do": "save"}
    assert browser.send("/entries/1/correct", **late).status_code == 409


def test_an_entry_that_cannot_be_corrected_has_no_form(rest: RestClient, service: Service) -> None:
    rest.give(5)
    rest.delivery(rest.allocation(4))
    kinds = {one["kind"]: one["seq"] for one in rest.get("/api/entries")["items"]}
    browser = sign_in_as(rest.client, service, "coordinator")
    shown = browser.open(f"/entries/{kinds['dispatched']}")
    assert "/correct" not in shown
    browser.open(f"/entries/{kinds['dispatched']}/correct", status=422)
    browser.open("/entries/999/correct", status=404)


def test_only_a_coordinator_corrects_entries(
    rest: RestClient, service: Service, anonymous_client: TestClient
) -> None:
    rest.need(9)
    recorder = sign_in_as(anonymous_client, service, "recorder")
    assert "/correct" not in recorder.open("/entries/1")
    recorder.open("/entries/1/correct", status=403)


def field(page: Page, pointer: str) -> Locator:
    return page.locator(f'form.command [name="{pointer}"]')


@pytest.mark.parametrize("javascript", [True, False])
def test_a_move_is_corrected_from_its_page(open_page: OpenPage, javascript: bool) -> None:
    open_page.expect_status(422)
    page = open_page("/stock/new/opening", role="coordinator", javascript=javascript)
    address = open_page.site.address
    field(page, "/location").select_option("store")
    field(page, "/lines/0/item").fill("soap")
    field(page, "/lines/0/quantity").fill("3003" if javascript else "4004")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Opening stock")
    page.get_by_role("link", name="Correct this entry").click()
    expect(field(page, "/command/lines/0/item")).to_have_value("hand sanitiser · soap")
    field(page, "/command/lines/0/quantity").fill("4000" if javascript else "5000")
    page.get_by_role("button", name="Save the correction").click()
    expect(page.get_by_role("alert")).to_contain_text("Why it is corrected")
    expect(field(page, "/command/lines/0/quantity")).to_have_value("4000" if javascript else "5000")
    field(page, "/reason").fill("counted again")
    page.get_by_role("button", name="Save the correction").click()
    expect(page.get_by_role("heading", name="What was corrected")).to_be_visible()
    expect(page.get_by_text("counted again")).to_be_visible()
    if javascript:
        assert serious_faults(page) == []
    assert page.url.startswith(f"{address}/entries/")


@pytest.mark.parametrize(("width", "language"), WIDTH_AND_LANGUAGE)
def test_axe_finds_no_serious_fault_in_the_form_of_a_correction(
    open_page: OpenPage, width: int, language: str
) -> None:
    page = open_page("/stock/new/opening", role="coordinator")
    field(page, "/location").select_option("store")
    field(page, "/lines/0/item").fill("soap")
    field(page, "/lines/0/quantity").fill(str(width + (language == "zh")))
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page).to_have_url(re.compile("/entries/"))
    path = page.url.removeprefix(open_page.site.address) + "/correct"
    page = open_page(path, role="coordinator", width=width, language=language)
    assert serious_faults(page) == []
    assert fits(page)
