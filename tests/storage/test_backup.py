"""Backup and restore: consistent copies while others write; no file is overwritten."""

from __future__ import annotations

import json
import shutil
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from support.ledger_fixture import Clock, register_all

from supplies.cli import main
from supplies.domain.commands import NoteNeed
from supplies.errors import (
    AlreadyDone,
    BooksBroken,
    GuardMissing,
    InvalidField,
    NotADatabase,
    StoreError,
)
from supplies.ledger.ledger import Ledger
from supplies.maintenance.backup import back_up, restore
from supplies.signing.station_keys import StationKeys, create_first_key, key_file
from supplies.storage.engines import open_store
from supplies.verification.verify import verify

WRITER = """
import sys
sys.path.insert(0, {tests!r})
from support.ledger_fixture import Clock
from supplies.domain.commands import NoteNeed
from supplies.ledger.ledger import Ledger
with Ledger.open({books!r}, station="lx", clock=Clock(), create=False) as ledger:
    while True:
        need = NoteNeed(recipient="R-1", item="mask", quantity=1)
        print(ledger.record(need, by="u_1").seq, flush=True)
"""


@pytest.fixture
def books(books_path: Path) -> Path:
    """Station lx with three needs and its keys."""
    with Ledger.open(str(books_path), station="lx", clock=Clock()) as ledger:
        register_all(ledger)
        for quantity in (1, 2, 3):
            need = NoteNeed(recipient="R-1", item="mask", quantity=quantity)
            ledger.record(need, by="u_1")
    create_first_key(str(books_path))
    return books_path


def entries(path: Path) -> int:
    store = open_store(str(path), create=False)
    try:
        return verify(store).entries
    finally:
        store.close()


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    """The folder for backups."""
    folder = tmp_path / "shelf"
    folder.mkdir()
    return folder


def test_a_backup_is_one_verified_file_readable_only_by_its_owner(books: Path, shelf: Path) -> None:
    verified = back_up(str(books), shelf / "monday.db")
    assert verified.entries == 3
    assert names(shelf) == {"monday.db"}
    assert stat.S_IMODE((shelf / "monday.db").stat().st_mode) == 0o600
    assert entries(shelf / "monday.db") == 3


def test_a_backup_can_be_restored_from_a_read_only_folder(books: Path, shelf: Path) -> None:
    back_up(str(books), shelf / "monday.db", with_keys=True)
    before = (shelf / "monday.db").read_bytes()
    assert restore(shelf / "monday.db", str(shelf / "again.db")).entries == 3
    assert (shelf / "monday.db").read_bytes() == before
    # Opening it created no file beside it, which a read-only medium would not allow.
    assert names(shelf) == {"monday.db", "monday.key", "again.db", "again.key"}


def test_a_backup_is_consistent_while_another_process_writes(books: Path, shelf: Path) -> None:
    script = WRITER.format(tests=str(Path(__file__).parents[1]), books=str(books))
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout is not None
        try:
            for copy in range(5):
                acknowledged = int(writer.stdout.readline())
                assert back_up(str(books), shelf / f"{copy}.db").entries >= acknowledged
                assert writer.poll() is None
        finally:
            writer.kill()
    counts = [entries(shelf / f"{copy}.db") for copy in range(5)]
    assert counts == sorted(counts)
    assert counts[-1] > counts[0]


def test_restored_books_can_be_written_and_have_their_keys(books: Path, shelf: Path) -> None:
    back_up(str(books), shelf / "monday.db", with_keys=True)
    assert stat.S_IMODE((shelf / "monday.key").stat().st_mode) == 0o600
    sealed = StationKeys.for_database(str(books)).public_keys()
    for path in (books, key_file(str(books))):
        path.unlink()
    restore(shelf / "monday.db", str(books))
    assert StationKeys.for_database(str(books)).public_keys() == sealed
    with Ledger.open(str(books), station="lx", clock=Clock(), create=False) as ledger:
        assert ledger.record(NoteNeed(recipient="R-1", item="mask", quantity=1), by="u_1").seq == 4
    assert entries(books) == 4


def test_backup_and_restore_overwrite_no_file(books: Path, shelf: Path) -> None:
    back_up(str(books), shelf / "monday.db", with_keys=True)
    for attempt in (
        lambda: back_up(str(books), shelf / "monday.db"),
        lambda: restore(shelf / "monday.db", str(books)),
    ):
        with pytest.raises(AlreadyDone, match="exists already and is not overwritten"):
            attempt()
    books.unlink()
    key_file(str(books)).unlink()
    create_first_key(str(books))
    with pytest.raises(AlreadyDone, match="other keys than the backup's"):
        restore(shelf / "monday.db", str(books))
    assert not books.exists()


def test_a_restore_beside_a_write_ahead_log_is_refused(books: Path, shelf: Path) -> None:
    back_up(str(books), shelf / "monday.db")
    (shelf / "new.db-wal").write_bytes(b"not yet in the file")
    with pytest.raises(AlreadyDone, match=r"new\.db-wal exists already"):
        restore(shelf / "monday.db", str(shelf / "new.db"))


def test_a_backup_of_books_that_fail_verification_is_refused(books: Path, shelf: Path) -> None:
    connection = sqlite3.connect(books)
    guards = "SELECT sql FROM sqlite_master WHERE name = 'transfers_no_update'"
    (guard,) = connection.execute(guards).fetchone()
    with connection:
        connection.execute("DROP TRIGGER transfers_no_update")
        connection.execute("UPDATE transfers SET quantity = 9 WHERE seq = 2")
        connection.execute(guard)
    with pytest.raises(BooksBroken):
        back_up(str(books), shelf / "monday.db")
    with connection:
        connection.execute("DROP TRIGGER transfers_no_update")
    connection.close()
    with pytest.raises(GuardMissing):
        back_up(str(books), shelf / "monday.db")
    assert names(shelf) == set()


def test_restoring_a_damaged_backup_is_refused(books: Path, shelf: Path) -> None:
    back_up(str(books), shelf / "monday.db")
    content = (shelf / "monday.db").read_bytes()
    (shelf / "cut.db").write_bytes(content[: len(content) // 2])
    (shelf / "text.db").write_text("Not a database, though long enough to be taken for one." * 20)
    for name in ("cut.db", "text.db"):
        with pytest.raises(StoreError):
            restore(shelf / name, str(shelf / "new.db"))
    assert names(shelf) == {"monday.db", "cut.db", "text.db"}


def test_the_error_names_a_missing_file(books: Path, shelf: Path) -> None:
    with pytest.raises(NotADatabase, match="there is no database at"):
        back_up(str(shelf / "none.db"), shelf / "monday.db")
    with pytest.raises(NotADatabase, match="there is no backup at"):
        restore(shelf / "none.db", str(shelf / "new.db"))
    with pytest.raises(InvalidField, match="name of a key file"):
        back_up(str(books), shelf / "monday.key")
    key_file(str(books)).unlink()
    with pytest.raises(StoreError, match=r"keys .* are missing"):
        back_up(str(books), shelf / "monday.db", with_keys=True)
    with pytest.raises(StoreError, match="cannot be read or written"):
        back_up(str(books), shelf / "nowhere" / "monday.db")
    assert names(shelf) == set()


def test_the_backup_commands_print_what_they_did(
    books: Path, shelf: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    at = ["--database", str(books)]
    assert main(["backup", str(shelf / "a.db"), *at]) == 0
    assert "3 entries and 0 receipts are in" in capsys.readouterr().out
    assert main(["backup", str(shelf / "b.db"), "--with-keys", "--json", *at]) == 0
    output = json.loads(capsys.readouterr().out)
    assert output["keys"] == str(shelf / "b.key")
    assert output["stations"][0]["entries"] == 3
    assert main(["restore", str(shelf / "a.db"), str(shelf / "new.db"), *at]) == 0
    assert "The backup has no keys" in capsys.readouterr().out
    assert main(["restore", str(shelf / "b.db"), *at]) == 1
    assert "exists already" in capsys.readouterr().err
    shutil.rmtree(shelf)
    assert main(["backup", str(shelf / "a.db"), *at]) == 1


def test_a_backup_of_a_server_names_the_tools_of_the_server(
    shelf: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["backup", str(shelf / "a.db"), "--database", "postgresql:///supplies"]) == 1
    assert "pg_dump --format=custom" in capsys.readouterr().err
    assert main(["restore", str(shelf / "a.db"), "postgresql:///supplies"]) == 1
    assert "pg_restore" in capsys.readouterr().err
