"""`supplies verify` recomputes the books and finds receipts in them."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
from support.command_line import paper_of, refused
from support.ledger_fixture import Clock, register_all

from supplies.cli import main
from supplies.domain.commands import RecordActivity
from supplies.ledger.ledger import Ledger


def test_verify_names_a_changed_row_and_fails(
    demo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", "--database", str(demo)]) == 0
    assert "The books are sound" in capsys.readouterr().out
    broken = tmp_path / "broken.db"
    with sqlite3.connect(demo) as source, sqlite3.connect(broken) as target:
        source.backup(target)
        trigger = "SELECT sql FROM sqlite_master WHERE name = 'activities_no_update'"
        (guard,) = target.execute(trigger).fetchone()
        target.execute("DROP TRIGGER activities_no_update")
        target.execute("UPDATE activities SET count = 15 WHERE kind = 'worker'")
        target.execute(guard)
    source.close()
    target.close()
    assert "activities.count: expected 14, found 15" in refused(
        capsys, "verify", "--database", str(broken)
    )
    assert main(["verify", "--json", "--database", str(broken)]) == 1
    printed = json.loads(capsys.readouterr().out)
    assert (printed["table"], printed["column"], printed["found"]) == ("activities", "count", "15")


def test_verify_mentions_that_the_clock_was_set_back_and_succeeds(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    books, clock = str(tmp_path / "books.db"), Clock()
    with Ledger.open(books, station="lx", clock=clock) as ledger:
        register_all(ledger)
        for days in (0, -1, -1):
            clock.advance(days)
            ledger.record(RecordActivity(kind="visit", count=1), by="u_1")
    assert main(["verify", "--database", books]) == 0
    said = capsys.readouterr().out
    assert "The books are sound" in said
    assert "Remark: the clock of station lx was set back before entries 2, 3" in said
    assert main(["entry", "3", "--database", books]) == 0
    assert "the clock was set back" in capsys.readouterr().out


def test_a_file_that_is_not_a_database_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    letter = tmp_path / "letter.db"
    letter.write_text("Dear all, " * 200)
    assert "is not a database" in refused(capsys, "verify", "--database", str(letter))
    missing = str(tmp_path / "missing.db")
    assert "supplies init" in refused(capsys, "report", "needs", "--database", missing)


def test_a_receipt_is_found_in_the_books_that_issued_it_and_not_in_others(
    demo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["verify", "--receipt", paper_of(demo), "--database"]
    assert main([*words, str(demo)]) == 0
    assert "is receipt JZ-2020-000003 of these books" in capsys.readouterr().out
    void = ["verify", "--receipt", paper_of(demo, "JZ-2020-000002"), "--database", str(demo)]
    assert main([*void, "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)["receipt"]
    assert (printed["status"], printed["replaced_by"]) == ("void", "JZ-2020-000003")
    other = str(tmp_path / "other.db")
    assert main(["init", "--database", other, "--name", "另一站"]) == 0
    capsys.readouterr()
    assert main([*words, other]) == 1
    out, err = capsys.readouterr()
    assert "The books are sound" in out
    assert "there is no receipt JZ-2020-000003 in these books" in err
    letter = tmp_path / "letter.pdf"
    letter.write_text("Dear all")
    assert main(["verify", "--json", "--receipt", str(letter), "--database", str(demo)]) == 1
    printed = json.loads(capsys.readouterr().out)["receipt"]
    assert (printed["in_books"], printed["number"]) == (False, None)
