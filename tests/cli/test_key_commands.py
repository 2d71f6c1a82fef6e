"""`supplies station key` makes keys and prints the public ones."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.command_line import paper_of, refused

from supplies.cli import main


def test_a_new_key_does_not_change_receipts_signed_with_the_old_one(
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


def test_a_lost_key_file_is_replaced_only_by_station_key_new(
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
