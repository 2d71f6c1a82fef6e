"""Links of donors: a donor sees only their own pledges, receipts and statement."""

from __future__ import annotations

import pytest
from support.rest_client import RestClient, problem
from support.service_fixture import Service


@pytest.fixture
def donor(service: Service) -> dict[str, str]:
    """The header of the donor D-1."""
    return {"Authorization": f"Bearer {service.tokens['donor']}"}


def donations_of_two_donors(rest: RestClient) -> tuple[str, str]:
    """A receipt of D-1, and one of D-2."""
    own = rest.give()["receipt"]["number"]
    body = {**rest.donation(), "donor": "D-2"}
    return own, rest.post("/api/donations", body)["receipt"]["number"]


def test_a_donor_sees_only_their_own_papers(rest: RestClient, donor: dict[str, str]) -> None:
    own_receipt, others = donations_of_two_donors(rest)
    listed = rest.client.get("/api/receipts", headers=donor).json()["items"]
    assert [one["number"] for one in listed] == [own_receipt]
    assert rest.client.get(f"/api/receipts/{own_receipt}/pdf", headers=donor).content[:4] == b"%PDF"
    problem(rest.client.get(f"/api/receipts/{others}", headers=donor), 403, "forbidden")
    problem(rest.client.get(f"/api/receipts/{others}/pdf", headers=donor), 403, "forbidden")
    problem(rest.client.get("/api/receipts?donor=D-2", headers=donor), 403, "forbidden")
    days = "from=2020-02-01&to=2020-02-10"
    statement = rest.client.get(f"/api/donors/D-1/statement?{days}", headers=donor)
    assert statement.status_code == 200
    other = rest.client.get(f"/api/donors/D-2/statement?{days}", headers=donor)
    problem(other, 403, "forbidden")


def test_a_donor_sees_only_their_own_pledges(rest: RestClient, donor: dict[str, str]) -> None:
    line = {"item": "mask", "quantity": 5}
    own = rest.post("/api/pledges", {"donor": "D-1", "lines": [line]})["pledge"]["id"]
    other = rest.post("/api/pledges", {"donor": "D-2", "lines": [line]})["pledge"]["id"]
    listed = rest.client.get("/api/pledges", headers=donor).json()["items"]
    assert [one["id"] for one in listed] == [own]
    assert rest.client.get(f"/api/pledges/{own}", headers=donor).status_code == 200
    problem(rest.client.get(f"/api/pledges/{other}", headers=donor), 403, "forbidden")


def test_a_donor_with_the_code_none_does_not_see_anonymous_receipts(rest: RestClient) -> None:
    rest.post("/api/donors", {"code": "None", "name": "某"})
    shown = {"Authorization": f"Bearer {rest.post('/api/donors/None/link', {})['secret']}"}
    anonymous = {**rest.donation(), "donor": None}
    number = rest.post("/api/donations", anonymous)["receipt"]["number"]
    problem(rest.client.get(f"/api/receipts/{number}", headers=shown), 403, "forbidden")


def test_a_donor_still_sees_an_own_receipt_whose_text_was_erased(
    rest: RestClient, donor: dict[str, str]
) -> None:
    gift = rest.post("/api/donations", {**rest.donation(), "wish": "for Aunt Zhang"})
    seq, number = gift["donation"]["id"].removeprefix("d_"), gift["receipt"]["number"]
    right = {"type": "RecordDonation", **rest.donation()}
    rest.post(f"/api/entries/{seq}/correct", {"command": right, "reason": "a name"})
    rest.post(f"/api/entries/{seq}/forget", {})
    found = rest.client.get(f"/api/receipts/{number}", headers=donor).json()
    assert (found["status"], found["document"]) == ("void", None)


def test_a_donor_link_expires_and_can_be_revoked(rest: RestClient, service: Service) -> None:
    made = rest.post("/api/donors/D-1/link", {"days": 2})
    shown = {"Authorization": f"Bearer {made['secret']}"}
    assert made["address"] == f"/my/{made['secret']}"
    assert rest.client.get("/api/receipts", headers=shown).status_code == 200
    service.clock.advance(2)
    problem(rest.client.get("/api/receipts", headers=shown), 401, "unauthenticated")
    again = rest.post("/api/donors/D-1/link", {})
    rest.client.delete("/api/donors/D-1/link")
    shown = {"Authorization": f"Bearer {again['secret']}"}
    problem(rest.client.get("/api/receipts", headers=shown), 401, "unauthenticated")


def test_a_donor_asks_to_correct_the_name_and_is_answered(
    rest: RestClient, donor: dict[str, str]
) -> None:
    wish = "请写作：广州某某有限公司"
    body = {"kind": "correct", "wish": wish}
    asked = rest.client.post("/api/donors/D-1/requests", json=body, headers=donor)
    assert asked.status_code == 201
    other = rest.client.post("/api/donors/D-2/requests", json=body, headers=donor)
    problem(other, 403, "forbidden")
    listed = rest.get("/api/donors/D-1/requests")["items"]
    assert [(one["wish"], one["answer"]) for one in listed] == [(wish, None)]
    path = f"/api/donors/D-1/requests/{listed[0]['id']}"
    assert rest.post(f"{path}/answer", {"answer": "done"})["wish"] is None
    assert rest.get(path)["answered_by"] == "u_1"
    rest.refused(f"{path}/answer", {"answer": "done"}, 409, "already-done")


def test_forgetting_a_donor_erases_their_requests_and_links(
    rest: RestClient, service: Service, donor: dict[str, str]
) -> None:
    wish = "我不想再被提起"
    rest.client.post(
        "/api/donors/D-1/requests", json={"kind": "forget", "wish": wish}, headers=donor
    )
    rest.post("/api/donors/D-1/forget")
    assert rest.get("/api/donors/D-1/requests")["items"][0]["wish"] is None
    problem(rest.client.get("/api/receipts", headers=donor), 401, "unauthenticated")
    for file in service.folder.glob("books.db*"):
        assert wish.encode() not in file.read_bytes()
