"""Every error is problem+json, names the field, and reveals no internals."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from litestar.routes import HTTPRoute
from litestar.testing import TestClient
from supplies_service.observability.logs import JsonFormatter
from supplies_service.request_bodies import MAX_BODY, body_type
from support.rest_client import RestClient, problem
from support.service_fixture import Service

from supplies.ledger.ledger import Ledger

JSON = {"Content-Type": "application/json"}


DONATION = {
    "location": "store",
    "handled_by": "陈某",
    "lines": [{"item": "mask", "quantity": 1}],
}


@pytest.mark.parametrize("body", [b"", b"{", b"{'a': 1}", b"\xff\xfe", b"[" * 100_000])
def test_a_body_that_is_not_json_is_malformed(coordinator_client: TestClient, body: bytes) -> None:
    problem(coordinator_client.post("/api/needs", content=body, headers=JSON), 400, "malformed")


@pytest.mark.parametrize("path", ["/api/nothing", "/nothing", "/api/needs/n_1/nothing"])
def test_an_unknown_address_is_not_found(coordinator_client: TestClient, path: str) -> None:
    problem(coordinator_client.get(path), 404, "not-found")
    problem(coordinator_client.post(path, json={}), 404, "not-found")


@pytest.mark.parametrize(
    "path",
    [
        *(f"/api/{many}/x_1" for many in ("items", "locations", "teams", "donors", "recipients")),
        "/api/needs/n_1",
        "/api/pledges/p_1",
        "/api/donations/d_1",
        "/api/receipts/JZ-2020-000001",
        "/api/receipts/JZ-2020-000001/pdf",
        "/api/allocations/a_1",
        "/api/deliveries/v_1",
        "/api/deliveries/v_1/slips/pdf",
        "/api/lots/l_1/trace",
        "/api/entries/1",
        "/api/entries/none",
        f"/api/entries/{10**30}",
        "/api/verify/JZ-2020-000001?c=0",
        "/api/needs/%00%ff",
    ],
)
def test_reading_an_unknown_document_is_not_found(
    coordinator_client: TestClient, path: str
) -> None:
    problem(coordinator_client.get(path), 404, "not-found")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/needs/n_1/end", {"reason": "moved"}),
        ("/api/needs/no code/end", {"reason": "moved"}),
        ("/api/pledges/p_1/cancel", {"reason": "so"}),
        ("/api/pledges/p_1/lapse", {"reason": "so"}),
        ("/api/donations/d_1/correct", {"reason": "so", "command": DONATION}),
        ("/api/donations/d_1/reverse", {"reason": "so"}),
        ("/api/receipts/JZ-2020-000001/void", {"reason": "so"}),
        ("/api/receipts/JZ-2020-000001/replace", {"reason": "so"}),
        ("/api/receipts/JZ-2020-000001/reprint", {}),
        ("/api/allocations/a_1/release", {"reason": "so"}),
        ("/api/deliveries/v_1/close", {}),
        ("/api/deliveries/v_1/reassign", {"team": "T-1"}),
        ("/api/deliveries/v_1/outcomes", {"allocation": "a_1", "outcome": "refused"}),
        ("/api/stock/count-sheets/c_1/count", {"lines": [{"item": "mask", "counted": 0}]}),
        ("/api/stock/issues/i_1/return", {"lines": [{"item": "mask", "quantity": 1}]}),
        ("/api/stock/loans/g_1/return", {"lines": [{"item": "mask", "quantity": 1}]}),
        ("/api/entries/1/reverse", {"reason": "so"}),
        ("/api/entries/0/reverse", {"reason": "so"}),
        ("/api/entries/conflicts/1/resolve", {"by": "correct", "reason": "so"}),
        ("/api/donors/nobody/forget", {}),
        ("/api/recipients/nobody/forget", {}),
    ],
)
def test_acting_on_an_unknown_document_is_not_found(rest: RestClient, path: str, body: Any) -> None:
    rest.refused(path, body, 404, "not-found")


def test_a_wrong_method_is_refused_with_the_allowed_ones(coordinator_client: TestClient) -> None:
    answer = coordinator_client.delete("/api/needs")
    error = problem(answer, 405, "method")
    assert {"GET", "POST"} <= set(answer.headers["allow"].replace(" ", "").split(","))
    assert "POST" in error["detail"]


def test_a_body_over_the_limit_is_too_large(coordinator_client: TestClient) -> None:
    large = b'{"note":"' + b"x" * MAX_BODY + b'"}'
    problem(coordinator_client.post("/api/needs", content=large, headers=JSON), 413, "too-large")


def test_a_chunked_body_over_the_limit_is_too_large(
    coordinator_client: TestClient,
) -> None:
    pieces = iter([b"x" * 2**16] * 20)
    problem(coordinator_client.post("/api/needs", content=pieces, headers=JSON), 413, "too-large")


@pytest.mark.parametrize(
    "kind",
    [None, "text/plain", "application/x-www-form-urlencoded", "application/json; charset=gbk"],
)
def test_a_body_without_a_json_content_type_is_refused(
    coordinator_client: TestClient, kind: str | None
) -> None:
    headers = {} if kind is None else {"Content-Type": kind}
    answer = coordinator_client.post("/api/deliveries/v_1/close", content=b"{}", headers=headers)
    problem(answer, 415, "media-type")


def test_a_json_content_type_with_a_charset_is_accepted(coordinator_client: TestClient) -> None:
    answer = coordinator_client.post(
        "/api/teams",
        content='{"code":"T-9","name":"九队"}'.encode(),
        headers={"Content-Type": "Application/JSON; charset=UTF-8"},
    )
    assert answer.status_code == 201


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("quantity", "5"),
        ("quantity", 1.0),
        ("quantity", 1.5),
        ("quantity", True),
        ("quantity", None),
        ("quantity", 0),
        ("quantity", -3),
        ("quantity", 10**12 + 1),
        ("quantity", 10**30),
        ("quantity", [5]),
        ("item", 5),
        ("item", ""),
        ("item", "no such item"),
        ("item", "unknown"),
        ("recipient", "R-\u0000"),
        ("recipient", "x" * 65),
        ("pack", "crate"),
        ("urgency", "very"),
        ("needed_by", "tomorrow"),
        ("needed_by", "2020-02-30"),
        ("needed_by", "2019-12-31"),
        ("happened_on", "2020-02-11"),
        ("note", "a\u0007bell"),
        ("note", "x" * 2001),
        ("note", 7),
        ("station", "lx"),
        ("type", "NoteNeed"),
        ("colour", "red"),
    ],
)
def test_an_invalid_field_is_named_by_its_pointer(rest: RestClient, field: str, value: Any) -> None:
    body = {"recipient": "R-1", "item": "mask", "quantity": 5, field: value}
    refusal = rest.refused("/api/needs", body, 422, "invalid-field")
    assert [error["pointer"] for error in refusal["errors"]] == [f"/{field}"]
    assert rest.get("/api/needs") == {"items": [], "next": None}


@pytest.mark.parametrize("body", [b"[]", b'"text"', b"5", b"null"])
def test_a_body_that_is_not_an_object_is_refused(
    coordinator_client: TestClient, body: bytes
) -> None:
    problem(coordinator_client.post("/api/needs", content=body, headers=JSON), 422, "invalid-field")


def test_a_missing_field_is_named(rest: RestClient) -> None:
    error = rest.refused("/api/needs", {"recipient": "R-1", "item": "mask"}, 422, "invalid-field")
    assert error["errors"][0]["pointer"] == "/quantity"


def test_a_field_of_a_line_is_named_by_its_pointer(rest: RestClient) -> None:
    error = rest.refused("/api/donations", rest.donation(0), 422, "invalid-field")
    assert error["errors"][0]["pointer"] == "/lines/0/quantity"
    error = rest.refused("/api/donations", rest.donation(size="L"), 422, "invalid-field")
    assert error["errors"][0]["pointer"] == "/lines/0/size"


def test_more_than_500_lines_are_refused(rest: RestClient) -> None:
    line = {"item": "mask", "quantity": 1}
    error = rest.refused(
        "/api/donations", {**rest.donation(), "lines": [line] * 501}, 422, "invalid-field"
    )
    assert error["errors"][0]["pointer"] == "/lines"
    many = rest.post("/api/donations", {**rest.donation(), "lines": [line] * 500})
    assert len(many["donation"]["lines"]) == 500


def test_a_field_given_in_the_path_is_refused_in_the_body(rest: RestClient) -> None:
    body = {"need": "n_2", "reason": "moved"}
    error = rest.refused(f"/api/needs/{rest.need()}/end", body, 422, "invalid-field")
    assert error["errors"][0]["pointer"] == "/need"


@pytest.mark.parametrize(
    ("path", "pointer"),
    [
        ("/api/needs?recipent=R-1", "/recipent"),
        ("/api/health?verbose=1", "/verbose"),
        ("/api/needs?limit=0", "/limit"),
        ("/api/needs?limit=501", "/limit"),
        ("/api/needs?limit=many", "/limit"),
        ("/api/needs?after=there", "/after"),
        ("/api/needs?status=lost", "/status"),
        ("/api/stock?as_of=today", "/as_of"),
        (f"/api/stock?at_seq={10**30}", "/at_seq"),
        ("/api/reports/station?to=2020-02-13", "/from"),
        ("/api/reports/station?from=2020-02-14&to=2020-02-13", "/to"),
        ("/api/verify/JZ-2020-000001", "/c"),
        ("/api/items?q=" + "x" * 201, "/q"),
    ],
)
def test_an_invalid_query_parameter_is_named(
    coordinator_client: TestClient, path: str, pointer: str
) -> None:
    refusal = problem(coordinator_client.get(path), 422, "invalid-field")
    assert [error["pointer"] for error in refusal["errors"]] == [pointer]


def test_allocating_more_than_is_free_returns_the_free_quantity(rest: RestClient) -> None:
    rest.give(12)
    line = {"item": "mask", "quantity": 20}
    body = {"recipient": "R-1", "location": "store", "lines": [line]}
    error = rest.refused("/api/allocations", body, 409, "not-enough")
    assert error["detail"] == "only 12 × 口罩 are free in Store A; 20 were asked for"
    assert error["errors"] == [
        {
            "pointer": "/lines/0/quantity",
            "detail": "20 requested, 12 available",
            "asked": 20,
            "available": 12,
        }
    ]


def test_repeating_a_finished_action_is_already_done(rest: RestClient) -> None:
    rest.give()
    allocation = rest.allocation()
    rest.delivery(allocation)
    body = {"team": "T-2", "allocations": [allocation]}
    error = rest.refused("/api/deliveries", body, 409, "already-done")
    assert error["errors"][0]["pointer"] == "/allocations/0"
    rest.refused("/api/items", {"code": "mask", "name": "口罩"}, 409, "already-done")


def test_the_same_key_with_another_command_is_a_conflict(rest: RestClient) -> None:
    body = {"recipient": "R-1", "item": "mask", "quantity": 5}
    rest.post("/api/needs", body, key="k-1")
    answer = rest.send("/api/needs", {**body, "quantity": 6}, key="k-1")
    problem(answer, 409, "idempotency-conflict")
    problem(rest.send("/api/donations", rest.donation(), key="k-1"), 409, "idempotency-conflict")


@pytest.mark.parametrize("key", ["", "x" * 201])
def test_an_invalid_idempotency_key_is_refused(rest: RestClient, key: str) -> None:
    problem(rest.send("/api/donations", rest.donation(), key=key), 422, "invalid-field")


def test_a_plan_in_a_closed_period_is_refused(rest: RestClient) -> None:
    rest.post("/api/periods/close", {"through": "2020-02-05"})
    body = {"recipient": "R-1", "item": "mask", "quantity": 5, "happened_on": "2020-02-05"}
    rest.refused("/api/needs", body, 409, "period-closed")
    assert rest.get("/api/periods") == {"closed_through": "2020-02-05", "reopenings": []}
    rest.post("/api/periods/reopen", {"from": "2020-02-05", "reason": "a need came late"})
    (reopened,) = rest.get("/api/periods")["reopenings"]
    assert reopened["texts"] == [{"field": "reason", "text": "a need came late"}]
    rest.post("/api/needs", body)


def test_closing_a_delivery_with_goods_in_transit_is_refused(rest: RestClient) -> None:
    rest.give()
    delivery = rest.delivery(rest.allocation())
    rest.refused(f"/api/deliveries/{delivery}/close", {}, 409, "unaccounted")


def test_commands_about_a_forgotten_person_are_refused(rest: RestClient) -> None:
    receipt = rest.give()["receipt"]["number"]
    forgotten = rest.post("/api/donors/D-1/forget")
    assert forgotten["donor"]["name"] is None
    rest.refused("/api/donations", rest.donation(), 409, "forgotten")
    problem(rest.client.get(f"/api/receipts/{receipt}/pdf"), 409, "forgotten")
    problem(rest.client.patch("/api/donors/D-1", json={"name": "again"}), 409, "forgotten")
    assert rest.get(f"/api/receipts/{receipt}")["document"] is None


def test_the_response_to_an_internal_error_has_one_message(
    rest: RestClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("SELECT secret FROM books.db")

    monkeypatch.setattr(Ledger, "record_and_show", broken)
    response = rest.refused("/api/donations", rest.donation(), 500, "internal")
    (record,) = [record for record in caplog.records if record.getMessage() == "failed"]
    line = json.loads(JsonFormatter().format(record))
    assert response["instance"] == f"urn:uuid:{line['request']}"
    assert line["error"][0]["kind"] == "builtins.RuntimeError"
    assert line["error"][0]["where"][-1].endswith(" broken")
    # A message may quote what a caller sent, so only class and place are logged.
    assert "SELECT secret" not in str(line)


def test_locked_books_are_answered_with_503_and_retry_after(
    rest: RestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    from supplies.errors import Busy

    def busy(*_: object, **__: object) -> None:
        raise Busy("another program has locked books.db")

    monkeypatch.setattr(Ledger, "record_and_show", busy)
    answer = rest.send("/api/donations", rest.donation())
    problem(answer, 503, "busy")
    assert int(answer.headers["retry-after"]) > 0


def test_an_unknown_host_header_is_refused(coordinator_client: TestClient) -> None:
    for host in ("evil.example", "127.0.0.1.evil.example", "192.168.1.5:8000"):
        problem(coordinator_client.get("/api/donors", headers={"Host": host}), 400, "malformed")
    assert (
        coordinator_client.get("/api/donors", headers={"Host": "localhost:8000"}).status_code == 200
    )


def test_every_fault_of_a_body_is_in_the_response(coordinator_client: TestClient) -> None:
    lines = [{"item": "mask", "quantity": 0} for _ in range(12)]
    body = {**DONATION, "handled_by": " ", "colour": "blue", "lines": lines}
    refusal = problem(coordinator_client.post("/api/donations", json=body), 422, "invalid-field")
    assert {fault["pointer"] for fault in refusal["errors"]} == {
        "/handled_by",
        "/colour",
        *(f"/lines/{number}/quantity" for number in range(12)),
    }


def test_faults_of_fields_and_unknown_codes_are_in_one_response(
    coordinator_client: TestClient,
) -> None:
    lines = [{"item": "nothing", "quantity": 1}, {"item": "mask", "quantity": 0, "pledge": "p_9"}]
    body = {**DONATION, "donor": "D-999", "handled_by": " ", "colour": "blue", "lines": lines}
    refusal = problem(coordinator_client.post("/api/donations", json=body), 422, "invalid-field")
    assert {fault["pointer"] for fault in refusal["errors"]} == {
        "/donor",
        "/handled_by",
        "/colour",
        "/lines/0/item",
        "/lines/1/quantity",
        "/lines/1/pledge",
    }


def test_an_empty_command_in_a_correction_lacks_its_type(coordinator_client: TestClient) -> None:
    answer = coordinator_client.post("/api/entries/1/correct", json={"command": {}, "reason": " "})
    refusal = problem(answer, 422, "invalid-field")
    assert {fault["pointer"] for fault in refusal["errors"]} == {"/command/type", "/reason"}


def test_all_faults_of_a_new_record_are_in_one_response(coordinator_client: TestClient) -> None:
    body = {
        "code": "mask",
        "name": " ",
        "packs": {"box": 0},
        "shown_unit": {"unit": "case", "size": 30},
        "barcodes": [{"code": "4006381333931", "pack": "crate"}],
    }
    refusal = problem(coordinator_client.post("/api/items", json=body), 422, "invalid-field")
    assert {fault["pointer"] for fault in refusal["errors"]} == {
        "/code",
        "/name",
        "/packs/box",
        "/shown_unit/size",
        "/barcodes/0/pack",
    }


def test_an_unknown_field_of_a_record_names_the_record(coordinator_client: TestClient) -> None:
    answer = coordinator_client.patch("/api/items/mask", json={"colour": "blue"})
    found = problem(answer, 422, "invalid-field")
    assert found["detail"] == "item has no field colour; leave it out"
    answer = coordinator_client.post("/api/needs", json={"colour": "blue"})
    assert problem(answer, 422, "invalid-field")["detail"].startswith("the command ")


def subclasses(kind: type[msgspec.Struct]) -> Iterator[type[msgspec.Struct]]:
    """Yield all subclasses of a class."""
    for each in kind.__subclasses__():
        yield each
        yield from subclasses(each)


def test_no_refusal_of_a_body_contains_the_name_of_a_class(
    rest: RestClient, service: Service
) -> None:
    # A name of one word, such as Need, is also an English word.
    names = {
        each.__name__.lower()
        for each in subclasses(msgspec.Struct)
        if re.search("[a-z][A-Z]", each.__name__)
    }
    found, tried = [], 0
    for route in service.app.routes:
        for handler in route.route_handlers if isinstance(route, HTTPRoute) else ():
            if not route.path_format.startswith("/api") or body_type(handler) is None:
                continue
            for body in ({"colour": 1}, {}):
                (method,) = handler.http_methods
                path = re.sub(r"\{(\w+)\}", "1", route.path_format)
                for code in ("items/mask", "donors/D-1", "recipients/R-1"):
                    path = path.replace(f"{code.partition('/')[0]}/1", code)
                answer = rest.client.request(method, path, json=body)
                tried += answer.status_code == 422
                if names & set(re.findall(r"\w+", answer.text.lower())):
                    found.append((path, answer.json().get("detail")))
    assert tried > 60
    assert not found
