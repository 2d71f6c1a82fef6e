"""A database that is down for a while: responses meanwhile, and recovery."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from litestar.testing import TestClient
from psycopg.conninfo import conninfo_to_dict
from supplies_service.app import create_app
from supplies_service.group_commit import GroupCommitQueue
from supplies_service.observability import event_loop_watchdog
from supplies_service.pages.assets import asset_address
from support.ledger_fixture import Clock, register_all
from support.rest_client import (
    ADDRESS,
    RestClient,
    issue_credentials,
    logged_store_errors,
    problem,
    signed_in,
)
from support.tcp_proxy import TcpProxy, tcp_proxy
from test_group_commit import note, run_together

from supplies.errors import Uncertain
from supplies.ledger.ledger import Ledger
from supplies.ledger.recorded import Recorded
from supplies.signing.station_keys import create_first_key


@pytest.fixture
def engine() -> str:
    """Only PostgreSQL: a server can be down, a file cannot."""
    return "postgresql"


@pytest.fixture
def clerk(books_url: str) -> Iterator[str]:
    """The service's user. It is not a superuser, who would get a connection when others cannot."""
    name = f"clerk_of_{conninfo_to_dict(books_url)['dbname']}"
    with superuser(books_url) as admin:
        admin.execute(f"CREATE ROLE {name} LOGIN IN ROLE postgres".encode())
        try:
            yield name
        finally:
            admin.execute(f"DROP ROLE {name}".encode())


@pytest.fixture
def proxy(books_url: str, clerk: str) -> Iterator[TcpProxy]:
    with tcp_proxy(books_url.replace("postgres:@", f"{clerk}:@")) as proxy:
        yield proxy


@contextmanager
def superuser(url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def rest(
    books_url: str, proxy: TcpProxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[RestClient]:
    """The service, connected to its database through a proxy that the test can cut."""
    monkeypatch.setenv("SUPPLIES_KEYS", str(tmp_path / "books.key"))
    with Ledger.open(books_url, station="lx", clock=Clock()) as ledger:
        register_all(ledger)
        token = issue_credentials(ledger)["coordinator"]
    create_first_key(proxy.url)
    app = create_app(proxy.url, "lx", clock=Clock())
    with TestClient(app, base_url=ADDRESS, raise_server_exceptions=False) as client:
        yield RestClient(signed_in(client, token))


def entries(books_url: str) -> int:
    with Ledger.open(books_url, station="lx", clock=Clock()) as ledger:
        return ledger.verify().entries


NEED = {"recipient": "R-1", "item": "mask", "quantity": 5}


def test_requests_are_answered_with_503_while_the_database_is_down(
    rest: RestClient, proxy: TcpProxy, books_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    rest.need()
    proxy.close()
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
            error = problem(answer, 503, "busy")
            assert "try again" in error["detail"]
            assert int(answer.headers["retry-after"]) > 0
    logged = logged_store_errors(caplog)
    assert len(logged) == 2 * len(asked)
    assert any("no server answers there" in sentence for sentence in logged)
    proxy.open()
    first = rest.send("/api/needs", NEED, key="k-1")
    assert first.status_code == 201
    assert rest.send("/api/needs", NEED, key="k-1").content == first.content
    assert rest.get("/api/needs/n_1")["asked"] == 10
    assert rest.get("/api/health")["seq"] == entries(books_url) == 2


def test_requests_of_several_kinds_work_again_when_the_database_is_back(
    rest: RestClient, proxy: TcpProxy
) -> None:
    """Each kind recovers by itself, whichever request comes first."""
    rest.need()
    for path in ("/api/needs", "/api/health", "/api/reports/alerts", "/api/needs/n_1"):
        proxy.close()
        proxy.open()
        # The first request may get a cut connection. The next one gets a new connection.
        rest.client.get(path)
        rest.get(path)
    proxy.close()
    proxy.open()
    rest.send("/api/needs", NEED, key="k-1")
    assert rest.send("/api/needs", NEED, key="k-1").status_code == 201


def test_a_database_that_does_not_answer_does_not_block_the_service(
    rest: RestClient,
    proxy: TcpProxy,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    rest.need()
    with monkeypatch.context() as patched:
        patched.setattr(event_loop_watchdog, "MAX_BLOCKED_SECONDS", 0.5)
        proxy.freeze()
        problem(rest.client.get("/api/needs"), 503, "busy")
    assert rest.client.get(asset_address("desk.css")).status_code == 200
    proxy.thaw()
    rest.get("/api/needs")
    assert any(
        "connection to the server was lost" in logged for logged in logged_store_errors(caplog)
    )


def cut_in_the_next_commit(proxy: TcpProxy) -> None:
    """Make the next commit durable, but cut the connection before it is confirmed."""
    sent: list[bytes] = []

    def commits(answer: bytes) -> bool:
        sent.append(answer)
        if b"INSERT 0 1\0" not in b"".join(sent) or b"COMMIT\0" not in answer:
            return False
        proxy.cut_before = lambda _: False
        return True

    proxy.cut_before = commits


def test_a_request_with_an_uncertain_commit_is_not_run_twice(
    rest: RestClient, proxy: TcpProxy, books_url: str
) -> None:
    rest.need()
    cut_in_the_next_commit(proxy)
    answer = rest.send("/api/needs", NEED)
    error = problem(answer, 503, "busy")
    assert "it is unknown whether this was recorded" in error["detail"]
    assert entries(books_url) == 2


def test_requests_of_a_batch_with_an_uncertain_commit_are_not_run_again(
    rest: RestClient, proxy: TcpProxy, books_url: str
) -> None:
    def note_then_cut(ledger: Ledger) -> Recorded:
        cut_in_the_next_commit(proxy)
        return note(ledger)

    writer = GroupCommitQueue(Ledger.open(proxy.url, station="lx", clock=Clock()))
    outcomes = run_together(writer, note_then_cut, note)
    assert [type(outcome) for outcome in outcomes] == [Uncertain, Uncertain]
    assert entries(books_url) == 2


def test_repeating_an_uncertain_request_with_its_key_gives_the_recorded_response(
    rest: RestClient, proxy: TcpProxy, books_url: str
) -> None:
    rest.need()
    cut_in_the_next_commit(proxy)
    problem(rest.send("/api/needs", NEED, key="k-1"), 503, "busy")
    assert entries(books_url) == 2
    assert rest.send("/api/needs", NEED, key="k-1").json()["entry"]["seq"] == 2
    assert entries(books_url) == 2


def test_a_read_only_database_is_read_and_refuses_writes(
    rest: RestClient, proxy: TcpProxy, books_url: str, clerk: str
) -> None:
    """As if the service were connected to a server that is no longer the primary."""
    rest.need()
    with superuser(books_url) as admin:
        admin.execute(f"ALTER ROLE {clerk} SET default_transaction_read_only = on".encode())
        proxy.close()
        proxy.open()
        rest.client.get("/api/needs")
        assert rest.get("/api/needs/n_1")["asked"] == 10
        for _ in range(2):
            problem(rest.send("/api/needs", NEED, key="k-1"), 503, "busy")
        admin.execute(f"ALTER ROLE {clerk} RESET default_transaction_read_only".encode())
    proxy.close()
    proxy.open()
    rest.client.get("/api/needs")
    assert rest.send("/api/needs", NEED, key="k-1").status_code == 201
    assert entries(books_url) == 2


def test_a_database_without_free_connections_is_answered_with_503(
    rest: RestClient, proxy: TcpProxy, books_url: str, clerk: str, caplog: pytest.LogCaptureFixture
) -> None:
    rest.need()
    with superuser(books_url) as admin:
        admin.execute(f"ALTER ROLE {clerk} CONNECTION LIMIT 0".encode())
        proxy.close()
        proxy.open()
        # The first request gets a cut connection, and the next one gets none.
        for _ in range(2):
            problem(rest.client.get("/api/needs"), 503, "busy")
            problem(rest.send("/api/needs", NEED, key="k-1"), 503, "busy")
        admin.execute(f"ALTER ROLE {clerk} CONNECTION LIMIT -1".encode())
    assert any("no free connection" in str(logged) for logged in logged_store_errors(caplog))
    assert rest.send("/api/needs", NEED, key="k-1").status_code == 201
    assert entries(books_url) == 2
