"""Database files that are deleted, replaced, damaged or left behind: errors and recovery."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from support.database_files import GIFT, WRITER, damage, make_books
from support.ledger_fixture import Clock, StationLedger

from supplies.cli import main
from supplies.errors import Gone, NotADatabase
from supplies.ledger.ledger import Ledger
from supplies.storage.sqlite.store import SqliteStore
from supplies.verification.verify import verify


@pytest.fixture
def engine() -> str:
    """Only SQLite: the tests are about its file."""
    return "sqlite"


def write_ahead_log(path: Path) -> Path:
    """Return the path of SQLite's write-ahead log, which has the latest entries."""
    return Path(f"{path}-wal")


def entries(path: Path) -> int:
    """Verify the books, and return their number of entries."""
    with Ledger.open(str(path), station="lx", clock=Clock(), create=False) as ledger:
        return ledger.verify().entries


# --- under an open ledger ------------------------------------------------------------------------


def replace_by_other_books(path: Path) -> None:
    other = path.with_name("other.db")
    make_books(other)
    other.replace(path)


@pytest.mark.parametrize("lose", [Path.unlink, replace_by_other_books])
def test_writing_to_a_deleted_or_replaced_file_is_refused(
    station: StationLedger, books_path: Path, lose: Callable[[Path], None]
) -> None:
    """The system lets a program write to a deleted file. The data is lost when it ends."""
    station(GIFT)
    before = station.entries()
    lose(books_path)
    for _ in range(2):
        with pytest.raises(Gone, match=r"books\.db was deleted or replaced .* nothing was record"):
            station(GIFT)
    assert station.entries() == before


def test_a_deleted_write_ahead_log_is_noticed_and_its_rows_are_kept(
    station: StationLedger, books_path: Path
) -> None:
    station(GIFT)
    before = station.entries()
    write_ahead_log(books_path).unlink()
    with pytest.raises(Gone, match=r"books\.db-wal was deleted or replaced"):
        station(GIFT)
    station.ledger.close()
    assert entries(books_path) == before


def test_a_file_without_a_write_ahead_log_can_be_written(books_path: Path) -> None:
    """As after moving the file: it contains everything, and the log is created again."""
    make_books(books_path)
    with closing(SqliteStore(str(books_path), create=False)) as store:
        store.leave_wal_mode()
    assert not write_ahead_log(books_path).exists()
    with Ledger.open(str(books_path), station="lx", clock=Clock(), create=False) as ledger:
        ledger.record(GIFT, by="u_1")
        ledger.record(GIFT, by="u_1")
        write_ahead_log(books_path).unlink()
        with pytest.raises(Gone):
            ledger.record(GIFT, by="u_1")
    assert entries(books_path) == 6


def test_the_file_is_found_after_a_change_of_directory(
    books_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_books(books_path)
    monkeypatch.chdir(books_path.parent)
    with Ledger.open("books.db", station="lx", clock=Clock(), create=False) as ledger:
        monkeypatch.chdir("/")
        ledger.record(GIFT, by="u_1")
    assert entries(books_path) == 4


# --- damaged -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["entries", "transfers", "balances", "sqlite_autoindex_entries_1"])
def test_verification_finds_a_damaged_page_and_the_backup_restores_all(
    books_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    make_books(books_path)
    backup = books_path.with_name("backup.db")
    assert main(["backup", str(backup), "--database", str(books_path)]) == 0
    damage(books_path, name)
    assert main(["verify", "--database", str(books_path)]) == 1
    assert f"{books_path} is damaged" in (output := capsys.readouterr().err)
    assert "restore it from a backup" in output
    restored = books_path.with_name("restored.db")
    assert main(["restore", str(backup), str(restored)]) == 0
    assert entries(restored) == 2


@pytest.mark.parametrize("name", ["entries", "balances"])
def test_recording_in_books_with_a_damaged_page_is_refused(books_path: Path, name: str) -> None:
    make_books(books_path)
    damage(books_path, name)
    with (
        Ledger.open(str(books_path), station="lx", clock=Clock(), create=False) as ledger,
        pytest.raises(NotADatabase, match=r"books\.db is damaged .* restore it from a backup"),
    ):
        ledger.record(GIFT, by="u_1")


def test_a_truncated_file_is_reported_as_damaged(
    books_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_books(books_path)
    os.truncate(books_path, books_path.stat().st_size // 8192 * 4096)
    assert main(["verify", "--database", str(books_path)]) == 1
    assert "is damaged" in capsys.readouterr().err


# --- left behind by a killed program -------------------------------------------------------------


@pytest.fixture
def books_of_a_killed_writer(books_path: Path) -> tuple[Path, list[str]]:
    """The books of a killed writer, and the ids of the commands that it had acknowledged."""
    make_books(books_path)
    script = WRITER.format(tests=str(Path(__file__).parents[1]), url=str(books_path))
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout is not None
        output = "".join(writer.stdout.readline() for _ in range(4))
        os.kill(writer.pid, signal.SIGKILL)
        output += writer.stdout.read()
    assert write_ahead_log(books_path).stat().st_size > 0
    # The last line may be incomplete.
    return books_path, [name for name in output.split() if len(name) == 36]


def test_the_write_ahead_log_of_a_killed_program_is_recovered(
    books_of_a_killed_writer: tuple[Path, list[str]],
) -> None:
    path, acknowledged = books_of_a_killed_writer
    # As if the disk had been put into another machine.
    moved = path.with_name("moved.db")
    shutil.copy(path, moved)
    shutil.copy(write_ahead_log(path), write_ahead_log(moved))
    with Ledger.open(str(moved), station="lx", clock=Clock(), create=False) as ledger:
        rows = ledger.books.all("SELECT id FROM entries WHERE station = :station")
        assert set(acknowledged) <= {name for (name,) in rows}
        assert len(rows) > 2
        verify(ledger.store)


def test_books_without_their_write_ahead_log_are_an_earlier_consistent_state(
    books_of_a_killed_writer: tuple[Path, list[str]],
) -> None:
    """The file does not show that the log is missing. Only papers show what is lost."""
    path, _ = books_of_a_killed_writer
    write_ahead_log(path).unlink()
    Path(f"{path}-shm").unlink()
    assert entries(path) == 2
