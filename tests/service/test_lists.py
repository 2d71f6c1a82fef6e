"""Lists come in pages, each with the way to the next, and search finds Chinese names."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from rest import Rest

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
]


def fill(rest: Rest) -> None:
    """Three of everything that was not registered yet."""
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
def test_a_list_read_in_pages_is_the_whole_list(rest: Rest, path: str) -> None:
    fill(rest)
    whole = rest.get(path)
    assert whole["next"] is None
    assert len(whole["items"]) >= 3
    found, link = [], f"{path}?limit=2"
    while link:
        answer = rest.client.get(link)
        page = answer.json()
        assert 1 <= len(page["items"]) <= 2
        found += page["items"]
        link = answer.links.get("next", {}).get("url", "")
        assert bool(link) == (page["next"] is not None)
    assert found == whole["items"]


def test_the_way_to_the_next_page_keeps_the_filter(rest: Rest) -> None:
    fill(rest)
    answer = rest.client.get("/api/needs?recipient=R-1&limit=1")
    query = parse_qs(urlsplit(answer.links["next"]["url"]).query)
    assert query["recipient"] == ["R-1"]
    assert query["after"] == [answer.json()["next"]]


@pytest.mark.parametrize(("q", "codes"), [("口罩", ["mask"]), ("SANIT", ["soap"]), ("%", [])])
def test_names_are_found_by_part_of_them(rest: Rest, q: str, codes: list[str]) -> None:
    assert [item["code"] for item in rest.get("/api/items", q=q)["items"]] == codes


def test_lists_are_narrowed_by_what_they_are_about(rest: Rest) -> None:
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
