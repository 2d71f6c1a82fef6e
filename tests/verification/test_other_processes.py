"""Verification with several processes finds the same as with one."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from support.engines import without_fsync
from support.ledger_fixture import register_all
from support.tampering import Tampering, tampering

from supplies.cli import main
from supplies.domain.commands import ArrivalLine, OpenStock
from supplies.errors import BooksBroken, InvalidField, NotADatabase
from supplies.ledger.ledger import Ledger
from supplies.storage.engines import open_store
from supplies.storage.sqlite.store import SqliteStore
from supplies.verification.verify import Verified, verify


def verified_by(path: str, processes: int) -> Verified | str:
    """Return the result of verifying books, or the message about the first difference."""
    store = open_store(path, create=False, guarded=False)
    try:
        return verify(store, integrity=True, processes=processes)
    except (BooksBroken, NotADatabase) as error:
        return f"{type(error).__name__}: {error}"
    finally:
        store.close()


@pytest.fixture
def path(tmp_path: Path) -> str:
    """Books with 30 counted lines of opening stock."""
    path = str(tmp_path / "books.db")
    with without_fsync(Ledger.open(path, station="lx")) as ledger:
        register_all(ledger)
        for _ in range(30):
            line = ArrivalLine(item="mask", quantity=5)
            ledger.record(OpenStock(location="store", lines=[line]), by="u_1")
    return path


def tamper(path: str, *statements: str) -> None:
    store = tampering(path)
    assert isinstance(store, Tampering)
    store.unguard()
    for statement in statements:
        store.run(statement)
    store.run("COMMIT")
    store.close()


def test_unchanged_books_verify_with_several_processes(unchanged_books: str) -> None:
    assert isinstance(whole := verified_by(unchanged_books, 1), Verified)
    assert verified_by(unchanged_books, 3) == whole


def test_another_process_finds_a_changed_balance(path: str) -> None:
    tamper(path, "UPDATE balances SET quantity = 7 WHERE account LIKE 'stock:%' AND seq = 9")
    assert "balances.quantity: expected 5, found 7" in str(verified_by(path, 1))
    assert verified_by(path, 2) == verified_by(path, 1)


def test_of_two_differences_the_one_in_the_entries_is_reported(path: str) -> None:
    tamper(
        path,
        "UPDATE balances SET quantity = 7 WHERE account LIKE 'stock:%' AND seq = 9",
        "UPDATE lots SET batch = 'B9' WHERE seq = 20",
    )
    assert "entry 20, lots.batch" in str(verified_by(path, 1))
    assert verified_by(path, 3) == verified_by(path, 1)


def test_damage_of_the_file_is_reported_before_any_difference(path: str) -> None:
    tamper(
        path,
        "UPDATE lots SET batch = 'B9' WHERE seq = 20",
        # The pages of this index are no longer used.
        "PRAGMA writable_schema = ON",
        "DELETE FROM sqlite_schema WHERE name = 'entries_by_kind'",
    )
    assert "NotADatabase" in str(verified_by(path, 1))
    assert verified_by(path, 3) == verified_by(path, 1)


@pytest.mark.parametrize("processes", [0, -1, 65, True])
def test_a_wrong_number_of_processes_is_refused(path: str, processes: int) -> None:
    store = SqliteStore(path)
    with pytest.raises(InvalidField, match="processes must be a number from 1 to 64"):
        verify(store, processes=processes)
    store.close()


def test_the_command_verifies_with_several_processes(
    path: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", "--processes", "3", "--database", path]) == 0
    assert "30 entries, 30 transfers and 0 receipts agree" in capsys.readouterr().out
    forged = str(shutil.copy(path, tmp_path / "forged.db"))
    tamper(forged, "UPDATE days SET quantity = 7 WHERE account LIKE 'stock:%' AND seq = 9")
    assert main(["verify", "--processes", "3", "--database", forged]) == 1
    assert "days.quantity: expected 5, found 7" in capsys.readouterr().err
