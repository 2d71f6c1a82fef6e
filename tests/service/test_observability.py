"""The log, the metrics and the health check."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from supplies_service.routes import health
from support.rest_client import RestClient, problem
from support.service_fixture import Service

from supplies.cli import main
from supplies.ledger.ledger import Ledger

NAMES = ("黄小明", "13900139000", "王家巷")


def lines(log: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


def test_every_request_is_logged_and_a_problem_has_the_id_of_its_log_line(
    rest: RestClient, log: io.StringIO
) -> None:
    rest.need()
    refusal = rest.refused("/api/needs", {"recipient": "R-1"}, 422, "invalid-field")
    problem(rest.client.get("/nothing/here"), 404, "not-found")
    noted, refused, lost = lines(log)
    assert (noted["method"], noted["route"], noted["status"]) == ("POST", "/api/needs", 201)
    assert noted["ms"] > 0
    assert noted["by"] == "u_1"
    assert refusal["instance"] == f"urn:uuid:{refused['request']}"
    assert (lost["route"], lost["status"]) == ("unknown", 404)


def test_a_response_has_the_request_id_of_the_log(rest: RestClient, log: io.StringIO) -> None:
    answer = rest.client.get("/api/needs")
    assert [line["request"] for line in lines(log)] == [answer.headers["x-request-id"]]


def test_log_and_metrics_contain_no_personal_data(
    rest: RestClient, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, phone, address = NAMES
    donor = {"code": "D-9", "name": name, "phone": phone, "address": address}
    rest.post("/api/donors", donor)
    rest.refused("/api/donors", {**donor, "phone": [phone]}, 422, "invalid-field")
    rest.refused("/api/donors", donor, 409, "already-done")
    rest.client.get(f"/api/donors?q={name}")
    rest.client.get(f"/api/donors/{name}")
    rest.client.get(f"/{name}?{phone}={address}")
    rest.client.post("/api/donors", content=name.encode())

    def broken(*_: object, **__: object) -> None:
        raise KeyError(name)

    monkeypatch.setattr(Ledger, "register", broken)
    rest.refused("/api/donors", donor, 500, "internal")
    assert len(lines(log)) == 9
    figures = rest.client.get("/api/metrics").text
    for private in NAMES:
        for text in (log.getvalue(), figures):
            assert private not in text
            assert private.encode("unicode_escape").decode() not in text


def test_metrics_count_requests_by_route_and_commits(rest: RestClient) -> None:
    rest.need()
    rest.get("/api/needs/n_1")
    answer = rest.client.get("/api/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    text = answer.text
    assert 'supplies_answers_total{method="POST",route="/api/needs",status="201"}' in text
    assert 'supplies_answer_seconds_count{method="GET",route="/api/needs/{need}"}' in text
    assert "n_1" not in text
    assert "supplies_writer_waiting 0.0" in text
    assert "supplies_commit_seconds_count" in text


def test_health_lists_what_needs_attention(
    rest: RestClient, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    seq = rest.give()["receipt"]["entry"]["seq"]
    (never,) = rest.get("/api/health")["attention"]
    assert "never verified; run `supplies verify`" in never
    assert main(["verify", "--database", str(service.folder / "books.db")]) == 0
    well = rest.get("/api/health")
    assert well["attention"] == []
    assert well["verified"]["seq"] == seq
    assert well["free_bytes"] > 0
    monkeypatch.setattr(health, "MIN_FREE_BYTES", 2**62)
    assert "free some space there" in rest.get("/api/health")["attention"][0]


@pytest.mark.parametrize(("days", "is_far"), [(-2, True), (-1, False), (366, False), (367, True)])
def test_health_says_that_the_clock_is_far_from_the_last_entry(
    rest: RestClient, service: Service, days: int, is_far: bool
) -> None:
    rest.need()
    service.clock.advance(days)
    output = [one for one in rest.get("/api/health")["attention"] if "clock of the server" in one]
    assert bool(output) == is_far


def test_health_is_busy_while_the_books_cannot_be_written(
    rest: RestClient, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "PROBE_INTERVAL_SECONDS", 0.0)
    monkeypatch.setattr(health, "PROBE_TIMEOUT_SECONDS", 0.2)
    assert rest.get("/api/health")["status"] == "ok"
    queue = rest.client.app.state.stations.default.queue
    with Ledger.open(str(service.folder / "books.db"), station="lx") as other, other.transaction():
        for _ in range(3):
            problem(rest.client.get("/api/health"), 503, "busy")
            assert queue.pending == 1  # repeated checks share one trial write
    assert rest.get("/api/health")["status"] == "ok"
