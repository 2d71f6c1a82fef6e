"""Merging codes over REST, and what links of donors show afterwards."""

from __future__ import annotations

import pytest
from support.rest_client import RestClient, problem
from support.service_fixture import Service


@pytest.fixture
def donor(service: Service) -> dict[str, str]:
    """The header of the donor D-1."""
    return {"Authorization": f"Bearer {service.tokens['donor']}"}


def test_the_links_of_both_codes_show_everything_until_the_merge_is_reversed(
    rest: RestClient, donor: dict[str, str]
) -> None:
    rest.post("/api/donors", {"code": "D-7", "name": "某", "kind": "organisation"})
    link = rest.post("/api/donors/D-7/link", {})
    other = {"Authorization": f"Bearer {link['secret']}"}
    asked = {"kind": "hide"}
    assert rest.client.post("/api/donors/D-7/requests", json=asked, headers=other).is_success
    first = rest.give()["receipt"]["number"]
    second = rest.post("/api/donations", {**rest.donation(), "donor": "D-7"})["receipt"]["number"]
    body = {"kind": "donor", "code": "D-7", "into": "D-1", "reason": "same telephone"}
    merged = rest.post("/api/merges", body)["entry"]["seq"]
    (listed,) = rest.get("/api/merges")["items"]
    assert (listed["code"], listed["into"], listed["entry"]) == ("D-7", "D-1", merged)
    for header in (donor, other):
        items = rest.client.get("/api/receipts", headers=header).json()["items"]
        assert [one["number"] for one in items] == [first, second]
        assert rest.client.get(f"/api/receipts/{second}", headers=header).status_code == 200
    (request,) = rest.get("/api/donors/D-1/requests")["items"]
    answer = {"answer": "done"}
    rest.post(f"/api/donors/D-1/requests/{request['id']}/answer", answer)
    links = rest.get("/api/donors/D-1/link")["items"]
    assert link["link"]["id"] in {one["id"] for one in links}
    rest.post(f"/api/entries/{merged}/reverse", {"reason": "two firms"})
    assert rest.get("/api/merges")["items"] == []
    problem(rest.client.get(f"/api/receipts/{second}", headers=donor), 403, "forbidden")
    rest.client.delete("/api/donors/D-1/link")
    assert rest.client.get("/api/receipts", headers=other).status_code == 200


def test_an_auditor_sees_which_codes_were_merged_but_not_why(
    rest: RestClient, service: Service
) -> None:
    rest.post("/api/recipients", {"code": "R-7", "name": "某"})
    body = {"kind": "recipient", "code": "R-7", "into": "R-1", "reason": "canary"}
    rest.post("/api/merges", body)
    auditor = {"Authorization": f"Bearer {service.tokens['auditor']}"}
    shown = rest.client.get("/api/merges", headers=auditor)
    assert "R-7" in shown.text
    assert "canary" not in shown.text
    again = rest.client.post("/api/merges", json=body)
    problem(again, 409, "already-done")


def test_a_merge_that_would_publish_a_donor_is_warned_of_over_rest(rest: RestClient) -> None:
    rest.post("/api/donors", {"code": "D-7", "name": "某", "publish": "no"})
    rest.post("/api/donors", {"code": "D-8", "name": "某", "publish": "name"})
    body = {"kind": "donor", "code": "D-7", "into": "D-8", "reason": "same telephone"}
    (warned,) = rest.post("/api/merges", body)["warnings"]
    assert (warned["warning"], warned["about"]) == ("publishes-name", "D-8")
