"""Stations keep each other's checkpoints, and verification compares them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from support.command_line import refused
from support.ledger_fixture import StationLedger, register_all
from support.shipping import citation, open_hp, send

from supplies.cli import main
from supplies.domain import commands as c
from supplies.domain.catalogue_records import Station
from supplies.errors import BooksBroken, InvalidField
from supplies.ledger.clock import system_clock
from supplies.ledger.ledger import Ledger
from supplies.signing.station_keys import StationKeys, create_first_key
from supplies.verification.kept_checkpoints import keep, list_latest


def record(path: str, station: str) -> None:
    with Ledger.open(path, station=station) as ledger:
        ledger.record(c.RecordActivity(kind="visit", count=1), by="u_1")


@pytest.fixture
def partner(tmp_path: Path) -> str:
    """Books of station hp in another database, with one entry."""
    path = str(tmp_path / "partner.db")
    create_first_key(path)
    with Ledger.open(path, station="hp", new_station=True) as ledger:
        ledger.register(Station(code="hp", name="partner", series="HP"))
    record(path, "hp")
    return path


@pytest.fixture
def books(tmp_path: Path) -> str:
    path = str(tmp_path / "own.db")
    create_first_key(path)
    with Ledger.open(path, station="lx") as ledger:
        register_all(ledger)
    record(path, "lx")
    return path


def checkpoints(path: str, tmp_path: Path, name: str) -> str:
    file = str(tmp_path / name)
    assert main(["verify", "--checkpoint", file, "--database", path]) == 0
    return file


def test_a_partner_that_rewrote_its_books_is_noticed(
    books: str, partner: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    older = str(tmp_path / "older.db")
    shutil.copy(partner, older)
    shutil.copy(tmp_path / "partner.key", tmp_path / "older.key")
    record(partner, "hp")
    keeping = ["station", "witness", "--database", books]
    assert main([*keeping, checkpoints(partner, tmp_path, "first")]) == 0
    assert "1 checkpoint of other stations was new" in capsys.readouterr().out
    assert main([*keeping, checkpoints(partner, tmp_path, "again")]) == 0
    assert "0 checkpoints of other stations were new" in capsys.readouterr().out
    assert main(["verify", "--database", books]) == 0

    record(older, "hp")
    assert main([*keeping, checkpoints(older, tmp_path, "rewritten")]) == 0
    error = refused(capsys, "verify", "--database", books)
    assert "station hp showed two different entries 2" in error


def test_kept_checkpoints_are_given_back_as_they_were_signed(
    books: str, partner: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = checkpoints(partner, tmp_path, "kept")
    record(partner, "hp")
    later = checkpoints(partner, tmp_path, "later")
    assert main(["station", "witness", "--database", books, file, later]) == 0
    with Ledger.open(books, station="lx") as ledger, ledger.reading() as tables:
        (latest,) = list_latest(tables.store)
    returned = tmp_path / "returned"
    returned.write_text(f"{latest}\n")
    assert latest.seq == 2
    assert main(["verify", "--witness", str(returned), "--database", partner]) == 0


def test_own_checkpoints_and_those_about_third_stations_are_not_kept(
    station: StationLedger, partner: str
) -> None:
    keys, now = StationKeys.for_database(partner), system_clock()
    own = keys.sign_checkpoint("lx", 1, "ab" * 32, by="lx", at=now)
    third = keys.sign_checkpoint("nansha", 1, "ab" * 32, by="hp", at=now)
    assert keep(station.ledger.store, "lx", [own, third], now) == 0


def test_a_partner_with_another_key_of_the_same_name_is_refused(
    station: StationLedger, partner: str, books: str
) -> None:
    now = system_clock()
    for path, seq in ((partner, 1), (books, 2)):
        keys = StationKeys.for_database(path)
        signed = keys.sign_checkpoint("hp", seq, "ab" * 32, by="hp", at=now)
        if path == partner:
            assert keep(station.ledger.store, "lx", [signed], now) == 1
        else:
            with pytest.raises(InvalidField, match="another key k1 than before"):
                keep(station.ledger.store, "lx", [signed], now)


def test_a_shipment_that_cites_another_entry_than_was_kept_is_noticed(
    station: StationLedger, partner: str, tmp_path: Path
) -> None:
    store, now = station.ledger.store, system_clock()
    station.give(20)
    shipment = send(station)
    with open_hp(str(tmp_path / "hp.db"), station.clock) as hp:
        hp.record(
            c.ReceiveShipment(
                shipment=shipment, location="depot", sent=citation(station, shipment)
            ),
            by="w2",
        )
        received, seq = citation(hp, shipment), hp.books.last_entry().seq
    station(c.AcknowledgeShipment(shipment=shipment, received=received))
    keys = StationKeys.for_database(partner)
    same = keys.sign_checkpoint("hp", seq, received.hash, by="hp", at=now)
    assert keep(store, "lx", [same], now) == 1
    station.ledger.verify()
    store.run("UPDATE kept_checkpoints SET hash = :hash", {"hash": "ab" * 32})
    with pytest.raises(BooksBroken, match=f"hp showed two different entries {seq}"):
        station.ledger.verify()
