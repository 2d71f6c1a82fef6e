"""Several connections to one PostgreSQL database: locks, snapshots and caches."""

from __future__ import annotations

import threading

import pytest
from support.ledger_fixture import Clock, StationLedger
from support.postgres_sessions import end_connections, superuser

from supplies.domain import commands as c
from supplies.domain.catalogue_records import Item, Station
from supplies.errors import (
    Busy,
)
from supplies.ledger.ledger import Ledger
from supplies.storage.postgresql import pool
from supplies.verification.verify import verify

GIFT = c.RecordDonation(
    location="store", handled_by="x", lines=[c.DonationLine(item="mask", quantity=1)]
)


@pytest.fixture
def engine() -> str:
    return "postgresql"


def test_waiting_too_long_for_a_stations_lock_is_reported_as_busy(
    station: StationLedger, books_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "BUSY_TIMEOUT_MS", 50)
    with superuser(books_url) as admin:
        end_connections(admin)  # The next ones are opened with this timeout.
    store = station.ledger.store
    with Ledger.open(books_url, station="lx", clock=Clock()) as other, store.writing():
        store.lock("lx")
        store.one("SELECT 1")
        with pytest.raises(Busy, match="has locked these books"):
            other.record(GIFT, by="u_2")
    station.give(1)
    with superuser(books_url) as admin:
        end_connections(admin)  # Later tests must not use connections with this timeout.


def test_stations_do_not_wait_for_one_another(station: StationLedger, books_url: str) -> None:
    with Ledger.open(books_url, station="bj", clock=Clock(), new_station=True) as other:
        other.register(Station(code="bj", name="Beijing", series="BJ"))
        with station.ledger.store.writing():
            station.ledger.store.lock("lx")
            station.ledger.store.run("UPDATE items SET name = 'held' WHERE station = 'lx'")
            other.register(Item(code="mask", name="mask"))
            done = other.record(c.RecordActivity(kind="visit", count=1), by="u_2")
        assert done.seq == 1
    verify(station.ledger.store)


def test_a_change_of_an_item_by_another_connection_is_seen(
    station: StationLedger, books_url: str
) -> None:
    with station.ledger.reading() as books:
        assert books.item("mask").name == "口罩"
    with Ledger.open(books_url, station="lx", clock=Clock()) as other:
        other.amend(Item(code="mask", name="mask", packs={"crate": 7}))
    with station.ledger.reading() as books:
        assert books.item("mask").name == "mask"
    with superuser(books_url) as pen:
        pen.execute("UPDATE items SET name = 'by hand' WHERE code = 'mask'")
    with station.ledger.reading() as books:
        assert books.item("mask").name == "by hand"


def test_a_reader_sees_one_snapshot_while_others_write(
    station: StationLedger, books_url: str
) -> None:
    with (
        Ledger.open(books_url, station="lx", clock=Clock()) as other,
        other.reading() as books,
    ):
        assert books.last_entry().seq == 0
        station.give(1)
        assert books.last_entry().seq == 0


def test_concurrent_writers_on_two_stations_do_not_deadlock(
    station: StationLedger, books_url: str
) -> None:
    """This would deadlock if writers took locks in different orders."""
    with Ledger.open(books_url, station="bj", clock=Clock(), new_station=True) as other:
        other.register(Station(code="bj", name="Beijing", series="BJ"))
    failed: list[Exception] = []

    def writes(code: str) -> None:
        try:
            with Ledger.open(books_url, station=code, clock=Clock()) as ledger:
                for _ in range(25):
                    ledger.record(c.RecordActivity(kind="visit", count=1), by="u_1")
        except Exception as error:
            failed.append(error)

    writers = [threading.Thread(target=writes, args=(name,)) for name in ("lx", "bj", "lx", "bj")]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(timeout=60)
    assert failed == []
    assert verify(station.ledger.store).entries == 100
