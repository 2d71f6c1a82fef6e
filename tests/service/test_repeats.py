"""The same key with the same body is recorded once, and answered as the first time."""

from __future__ import annotations

from typing import Any

import pytest
from rest import Rest

BOTTLES = [{"item": "soap", "quantity": 5}]


def entries(rest: Rest) -> int:
    return int(rest.get("/api/health")["seq"])


def test_a_repeated_donation_is_one_donation(rest: Rest) -> None:
    first = rest.send("/api/donations", rest.donation(), key="truck 1")
    there = entries(rest)
    again = rest.send("/api/donations", rest.donation(), key="truck 1")
    assert (again.status_code, again.json()) == (first.status_code, first.json())
    assert again.headers["location"] == first.headers["location"]
    assert entries(rest) == there
    assert len(rest.get("/api/receipts")["items"]) == 1


def test_without_a_key_the_same_gift_may_come_twice(rest: Rest) -> None:
    first, second = rest.give(), rest.give()
    assert first["donation"]["id"] != second["donation"]["id"]


def test_a_repeated_correction_is_one_correction(rest: Rest) -> None:
    donation = rest.give(12)["donation"]["id"]
    body = {"reason": "12 was typed where 21 came", "command": rest.donation(21)}
    path = f"/api/donations/{donation}/correct"
    first = rest.post(path, body, key="k")
    assert rest.post(path, body, key="k") == first
    undone = rest.post(f"/api/donations/{donation}/reverse", {"reason": "a loan"}, key="r")
    again = rest.post(f"/api/donations/{donation}/reverse", {"reason": "a loan"}, key="r")
    assert again == undone


def test_a_repeated_noun_is_one_noun(rest: Rest) -> None:
    body = {"code": "gloves", "name": "手套"}
    first = rest.post("/api/items", body, key="k")
    assert rest.post("/api/items", body, key="k") == first
    rest.refused("/api/items", body, 409, "already-done")


@pytest.mark.parametrize("key", [None, "k"])
def test_the_same_outcome_told_twice_is_one_outcome(rest: Rest, key: str | None) -> None:
    rest.give()
    allocation = rest.allocation()
    path = f"/api/deliveries/{rest.delivery(allocation)}/outcomes"
    body: dict[str, Any] = {"allocation": allocation, "outcome": "handed_over"}
    first = rest.post(path, body, key=key)
    assert rest.post(path, body, key=key) == first


def test_a_differing_outcome_is_kept_as_a_conflict_and_resolved(rest: Rest) -> None:
    rest.give()
    allocation = rest.allocation()
    path = f"/api/deliveries/{rest.delivery(allocation)}/outcomes"
    rest.post(path, {"allocation": allocation, "outcome": "refused"})
    answer = rest.send(path, {"allocation": allocation, "outcome": "handed_over"}, key="k")
    assert answer.status_code == 202
    told = answer.json()
    assert list(told) == ["entry", "conflict"]
    assert answer.headers["location"] == f"/api/entries/{told['entry']['seq']}"
    repeat = rest.send(path, {"allocation": allocation, "outcome": "handed_over"}, key="k")
    assert (repeat.status_code, repeat.json()) == (202, told)

    waiting = rest.get("/api/entries/conflicts")["items"]
    assert waiting == [told["conflict"]]
    decision = {"by": "correct", "reason": "the neighbour called: she has them"}
    rest.post(f"/api/entries/conflicts/{told['entry']['seq']}/resolve", decision)
    assert rest.get("/api/entries/conflicts")["items"] == []
    assert len(rest.get("/api/entries/conflicts", open="false")["items"]) == 1
