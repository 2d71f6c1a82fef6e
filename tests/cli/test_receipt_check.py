"""`supplies receipt check` checks a receipt without any books."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.command_line import paper_of, refused

from supplies.cli import main


@pytest.fixture
def station_pub(demo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    path = tmp_path / "station.pub"
    words = ["station", "key", "public", "-o", str(path), "--database", str(demo)]
    assert main(words) == 0
    assert "The public keys are in" in capsys.readouterr().out
    return path


def test_a_genuine_receipt_is_recognised_without_any_books(
    demo: Path, station_pub: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["receipt", "check", paper_of(demo), "--key", str(station_pub)]
    assert main(words) == 0
    assert "genuine: this is receipt JZ-2020-000003" in capsys.readouterr().out
    assert main([*words, "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert (printed["verdict"], printed["number"], printed["key_id"]) == (
        "genuine",
        "JZ-2020-000003",
        "k1",
    )
    assert printed["marks"]["void_on"] is None


def test_a_void_receipt_is_genuine_and_reported_as_void(
    demo: Path, station_pub: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["receipt", "check", paper_of(demo, "JZ-2020-000002"), "--key", str(station_pub)]
    assert main(words) == 0
    assert "it is marked as void since 2020-02-06" in capsys.readouterr().out


def test_a_file_that_is_not_a_receipt_gives_one_message(
    demo: Path, station_pub: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = str(demo.with_name("demo-papers") / "station-report.pdf")
    assert main(["receipt", "check", report, "--key", str(station_pub)]) == 1
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert "no-receipt: this file is not a receipt of this program" in err
    assert main(["receipt", "check", report, "--key", str(station_pub), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["verdict"] == "no-receipt"
    missing = str(tmp_path / "missing")
    check = ["receipt", "check"]
    assert "name the receipt's PDF" in refused(capsys, *check, missing, "--key", str(station_pub))
    assert "public keys" in refused(capsys, *check, report, "--key", missing)
    assert "is not a file of public keys" in refused(capsys, *check, report, "--key", report)
