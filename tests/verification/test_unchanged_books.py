"""Verification of unchanged books: what it counts and reports."""

from __future__ import annotations

import pytest
from support.every_kind import RecordingStation, book_needs_and_pledges
from support.tampering import Tampering

from supplies.domain import commands as c
from supplies.domain.catalogue_records import Station
from supplies.errors import NotFound
from supplies.ledger.ledger import Ledger
from supplies.ledger.rules.command_history import CORRECTABLE, WAYS_BACK
from supplies.storage.engines import open_store
from supplies.verification import reader
from supplies.verification import verify as chain
from supplies.verification.verify import Verified, verify


def test_unchanged_books_with_entries_of_many_kinds_verify(unchanged_books: str) -> None:
    store = open_store(unchanged_books)
    verified = verify(store, "lx")
    (seq, last_hash), (receipts,) = (
        store.one("SELECT seq, hash FROM heads") or (0, b""),
        store.one("SELECT count(*) FROM receipts") or (0,),
    )
    assert verified.entries == seq
    assert verified.receipts == receipts > 5
    assert verified.stations[0].hash == last_hash.hex()
    assert verify(store) == verified
    store.close()


def test_the_books_under_test_fill_every_ledger_table(unchanged_books: str) -> None:
    store = open_store(unchanged_books)
    empty = [table for table in chain.LEDGER_TABLES if not store.all(f"SELECT 1 FROM {table}")]
    assert empty == []
    store.close()


def test_books_without_entries_verify(books_url: str) -> None:
    station = RecordingStation(books_url)
    assert verify(station.ledger.store) == Verified(
        entries=0,
        transfers=0,
        receipts=0,
        stations=[
            chain.VerifiedStation(
                station="lx", entries=0, transfers=0, receipts=0, hash=bytes(32).hex()
            )
        ],
    )
    station.ledger.close()


def test_verifying_an_unknown_station_is_refused(store: Tampering) -> None:
    with pytest.raises(NotFound, match="no books of a station zz"):
        verify(store, "zz")


def test_each_station_of_a_database_is_verified(books_url: str) -> None:
    station = RecordingStation(books_url)
    book_needs_and_pledges(station)
    station.ledger.close()
    other = Ledger.open(books_url, station="bj", clock=station.clock, new_station=True)
    other.register(Station(code="bj", name="Beijing", series="BJ"))
    other.record(c.RecordActivity(kind="visit", count=1), by="w2")
    verified = verify(other.store)
    assert [each.station for each in verified.stations] == ["bj", "lx"]
    assert verified.entries == sum(each.entries for each in verified.stations)
    assert verify(other.store, "bj").entries == 1
    other.close()


def test_verification_in_small_chunks_gives_the_same_result(
    store: Tampering, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_once = verify(store)
    monkeypatch.setattr(reader, "ENTRIES_PER_CHUNK", 3)
    heard: list[tuple[int, int]] = []
    assert verify(store, progress=lambda done, total: heard.append((done, total))) == at_once
    assert heard[-1] == (at_once.entries, at_once.entries)
    assert [done for done, _ in heard] == sorted(done for done, _ in heard)


def test_every_entry_can_be_corrected_or_says_what_to_do_instead(unchanged_books: str) -> None:
    store = open_store(unchanged_books)
    kinds = {kind for (kind,) in store.all("SELECT DISTINCT kind FROM entries WHERE part = 0")}
    assert kinds <= {*CORRECTABLE, *WAYS_BACK}
    assert not CORRECTABLE.keys() & WAYS_BACK.keys()
    store.close()
