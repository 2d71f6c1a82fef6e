"""No command prints the password of a database URL."""

from __future__ import annotations

from pathlib import Path

import pytest

from supplies.cli import main


@pytest.fixture
def engine() -> str:
    return "postgresql"


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://me:hunter2@127.0.0.1:1/x",
        "postgresql://h.invalid/x?password=hunter2",
        "postgresql://clerk:p@ss:w#rd/hunter2@127.0.0.1/books",
        "postgresql://clerk@h.invalid:hunter2@127.0.0.1/books",
        "postgresql://clerk:100%hunter2@127.0.0.1/books",
        "postgresql://h.invalid/x?password=p&hunter2",
        "postgresql:/clerk:hunter2@127.0.0.1/books",
        "postgresql:clerk:hunter2@127.0.0.1/books",
        "PostgreSQL://clerk:hunter2@127.0.0.1/books",
        "postgresq://clerk:hunter2@127.0.0.1/books",
        "clerk:hunter2@127.0.0.1/books",
        "host=127.0.0.1 user=clerk password=hunter2",
        "sqlite:///books.db?password=hunter2",
    ],
)
def test_no_command_prints_the_password_of_a_mistyped_url(
    url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SUPPLIES_KEYS", str(tmp_path / "station.key"))
    books = str(tmp_path / "books.db")
    assert main(["init", "--name", "x", "--database", books]) == 0
    capfd.readouterr()
    for words in (
        ["init", "--name", "x", "--database", url],
        ["demo", "--database", url],
        ["report", "stock", "--database", url],
        ["verify", "--database", url],
        ["serve", "--database", url],
        ["station", "list", "--database", url],
        ["database", "grant", "clerk", "--database", url],
        ["backup", str(tmp_path / "backup.db"), "--database", url],
        ["restore", books, url],
        ["copy", url, str(tmp_path / "copy.db")],
        ["copy", books, url],
        ["forget", "as-in", url, "--database", books],
    ):
        assert main(words) == 1
        output = "".join(capfd.readouterr())
        assert output.startswith("supplies: ")
        assert output.count("\n") == 1
        assert "hunter2" not in output
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".db", ".key"]
