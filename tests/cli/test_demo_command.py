"""`supplies demo` records the demonstration and writes its papers."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from support.command_line import refused

from supplies.cli import main
from supplies.ledger.ledger import Ledger

ROOT = Path(__file__).parents[2]


def test_demo_writes_every_kind_of_paper(demo: Path) -> None:
    papers = sorted(path.name for path in demo.with_name("demo-papers").iterdir())
    assert "station-report.pdf" in papers
    assert len([name for name in papers if name.startswith("JZ-2020-")]) == 7
    for kind, count in (("slips-", 7), ("run-sheet-", 7), ("statement-", 5), ("disclosure", 1)):
        assert len([name for name in papers if name.startswith(kind)]) == count


def test_the_papers_lead_to_the_port_at_which_make_serves_the_demo(tmp_path: Path) -> None:
    path = tmp_path / "demo.db"
    host = "http://127.0.0.1:8123"
    assert main(["demo", "--database", str(path), "--host", host]) == 0
    with Ledger.open(str(path), station="lx", create=False) as ledger, ledger.reading() as books:
        assert books.station.host == host
    done = subprocess.run(
        ["make", "-n", "run", "PORT=8123"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert f"--host {host}\n" in done.stdout


def test_demo_refuses_an_existing_file(demo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "exists already" in refused(capsys, "demo", "--database", str(demo))


def test_a_papers_folder_that_cannot_be_created_is_refused_before_anything_is_recorded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "new.db"
    (tmp_path / "file").write_text("")
    words = ("demo", "--database", str(path), "--papers", str(tmp_path / "file" / "papers"))
    assert "cannot be created" in refused(capsys, *words)
    assert not path.exists()


def test_demo_without_a_usable_key_file_records_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SUPPLIES_KEYS", str(tmp_path / "nowhere" / "station.key"))
    path = tmp_path / "demo.db"
    assert "cannot be used" in refused(capsys, "demo", "--database", str(path))
    assert not path.exists()
