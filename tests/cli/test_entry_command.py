"""`supplies entry` prints an entry with its free text."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from support.command_line import refused, run_with_usage_error

from supplies.cli import main
from supplies.domain import commands as c
from supplies.domain.catalogue_records import Item, Location, Station
from supplies.ledger.ledger import Ledger


@pytest.fixture
def books_with_a_note(tmp_path: Path) -> str:
    path = str(tmp_path / "books.db")
    with Ledger.open(path, station="lx") as ledger:
        ledger.register(
            Station(code="lx", name="龙穴街"),
            Item(code="mask", name="口罩"),
            Location(code="store", name="Store"),
        )
        line = c.ArrivalLine(item="mask", quantity=5)
        ledger.record(c.OpenStock(location="store", lines=[line], note="found in [3]"), by="u_1")
    return path


def test_an_entry_is_printed_with_its_transfers_and_its_note(
    books_with_a_note: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["entry", "1", "--database", books_with_a_note]) == 0
    printed = capsys.readouterr().out
    for part in ("stock_opened", "found in [3]", "opening:store", "stock:store", "l_lx_1_1"):
        assert part in printed


def test_an_entry_as_json_has_the_shape_of_the_rest_api(
    books_with_a_note: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["entry", "1", "--json", "--database", books_with_a_note]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["texts"] == [{"field": "note", "text": "found in [3]"}]


def test_an_unknown_entry_is_refused(
    books_with_a_note: str, capsys: pytest.CaptureFixture[str]
) -> None:
    error = refused(capsys, "entry", "9", "--database", books_with_a_note)
    assert "unknown entry 9" in error


@pytest.mark.parametrize("command", ["entry", "forget text"])
@pytest.mark.parametrize("number", ["abc", "0", "1.5", "²", str(2**63)])
def test_an_invalid_entry_number_is_a_usage_error(
    books_with_a_note: str, capsys: pytest.CaptureFixture[str], command: str, number: str
) -> None:
    message = run_with_usage_error(
        capsys, *command.split(), number, "--database", books_with_a_note
    )
    assert f"'{number}' is not a whole number from 1" in message


def test_an_erased_text_is_not_reported_as_missing(
    books_with_a_note: str, capsys: pytest.CaptureFixture[str]
) -> None:
    books = ["--database", books_with_a_note]
    assert main(["forget", "text", "1", "--yes", *books]) == 0
    capsys.readouterr()
    assert main(["forget", "text", "1", *books]) == 0
    assert capsys.readouterr().out == "The notes and reasons of entry 1 were erased.\n"
    assert main(["forget", "text", "2", *books]) == 0
    assert capsys.readouterr().out == "Entry 2 has no notes or reasons.\n"


def test_an_entry_is_printed_with_its_packs_and_a_day_that_is_the_latest_possible(
    books_with_a_note: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with Ledger.open(books_with_a_note, station="lx") as ledger:
        ledger.register(Item(code="soap", name="soap", packs={"carton": 50}))
        line = c.DonationLine(item="soap", quantity=2, pack="carton")
        gift = c.RecordDonation(location="store", handled_by="Chen", lines=[line], or_earlier=True)
        done = ledger.record(gift, by="u_1")
        day = ledger.today()
    assert main(["entry", str(done.seq), "--database", books_with_a_note]) == 0
    printed = capsys.readouterr().out
    assert f"{day} or earlier" in printed
    assert "carton of 50" in printed


def test_an_entry_is_reversed_once_with_a_reason(
    books_with_a_note: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["reverse", "1", "--reason", "counted twice", "--database", books_with_a_note]
    assert main(words) == 0
    assert capsys.readouterr().out == "Entry 2 reverses entry 1.\n"
    assert main(["entry", "2", "--database", books_with_a_note]) == 0
    assert "counted twice" in capsys.readouterr().out
    assert "entry 2" in refused(capsys, *words)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has /dev/full")
def test_a_full_disk_is_reported_in_one_message(books_with_a_note: str) -> None:
    words = [sys.executable, "-m", "supplies", "entry", "1", "--database", books_with_a_note]
    with open("/dev/full", "w") as full:
        done = subprocess.run(words, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (
        1,
        "supplies: the output could not be written: the disk is full\n",
    )
