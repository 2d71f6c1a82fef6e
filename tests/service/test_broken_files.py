"""A running service whose database file is deleted, damaged, full or shared."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from support.database_files import damage
from support.ledger_fixture import register_all
from support.rest_client import RestClient, issue_credentials, logged_store_errors, problem
from support.service_fixture import Service
from support.service_process import PATIENCE, free_port, running_service

from supplies.ledger.ledger import Ledger
from supplies.storage.sqlite.store import SqliteStore
from supplies.verification.verify import verify


def store_of_the_writer(service: Service) -> SqliteStore:
    store = service.app.state.stations.default.queue.ledger.store
    assert isinstance(store, SqliteStore)
    return store


def test_requests_after_the_file_was_deleted_fail_and_are_logged(
    rest: RestClient, service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    need = rest.need()
    (service.folder / "books.db").unlink()
    answer = rest.send("/api/needs", {"recipient": "R-1", "item": "mask", "quantity": 1})
    error = problem(answer, 503, "busy")
    assert "nothing was recorded" in error["detail"]
    assert int(answer.headers["retry-after"]) > 0
    assert "books.db was deleted or replaced" in logged_store_errors(caplog)[0]
    assert rest.get(f"/api/needs/{need}")["asked"] == 10


def test_a_full_disk_is_answered_with_503_until_space_is_free(
    rest: RestClient, service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    rest.give()
    store = store_of_the_writer(service)
    (pages,) = store.one("PRAGMA page_count") or (0,)
    store.run(f"PRAGMA max_page_count = {pages}")
    answers = [rest.send("/api/donations", rest.donation(), key=str(n)) for n in range(40)]
    refused = [n for n, answer in enumerate(answers) if answer.status_code != 201]
    assert refused
    for n in refused:
        problem(answers[n], 503, "busy")
        assert int(answers[n].headers["retry-after"]) > 0
    assert "is full; nothing was recorded" in logged_store_errors(caplog)[0]
    store.run("PRAGMA max_page_count = 1000000")
    again = [rest.send("/api/donations", rest.donation(), key=str(n)) for n in range(40)]
    assert {answer.status_code for answer in again} == {201}
    with Ledger.open(str(service.folder / "books.db"), station="lx") as ledger:
        assert ledger.books.value("SELECT count(*) FROM arrivals WHERE station = :station") == 41
        verify(ledger.store)


def test_a_damaged_page_is_answered_with_500_and_logged(
    rest: RestClient, service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    rest.give()
    books = service.folder / "books.db"
    store = store_of_the_writer(service)
    store.all("PRAGMA wal_checkpoint(TRUNCATE)")
    damage(books, "balances")
    # Read it from the disk again, as happens if the books are larger than the cache.
    store.all("PRAGMA shrink_memory")
    error = problem(rest.send("/api/donations", rest.donation()), 500, "internal")
    assert "its log contains the cause" in error["detail"]
    assert "books.db is damaged" in logged_store_errors(caplog)[0]
    assert "restore it from a backup" in logged_store_errors(caplog)[0]


def test_two_services_on_one_file_keep_the_books_consistent(books_path: Path) -> None:
    with Ledger.open(str(books_path), station="lx") as ledger:
        register_all(ledger)
        bearer = {"Authorization": f"Bearer {issue_credentials(ledger)['coordinator']}"}
    ports = free_port(), free_port()
    need = {"recipient": "R-1", "item": "mask", "quantity": 1}

    with (
        running_service(str(books_path), ports[0]),
        running_service(str(books_path), ports[1]),
        httpx.Client(headers=bearer, timeout=PATIENCE) as web,
        ThreadPoolExecutor(6) as threads,
    ):

        def ask(number: int, port: int) -> httpx.Response:
            headers = {"Idempotency-Key": str(number)}
            return web.post(f"http://127.0.0.1:{port}/api/needs", json=need, headers=headers)

        first = list(threads.map(lambda n: ask(n, ports[n % 2]), range(40)))
        again = list(threads.map(lambda n: ask(n, ports[(n + 1) % 2]), range(40)))
    assert {answer.status_code for answer in first} == {201}
    assert [answer.content for answer in again] == [answer.content for answer in first]
    with Ledger.open(str(books_path), station="lx") as ledger:
        assert ledger.verify().entries == 40
