"""Verify the books and back them up from the page."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest
from support.page_client import Browser, sign_in_as
from support.rest_client import RestClient
from support.service_fixture import Service

from supplies.access.access_context import AccessContext


@pytest.fixture
def coordinator(rest: RestClient, service: Service) -> Browser:
    rest.give(10)
    return sign_in_as(rest.client, service, "coordinator")


def ended(browser: Browser) -> None:
    """Wait until the job has ended."""
    job: Any = browser.client.app.state.stations.books_job
    asyncio.run_coroutine_threadsafe(job.wait(), job.loop).result(timeout=60)


def test_the_page_verifies_the_books_and_backs_them_up(
    coordinator: Browser, service: Service
) -> None:
    before = coordinator.open("/admin/books")
    assert "The books were never verified." in before
    assert "No backup was made yet." in before
    started = coordinator.send("/admin/books/verify", key="verify-key-0000001", do="save")
    assert started.headers["location"] == "/admin/books"
    ended(coordinator)
    page = coordinator.open("/admin/books")
    assert "without differences. Entries: 2" in page
    assert "up to entry 2 of 2" in page
    coordinator.send("/admin/books/backup", key="backup-key-0000001", do="save")
    ended(coordinator)
    page = coordinator.open("/admin/books")
    assert "The backup is complete and verified" in page
    found = re.search(r"<dt>File</dt><dd>(.*?)</dd>", page)
    assert found is not None
    (file,) = (service.folder / "backups").glob("*.db")
    assert found[1] == str(file.resolve())
    assert file.with_suffix(".key").exists()


def test_books_that_were_changed_behind_the_program_are_reported(coordinator: Browser) -> None:
    ledger = coordinator.client.app.state.stations.default.ledger
    with ledger.admin_transaction() as books:
        books.store.run("DROP TRIGGER entries_no_update")
        books.store.run("UPDATE entries SET document = 'd_9' WHERE seq = 1")
    coordinator.send("/admin/books/verify", key="verify-key-0000002", do="save")
    ended(coordinator)
    assert "The books differ from what was recorded." in coordinator.open("/admin/books")


def test_a_backup_with_a_user_that_was_added_in_sql_is_made_and_reported(
    coordinator: Browser, service: Service
) -> None:
    ledger = coordinator.client.app.state.stations.default.ledger
    with ledger.admin_transaction() as books:
        AccessContext(books, ledger.clock()).seals.begin()
    with ledger.admin_transaction() as books:
        books.store.run(
            "INSERT INTO users (station, code, login, role, made_at, made_by) "
            "VALUES ('lx', 'u_99', 'eve', 'coordinator', '2020', 'u_1')"
        )
    coordinator.send("/admin/books/backup", key="backup-key-0000002", do="save")
    ended(coordinator)
    page = coordinator.open("/admin/books")
    assert "The books differ from what was recorded." in page
    assert "the row u_99 of users" in page
    assert len(list((service.folder / "backups").glob("*.db"))) == 1
