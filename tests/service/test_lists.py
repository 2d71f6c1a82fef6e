"""Lists are paginated and filtered, and search finds Chinese names."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from support.rest_client import RestClient, problem

PATHS = [
    "/api/items",
    "/api/locations",
    "/api/teams",
    "/api/donors",
    "/api/recipients",
    "/api/needs",
    "/api/pledges",
    "/api/donations",
    "/api/receipts",
    "/api/allocations",
    "/api/deliveries",
    "/api/entries",
    "/api/stock",
    "/api/reports/stock",
    "/api/users",
]


def fill(rest: RestClient) -> None:
    """Register or record three of everything that is missing."""
    for number in (3, 4):
        rest.post("/api/teams", {"code": f"T-{number}", "name": f"{number}队"})
        rest.post("/api/donors", {"code": f"D-{number}", "name": "某人"})
    for number in range(1, 4):
        rest.need(number)
        line = {"item": "mask", "quantity": number}
        rest.post("/api/pledges", {"donor": "D-1", "lines": [line]})
        rest.give(number)
        rest.delivery(rest.allocation(number))
    for number in range(1, 4):
        rest.give(number)


@pytest.mark.parametrize("path", PATHS)
def test_a_list_read_in_pages_is_the_whole_list(rest: RestClient, path: str) -> None:
    fill(rest)
    all_at_once = rest.get(path)
    assert all_at_once["next"] is None
    assert len(all_at_once["items"]) >= 3
    found, link = [], f"{path}?limit=2"
    while link:
        answer = rest.client.get(link)
        page = answer.json()
        assert 1 <= len(page["items"]) <= 2
        found += page["items"]
        link = answer.links.get("next", {}).get("url", "")
        assert bool(link) == (page["next"] is not None)
    assert found == all_at_once["items"]


def test_the_link_to_the_next_page_keeps_the_filter(rest: RestClient) -> None:
    fill(rest)
    answer = rest.client.get("/api/needs?recipient=R-1&limit=1")
    query = parse_qs(urlsplit(answer.links["next"]["url"]).query)
    assert query["recipient"] == ["R-1"]
    assert query["after"] == [answer.json()["next"]]


@pytest.mark.parametrize(("q", "codes"), [("口罩", ["mask"]), ("SANIT", ["soap"]), ("%", [])])
def test_names_are_found_by_part_of_them(rest: RestClient, q: str, codes: list[str]) -> None:
    assert [item["code"] for item in rest.get("/api/items", q=q)["items"]] == codes


def test_lists_are_filtered_by_their_subject(rest: RestClient) -> None:
    fill(rest)
    assert rest.get("/api/needs", recipient="R-2")["items"] == []
    assert rest.get("/api/pledges", donor="D-2")["items"] == []
    assert len(rest.get("/api/donations", donor="D-1")["items"]) == 6
    assert len(rest.get("/api/receipts", donor="D-1")["items"]) == 6
    assert rest.get("/api/allocations", status="released")["items"] == []
    assert len(rest.get("/api/deliveries", team="T-1", status="out")["items"]) == 3
    assert {e["kind"] for e in rest.get("/api/entries", kind="need_noted")["items"]} == {
        "need_noted"
    }
    assert {row["location"] for row in rest.get("/api/stock", location="store")["items"]} == {
        "store"
    }


def test_pledges_are_filtered_by_status(rest: RestClient) -> None:
    fill(rest)
    assert len(rest.get("/api/pledges", status="open")["items"]) == 3
    assert rest.get("/api/pledges", status="kept")["items"] == []


def test_receipts_are_filtered_by_day(rest: RestClient) -> None:
    fill(rest)
    day = rest.get("/api/receipts")["items"][0]["issued_on"]
    assert len(rest.get("/api/receipts", **{"from": day, "to": day})["items"]) == 6
    assert rest.get("/api/receipts", to="2000-01-01")["items"] == []


def test_the_next_page_continues_after_new_entries(rest: RestClient) -> None:
    for number in range(1, 4):
        rest.need(number)
    first = rest.get("/api/needs", limit=2)
    rest.need(4)
    rest.post("/api/items", {"code": "aaa", "name": "新的", "unit": "piece"})
    rest_of_it = rest.get("/api/needs", limit=2, after=first["next"])
    assert [n["asked"] for n in first["items"] + rest_of_it["items"]] == [1, 2, 3, 4]


@pytest.mark.parametrize("path", [*PATHS, "/api/tokens", "/api/access-log"])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("after", "王 某"),
        ("after", "\0"),
        ("limit", "0"),
        ("limit", "501"),
        ("limit", "x"),
        ("misspelt", "1"),
    ],
)
def test_unknown_list_parameters_are_refused(
    rest: RestClient, path: str, name: str, value: str
) -> None:
    answer = rest.client.get(path, params={name: value})
    wrong = problem(answer, 422, "invalid-field")
    assert [fault["pointer"] for fault in wrong["errors"]] == [f"/{name}"]
    assert wrong["detail"]


@pytest.mark.parametrize("path", ["/api/needs", "/api/pledges", "/api/allocations"])
def test_an_unknown_status_is_refused(rest: RestClient, path: str) -> None:
    wrong = problem(rest.client.get(path, params={"status": "odd"}), 422, "invalid-field")
    assert wrong["errors"][0]["pointer"] == "/status"
