"""The access log: every read of personal data and every refusal adds a line."""

from __future__ import annotations

from typing import Any

import pytest
from support.page_client import sign_in_as
from support.rest_client import RestClient, problem
from support.service_fixture import Service

from supplies.access import access_log as log
from supplies.access.access_context import AccessContext


@pytest.fixture
def donor(service: Service) -> dict[str, str]:
    """The header of the donor D-1."""
    return {"Authorization": f"Bearer {service.tokens['donor']}"}


def lines(rest: RestClient, **query: Any) -> list[tuple[Any, ...]]:
    found = rest.get("/api/access-log", **query)["items"]
    return [(one["who"], one["outcome"], one["route"], one["subject"]) for one in found]


def test_reading_personal_data_is_logged(rest: RestClient, service: Service) -> None:
    before = len(lines(rest))
    rest.get("/api/recipients/R-1")
    rest.get("/api/recipients", q="王")
    rest.get("/api/stock")
    recorder = {"Authorization": f"Bearer {service.tokens['recorder']}"}
    rest.client.get("/api/donors/D-1", headers=recorder)
    found = lines(rest)
    assert found[: len(found) - before] == [
        ("u_2", "looked", "/api/donors/{code}", "D-1"),
        ("u_1", "looked", "/api/recipients", None),
        ("u_1", "looked", "/api/recipients/{code}", "R-1"),
    ]
    assert lines(rest, subject="R-1") == [("u_1", "looked", "/api/recipients/{code}", "R-1")]
    assert "王" not in rest.client.get("/api/access-log").text


def test_changing_personal_data_is_logged(rest: RestClient) -> None:
    rest.client.patch("/api/recipients/R-1", json={})
    assert lines(rest, subject="R-1") == [("u_1", "looked", "/api/recipients/{code}", "R-1")]


def test_the_kind_of_a_page_is_not_logged_as_a_code(rest: RestClient, service: Service) -> None:
    browser = sign_in_as(rest.client, service, "coordinator")
    browser.open("/stock/out/loans")
    shown = browser.open("/admin/access-log")
    assert "GET /stock/out/{noun}" in shown
    assert ">loans</a>" not in shown


def newest(rest: RestClient) -> dict[str, Any]:
    line: dict[str, Any] = rest.get("/api/access-log", limit=1)["items"][0]
    return line


def test_the_log_says_which_fields_of_a_person_were_changed(rest: RestClient) -> None:
    change = {"phone": "13900000000", "note": "canary", "name": "王某"}
    assert rest.client.patch("/api/recipients/R-1", json=change).status_code == 200
    line = newest(rest)
    assert (line["outcome"], line["subject"], line["detail"]) == ("changed", "R-1", "phone, note")
    refused = rest.client.patch("/api/recipients/R-1", json={"kind": "x", "note": "x"})
    assert refused.status_code == 422
    assert "detail" not in newest(rest)
    log_text = rest.client.get("/api/access-log").text
    assert "13900000000" not in log_text
    assert "canary" not in log_text


def test_the_answer_to_a_donation_names_the_donor_and_is_logged(rest: RestClient) -> None:
    rest.give()
    assert lines(rest, subject="D-1") == [("u_1", "looked", "/api/donations", "D-1")]
    before = len(lines(rest))
    rest.post("/api/donations", {**rest.donation(), "donor": None})
    assert len(lines(rest)) == before


@pytest.mark.parametrize(("owner", "code"), [("donors", "D-1"), ("teams", "T-1")])
def test_making_and_revoking_a_link_is_logged(rest: RestClient, owner: str, code: str) -> None:
    made = rest.post(f"/api/{owner}/{code}/link", {}, key="once")
    assert rest.post(f"/api/{owner}/{code}/link", {}, key="once")["link"] == made["link"]
    link = made["link"]["id"]
    rest.client.delete(f"/api/{owner}/{code}/link/{link}")
    rest.client.delete(f"/api/{owner}/{code}/link")
    found = rest.get("/api/access-log", subject=code)["items"]
    assert [(one["who"], one["outcome"], one["detail"]) for one in found] == [
        ("u_1", "revoked", "all links"),
        ("u_1", "revoked", f"link.{link}"),
        ("u_1", "made", f"link.{link}"),
    ]
    assert made["secret"] not in rest.client.get("/api/access-log").text


def test_a_read_through_a_link_names_who_made_the_link(rest: RestClient) -> None:
    number = rest.give()["receipt"]["number"]
    made = rest.post("/api/donors/D-1/link", {})
    donor = {"Authorization": f"Bearer {made['secret']}"}
    assert rest.client.get(f"/api/receipts/{number}", headers=donor).status_code == 200
    line = newest(rest)
    assert (line["who"], line["detail"]) == (f"link.{made['link']['id']}", "link made by u_1")


def test_reading_by_a_donor_is_logged(rest: RestClient, donor: dict[str, str]) -> None:
    own = rest.give()["receipt"]["number"]
    rest.client.get(f"/api/receipts/{own}", headers=donor)
    who, outcome, route, subject = lines(rest)[0]
    assert who.startswith("link.")
    assert (outcome, route, subject) == ("looked", "/api/receipts/{number}", own)


def test_refusals_on_pages_are_logged(rest: RestClient) -> None:
    del rest.client.headers["Authorization"]
    for path in ("/my/supplies.0", "/invitation/supplies.0"):
        assert rest.client.get(path).status_code == 404
    forged = {"Cookie": "supplies_session=supplies.0"}
    rest.client.get("/", headers=forged, follow_redirects=False)
    form = {"login": "coordinator", "password": "whatever it may be"}
    for origin in ("https://evil.example", "http://[x"):
        answer = rest.client.post("/sign-in", data=form, headers={"Origin": origin})
        problem(answer, 403, "forbidden")
    ledger = rest.client.app.state.stations.default.ledger
    with ledger.reading() as books:
        found = log.list_lines(AccessContext(books, ledger.clock()), limit=9)
    assert [(one.route, one.outcome) for one in reversed(found)] == [
        ("/my/{secret}", "refused"),
        ("/invitation/{secret}", "refused"),
        ("/", "refused"),
        ("/sign-in", "refused"),
        ("/sign-in", "refused"),
    ]


def test_refusals_of_the_api_are_logged(
    rest: RestClient, service: Service, donor: dict[str, str]
) -> None:
    rest.client.get("/api/users", headers=donor)
    rest.client.get("/api/donors/D-2/statement?from=2020-02-01&to=2020-02-02", headers=donor)
    rest.client.get("/api/recipients/R-1", headers={"Authorization": "Bearer nobody"})
    found = [(outcome, route, subject) for _, outcome, route, subject in lines(rest)]
    assert found == [
        ("refused", "/api/recipients/{code}", "R-1"),
        ("refused", "/api/donors/{donor}/statement", "D-2"),
        ("refused", "/api/users", None),
    ]


@pytest.mark.parametrize(
    ("table", "code"),
    [("items", "mask"), ("locations", "store"), ("teams", "T-1"), ("donors", "D-1")],
)
def test_the_page_of_a_record_says_who_changed_which_fields(
    rest: RestClient, service: Service, table: str, code: str
) -> None:
    rest.client.patch(f"/api/{table}/{code}", json={"name": "canary"})
    made = rest.post(f"/api/{table}", {"name": "canary two"})[table.rstrip("s")]["code"]
    browser = sign_in_as(rest.client, service, "coordinator")
    shown = browser.open(f"/{table}/{code}")
    assert "changed: Name</td>" in shown
    assert "coordinator</td>" in shown
    assert ">registered</td>" in browser.open(f"/{table}/{made}")
