"""`supplies init` creates the books of a station."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.command_line import refused

from supplies.cli import main


def test_init_creates_the_books_of_a_station(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(tmp_path / "books.db")
    words = ["init", "--database", path, "--station", "nx", "--name", "南社"]
    assert main(words) == 0
    assert "are ready" in capsys.readouterr().out
    assert main(["report", "needs", "--json", "--database", path]) == 0
    assert json.loads(capsys.readouterr().out)["items"] == []
    assert refused(capsys, *words) == (
        f"supplies: {path} has the books of station nx already, so nothing was created; "
        "change its details with `supplies station set`\n"
    )
    assert "unknown station zz" in refused(capsys, "verify", "--database", path, "--station", "zz")


def test_init_warns_of_an_address_that_only_this_computer_can_open(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["init", "--name", "南社", "--database"]
    assert main([*words, str(tmp_path / "one.db")]) == 0
    warning = capsys.readouterr().err
    assert "http://127.0.0.1:8000, which only this computer can open" in warning
    assert "supplies station set --host https://" in warning
    assert main([*words, str(tmp_path / "two.db"), "--host", "https://supplies.example.org"]) == 0
    assert capsys.readouterr().err == ""


def test_init_says_that_an_address_works_in_one_network_only(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["init", "--name", "南社", "--host", "http://192.168.1.5:8000", "--database"]
    assert main([*words, str(tmp_path / "one.db")]) == 0
    warning = capsys.readouterr().err
    assert "http://192.168.1.5:8000, which only devices in the same network can open" in warning


def test_an_unknown_time_zone_is_refused_before_a_file_is_created(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "new.db"
    words = ("init", "--database", str(path), "--name", "x", "--zone", "Mars/Base")
    assert "is not a time zone" in refused(capsys, *words)
    assert not path.exists()


@pytest.mark.parametrize("fault", ["its folder is missing", "a folder has its name"])
def test_init_without_a_usable_key_file_registers_no_station_and_can_be_repeated(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    fault: str,
) -> None:
    key = tmp_path / "keys" / "station.key"
    if fault == "a folder has its name":
        key.mkdir(parents=True)
    monkeypatch.setenv("SUPPLIES_KEYS", str(key))
    path = str(tmp_path / "books.db")
    words = ["init", "--database", path, "--station", "qu", "--name", "区联社"]
    assert "cannot be used" in refused(capsys, *words)
    monkeypatch.setenv("SUPPLIES_KEYS", str(tmp_path / "station.key"))
    assert main(words) == 0
    assert "are ready" in capsys.readouterr().out


def test_no_station_is_added_while_the_keys_of_issued_receipts_are_missing(
    demo: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("SUPPLIES_KEYS", str(tmp_path / "mistyped.key"))
    words = ["init", "--database", str(demo), "--station", "nx", "--name", "南社", "--series", "NX"]
    assert "from its backup" in refused(capsys, *words)
    monkeypatch.delenv("SUPPLIES_KEYS")
    assert main(["station", "list", "--json", "--database", str(demo)]) == 0
    assert [station["code"] for station in json.loads(capsys.readouterr().out)] == ["lx"]


@pytest.mark.parametrize("keys", ["no/such/folder/station.key", "/", "other.txt"])
def test_init_with_an_unusable_key_file_creates_no_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], keys: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "other.txt").write_text("not keys")
    monkeypatch.setenv("SUPPLIES_KEYS", keys)
    with pytest.raises(SystemExit) as ended:
        raise SystemExit(main(["init", "--database", "books.db", "--name", "X"]))
    assert ended.value.code == 1
    assert "(from SUPPLIES_KEYS)" in capsys.readouterr().err
    assert not (tmp_path / "books.db").exists()


def test_an_empty_database_name_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        raise SystemExit(main(["init", "--database", "", "--name", "X"]))
    assert "an empty name is not the name of a file" in capsys.readouterr().err
