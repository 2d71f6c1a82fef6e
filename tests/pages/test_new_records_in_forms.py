"""People, suppliers, purposes and campaigns are chosen by name, or registered with a form."""

from __future__ import annotations

import html
import re

import pytest
from httpx import Response
from litestar.testing import TestClient
from support.page_client import Browser, administer, key_of, sign_in_as, value_of
from support.rest_client import RestClient
from support.service_fixture import Service

NEED = {"/lines/0/item": "mask", "/lines/0/quantity": "4"}
LINE = {"/location": "store", "/lines/0/item": "mask", "/lines/0/quantity": "2"}
PLEDGE = {"/lines/0/item": "mask", "/lines/0/quantity": "20"}


@pytest.fixture
def coordinator(anonymous_client: TestClient, service: Service) -> Browser:
    """A coordinator's browser."""
    return sign_in_as(anonymous_client, service, "coordinator")


@pytest.mark.parametrize(
    ("address", "pointer", "part", "typed"),
    [
        ("/needs/new", "/recipient", "/new_recipient", NEED),
        ("/stock/new/hand-out", "/recipient", "/new_recipient", LINE),
        ("/pledges/new", "/donor", "/new_donor", PLEDGE),
    ],
)
def test_a_new_person_is_registered_with_the_form_or_not_at_all(
    coordinator: Browser, address: str, pointer: str, part: str, typed: dict[str, str]
) -> None:
    people = "recipients" if pointer == "/recipient" else "donors"
    key = key_of(coordinator.open(address))
    unknown = coordinator.send(address, **typed, **{pointer: "何家"}, key=key, do="save")
    assert f'value="new:{pointer}"' in unknown.text
    asked = coordinator.send(address, **typed, **{pointer: "何家"}, key=key, do=f"new:{pointer}")
    assert value_of(asked.text, f"{part}/name") == "何家"
    required = rf'name="{pointer}"[^>]* aria-required'
    assert re.search(required, unknown.text)
    assert not re.search(required, asked.text)
    new = typed | {f"{part}/name": "何家", f"{part}/phone": "13800000003"}
    wrong = coordinator.send(address, **new | {"/lines/0/quantity": "few"}, key=key, do="save")
    assert wrong.status_code == 422
    assert "何家" not in coordinator.open(f"/find/{people}?q=何家")
    if address.endswith("hand-out"):
        coordinator.send(
            "/stock/new/opening",
            **{"/location": "store", "/lines/0/item": "mask", "/lines/0/quantity": "9"},
            key=key_of(coordinator.open("/stock/new/opening")),
            do="save",
        )
    done = coordinator.send(address, **new, key=key_of(wrong.text), do="save")
    assert done.status_code == 303, done.text
    assert "何家" in coordinator.open(done.headers["location"])
    found = re.search(r"何家 · ([A-Z]-\d+)", coordinator.open(f"/find/{people}?q=13800000003"))
    assert found
    logged = administer(coordinator, lambda access: access.all("SELECT * FROM access_log"))
    assert any("registered" in map(str, line) and found[1] in map(str, line) for line in logged)


def test_a_new_team_is_registered_when_it_is_sent_out_or_takes_over(
    rest: RestClient, service: Service
) -> None:
    rest.give(20)
    stop = rest.allocation(4)
    browser = sign_in_as(rest.client, service, "recorder")
    key = key_of(browser.open("/deliveries/new"))
    typed = {"/allocations/0": stop, "/team": "夜班车队"}
    unknown = browser.send("/deliveries/new", **typed, key=key, do="save")
    assert 'value="new:/team"' in unknown.text
    asked = browser.send("/deliveries/new", **typed, key=key, do="new:/team")
    assert value_of(asked.text, "/new_team/name") == "夜班车队"
    new = {"/allocations/0": stop, "/new_team/name": "夜班车队"}
    done = browser.send("/deliveries/new", **new, key=key, do="save")
    assert done.status_code == 303, done.text
    address = done.headers["location"]
    assert "夜班车队" in browser.open(address)
    moved = {"/allocations/0": stop, "/new_team/name": "备用车队"}
    sure = {"confirmed": f"closes-delivery:{address.rpartition('/')[2]}"}
    for path, fields in (("reassign", {"/new_team/name": "早班车队"}), ("move-stops", moved)):
        typed = fields | sure | {"key": path.ljust(20, "x"), "do": "save"}
        answer = browser.send(f"{address}/{path}", **typed)
        assert answer.status_code == 303, answer.text
        assert fields["/new_team/name"] in browser.open(answer.headers["location"])


def test_save_and_next_names_the_new_household(coordinator: Browser) -> None:
    key = key_of(coordinator.open("/needs/new"))
    new = NEED | {"/new_recipient/name": "何家", "/new_recipient/persons": "3"}
    done = coordinator.send("/needs/new", **new, key=key, do="save-next")
    assert "Needs of 何家" in coordinator.open(done.headers["location"])


def test_a_household_that_looks_like_another_is_confirmed_first(coordinator: Browser) -> None:
    for tried, status in ((1, 303), (2, 422)):
        new = NEED | {
            "/new_recipient/name": f"何家{tried}",
            "/new_recipient/phone": "13800000003",
        }
        key = key_of(coordinator.open("/needs/new"))
        answer = coordinator.send("/needs/new", **new, key=key, do="save")
        assert answer.status_code == status, answer.text
    assert 'name="confirmed" value="look-alike:' in answer.text
    assert "何家1 is registered already. The same in both: Telephone." in answer.text
    (there,) = set(re.findall(r'href="(/recipients/[^"]+)"', answer.text))
    assert "何家1" in coordinator.open(there)


@pytest.fixture
def recorder(rest: RestClient, anonymous_client: TestClient, service: Service) -> Browser:
    """A recorder's browser, at a station with 30 masks."""
    rest.give(30)
    return sign_in_as(anonymous_client, service, "recorder")


def send(recorder: Browser, kind: str, fields: dict[str, str], do: str = "save") -> Response:
    path = f"/stock/new/{kind}"
    return recorder.send(path, **(LINE | fields), key=key_of(recorder.open(path)), do=do)


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
    key = key_of(recorder.open("/pledges/new"))
    fields = {"/donor": "D-1", "/lines/0/item": "mask", "/lines/0/quantity": "9"}
    fields |= {"/new_campaign/name": "省级资助"}
    page = recorded(recorder, recorder.send("/pledges/new", **fields, key=key, do="save"))
    assert '<a href="/campaigns/G-001">省级资助</a>' in page
    assert 'href="/pledges/p_' in recorder.open("/pledges?campaign=G-001")
    assert "No pledges to show" in recorder.open("/pledges?campaign=C-1")
    assert "省级资助" in recorder.open("/reports/tables/campaigns")


def test_a_donation_names_its_campaign_until_a_correction_removes_it(recorder: Browser) -> None:
    path = "/donations/new"
    key = key_of(recorder.open(path))
    fields = LINE | {"/handled_by": "陈某", "/new_campaign/name": "省级资助"}
    page = recorder.send(path, **fields, key=key, do="save").headers["location"]
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
