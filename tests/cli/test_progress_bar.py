"""Long commands show a progress bar on a terminal."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from supplies.cli import main
from supplies.cli.progress import progress_bar


def test_a_progress_bar_is_shown_only_on_a_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with progress_bar("Drawing", 3) as report:
        report(1)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with progress_bar("Drawing", 3) as report:
        report(3)
    assert "Drawing" in capsys.readouterr().err
    with progress_bar("Counting") as report:
        report(1, 3)
    assert "1/3" in capsys.readouterr().err


def test_verify_backup_and_restore_show_a_progress_bar(
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
