"""The same key with the same body is recorded once and gets the first response."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient
from supplies_service import request_bodies
from supplies_service.idempotency import Outcome, run_idempotent
from support.rest_client import RestClient, problem
from support.service_fixture import Service

from supplies.ledger.ledger import Ledger
from supplies.ledger.recorded import Recorded
from supplies.storage.idempotency import IdempotencyKey, StoredResponses

BOTTLES = [{"item": "soap", "quantity": 5}]


def entries(rest: RestClient) -> int:
    return int(rest.get("/api/health")["seq"])


def test_a_repeated_donation_is_one_donation(rest: RestClient) -> None:
    first = rest.send("/api/donations", rest.donation(), key="truck 1")
    recorded = entries(rest)
    again = rest.send("/api/donations", rest.donation(), key="truck 1")
    assert (again.status_code, again.json()) == (first.status_code, first.json())
    assert again.headers["location"] == first.headers["location"]
    assert entries(rest) == recorded
    assert len(rest.get("/api/receipts")["items"]) == 1


def test_a_repeat_gets_its_response_before_its_command_is_built(
    rest: RestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = rest.send("/api/donations", rest.donation(), key="truck 1")

    def not_called(*_: object) -> None:
        raise AssertionError("the body of a repeat was decoded")

    monkeypatch.setattr(request_bodies, "decode", not_called)
    again = rest.send("/api/donations", rest.donation(), key="truck 1")
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert rest.send("/api/donations", rest.donation(), key="truck 2").status_code == 500


def test_without_a_key_the_same_donation_is_recorded_twice(rest: RestClient) -> None:
    first, second = rest.give(), rest.give()
    assert first["donation"]["id"] != second["donation"]["id"]


def duplicates(body: dict[str, Any]) -> list[str]:
    """Return the likely duplicates that a response names."""
    return [
        warning["about"]
        for warning in body.get("warnings", [])
        if warning["warning"] == "likely-duplicate"
    ]


def test_a_likely_duplicate_donation_gives_a_warning(rest: RestClient, service: Service) -> None:
    (local,) = rest.give(6)["warnings"]  # about the first receipt
    assert (local["warning"], local["about"]) == ("local-address", "JZ-2020-000001")
    first = rest.give(7)
    assert first["warnings"] == []
    second = rest.give(7)
    (warning,) = second["warnings"]
    name, other = first["donation"]["id"], second["donation"]["id"]
    assert (warning["warning"], warning["about"]) == ("likely-duplicate", name)
    assert warning["detail"] == (
        f"{name} records the same gift on the same day (D-1); if they are one gift, reverse {other}"
    )
    assert rest.give(8)["warnings"] == []
    assert rest.post("/api/donations", {**rest.donation(7), "donor": "D-2"})["warnings"] == []
    service.clock.advance()
    assert rest.give(7)["warnings"] == []


def test_a_likely_duplicate_warning_is_also_in_repeats_of_a_request_with_a_key(
    rest: RestClient,
) -> None:
    first = rest.post("/api/donations", rest.donation(7), key="one")
    second = rest.post("/api/donations", rest.donation(7), key="two")
    assert duplicates(first) == []
    assert duplicates(second) == [first["donation"]["id"]]
    assert rest.post("/api/donations", rest.donation(7), key="one") == first
    assert rest.post("/api/donations", rest.donation(7), key="two") == second


def test_an_anonymous_gift_is_compared_too(rest: RestClient) -> None:
    nobody = {**rest.donation(7), "donor": None}
    first = rest.post("/api/donations", nobody)
    assert duplicates(rest.post("/api/donations", nobody)) == [first["donation"]["id"]]


def test_moves_returns_and_activities_are_compared_too(rest: RestClient) -> None:
    rest.give(50)
    lines = [{"item": "mask", "quantity": 4}]
    loan = {"borrower": "B-1", "location": "store", "lines": lines}
    first = rest.post("/api/stock/loans", loan)
    second = rest.post("/api/stock/loans", loan)
    name = first["entry"]["document"]
    assert duplicates(second) == [name]
    one = {"lines": [{"item": "mask", "quantity": 1}]}
    assert "warnings" not in rest.post(f"/api/stock/loans/{name}/return", one)
    assert duplicates(rest.post(f"/api/stock/loans/{name}/return", one)) == [name]
    visits = {"kind": "visit", "count": 60}
    assert "warnings" not in rest.post("/api/activities", visits)
    assert len(duplicates(rest.post("/api/activities", visits))) == 1


def test_gifts_of_another_batch_or_expiry_are_not_duplicates(rest: RestClient) -> None:
    first = rest.give(7, batch="B7", expires_on="2022-01-31")["donation"]["id"]
    assert duplicates(rest.give(7, batch="B8", expires_on="2022-01-31")) == []
    assert duplicates(rest.give(7, batch="B7", expires_on="2022-02-28")) == []
    again = rest.give(7, batch="B7", expires_on="2022-01-31")
    assert duplicates(again) == [first]
    name = again["donation"]["id"]
    assert name in duplicates(rest.give(7)), "a batch that was left out may be any"


FACTS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("needs", {"recipient": "R-1", "item": "mask", "quantity": 4}, {"quantity": 5}),
    (
        "pledges",
        {"donor": "D-1", "lines": [{"item": "mask", "quantity": 4}]},
        {"lines": [{"item": "mask", "quantity": 5}]},
    ),
    (
        "stock/arrivals",
        {
            "origin": "bought",
            "party": "X-1",
            "location": "store",
            "lines": [{"item": "mask", "quantity": 4}],
        },
        {"party": "X-2"},
    ),
    (
        "stock/openings",
        {"location": "store", "lines": [{"item": "soap", "quantity": 4}]},
        {"lines": [{"item": "soap", "quantity": 4, "batch": "B"}, {"item": "mask", "quantity": 1}]},
    ),
    (
        "stock/hand-outs",
        {"recipient": "R-1", "location": "store", "lines": [{"item": "mask", "quantity": 4}]},
        {"recipient": "R-2"},
    ),
]


@pytest.mark.parametrize(("path", "body", "other"), FACTS, ids=[path for path, *_ in FACTS])
def test_every_fact_recorded_twice_gives_a_warning(
    rest: RestClient, path: str, body: dict[str, Any], other: dict[str, Any]
) -> None:
    rest.give(100)
    first = rest.post(f"/api/{path}", body, key="one")
    assert duplicates(first) == []
    assert duplicates(rest.post(f"/api/{path}", {**body, **other})) == []
    document = first["entry"]["document"]
    assert duplicates(rest.post(f"/api/{path}", body, key="two")) == [document]
    assert rest.post(f"/api/{path}", body, key="one") == first


def test_a_count_recorded_twice_gives_a_warning(rest: RestClient) -> None:
    rest.give(10)
    sheets = [
        rest.post("/api/stock/count-sheets", {"location": "store"})["entry"]["document"]
        for _ in range(3)
    ]
    counts = [
        rest.post(
            f"/api/stock/count-sheets/{sheet}/count", {"lines": [{"item": "mask", "counted": n}]}
        )
        for sheet, n in zip(sheets, (10, 9, 10), strict=True)
    ]
    assert [duplicates(each) for each in counts] == [[], [], [sheets[0]]]


def test_a_need_that_was_ended_is_not_a_duplicate(rest: RestClient) -> None:
    need = rest.need(4)
    rest.post(f"/api/needs/{need}/end", {"reason": "moved"})
    body = {"recipient": "R-1", "item": "mask", "quantity": 4}
    assert duplicates(rest.post("/api/needs", body)) == []


def test_a_reversed_donation_is_not_counted_as_a_duplicate(rest: RestClient) -> None:
    first = rest.give(7)["donation"]["id"]
    rest.post(f"/api/donations/{first}/reverse", {"reason": "typed at the wrong desk"})
    assert rest.give(7)["warnings"] == []


def test_a_repeated_correction_is_one_correction(rest: RestClient) -> None:
    donation = rest.give(12)["donation"]["id"]
    body = {"reason": "12 was typed where 21 came", "command": rest.donation(21)}
    path = f"/api/donations/{donation}/correct"
    first = rest.post(path, body, key="k")
    assert rest.post(path, body, key="k") == first
    undone = rest.post(f"/api/donations/{donation}/reverse", {"reason": "a loan"}, key="r")
    again = rest.post(f"/api/donations/{donation}/reverse", {"reason": "a loan"}, key="r")
    assert again == undone


def test_a_repeated_registration_is_one_registration(rest: RestClient) -> None:
    body = {"code": "gloves", "name": "手套"}
    first = rest.post("/api/items", body, key="k")
    assert rest.post("/api/items", body, key="k") == first
    rest.refused("/api/items", body, 409, "already-done")


@pytest.mark.parametrize("key", [None, "k"])
def test_the_same_outcome_reported_twice_is_one_outcome(rest: RestClient, key: str | None) -> None:
    rest.give()
    allocation = rest.allocation()
    path = f"/api/deliveries/{rest.delivery(allocation)}/outcomes"
    body: dict[str, Any] = {"allocation": allocation, "outcome": "handed_over"}
    first = rest.post(path, body, key=key)
    assert rest.post(path, body, key=key) == first


def test_a_differing_outcome_is_kept_as_a_conflict_and_resolved(rest: RestClient) -> None:
    rest.give()
    allocation = rest.allocation()
    path = f"/api/deliveries/{rest.delivery(allocation)}/outcomes"
    rest.post(path, {"allocation": allocation, "outcome": "refused"})
    answer = rest.send(path, {"allocation": allocation, "outcome": "handed_over"}, key="k")
    assert answer.status_code == 202
    body = answer.json()
    assert list(body) == ["entry", "conflict"]
    assert answer.headers["location"] == f"/api/entries/{body['entry']['seq']}"
    repeat = rest.send(path, {"allocation": allocation, "outcome": "handed_over"}, key="k")
    assert (repeat.status_code, repeat.json()) == (202, body)

    waiting = rest.get("/api/entries/conflicts")["items"]
    assert waiting == [body["conflict"]]
    decision = {"by": "correct", "reason": "the neighbour called: she has them"}
    rest.post(f"/api/entries/conflicts/{body['entry']['seq']}/resolve", decision)
    assert rest.get("/api/entries/conflicts")["items"] == []
    assert len(rest.get("/api/entries/conflicts", open="false")["items"]) == 1


# --- the key itself ------------------------------------------------------------------------------


def stored_responses(service: Service) -> list[bytes | None]:
    """Return the bytes of all stored responses."""
    with Ledger.open(str(service.folder / "books.db"), station="lx") as ledger:
        return [answer for (answer,) in ledger.store.all("SELECT answer FROM answers")]


@pytest.mark.parametrize(
    ("path", "body", "other"),
    [
        ("/api/teams", {"code": "T-9", "name": "九队"}, {"code": "T-9", "name": "十队"}),
        ("/api/activities", {"kind": "visit", "count": 1}, {"kind": "visit", "count": 2}),
        # A field that is left out differs from a field with the default value.
        (
            "/api/activities",
            {"kind": "visit", "count": 1},
            {"kind": "visit", "count": 1, "who": ""},
        ),
    ],
)
def test_another_body_under_a_key_is_a_conflict(
    rest: RestClient, path: str, body: Any, other: Any
) -> None:
    rest.post(path, body, key="k")
    problem(rest.send(path, other, key="k"), 409, "idempotency-conflict")
    problem(rest.send("/api/donors/D-2/forget", {}, key="k"), 409, "idempotency-conflict")
    assert rest.get("/api/donors/D-2")["name"] == "李某"


def test_the_same_json_formatted_differently_is_the_same_request(
    rest: RestClient, coordinator_client: TestClient
) -> None:
    first = rest.post("/api/teams", {"code": "T-9", "name": "九队"}, key="k")
    headers = {"Idempotency-Key": "k", "Content-Type": "application/json"}
    written = '{"name" : "\\u4e5d队",\n "code":"T-9"}'.encode()
    assert coordinator_client.post("/api/teams", content=written, headers=headers).json() == first


def test_a_refused_request_does_not_use_its_key(rest: RestClient) -> None:
    line = {"item": "mask", "quantity": 1}
    body = {"recipient": "R-1", "location": "store", "lines": [line]}
    problem(rest.send("/api/allocations", body, key="k"), 409, "not-enough")
    rest.give()
    rest.post("/api/allocations", body, key="k")


def test_a_repeat_gets_the_first_response_even_after_later_changes(rest: RestClient) -> None:
    first = rest.send("/api/needs", {"recipient": "R-1", "item": "mask", "quantity": 5}, key="k")
    rest.give()
    rest.allocation(5)
    again = rest.send("/api/needs", {"recipient": "R-1", "item": "mask", "quantity": 5}, key="k")
    assert (again.status_code, again.content) == (first.status_code, first.content)


# --- personal data -------------------------------------------------------------------------------


def test_forgotten_people_are_in_no_replayed_response(rest: RestClient, service: Service) -> None:
    donor = {"code": "D-9", "name": "黄小明", "phone": "13900139000"}
    rest.post("/api/donors", donor, key="donor")
    gift = {**rest.donation(), "donor": "D-9"}
    first = rest.send("/api/donations", gift, key="gift")
    assert "黄小明" in first.text
    rest.post("/api/donors/D-9/forget", key="forget")
    again = rest.send("/api/donations", gift, key="gift")
    assert again.status_code == 201
    assert again.headers["location"] == first.headers["location"]
    assert again.json()["entry"] == {**first.json()["entry"], "texts": None}
    assert "黄小明" not in again.text
    registered = rest.post("/api/donors", donor, key="donor")
    assert registered["donor"]["name"] is None
    # The response to the forgetting itself names nobody, so it may stay.
    assert [
        answer for answer in stored_responses(service) if answer and b'"D-9"' not in answer
    ] == []
    for file in filter(Path.is_file, service.folder.rglob("*")):
        assert "黄小明".encode() not in file.read_bytes()
        assert b"13900139000" not in file.read_bytes()


def test_stored_responses_are_erased_after_thirty_days(rest: RestClient, service: Service) -> None:
    body = {"kind": "visit", "count": 1}
    first = rest.send("/api/activities", body, key="k")
    noun = rest.send("/api/teams", {"code": "T-9", "name": "九队"}, key="n")
    assert stored_responses(service) == [first.content, noun.content]
    service.clock.advance(29)
    rest.post("/api/activities", body)
    assert stored_responses(service) == [first.content, noun.content]
    service.clock.advance(2)
    rest.post("/api/activities", body)
    assert stored_responses(service) == [None, None]
    for path, sent, key, before in (
        ("/api/activities", body, "k", first),
        ("/api/teams", {"code": "T-9", "name": "九队"}, "n", noun),
    ):
        again = rest.send(path, sent, key=key)
        assert (again.status_code, again.content) == (before.status_code, before.content)
        assert again.headers["location"] == before.headers["location"]
    problem(
        rest.send("/api/activities", {**body, "count": 2}, key="k"), 409, "idempotency-conflict"
    )


def test_a_clock_set_ahead_erases_no_stored_response(rest: RestClient, service: Service) -> None:
    body = {"kind": "visit", "count": 1}
    first = rest.send("/api/activities", body, key="k")
    rest.post("/api/teams", {"code": "T-9", "name": "九队"})
    service.clock.advance(400)
    for _ in range(3):
        rest.post("/api/activities", body)
        service.clock.advance()
    assert stored_responses(service) == [first.content]
    service.clock.advance(-403)
    rest.post("/api/activities", body)
    recorded = entries(rest)
    again = rest.send("/api/activities", body, key="k")
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert entries(rest) == recorded


def test_responses_of_a_clock_that_was_ahead_are_erased_thirty_days_after_it_was_set(
    rest: RestClient, service: Service
) -> None:
    body = {"kind": "visit", "count": 1}
    rest.post("/api/activities", body)
    service.clock.advance(400)
    ahead = rest.send("/api/activities", body, key="k")
    service.clock.advance(-400)
    rest.post("/api/activities", body)
    service.clock.advance(29)
    rest.post("/api/activities", body)
    assert stored_responses(service) == [ahead.content]
    service.clock.advance(2)
    rest.post("/api/activities", body)
    assert stored_responses(service) == [None]
    again = rest.send("/api/activities", body, key="k")
    assert (again.status_code, again.content) == (ahead.status_code, ahead.content)


def test_a_request_whose_response_was_not_stored_is_still_recorded_once(
    rest: RestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(StoredResponses, "keep", lambda *_, **__: None)
        first = rest.send("/api/donations", rest.donation(), key="truck 1")
    recorded = entries(rest)
    again = rest.send("/api/donations", rest.donation(), key="truck 1")
    assert again.status_code == first.status_code == 201
    assert again.headers["location"] == first.headers["location"]
    assert again.json()["donation"] == first.json()["donation"]
    assert entries(rest) == recorded


def test_responses_with_a_secret_are_not_stored(
    coordinator_client: TestClient, service: Service
) -> None:
    keyed = IdempotencyKey("u_1", "k", b"a token")

    def operation(ledger: Ledger) -> Outcome[Recorded]:
        return Outcome("/api/tokens/1", Recorded(seq=1, last=1, id="secret", document=None))

    def replay(ledger: Ledger, _: object) -> Recorded:
        return Recorded(seq=1, last=1, id="not shown", document=None)

    with Ledger.open(str(service.folder / "books.db"), station="lx") as ledger:
        job = run_idempotent(keyed, operation, replay, is_secret=True)
        with ledger.transaction():
            first, second = job(ledger), job(ledger)
    assert b"secret" in first.content
    assert b"not shown" in second.content
    assert second[:2] == first[:2]
    assert stored_responses(service) == [None]
