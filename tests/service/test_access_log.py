"""The access log: every read of personal data and every refusal adds a line."""

from __future__ import annotations

from typing import Any

import pytest
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
