"""The command line: what it prints, writes and answers to the shell."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from pypdf import PdfReader
from support.engines import Server

from supplies.cli import main
from supplies.cli.words import progress


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path: Path = tmp_path_factory.mktemp("demo") / "demo.db"
    assert main(["demo", "--database", str(path)]) == 0
    return path


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """Run a command that must fail: status 1, one sentence, no traceback."""
    assert main(list(words)) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("supplies: ")
    assert err.count("\n") == 1
    return err


def test_the_demonstration_writes_its_papers(demo: Path) -> None:
    papers = sorted(path.name for path in demo.with_name("demo-papers").iterdir())
    assert "station-report.pdf" in papers
    assert len([name for name in papers if name.startswith("JZ-2020-")]) == 7
    for kind, count in (("slips-", 6), ("run-sheet-", 6), ("statement-", 5), ("disclosure", 1)):
        assert len([name for name in papers if name.startswith(kind)]) == count


def test_the_demonstration_wants_a_new_file(demo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "exists already" in refused(capsys, "demo", "--database", str(demo))


def test_the_station_report_is_printed_in_the_shape_of_the_api(
    demo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["report", "station", "--from", "2020-02-03", "--to", "2020-02-13", "--json"]
    assert main([*words, "--database", str(demo)]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["workers"] == 14
    assert report["goods"][0] == {
        "item": "disinfectant",
        "unit": "bottle",
        "opening": 0,
        "received": 2,
        "handed_over": 0,
        "used": 2,
        "lost": 0,
        "unexplained": 0,
        "other": 0,
        "on_hand": 0,
        "allocated": 0,
        "in_transit": 0,
    }


@pytest.mark.parametrize("what", ["stock", "pledges", "needs"])
def test_reports_are_printed_as_tables_and_as_json(
    demo: Path, capsys: pytest.CaptureFixture[str], what: str
) -> None:
    assert main(["report", what, "--database", str(demo)]) == 0
    assert "mask" in capsys.readouterr().out or what == "stock"
    assert main(["report", what, "--json", "--database", str(demo)]) == 0
    assert json.loads(capsys.readouterr().out)["items"]


PERIOD = ["report", "station", "--from", "2020-02-03", "--to", "2020-02-13"]


def test_a_report_in_a_file_has_all_its_columns_whatever_their_width(
    demo: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert main([*PERIOD, "--database", str(demo)]) == 0
    told = capsys.readouterr().out
    assert "…" not in told
    (heads,) = [line for line in told.splitlines() if "unexplained" in line]
    assert len(heads) > 80
    (row,) = [line for line in told.splitlines() if "sanitiser" in line]
    cells = dict(zip(heads.split("┃")[1:-1], row.split("│")[1:-1], strict=True))
    found = {name.strip(): cell.strip() for name, cell in cells.items()}
    assert (found["received"], found["handed over"], found["on hand"]) == ("150", "101", "39")


def test_a_table_too_wide_for_the_terminal_is_a_list_for_each_row(
    demo: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    monkeypatch.setenv("COLUMNS", "80")
    assert main([*PERIOD, "--database", str(demo)]) == 0
    told = re.sub(r"\x1b\[[\d;]*m", "", capsys.readouterr().out)
    assert "…" not in told
    assert all(len(line) <= 80 for line in told.splitlines())
    item = told.split("sanitiser")[1]
    assert re.search(r"^received +150 *$", item, re.MULTILINE)
    assert re.search(r"^handed over +101 *$", item, re.MULTILINE)


def test_what_is_printed_is_no_markup(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    books = str(tmp_path / "books.db")
    assert main(["init", "--name", "[red]North[/] :ok:", "--database", books]) == 0
    capsys.readouterr()
    assert main(["station", "list", "--database", books]) == 0
    assert "[red]North[/] :ok:" in capsys.readouterr().out


def test_stock_is_told_as_it_stood_on_a_day(demo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["report", "stock", "--as-of", "2020-02-05", "--json", "--database", str(demo)]
    assert main(words) == 0
    rows = json.loads(capsys.readouterr().out)["items"]
    assert {row["item"] for row in rows} == {"mask", "leaflet"}
    assert "is no day" in refused(
        capsys, "report", "stock", "--as-of", "yesterday", "--database", str(demo)
    )


def test_a_receipt_is_written_as_pdf(
    demo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paper = tmp_path / "receipt.pdf"
    words = ["receipt", "JZ-2020-000003", "-o", str(paper), "--database", str(demo)]
    assert main(words) == 0
    capsys.readouterr()
    text = PdfReader(paper).pages[0].extract_text()
    assert "捐赠物资接收凭证" in text
    assert "贰拾壹" in text
    assert "JZ-2020-000002" in text
    first = paper.read_bytes()
    assert main(words) == 0
    assert paper.read_bytes() == first


def test_all_receipts_of_a_period_are_written_as_one_pdf(
    demo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paper = tmp_path / "receipts.pdf"
    days = ["--from", "2020-02-03", "--to", "2020-02-13"]
    words = ["receipt", "-o", str(paper), "--database", str(demo)]
    assert main([*words, *days]) == 0
    assert "6 receipts" in capsys.readouterr().out
    assert len(PdfReader(paper).pages) == 6
    assert "say the period" in refused(capsys, *words)
    assert "not both" in refused(capsys, *words, *days, "JZ-2020-000001")
    empty = ["--from", "2019-02-03", "--to", "2019-02-13"]
    assert "no receipt to print" in refused(capsys, *words, *empty)


@pytest.mark.parametrize("what", [["statement", "--donor", "D-02"], ["disclosure"]])
def test_statement_and_disclosure_are_told_as_tables_json_and_pdf(
    demo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], what: list[str]
) -> None:
    words = ["report", *what, "--from", "2020-02-03", "--to", "2020-02-13"]
    words += ["--database", str(demo)]
    assert main(words) == 0
    assert "sanitiser" in capsys.readouterr().out
    assert main([*words, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["from"] == "2020-02-03"
    paper = tmp_path / "paper.pdf"
    assert main([*words, "-o", str(paper)]) == 0
    assert f"The {what[0]} is in" in capsys.readouterr().out
    assert "南沙爱心协会" in PdfReader(paper).pages[0].extract_text()
    assert "say" in refused(capsys, "report", what[0], "--database", str(demo))


def test_a_statement_is_somebodys(demo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["report", "statement", "--from", "2020-02-03", "--to", "2020-02-13"]
    assert "--donor D-01" in refused(capsys, *words, "--database", str(demo))


def test_a_bar_shows_how_far_long_work_is_on_a_terminal_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with progress("Drawing", 3) as told:
        told(1)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with progress("Drawing", 3) as told:
        told(3)
    assert "Drawing" in capsys.readouterr().err
    with progress("Counting") as told:
        told(1, 3)
    assert "1/3" in capsys.readouterr().err


def test_verify_backup_and_restore_show_how_far_they_are(
    demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    copy, books = str(tmp_path / "copy.db"), str(tmp_path / "books.db")
    for words, label in (
        (["verify", "--database", str(demo)], "Verifying entries"),
        (["backup", copy, "--with-keys", "--database", str(demo)], "Backing up entries"),
        (["restore", copy, books], "Restoring entries"),
    ):
        assert main(words) == 0
        shown = capsys.readouterr()
        assert label in shown.err
        assert label not in shown.out
        done, total = re.findall(r"(\d+)/(\d+)", shown.err)[-1]
        assert done == total
        assert int(total) > 200


def test_a_receipt_that_is_not_there_is_refused(
    demo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paper = tmp_path / "receipt.pdf"
    words = ["receipt", "JZ-2020-999999", "-o", str(paper), "--database", str(demo)]
    assert "there is no receipt JZ-2020-999999" in refused(capsys, *words)
    assert not paper.exists()
    words = ["receipt", "JZ-2020-000001", "-o", str(tmp_path / "no" / "x.pdf")]
    assert "cannot be written" in refused(capsys, *words, "--database", str(demo))


def test_verify_answers_with_its_exit_status(
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
    told = json.loads(capsys.readouterr().out)
    assert (told["table"], told["column"], told["found"]) == ("activities", "count", "15")


def test_an_option_that_a_report_does_not_take_is_refused(
    demo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("report", "needs", "--as-of", "2020-02-05", "--database", str(demo))
    assert "takes no --as-of" in refused(capsys, *words)


def test_a_folder_that_cannot_be_made_is_refused_before_anything_is_booked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "new.db"
    (tmp_path / "file").write_text("")
    words = ("demo", "--database", str(path), "--papers", str(tmp_path / "file" / "papers"))
    assert "cannot be made" in refused(capsys, *words)
    assert not path.exists()


def test_a_station_in_no_zone_leaves_no_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "new.db"
    words = ("init", "--database", str(path), "--name", "x", "--zone", "Mars/Base")
    assert "is no time zone" in refused(capsys, *words)
    assert not path.exists()


def test_a_file_that_is_no_database_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    letter = tmp_path / "letter.db"
    letter.write_text("Dear all, " * 200)
    assert "is not a database" in refused(capsys, "verify", "--database", str(letter))
    missing = str(tmp_path / "missing.db")
    assert "supplies init" in refused(capsys, "report", "needs", "--database", missing)


def test_books_are_made_for_a_station(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(tmp_path / "books.db")
    words = ["init", "--database", path, "--station", "nx", "--name", "南社"]
    assert main(words) == 0
    assert "are ready" in capsys.readouterr().out
    assert main(["report", "needs", "--json", "--database", path]) == 0
    assert json.loads(capsys.readouterr().out) == {"items": [], "next": None}
    assert "is taken" in refused(capsys, *words)
    assert "there is no station zz" in refused(
        capsys, "verify", "--database", path, "--station", "zz"
    )


@pytest.mark.parametrize("fault", ["there is no such folder", "a folder is in its place"])
def test_where_the_key_cannot_be_had_no_station_is_left_and_init_is_given_again(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    fault: str,
) -> None:
    key = tmp_path / "keys" / "station.key"
    if fault == "a folder is in its place":
        key.mkdir(parents=True)
    monkeypatch.setenv("SUPPLIES_KEYS", str(key))
    path = str(tmp_path / "books.db")
    words = ["init", "--database", path, "--station", "qu", "--name", "区联社"]
    assert "cannot be used" in refused(capsys, *words)
    monkeypatch.setenv("SUPPLIES_KEYS", str(tmp_path / "station.key"))
    assert main(words) == 0
    assert "are ready" in capsys.readouterr().out


def test_a_station_of_books_that_lost_their_keys_is_made_no_other(
    demo: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("SUPPLIES_KEYS", str(tmp_path / "slip-of-the-pen.key"))
    words = ["init", "--database", str(demo), "--station", "nx", "--name", "南社", "--series", "NX"]
    assert "from its backup" in refused(capsys, *words)
    monkeypatch.delenv("SUPPLIES_KEYS")
    assert main(["station", "list", "--json", "--database", str(demo)]) == 0
    assert [station["code"] for station in json.loads(capsys.readouterr().out)] == ["lx"]


def test_a_demonstration_without_a_place_for_its_key_is_refused_before_anything_is_booked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SUPPLIES_KEYS", str(tmp_path / "nowhere" / "station.key"))
    path = tmp_path / "demo.db"
    assert "cannot be used" in refused(capsys, "demo", "--database", str(path))
    assert not path.exists()


# --- papers that somebody holds --------------------------------------------------------------


@pytest.mark.parametrize("paper", ["roll", "a5"])
def test_slips_and_run_sheet_of_a_delivery_are_written(
    demo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], paper: str
) -> None:
    delivery = next(demo.with_name("demo-papers").glob("run-sheet-*")).stem[len("run-sheet-") :]
    file = tmp_path / "paper.pdf"
    words = [delivery, "-o", str(file), "--database", str(demo)]
    assert main(["slips", *words, "--paper", paper]) == 0
    count = int(capsys.readouterr().out.split()[0])
    assert len(PdfReader(file).pages) >= count > 0
    assert main(["run-sheet", *words]) == 0
    assert "出车单" in PdfReader(file).pages[0].extract_text()
    capsys.readouterr()
    other = ["dl_none", "-o", str(file), "--database", str(demo)]
    assert "there is no delivery dl_none" in refused(capsys, "slips", *other)


@pytest.fixture
def station_pub(demo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    path = tmp_path / "station.pub"
    words = ["station", "key", "public", "-o", str(path), "--database", str(demo)]
    assert main(words) == 0
    assert "The public keys are in" in capsys.readouterr().out
    return path


def paper_of(demo: Path, number: str = "JZ-2020-000003") -> str:
    return str(demo.with_name("demo-papers") / f"{number}.pdf")


def test_a_receipt_is_checked_without_any_books(
    demo: Path, station_pub: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["receipt", "check", paper_of(demo), "--key", str(station_pub)]
    assert main(words) == 0
    assert "genuine: this is receipt JZ-2020-000003" in capsys.readouterr().out
    assert main([*words, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["verdict"], told["number"], told["key_id"]) == ("genuine", "JZ-2020-000003", "k1")
    assert told["marks"]["void_on"] is None


def test_a_void_receipt_is_genuine_and_says_that_it_is_void(
    demo: Path, station_pub: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["receipt", "check", paper_of(demo, "JZ-2020-000002"), "--key", str(station_pub)]
    assert main(words) == 0
    assert "it is marked as void since 2020-02-06" in capsys.readouterr().out


def test_what_is_not_genuine_fails_in_one_sentence(
    demo: Path, station_pub: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = str(demo.with_name("demo-papers") / "station-report.pdf")
    assert main(["receipt", "check", report, "--key", str(station_pub)]) == 1
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert "no-receipt: this file is no receipt of this program" in err
    assert main(["receipt", "check", report, "--key", str(station_pub), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["verdict"] == "no-receipt"
    missing = str(tmp_path / "missing")
    check = ["receipt", "check"]
    assert "name the receipt's PDF" in refused(capsys, *check, missing, "--key", str(station_pub))
    assert "public keys" in refused(capsys, *check, report, "--key", missing)
    assert "no file of public keys" in refused(capsys, *check, report, "--key", report)


def test_a_paper_is_found_in_the_books_and_not_in_others(
    demo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["verify", "--receipt", paper_of(demo), "--database"]
    assert main([*words, str(demo)]) == 0
    assert "is receipt JZ-2020-000003 of these books" in capsys.readouterr().out
    void = ["verify", "--receipt", paper_of(demo, "JZ-2020-000002"), "--database", str(demo)]
    assert main([*void, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["receipt"]
    assert (told["status"], told["replaced_by"]) == ("void", "JZ-2020-000003")
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
    told = json.loads(capsys.readouterr().out)["receipt"]
    assert (told["in_books"], told["number"]) == (False, None)


def test_a_new_key_leaves_the_papers_of_the_old_as_they_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    books = tmp_path / "demo.db"
    assert main(["demo", "--database", str(books)]) == 0
    assert main(["station", "key", "new", "--database", str(books)]) == 0
    assert "Key k2 signs" in capsys.readouterr().out
    assert main(["station", "key", "public", "--database", str(books)]) == 0
    assert [line[:2] for line in capsys.readouterr().out.splitlines()] == ["# ", "k1", "k2"]
    again = tmp_path / "again.pdf"
    words = ["receipt", "JZ-2020-000003", "-o", str(again), "--database", str(books)]
    assert main(words) == 0
    assert again.read_bytes() == Path(paper_of(books)).read_bytes()


def test_the_keys_of_new_books_are_named_and_a_lost_file_is_not_replaced_unasked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    books, key = tmp_path / "books.db", tmp_path / "books.key"
    assert main(["init", "--database", str(books), "--name", "南社"]) == 0
    assert str(key) in capsys.readouterr().out
    key.unlink()
    assert "from its backup" in refused(
        capsys, "station", "key", "public", "--database", str(books)
    )
    assert main(["station", "key", "new", "--database", str(books)]) == 0
    assert "Key k1 signs" in capsys.readouterr().out
    assert key.stat().st_mode & 0o777 == 0o600


def test_help_loads_nothing_that_it_does_not_need() -> None:
    script = (
        "import sys\nfrom supplies.cli import main\n"
        "try: main(['--help'])\nexcept SystemExit: pass\n"
        "heavy = {'msgspec', 'sqlite3', 'litestar', 'reportlab', 'rich', 'asyncio'}\n"
        "heavy |= {'pikepdf', 'cryptography'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert "from a pledge to a door" in done.stdout
    assert done.stderr.strip() == "[]"


@pytest.mark.parametrize("command", ["init", "demo", "serve", "report", "receipt", "verify"])
def test_every_command_explains_itself(command: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "supplies", command, "--help"],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "COLUMNS": "100"},
    )
    assert "--database" in done.stdout
    assert "--station" in done.stdout


def test_the_command_line_works_on_a_server_too(
    postgres: Server,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SUPPLIES_KEYS", raising=False)
    with postgres.empty() as url:
        monkeypatch.setenv("SUPPLIES_DATABASE", url)
        assert "name one, as in SUPPLIES_KEYS" in refused(capsys, "demo")
        monkeypatch.setenv("SUPPLIES_KEYS", str(tmp_path / "station.key"))
        assert main(["demo"]) == 0
        assert len(list((tmp_path / "demo-papers").iterdir())) == 26
        assert "holds books already" in refused(capsys_emptied(capsys), "demo")
        assert main(["verify", "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["receipts"] == 7
        assert main(["receipt", "JZ-2020-000001", "-o", "receipt.pdf"]) == 0
        papers = [Path("receipt.pdf"), Path("demo-papers/JZ-2020-000001.pdf")]
        assert papers[0].read_bytes() == papers[1].read_bytes()
        words = ["report", "station", "--from", "2020-02-03", "--to", "2020-02-13", "--json"]
        capsys.readouterr()
        assert main(words) == 0
        assert json.loads(capsys.readouterr().out)["workers"] == 14
        assert main(["init", "--name", "North", "--station", "no", "--series", "NO"]) == 0
        assert "(no) are ready in postgresql://" in capsys.readouterr().out
        assert main(["station", "key", "new"]) == 0
        assert "Key k2 signs" in capsys.readouterr().out


def capsys_emptied(capsys: pytest.CaptureFixture[str]) -> pytest.CaptureFixture[str]:
    capsys.readouterr()
    return capsys


@pytest.mark.parametrize("words", ["receipt check", "station key new", "station key public"])
def test_commands_of_several_words_explain_themselves(
    words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        main([*words.split(), "--help"])
    assert left.value.code == 0
    assert f"usage: supplies {words}" in capsys.readouterr().out


def test_a_short_login_in_a_password_is_no_coincidence_to_speak_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    at = ["--database", str(tmp_path / "books.db")]
    assert main(["init", *at, "--name", "x"]) == 0
    capsys.readouterr()

    def add(login: str) -> list[str]:
        monkeypatch.setattr(sys, "stdin", StringIO("carry four baskets home\n"))
        return ["user", "add", login, "--role", "recorder", "--password-from-stdin", *at]

    assert main(add("a")) == 0
    assert main(add("Car")) == 0
    capsys.readouterr()
    assert "it holds the name that goes with it" in refused(capsys, *add("Basket"))


# --- words that are not understood -----------------------------------------------------------


def misunderstood(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """Run words that are no command: status 2, and what is said of it."""
    with pytest.raises(SystemExit) as left:
        main(list(words))
    assert left.value.code == 2
    return capsys.readouterr().err


@pytest.mark.parametrize(
    ("group", "its", "another"),
    [
        ("station", ["add", "list", "show", "set", "key new", "key public"], "due"),
        ("station key", ["new", "public"], "list"),
        ("user", ["add", "list", "password", "disable", "token"], "due"),
        ("forget", ["due", "as-in"], "token"),
        ("database", ["grant"], "due"),
    ],
)
def test_the_first_word_of_several_commands_lists_those_alone(
    group: str, its: list[str], another: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(group.split()) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert re.findall(r"^    (\w\S*(?: \w+)?)", told.err, re.MULTILINE) == its
    with pytest.raises(SystemExit) as left:
        main([*group.split(), "--help"])
    assert left.value.code == 0
    assert capsys.readouterr().out == told.err
    said = misunderstood(capsys, *group.split(), "mistyped")
    assert f"invalid choice: 'mistyped' (choose from {', '.join(map(repr, its))})" in said
    assert another not in said


def test_an_option_that_is_none_is_named_before_a_command_is_missed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert "unrecognized arguments: --versoin" in misunderstood(capsys, "--versoin")
    assert main([]) == 2
    assert "station key public" in capsys.readouterr().err


def test_a_field_that_is_not_right_goes_by_the_option_that_was_typed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    at = ["--database", str(tmp_path / "books.db")]
    name = ["--name", "x"]
    assert "--series must be 1 to 8 capital" in refused(
        capsys, "init", *at, *name, "--series", "a b"
    )
    assert "--station must be a code" in refused(capsys, "init", *at, *name, "--station", "a b")
    assert main(["init", *at, *name]) == 0
    capsys.readouterr()
    change = ["station", "set", *at]
    for option, value, says in (
        ("--series", "jz", "--series must be 1 to 8 capital letters and digits"),
        ("--name", "", "--name must have at least 1 characters"),
        ("--keep-access-log", "30", "--keep-access-log must be a whole number of at least 183"),
        ("--keep-donors", "0", "--keep-donors must be a whole number of at least 1"),
        ("--host", "ftp://x", "--host must be the address of a host, as https://example.org"),
    ):
        assert f"supplies: {says}" in refused(capsys, *change, option, value)
    assert "CODE must be a code" in refused(capsys, "station", "add", "a b", *at, *name)
    user = ["user", "add", *at, "--role", "recorder"]
    assert "LOGIN must have no spaces" in refused(capsys, *user, "chen li")
