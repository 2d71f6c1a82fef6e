"""The station's keys: private files, never replaced by accident, refused if damaged."""

from __future__ import annotations

import json
import multiprocessing
import os
import stat
from datetime import date
from pathlib import Path

import pytest
from support.issued_papers import new_keys
from support.ledger_fixture import Clock, StationLedger

from supplies.domain.catalogue_records import Station
from supplies.errors import StoreError
from supplies.ledger.ledger import Ledger
from supplies.signing.receipt_signatures import IssuedReceipt
from supplies.signing.station_keys import (
    StationKeys,
    create_first_key,
    ensure_keys,
    key_file,
    read_keys_once,
)

RECEIPT = IssuedReceipt("lx", "JZ-2020-000001", date(2020, 2, 5), "ab" * 32, 7, "cd" * 32)


@pytest.fixture
def database(tmp_path: Path) -> str:
    return str(tmp_path / "books.db")


def test_keys_are_created_once_and_readable_only_by_their_owner(database: str) -> None:
    assert create_first_key(database)
    path = key_file(database)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    first = path.read_bytes()
    assert not create_first_key(database)
    StationKeys.for_database(database).add({"lx": 7})
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert json.loads(path.read_bytes())["keys"][0] == json.loads(first)["keys"][0]
    assert [file.name for file in path.parent.iterdir()] == ["books.key"]


def test_two_stations_never_have_the_same_key(tmp_path: Path) -> None:
    one, other = (new_keys(str(tmp_path / name)) for name in ("a.db", "b.db"))
    assert one.public_keys() != other.public_keys()
    assert one.sign(RECEIPT) != other.sign(RECEIPT)
    assert one.check_code(RECEIPT) != other.check_code(RECEIPT)


def test_a_receipt_has_the_same_signature_each_time(database: str) -> None:
    first = new_keys(database).sign(RECEIPT)
    assert StationKeys.for_database(database).sign(RECEIPT) == first
    assert first.check_code == StationKeys.for_database(database).check_code(RECEIPT)
    assert len(first.check_code) == 8


@pytest.mark.parametrize("change", [{"number": "JZ-2020-000002"}, {"digest": "00" * 32}])
def test_different_receipts_have_different_check_codes(
    database: str, change: dict[str, str]
) -> None:
    keys = new_keys(database)
    assert keys.check_code(RECEIPT._replace(**change)) != keys.check_code(RECEIPT)


def test_each_receipt_keeps_the_key_it_was_signed_with(database: str) -> None:
    keys = new_keys(database)
    assert keys.add({"lx": 7}) == "k2"
    assert keys.add({"lx": 20, "nx": 3}) == "k3"
    used = {
        (station, seq): keys.sign(RECEIPT._replace(station=station, seq=seq)).key_id
        for station, seq in [("lx", 7), ("lx", 8), ("lx", 20), ("lx", 21), ("nx", 3), ("nx", 4)]
    }
    assert list(used.values()) == ["k1", "k2", "k2", "k3", "k2", "k3"]


def test_a_key_file_with_new_content_is_read_again_even_if_its_size_and_times_are_the_same(
    database: str, tmp_path: Path
) -> None:
    keys, other = new_keys(database), new_keys(str(tmp_path / "other.db"))
    file = key_file(database)
    before = file.stat()
    assert keys.check_code(RECEIPT) != other.check_code(RECEIPT)
    file.write_bytes(key_file(str(tmp_path / "other.db")).read_bytes())
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    after = file.stat()
    assert (after.st_ino, after.st_size, after.st_mtime_ns) == (
        *(before.st_ino, before.st_size, before.st_mtime_ns),
    )
    assert keys.check_code(RECEIPT) == other.check_code(RECEIPT)


def test_a_new_key_file_is_used_after_the_open_transaction(database: str, tmp_path: Path) -> None:
    keys, other = new_keys(database), new_keys(str(tmp_path / "other.db"))
    with read_keys_once():
        before = keys.check_code(RECEIPT)
        key_file(database).write_bytes(key_file(str(tmp_path / "other.db")).read_bytes())
        assert keys.check_code(RECEIPT) == before
    assert keys.check_code(RECEIPT) == other.check_code(RECEIPT) != before
    with read_keys_once():
        assert keys.check_code(RECEIPT) == other.check_code(RECEIPT)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660])
def test_keys_that_others_may_read_are_refused(database: str, mode: int) -> None:
    keys = new_keys(database)
    key_file(database).chmod(mode)
    with pytest.raises(StoreError, match="chmod 600"):
        StationKeys.for_database(database)
    with pytest.raises(StoreError, match="chmod 600"):
        keys.sign(RECEIPT)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"00" * 32,
        b"\xff\xfe",
        b'{"format":"supplies-keys-1","keys":[]}',
        b'{"format":"supplies-keys-1","keys":[{"id":"k2","code_secret":"%s","private":"%s",'
        b'"after":{}}]}' % (b"00" * 32, b"00" * 32),
        b'{"format":"supplies-keys-1","keys":[{"id":"k1","code_secret":"00","private":"%s",'
        b'"after":{}}]}' % (b"00" * 32),
    ],
)
def test_a_damaged_key_file_is_refused_and_left_as_it_is(database: str, content: bytes) -> None:
    path = key_file(database)
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(StoreError, match="damaged"):
        new_keys(database)
    assert path.read_bytes() == content


def test_missing_keys_are_created_only_on_request(database: str) -> None:
    with pytest.raises(StoreError, match="from its backup"):
        StationKeys.for_database(database)
    assert not key_file(database).exists()


def test_the_first_key_is_made_before_the_first_receipt_and_never_after_it(
    station: StationLedger, books_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = tmp_path / "station.key"
    monkeypatch.setenv("SUPPLIES_KEYS", str(named))
    assert ensure_keys(station.ledger.store, books_url)
    assert not ensure_keys(station.ledger.store, books_url)
    named.unlink()
    assert ensure_keys(station.ledger.store, books_url)
    station.give(3)
    assert not ensure_keys(station.ledger.store, books_url)
    named.unlink()
    with pytest.raises(StoreError, match="from its backup"):
        ensure_keys(station.ledger.store, books_url)
    assert not named.exists()


def test_recording_the_first_receipt_creates_a_missing_key(
    station: StationLedger, books_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = tmp_path / "station.key"
    monkeypatch.setenv("SUPPLIES_KEYS", str(named))
    station.stock(3)
    assert not named.exists()
    station.give(3)
    assert StationKeys.for_database(books_url).sign(RECEIPT).key_id == "k1"
    first = named.read_bytes()
    station.give(3)
    assert named.read_bytes() == first


def test_a_lost_key_is_not_replaced_by_recording_more_receipts(
    station: StationLedger,
    books_url: str,
    clock: Clock,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    named = tmp_path / "station.key"
    monkeypatch.setenv("SUPPLIES_KEYS", str(named))
    station.give(3)
    named.unlink()
    with Ledger.open(books_url, station="lx", clock=clock) as again:
        StationLedger(again, clock).give(3)
    assert not named.exists()


def test_a_gift_on_a_server_is_recorded_without_a_key_file(
    station: StationLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SUPPLIES_KEYS", raising=False)
    assert station.give(3).document


def test_a_receipt_of_any_station_prevents_a_new_first_key(
    station: StationLedger, books_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUPPLIES_KEYS", str(tmp_path / "station.key"))
    station.give(3)
    (tmp_path / "station.key").unlink()
    other = station.ledger.for_station("hp")
    other.register(Station(code="hp", name="黄浦站", series="HP"))
    with pytest.raises(StoreError, match="from its backup"):
        ensure_keys(other.store, books_url)


def test_a_folder_instead_of_the_key_file_is_refused(
    station: StationLedger, books_path: Path
) -> None:
    key_file(str(books_path)).mkdir()
    with pytest.raises(StoreError, match="cannot be used"):
        ensure_keys(station.ledger.store, str(books_path))


def test_an_unwritable_key_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="cannot be used"):
        create_first_key(str(tmp_path / "file" / "books.db"))


def test_processes_that_start_at_once_agree_on_one_key(database: str) -> None:
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        made = pool.map(create_first_key, [database] * 8)
    assert made.count(True) == 1
    assert [path.name for path in key_file(database).parent.iterdir()] == ["books.key"]


def test_the_path_of_the_keys_can_be_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    beside = new_keys(str(tmp_path / "books.db"))
    monkeypatch.setenv("SUPPLIES_KEYS", str(tmp_path / "station.key"))
    named = new_keys("postgresql://me@host/books")
    assert named.check_code(RECEIPT) != beside.check_code(RECEIPT)
    assert named.sign(RECEIPT) == StationKeys.for_database("b.db").sign(RECEIPT)


def test_books_on_a_server_need_a_path_for_keys(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("SUPPLIES_KEYS", raising=False)
    with pytest.raises(StoreError, match="name it, for example SUPPLIES_KEYS="):
        create_first_key("postgresql://me@host/books")
