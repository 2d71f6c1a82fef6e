"""`supplies verify --checkpoint` writes checkpoints, and `--witness` compares books with them."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from support.command_line import refused
from support.ledger_fixture import register_all

from supplies.cli import main
from supplies.domain.commands import RecordActivity
from supplies.ledger.ledger import Ledger
from supplies.signing.checkpoints import read_checkpoints
from supplies.signing.station_keys import StationKeys, create_first_key


@pytest.fixture
def books(tmp_path: Path) -> str:
    """Books with two entries, and a key."""
    path = str(tmp_path / "books.db")
    create_first_key(path)
    with Ledger.open(path, station="lx") as ledger:
        register_all(ledger)
    record(path)
    record(path)
    return path


def record(path: str) -> None:
    with Ledger.open(path, station="lx") as ledger:
        ledger.record(RecordActivity(kind="visit", count=1), by="u_1")


def test_an_older_copy_of_the_books_does_not_match_a_checkpoint(
    books: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    older, checkpoints = str(tmp_path / "older.db"), str(tmp_path / "kept.txt")
    shutil.copy(books, older)
    shutil.copy(tmp_path / "books.key", tmp_path / "older.key")
    record(books)
    assert main(["verify", "--checkpoint", checkpoints, "--database", books]) == 0
    assert f"A checkpoint of each station is in {checkpoints}" in capsys.readouterr().out
    record(books)
    assert main(["verify", "--witness", checkpoints, "--database", books]) == 0
    assert "The entries of 1 checkpoint are in the books" in capsys.readouterr().out
    error = refused(capsys, "verify", "--witness", checkpoints, "--database", older)
    assert "station lx, entry 3, entries.hash: expected" in error
    assert "found nothing; the checkpoint of" in error


def test_checkpoints_are_added_to_those_in_the_file(
    books: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "kept.txt"
    for _ in range(2):
        assert main(["verify", "--checkpoint", str(file), "--database", books]) == 0
        record(books)
    assert [each.seq for each in read_checkpoints(file.read_text(), "kept")] == [2, 3]
    capsys.readouterr()
    assert main(["verify", "--json", "--witness", str(file), "--database", books]) == 0
    assert json.loads(capsys.readouterr().out)["checkpoints"] == 2


def test_another_file_is_not_replaced_by_checkpoints(
    books: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("Dear all")
    words = ("verify", "--database", books, "--checkpoint")
    assert "contains no checkpoint" in refused(capsys, *words, str(letter))
    assert letter.read_text() == "Dear all"
    assert "is a file of the books" in refused(capsys, *words, books)


def test_a_mail_with_a_checkpoint_is_read_and_an_altered_one_is_refused(
    books: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "kept.txt"
    assert main(["verify", "--checkpoint", str(file), "--database", books]) == 0
    line = file.read_text().strip()
    mail = tmp_path / "mail.txt"
    mail.write_text(f"Dear auditor,\n\n> {line}\n\nYours\n")
    words = ("verify", "--database", books, "--witness", str(mail))
    assert main(list(words)) == 0
    capsys.readouterr()
    mail.write_text(line.replace(" lx 2 ", " lx 1 "))
    assert "was altered: its signature does not match" in refused(capsys, *words)
    mail.write_text(line.rpartition(" ")[0])
    assert "line 1 of" in refused(capsys, *words)


def test_a_checkpoint_with_a_strangers_key_or_of_another_station_is_refused(
    books: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stranger = str(tmp_path / "stranger.db")
    create_first_key(stranger)
    keys = StationKeys.for_database(stranger)
    at = datetime(2026, 2, 13, tzinfo=UTC)
    file = tmp_path / "kept.txt"
    words = ("verify", "--database", books, "--witness", str(file))
    file.write_text(f"{keys.sign_checkpoint('lx', 2, 'ab' * 32, by='lx', at=at)}\n")
    assert "it is forged, or the keys were replaced" in refused(capsys, *words)
    file.write_text(f"{keys.sign_checkpoint('hp', 2, 'ab' * 32, by='hp', at=at)}\n")
    assert "the checkpoints are of other stations (hp)" in refused(capsys, *words)


def test_only_entries_after_the_newest_checkpoint_are_verified(
    books: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = str(tmp_path / "kept.txt")
    words = ("verify", "--database", books, "--since", kept)
    assert main(["verify", "--checkpoint", kept, "--database", books]) == 0
    record(books)
    capsys.readouterr()
    assert main([*words, "--checkpoint", kept]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("1 entry, 0 transfers and 0 receipts agree with the hash chain. ")
    assert "Entries up to 2 of station lx were not verified: they are trusted because" in shown
    assert "sound" not in shown
    assert main([*words, "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["entries"], report["stations"][0]["since"]) == (0, 3)
    with Ledger.open(books, station="lx") as ledger:
        known = ledger.store.all("SELECT DISTINCT seq FROM verifications")
        assert known == [(2,)]
        assert ledger.verify(since=read_checkpoints(Path(kept).read_text(), kept)).entries == 0


def test_verification_since_a_checkpoint_needs_one_that_the_station_signed(
    books: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = tmp_path / "kept.txt"
    words = ("verify", "--database", books, "--since", str(kept))
    at = datetime(2026, 2, 13, tzinfo=UTC)
    keys = StationKeys.for_database(books)
    kept.write_text(f"{keys.sign_checkpoint('hp', 2, 'ab' * 32, by='lx', at=at)}\n")
    assert "no checkpoint that a station of these books signed" in refused(capsys, *words)
    kept.write_text(f"{keys.sign_checkpoint('lx', 2, 'ab' * 32, by='lx', at=at)}\n")
    assert "station lx, entry 2, entries.hash: expected" in refused(capsys, *words)
    (tmp_path / "books.key").unlink()
    assert "the key file of these books is missing" in refused(capsys, *words)
    assert "--jsonl cannot be combined" in refused(capsys, *words, "--jsonl", str(kept))
