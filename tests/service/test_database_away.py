"""A database that goes away and returns: what the service says meanwhile, and that it heals."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from desk import Clock, register_all
from litestar.testing import TestClient
from rest import ADDRESS, Rest, let_in, problem, signed_in
from road import Road, road_to
from supplies_service.app import create_app
from supplies_service.logs import JsonLines
from supplies_service.writer import GroupWriter
from test_writer import note, together

from supplies.errors import Uncertain
from supplies.ledger import Ledger, Recorded
from supplies.store import open_store


@pytest.fixture
def engine() -> str:
    """A file does not go away for a while; a server does."""
    return "postgresql"


@pytest.fixture
def road(books_url: str) -> Iterator[Road]:
    with road_to(books_url) as road:
        yield road


@pytest.fixture
def rest(
    books_url: str, road: Road, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Rest]:
    """The service, whose books are at the end of the road."""
    monkeypatch.setenv("SUPPLIES_KEYS", str(tmp_path / "books.key"))
    with Ledger.open(books_url, station="lx", clock=Clock()) as ledger:
        register_all(ledger)
        token = let_in(ledger)["coordinator"]
    app = create_app(road.url, "lx", clock=Clock())
    with TestClient(app, base_url=ADDRESS, raise_server_exceptions=False) as client:
        yield Rest(signed_in(client, token))


def entries(books_url: str) -> int:
    with Ledger.open(books_url, station="lx", clock=Clock()) as ledger:
        return ledger.verify().entries


NEED = {"recipient": "R-1", "item": "mask", "quantity": 5}


def test_while_the_database_is_away_everybody_is_told_to_come_again(
    rest: Rest, road: Road, books_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    rest.need()
    road.close()
    asked: list[Callable[[], object]] = [
        lambda: rest.send("/api/needs", NEED, key="k-1"),
        lambda: rest.send("/api/needs", NEED),
        lambda: rest.client.get("/api/needs"),
        lambda: rest.client.get("/api/stock"),
        lambda: rest.client.get("/api/needs/n_1"),
        lambda: rest.client.get("/api/reports/alerts"),
    ]
    for _ in range(2):
        for ask in asked:
            answer = ask()
            told = problem(answer, 503, "busy")
            assert "try again" in told["detail"]
            assert int(answer.headers["retry-after"]) > 0
    lines = [
        json.loads(JsonLines().format(record))
        for record in caplog.records
        if record.levelno == logging.ERROR
    ]
    assert len(lines) == 2 * len(asked)
    said = {line["error"][0]["says"] for line in lines}
    assert any("no server answers there" in sentence for sentence in said)
    road.open()
    first = rest.send("/api/needs", NEED, key="k-1")
    assert first.status_code == 201
    assert rest.send("/api/needs", NEED, key="k-1").content == first.content
    assert rest.get("/api/needs/n_1")["asked"] == 10
    assert rest.get("/api/health")["seq"] == entries(books_url) == 2


def test_each_way_to_ask_heals_by_itself(rest: Rest, road: Road) -> None:
    """No request waits for another to find the way back first."""
    rest.need()
    for path in ("/api/needs", "/api/health", "/api/reports/alerts", "/api/needs/n_1"):
        road.close()
        road.open()
        # The first may find its connection cut; the one after it has a new one.
        rest.client.get(path)
        rest.get(path)
    road.close()
    road.open()
    rest.send("/api/needs", NEED, key="k-1")
    assert rest.send("/api/needs", NEED, key="k-1").status_code == 201


def cut_in_the_next_commit(road: Road) -> None:
    """The server carries it out, and the connection is cut instead of its answer."""
    cut = []

    def commits(said: bytes) -> bool:
        # Not the READ COMMITTED of its beginning.
        if b"COMMIT\0" not in said or cut:
            return False
        cut.append(said)
        return True

    road.cut_after = commits


def test_what_may_be_recorded_already_is_not_done_a_second_time(
    rest: Rest, road: Road, books_url: str
) -> None:
    rest.need()
    cut_in_the_next_commit(road)
    answer = rest.send("/api/needs", NEED)
    told = problem(answer, 503, "busy")
    assert "whether it was recorded is not known" in told["detail"]
    assert entries(books_url) == 2


def test_what_shared_a_commit_is_not_done_again_each_by_itself(
    rest: Rest, road: Road, books_url: str
) -> None:
    def noted_and_cut(ledger: Ledger) -> Recorded:
        cut_in_the_next_commit(road)
        return note(ledger)

    writer = GroupWriter(Ledger.open(road.url, station="lx", clock=Clock()))
    outcomes = together(writer, noted_and_cut, note)
    assert [type(outcome) for outcome in outcomes] == [Uncertain, Uncertain]
    assert entries(books_url) == 2


def test_whoever_asks_again_with_the_key_is_answered_by_what_was_recorded(
    rest: Rest, road: Road, books_url: str
) -> None:
    rest.need()
    cut_in_the_next_commit(road)
    problem(rest.send("/api/needs", NEED, key="k-1"), 503, "busy")
    assert entries(books_url) == 2
    assert rest.send("/api/needs", NEED, key="k-1").json()["entry"]["seq"] == 2
    assert entries(books_url) == 2


def test_a_database_that_takes_no_writes_is_read_and_says_so(
    rest: Rest, road: Road, books_url: str
) -> None:
    """As where the service still asks the server that no longer leads."""
    rest.need()
    store = open_store(books_url)
    store.run("SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE")
    (name,) = store.one("SELECT current_database()") or ("",)
    store.run(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    try:
        road.close()
        road.open()
        rest.client.get("/api/needs")
        assert rest.get("/api/needs/n_1")["asked"] == 10
        for _ in range(2):
            problem(rest.send("/api/needs", NEED, key="k-1"), 503, "busy")
    finally:
        store.run(f"ALTER DATABASE {name} RESET default_transaction_read_only")
        store.close()
    road.close()
    road.open()
    rest.client.get("/api/needs")
    assert rest.send("/api/needs", NEED, key="k-1").status_code == 201
    assert entries(books_url) == 2
