"""Suppliers, borrowers and purposes are chosen by name in a form, or registered with it."""

from __future__ import annotations

import html
import re

import pytest
from httpx import Response
from litestar.testing import TestClient
from support.page_client import Browser, sign_in_as
from support.rest_client import RestClient
from support.service_fixture import Service

LINE = {"/location": "store", "/lines/0/item": "mask", "/lines/0/quantity": "2"}


@pytest.fixture
def recorder(rest: RestClient, anonymous_client: TestClient, service: Service) -> Browser:
    """A recorder's browser, at a station with 30 masks."""
    rest.give(30)
    return sign_in_as(anonymous_client, service, "recorder")


def send(recorder: Browser, kind: str, fields: dict[str, str], do: str = "save") -> Response:
    path = f"/stock/new/{kind}"
    found = re.search(r'name="key" value="([^"]+)"', recorder.open(path))
    assert found
    return recorder.send(path, **(LINE | fields), key=found[1], do=do)


def recorded(recorder: Browser, answer: Response) -> str:
    """Return the page of the recorded entry."""
    assert answer.status_code == 303, answer.text
    return html.unescape(recorder.open(answer.headers["location"]))


def test_goods_are_issued_for_a_purpose_by_its_name(recorder: Browser) -> None:
    refused = send(recorder, "issue", {"/purpose": "一号卡口"})
    assert refused.status_code == 422
    assert 'value="new:/purpose"' in refused.text
    asked = send(recorder, "issue", {"/purpose": "一号卡口"}, do="new:/purpose")
    assert 'name="/new_purpose/name" type="text" value="一号卡口"' in asked.text
    new = {"/new_purpose/name": "一号卡口", "/new_purpose/name_en": "gate post 1"}
    assert "in use for gate post 1" in recorded(recorder, send(recorder, "issue", new))
    more = {"/purpose": "一号卡口", "/lines/0/quantity": "3"}
    assert "in use for gate post 1" in recorded(recorder, send(recorder, "issue", more))
    assert "gate post 1 · P-001" in html.unescape(recorder.open("/stock/new/issue"))


def test_a_purpose_is_not_registered_if_its_form_is_refused(recorder: Browser) -> None:
    too_many = {"/new_purpose/name": "门岗", "/lines/0/quantity": "31"}
    refused = send(recorder, "issue", too_many)
    assert refused.status_code == 409
    assert "门岗" not in recorder.open("/stock/new/issue")


def test_a_code_that_was_used_before_names_its_purpose_and_party(
    rest: RestClient, anonymous_client: TestClient, service: Service
) -> None:
    rest.give(30)
    lines = [{"item": "mask", "quantity": 1}]
    rest.post("/api/stock/issues", {"purpose": "gate", "location": "store", "lines": lines})
    rest.post("/api/stock/loans", {"borrower": "B-1", "location": "store", "lines": lines})
    recorder = sign_in_as(anonymous_client, service, "recorder")
    assert "in use for gate" in recorded(recorder, send(recorder, "issue", {"/purpose": "gate"}))
    assert "lent to B-1" in recorded(recorder, send(recorder, "lend", {"/borrower": "B-1"}))


@pytest.mark.parametrize(
    ("kind", "pointer", "words"),
    [("arrival", "/party", "bought from"), ("lend", "/borrower", "lent to")],
)
def test_a_supplier_or_borrower_is_chosen_by_name_or_registered(
    recorder: Browser, kind: str, pointer: str, words: str
) -> None:
    origin = {"/origin": "bought"} if kind == "arrival" else {}
    known = send(recorder, kind, {pointer: "广州某企业"} | origin)
    assert f"{words} 广州某企业" in recorded(recorder, known)
    assert send(recorder, kind, {pointer: "康民药店"} | origin).status_code == 422
    new = {"/new_party/name": "康民药店", "/new_party/kind": "organisation"}
    entry = recorded(recorder, send(recorder, kind, new | origin))
    assert f"{words} 康民药店" in entry
    assert "康民药店" in recorder.open("/donors")


def test_a_campaign_is_chosen_by_name_or_registered_with_the_arrival(recorder: Browser) -> None:
    fields = {"/origin": "bought", "/party": "广州某企业"}
    recorded(recorder, send(recorder, "arrival", {"/campaign": "战疫募捐"} | fields))
    unknown = send(recorder, "arrival", {"/campaign": "省级资助"} | fields)
    assert unknown.status_code == 422
    assert 'value="new:/campaign"' in unknown.text
    new = {"/new_campaign/name": "省级资助", "/lines/0/quantity": "3"}
    recorded(recorder, send(recorder, "arrival", new | fields))
    report = recorder.open("/reports/tables/campaigns?form=csv").splitlines()
    assert [line.split(",")[:4] for line in report[1:]] == [
        ["C-1", "mask", "0", "2"],
        ["G-001", "mask", "0", "3"],
    ]
    assert "省级资助" in recorder.open("/reports/tables/campaigns")
    assert "/reports/tables/campaigns?campaign=G-001" in recorder.open("/campaigns/G-001")


def test_a_pledge_names_its_campaign_and_is_listed_by_it(recorder: Browser) -> None:
    found = re.search(r'name="key" value="([^"]+)"', recorder.open("/pledges/new"))
    assert found
    fields = {"/donor": "D-1", "/lines/0/item": "mask", "/lines/0/quantity": "9"}
    fields |= {"/new_campaign/name": "省级资助"}
    page = recorded(recorder, recorder.send("/pledges/new", **fields, key=found[1], do="save"))
    assert '<a href="/campaigns/G-001">省级资助</a>' in page
    assert 'href="/pledges/p_' in recorder.open("/pledges?campaign=G-001")
    assert "No pledges to show" in recorder.open("/pledges?campaign=C-1")
    assert "省级资助" in recorder.open("/reports/tables/campaigns")


def test_a_donation_names_its_campaign_until_a_correction_removes_it(recorder: Browser) -> None:
    path = "/donations/new"
    key = re.search(r'name="key" value="([^"]+)"', recorder.open(path))
    assert key
    fields = LINE | {"/handled_by": "陈某", "/new_campaign/name": "省级资助"}
    page = recorder.send(path, **fields, key=key[1], do="save").headers["location"]
    assert '<a href="/campaigns/G-001">省级资助</a>' in recorder.open(page)
    corrected = recorder.open(f"{page}/correct")
    assert "省级资助 · G-001" in corrected


def test_an_auditor_sees_the_code_of_a_supplier(
    recorder: Browser, anonymous_client: TestClient, service: Service
) -> None:
    answer = send(recorder, "arrival", {"/origin": "bought", "/party": "广州某企业"})
    path = answer.headers["location"]
    shown = sign_in_as(anonymous_client, service, "auditor").open(path)
    assert "bought from D-1" in html.unescape(shown)
    assert "广州某企业" not in shown
