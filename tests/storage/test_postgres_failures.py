"""Failures of a PostgreSQL server while a ledger is open: what is recorded, and each error."""

from __future__ import annotations

import threading
from contextlib import closing, suppress
from uuid import uuid4

import pytest
from support.engines import Server
from support.ledger_fixture import Clock, StationLedger, register_all
from support.postgres_sessions import end_connections, superuser

from supplies.cli import main
from supplies.domain import commands as c
from supplies.errors import (
    Busy,
    NotADatabase,
    ReadOnly,
    StoreError,
    Uncertain,
)
from supplies.ledger.ledger import Ledger
from supplies.storage.engines import open_store
from supplies.verification.verify import verify

GIFT = c.RecordDonation(
    location="store", handled_by="x", lines=[c.DonationLine(item="mask", quantity=1)]
)


@pytest.fixture
def engine() -> str:
    return "postgresql"


def test_a_lost_connection_is_reopened(station: StationLedger, books_url: str) -> None:
    station.give(1)
    with superuser(books_url) as other:
        end_connections(other)
    station.give(1)
    assert verify(station.ledger.store).receipts == 2


def test_a_connection_lost_in_a_transaction_records_nothing(
    station: StationLedger, books_url: str
) -> None:
    store = station.ledger.store
    before = station.entries()

    def writes() -> None:
        with store.writing():
            store.run("UPDATE items SET name = 'x' WHERE code = 'mask'")
            with superuser(books_url) as other:
                end_connections(other)
            store.run("UPDATE items SET name = 'y' WHERE code = 'mask'")

    with pytest.raises(Busy, match=r"stopped or restarted|was lost"):
        writes()
    station.give(1)
    assert station.entries() == before + 2
    assert station.books.item("mask").name == "口罩"


def test_committing_a_failed_transaction_is_an_error(station: StationLedger) -> None:
    """PostgreSQL reports no error when a failed transaction is committed."""
    store = station.ledger.store

    def writes() -> None:
        with store.writing(), suppress(StoreError):
            store.run("INSERT INTO nowhere VALUES (1)")

    with pytest.raises(StoreError, match="nothing was recorded"):
        writes()


def test_a_commit_without_confirmation_of_the_standby_is_uncertain(
    postgres: Server, own_url: str
) -> None:
    """If the wait for a standby is cancelled, PostgreSQL reports COMMIT and a warning."""
    ids: list[str] = []
    with Ledger.open(own_url, station="lx", clock=Clock()) as ledger:
        register_all(ledger)
        ledger.store.run("SET synchronous_commit = on")
        # Other connections do not wait: the tests' server has this turned off.
        require_standby(postgres, "a standby that is not there")
        try:
            impatient = threading.Thread(target=cancel_waiting_commit, args=(own_url,))
            impatient.start()
            with pytest.raises(Uncertain, match="no standby has confirmed this"):
                # Commits are certain until the server has read its settings.
                record_for_ever(ledger, ids)
            impatient.join(timeout=60)
        finally:
            require_standby(postgres, "")
        assert ledger.record(GIFT, by="u_1", id=ids[-1]).repeated


def record_for_ever(ledger: Ledger, ids: list[str]) -> None:
    """Record gifts until an error is raised. Add the id of each to a list before."""
    while True:
        ids.append(str(uuid4()))
        ledger.record(GIFT, by="u_1", id=ids[-1])


def cancel_waiting_commit(url: str) -> None:
    """Cancel a commit that waits for a lost standby, as an administrator would."""
    with superuser(url) as other:
        while not other.execute(
            "SELECT pg_cancel_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND wait_event = 'SyncRep'"
        ).fetchall():
            pass


def require_standby(postgres: Server, standby: str) -> None:
    """Let commits wait for this standby. With an empty name they wait for none."""
    name = f'"{standby}"' if standby else ""
    postgres.admin.execute(f"ALTER SYSTEM SET synchronous_standby_names = '{name}'".encode())
    postgres.admin.execute("SELECT pg_reload_conf()")


def test_recording_in_a_read_only_database_is_refused(own_url: str) -> None:
    with Ledger.open(own_url, station="lx", clock=Clock()) as ledger:
        register_all(ledger)
        ledger.store.run("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")
        with pytest.raises(ReadOnly, match="name the primary server"):
            ledger.record(GIFT, by="u_1")
        assert ledger.books.last_entry().seq == 0


def test_a_damaged_page_on_the_server_is_reported(postgres: Server, own_url: str) -> None:
    make_books(own_url)
    with postgres.damaged_copy(own_url, "entries") as url:
        assert main(["verify", "--database", own_url]) == 0
        with pytest.raises(NotADatabase, match="a page of the database is damaged"):
            verify_all(url)


def make_books(url: str) -> None:
    with Ledger.open(url, station="lx", clock=Clock()) as ledger:
        register_all(ledger)
        ledger.record(GIFT, by="u_1")


def verify_all(url: str) -> None:
    with closing(open_store(url)) as store:
        verify(store)


def test_recording_without_the_right_to_write_is_refused(own_url: str) -> None:
    with Ledger.open(own_url, station="lx", clock=Clock()) as ledger:
        register_all(ledger)
        ledger.store.run("SET ROLE pg_read_all_data")
        with pytest.raises(ReadOnly, match="lacks the right"):
            ledger.record(GIFT, by="u_1")
        assert ledger.books.last_entry().seq == 0


def test_a_statement_timeout_is_reported_as_busy(station: StationLedger) -> None:
    station.ledger.store.run("SET statement_timeout = 30")
    with pytest.raises(Busy, match="statement_timeout"):
        station.ledger.store.one("SELECT pg_sleep(5)")
    station.ledger.store.run("SET statement_timeout = 0")
    station.give(1)
