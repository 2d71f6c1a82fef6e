"""`supplies station` adds stations, prints and changes their settings."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.command_line import refused, run_with_usage_error

from supplies.cli import main
from supplies.stations.paper_settings import LOGO_BYTES


@pytest.fixture
def books_options(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """The options that name the new books of one station."""
    words = ["--database", str(tmp_path / "books.db")]
    assert main(["init", *words, "--name", "南沙社工站"]) == 0
    capsys.readouterr()
    return words


def settings(capsys: pytest.CaptureFixture[str], books_options: list[str]) -> dict[str, str]:
    """Return what `supplies station show` prints, by name."""
    capsys.readouterr()
    assert main(["station", "show", *books_options]) == 0
    lines = [line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines()]
    return {name: "".join(value).strip() for name, *value in lines}


def test_settings_are_changed_and_removed(
    books_options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    change = ["station", "set", *books_options]
    assert main([*change, "--phone", "020-1234", "--languages", "zh"]) == 0
    assert "The change is on receipts of 南沙社工站 issued from now on" in capsys.readouterr().out
    shown = settings(capsys, books_options)
    assert (shown["phone"], shown["languages"]) == ("020-1234", "zh")
    assert main([*change, "--no", "phone"]) == 0
    assert settings(capsys, books_options)["phone"] == ""


def test_words_of_units_are_set_one_by_one(
    books_options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    change = ["station", "set", *books_options]
    assert main([*change, "--unit", "crate=筐,crate,crates"]) == 0
    assert main([*change, "--unit", "piece=只,piece,pieces"]) == 0
    assert settings(capsys, books_options)["units"] == "crate, piece"
    assert "write it as crate=筐,crate,crates" in refused(capsys, *change, "--unit", "crate=筐")


def test_retention_periods_are_set_in_days_and_removed(
    books_options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    change = ["station", "set", *books_options]
    assert main([*change, "--keep-recipients", "365", "--keep-access-log", "400"]) == 0
    assert "supplies forget due" in capsys.readouterr().out
    shown = settings(capsys, books_options)
    assert (shown["keep-recipients"], shown["keep-access-log"]) == ("365 days", "400 days")
    assert main([*change, "--no", "keep-recipients", "--no", "keep-access-log"]) == 0
    shown = settings(capsys, books_options)
    assert (shown["keep-recipients"], shown["keep-access-log"]) == ("", "")


def test_the_settings_as_json_have_the_shape_of_the_rest_api(
    books_options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["station", "show", "--json", *books_options]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert (shown["name"], shown["papers"]["values"]) == ("南沙社工站", "never")


def test_setting_and_removing_one_setting_together_is_refused(
    books_options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    for option, value in (("phone", "020-1234"), ("keep-donors", "400")):
        words = ["station", "set", *books_options, f"--{option}", value, "--no", option]
        assert f"--{option} and --no {option} contradict each other" in refused(capsys, *words)


def test_station_set_without_a_setting_is_refused(
    books_options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert "supplies station set --help" in refused(capsys, "station", "set", *books_options)


def test_a_setting_that_cannot_be_removed_is_a_usage_error(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert "'zone' is not one of 'name-en'" in run_with_usage_error(
        capsys, "station", "set", "--no", "zone"
    )


def test_a_logo_that_is_missing_or_too_large_is_refused(
    books_options: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change = ["station", "set", *books_options, "--logo"]
    missing, large = tmp_path / "missing.png", tmp_path / "large.png"
    large.write_bytes(bytes(LOGO_BYTES + 1))
    assert "cannot be read (No such file or directory)" in refused(capsys, *change, str(missing))
    assert f"is larger than {LOGO_BYTES} bytes" in refused(capsys, *change, str(large))


def test_a_station_added_under_another_is_listed_with_it(
    books_options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["station", "add", "hp", "--name", "黄浦站", "--series", "HP", "--under", "station"]
    assert main([*words, *books_options]) == 0
    assert "supplies user add LOGIN --role coordinator --station hp" in capsys.readouterr().out
    assert main(["station", "list", "--json", *books_options]) == 0
    heads = {line["code"]: line["head"] for line in json.loads(capsys.readouterr().out)}
    assert heads == {"hp": "station", "station": None}
