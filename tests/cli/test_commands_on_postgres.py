"""The command line with books on a PostgreSQL server."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.command_line import refused
from support.engines import Server

from supplies.cli import main


def test_the_commands_work_with_books_on_a_server(
    postgres: Server,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SUPPLIES_KEYS", raising=False)
    with postgres.empty() as url:
        monkeypatch.setenv("SUPPLIES_DATABASE", url)
        assert "name it, for example SUPPLIES_KEYS=" in refused(capsys, "demo")
        monkeypatch.setenv("SUPPLIES_KEYS", str(tmp_path / "station.key"))
        assert main(["demo"]) == 0
        assert len(list((tmp_path / "demo-papers").iterdir())) == 28
        assert "contains books already" in refused(capsys, "demo")
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
