"""Files that commands write never overwrite books or keys, and are never half written."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from support.command_line import PERIOD, refused, run, run_with_usage_error

from supplies.cli import main

RECEIPT = ("receipt", "JZ-2020-000001")


@pytest.fixture
def books(demo: Path, tmp_path: Path) -> Path:
    """A copy of the demonstration's books and keys."""
    path = tmp_path / "d.db"
    for end in (".db", ".key"):
        shutil.copy(demo.with_suffix(end), path.with_suffix(end))
    return path


@pytest.mark.parametrize(
    "words",
    [
        RECEIPT,
        ("receipt", *PERIOD),
        ("slips", "v_201"),
        ("run-sheet", "v_201"),
        ("count-sheet", "c_1"),
        ("report", "station", *PERIOD),
        ("report", "statement", "--donor", "D-01"),
        ("report", "disclosure"),
        ("report", "station", "--organisation"),
        ("station", "key", "public"),
    ],
    ids=" ".join,
)
@pytest.mark.parametrize(
    "name", ["d.db", "d.db-wal", "d.db-shm", "d.key", "./d.db", "link.pdf", "hard.pdf", "log.pdf"]
)
def test_no_command_overwrites_the_books_or_the_keys(
    words: tuple[str, ...],
    name: str,
    books: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(books.parent)
    Path("link.pdf").symlink_to("d.db")
    Path("log.pdf").symlink_to("d.db-wal")
    Path("hard.pdf").hardlink_to("d.key")
    before = {path.name: path.read_bytes() for path in (books, books.with_suffix(".key"))}
    for force in ((), ("--force",)):
        error = refused(capsys, *words, "-o", name, *force, "--database", "d.db")
        assert error.endswith("; name another file\n")
    assert {path: (books.parent / path).read_bytes() for path in before} == before
    assert not Path("d.db-wal").exists()


def test_other_books_and_other_keys_are_not_overwritten_either(
    books: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    other, keys = tmp_path / "other", tmp_path / "station.secret"
    shutil.copy(books, other)
    shutil.copy(books.with_suffix(".key"), keys)
    at = ["--force", "--database", str(books)]
    assert "other is a database" in refused(capsys, *RECEIPT, "-o", str(other), *at)
    assert "contains the keys of a station" in refused(capsys, *RECEIPT, "-o", str(keys), *at)
    (tmp_path / "named").write_text("none yet", "utf-8")
    monkeypatch.setenv("SUPPLIES_KEYS", str(tmp_path / "named"))
    words = (*RECEIPT, "-o", str(tmp_path / "named"), *at)
    assert "is a file of the books" in refused(capsys, *words)


@pytest.mark.parametrize(
    "words",
    [
        ("export", "package", "d.db-wal"),
        ("export", "package", "d.db"),
        ("export", "package", "d.key.seals", "--force"),
        ("export", "package", "d.key.seals/lists"),
        ("receipt", "LX-2020-000001", "-o", "d.key.seals/x.pdf"),
    ],
    ids=" ".join,
)
def test_no_folder_takes_the_place_of_a_file_of_the_books(
    words: tuple[str, ...],
    books: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(books.parent)
    Path("d.key.seals").mkdir(exist_ok=True)
    assert refused(capsys, *words, "--database", "d.db").endswith("; name another file\n")
    assert sorted(path.name for path in Path().iterdir()) == ["d.db", "d.key", "d.key.seals"]
    assert list(Path("d.key.seals").iterdir()) == []
    assert main(["export", "package", ".", "--database", "d.db"]) == 0


@pytest.mark.parametrize("end", ["-wal", "-shm", "-journal"])
def test_no_books_are_written_where_sqlite_reads_a_log(
    end: str, books: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(books.parent)
    assert main(["backup", "copy.db", "--database", "d.db"]) == 0
    capsys.readouterr()
    for words in (
        ("restore", "copy.db", f"d.db{end}"),
        ("copy", "copy.db", f"d.db{end}"),
        ("backup", f"d.db{end}", "--database", "copy.db"),
        ("init", "--database", f"d.db{end}", "--station", "lx", "--name", "x"),
        ("demo", "--database", f"d.db{end}"),
    ):
        assert "is the name of a log that belongs to d.db" in refused(capsys, *words)
    assert not Path(f"d.db{end}").exists()
    assert main(["restore", "copy.db", f"new.db{end}"]) == 0


def test_an_existing_file_is_replaced_only_with_force(
    books: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paper = tmp_path / "receipt.pdf"
    paper.write_text("a letter", "utf-8")
    words = [*RECEIPT, "-o", str(paper), "--database", str(books)]
    assert "exists already; name another file, or add --force" in refused(capsys, *words)
    assert paper.read_text("utf-8") == "a letter"
    assert main([*words, "--force"]) == 0
    assert paper.read_bytes().startswith(b"%PDF")
    for name, message in (
        (str(tmp_path), "is a folder or a device"),
        (os.devnull, "is a folder or"),
    ):
        assert message in refused(capsys, *RECEIPT, "-o", name, "--force", "--database", str(books))
    assert "name it with --output" in refused(
        capsys, "report", "station", "--force", "--database", str(books)
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["d.db", "d.key", "receipt.pdf"]


def test_papers_with_names_are_readable_by_their_owner_only(
    books: Path, demo: Path, tmp_path: Path
) -> None:
    before = os.umask(0o022)
    try:
        at = ["--database", str(books)]
        modes = {}
        for words in (
            RECEIPT,
            ("slips", "v_201"),
            ("run-sheet", "v_201"),
            ("report", "disclosure"),
        ):
            paper = tmp_path / f"{words[-1]}.out"
            assert main([*words, "-o", str(paper), *at, "--force"]) == 0
            modes[words[0]] = stat.S_IMODE(paper.stat().st_mode)
        assert modes == {"receipt": 0o600, "slips": 0o600, "run-sheet": 0o600, "report": 0o644}
    finally:
        os.umask(before)
    papers = demo.with_name("demo-papers").glob("*.pdf")
    assert {stat.S_IMODE(p.stat().st_mode) for p in papers if "disclosure" not in p.name} == {0o600}


@pytest.mark.parametrize("name", ["", ".", "/", "x" * 300, "x" * 250], ids=repr)
def test_an_impossible_file_name_is_refused_with_a_message(
    name: str,
    books: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    at = ["--database", str(books)]
    for words in (
        ["backup", name, *at],
        ["backup", name, "--with-keys", *at],
        ["restore", name, "new.db"],
        ["restore", str(books), name or "."],
        ["copy", str(books), name],
        ["copy", name, "new.db"],
        [*RECEIPT, "-o", name, *at],
        ["verify", "--database", name],
        ["init", "--name", "x", "--database", name],
        ["demo", "--database", name],
        ["receipt", "check", name, *at],
    ):
        capsys.readouterr()
        assert main(words) in (1, 2), words
        err = capsys.readouterr().err
        assert err.startswith(("supplies: ", "Usage: ")), (words, err)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["d.db", "d.key"]


@pytest.mark.parametrize("end", ["-wal", "-shm", "-journal"])
def test_books_are_not_copied_to_the_name_of_their_log(
    end: str, books: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for words in (
        ("backup", f"{books}{end}", "--database", str(books)),
        ("copy", str(books), f"{books}{end}"),
    ):
        assert "name another file" in refused(capsys, *words)


def test_an_argument_that_is_not_utf_8_is_refused(
    books: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = os.fsdecode(b"\xff")
    at = ["--database", str(books)]
    for words in (
        ["receipt", bad, "-o", "x.pdf", *at],
        ["verify", "--station", bad, *at],
        ["verify", "--database", bad],
        ["report", "statement", "--donor", bad, *at],
        ["backup", bad, *at],
        ["station", "set", "--name", bad, *at],
        ["user", "add", bad, "--role", "recorder", *at],
        ["station", bad],
    ):
        assert "UTF-8" in run_with_usage_error(capsys, *words) or words[-1] == bad
    done = subprocess.run(
        [os.fsencode(sys.executable), b"-m", b"supplies", b"verify", b"--station", b"\xe9"],
        capture_output=True,
        env=dict(os.environ),
        timeout=60,
    )
    assert done.returncode == 2
    assert b"b'\\xe9' is not text in UTF-8" in done.stderr


@pytest.mark.parametrize(
    "variables",
    [{"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}],
    ids=["encoding", "locale"],
)
def test_characters_that_the_terminal_cannot_print_are_printed_as_codes(
    variables: dict[str, str], books: Path
) -> None:
    at = ("--database", str(books))
    for words in (
        ("report", "disclosure"),
        ("report", "disclosure", "--json"),
        ("report", "stock"),
        ("station", "list"),
        ("station", "show"),
        ("verify",),
        ("user", "list"),
        ("report", "disclosure", "--help"),
    ):
        done = run(*words, *at, **variables)
        assert done.returncode == 0, (words, done.stderr)
        assert "Traceback" not in done.stderr
    assert r"\u9f99" in run("station", "list", *at, **variables).stdout.lower()
    refusal = run("report", "statement", "--donor", "口罩", *at, **variables)
    assert refusal.returncode in (1, 2)
    assert "Traceback" not in refusal.stderr


def test_books_are_not_created_under_the_name_of_a_key_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = str(tmp_path / "books.key")
    for words in (["init", "--name", "x"], ["demo"]):
        assert "is the name of a key file" in refused(capsys, *words, "--database", name)
    assert list(tmp_path.iterdir()) == []
