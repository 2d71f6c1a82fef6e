"""`supplies verify` recomputes the books and finds receipts in them."""

from __future__ import annotations

import json
import sqlite3
from io import BytesIO
from pathlib import Path

import msgspec
import pikepdf
import pytest
from supplies_receipts import draw_receipt, draw_signed_receipt
from supplies_receipts.pdf_attachment import attach
from supplies_receipts.signed_receipt import ATTACHMENT
from support.command_line import paper_of, refused
from support.ledger_fixture import Clock, register_all

from supplies.cli import main
from supplies.domain.commands import RecordActivity
from supplies.ledger.ledger import Ledger
from supplies.signing.receipt_signatures import paper_from_record
from supplies.signing.station_keys import StationKeys, create_first_key
from supplies.views.receipt_papers import build_receipt_record


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
    output = capsys.readouterr().out
    assert "The books are sound" in output
    assert "Remark: the clock of station lx was set back before entries 2, 3" in output
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
    assert "unknown receipt JZ-2020-000003 in these books" in err
    letter = tmp_path / "letter.pdf"
    letter.write_text("Dear all")
    assert main(["verify", "--json", "--receipt", str(letter), "--database", str(demo)]) == 1
    printed = json.loads(capsys.readouterr().out)["receipt"]
    assert (printed["in_books"], printed["number"]) == (False, None)


def test_a_receipt_that_a_stranger_signed_again_is_refused(
    demo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stranger = str(tmp_path / "stranger.db")
    create_first_key(stranger)
    keys = StationKeys.for_database(stranger)
    with Ledger.open(str(demo), station="lx") as ledger, ledger.reading() as books:
        record = build_receipt_record(books, "JZ-2020-000003", keys.sign)
    forged = tmp_path / "forged.pdf"
    forged.write_bytes(draw_signed_receipt(record))
    words = ["verify", "--receipt", str(forged), "--database", str(demo)]
    assert main(words) == 1
    assert "signed with another station's key" in capsys.readouterr().err


def test_a_receipt_of_which_a_part_cannot_be_compared_has_an_exit_status_of_its_own(
    demo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Ledger.open(str(demo), station="lx") as ledger, ledger.reading() as books:
        keys = StationKeys.for_database(str(demo))
        void = build_receipt_record(books, "JZ-2020-000002", keys.sign)
    paper = tmp_path / "paper.pdf"
    words = ["verify", "--json", "--receipt", str(paper), "--database"]

    def result(pdf: bytes, *more: str) -> tuple[int, list[str]]:
        paper.write_bytes(pdf)
        status = main([*words, *(more or [str(demo)])])
        return status, json.loads(capsys.readouterr().out)["receipt"]["unchecked"]

    good = draw_signed_receipt(void)
    assert result(good) == (0, [])
    unsigned = msgspec.structs.replace(void, signed_marks=msgspec.UNSET)
    assert result(draw_signed_receipt(unsigned)) == (3, ["marks"])
    other = msgspec.structs.replace(void, drawn_by="supplies 9.0")
    page = draw_receipt(paper_from_record(other))
    added = edited_page(page)
    other_version = attach(added, ATTACHMENT, msgspec.json.encode(other), "receipt")
    assert result(other_version) == (3, ["page"])
    without_keys = tmp_path / "books.db"
    assert main(["backup", str(without_keys), "--database", str(demo)]) == 0
    public = tmp_path / "station.pub"
    assert main(["station", "key", "public", "-o", str(public), "--database", str(demo)]) == 0
    capsys.readouterr()
    assert result(good, str(without_keys)) == (3, ["key"])
    assert result(good, str(without_keys), "--key", str(public)) == (0, [])


def edited_page(pdf: bytes) -> bytes:
    """The page with a line drawn over it."""
    with pikepdf.open(BytesIO(pdf)) as paper:
        content = paper.pages[0].Contents.read_bytes()
        paper.pages[0].Contents = paper.make_stream(content + b" 1 1 20 20 re f")
        out = BytesIO()
        paper.save(out)
    return out.getvalue()
