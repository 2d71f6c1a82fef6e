"""Refusals, interrupts and the exit status."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
from support.command_line import refused, run, run_with_usage_error

from supplies.cli import main, supplies
from supplies.cli.click_extensions import Command


def test_an_error_names_the_option_whose_value_is_invalid(
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
        ("--name", "", "--name is blank; write at least one visible character in it"),
        ("--keep-access-log", "30", "--keep-access-log must be a whole number of at least 183"),
        ("--keep-donors", "0", "--keep-donors must be a whole number of at least 1"),
        (
            "--host",
            "ftp://x",
            "--host must be the address of a host, such as https://example.org, not ftp://x",
        ),
    ):
        assert f"supplies: {says}" in refused(capsys, *change, option, value)
    assert "CODE must be a code" in refused(capsys, "station", "add", "a b", *at, *name)
    user = ["user", "add", *at, "--role", "recorder"]
    assert "LOGIN must have no spaces" in refused(capsys, *user, "chen li")


def test_the_exit_status_distinguishes_success_refusal_and_wrong_usage(
    tmp_path: Path,
) -> None:
    database = str(tmp_path / "books.db")
    assert run("init", "--name", "x", "--database", database).returncode == 0
    done = run("verify", "--station", "zz", "--database", database)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("supplies: unknown station zz in ")
    done = run("verify", "--databse", database)
    assert (done.returncode, done.stdout) == (2, "")


def test_environment_variables_set_the_database_and_the_station(tmp_path: Path) -> None:
    variables = {"SUPPLIES_DATABASE": str(tmp_path / "books.db"), "SUPPLIES_STATION": "nx"}
    assert run("init", "--name", "x", **variables).returncode == 0
    assert "nx" in run("station", "list", **variables).stdout
    other = {**variables, "SUPPLIES_STATION": "zz"}
    assert "unknown station zz" in run("report", "needs", **other).stderr


@pytest.mark.parametrize("words", [["--database", "{}"], ["--database={}"]])
def test_options_may_stand_before_and_after_an_argument(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    at = [word.format(tmp_path / "books.db") for word in words]
    assert main(["init", *at, "--name", "x"]) == 0
    add = ["--role", "recorder"]
    assert main(["user", "add", *at, "chen", *add]) == 0
    assert main(["user", "add", "li", *add, *at]) == 0
    assert "not one of" in run_with_usage_error(
        capsys, "user", "add", *at, "wu", "--role", "nobody"
    )


def test_a_database_with_several_stations_requires_the_station_option(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    at = ["--database", str(tmp_path / "books.db")]
    assert main(["init", "--name", "x", *at]) == 0
    assert main(["station", "add", "qu", "--name", "y", "--series", "QU", *at]) == 0
    message = refused(capsys, "report", "needs", *at)
    assert message == "supplies: choose a station with --station: qu, station\n"


def test_output_into_a_closed_pipe_prints_no_error(demo: Path) -> None:
    words = ["report", "needs", "--json", "--database", str(demo)]
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "supplies", *words],
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
        timeout=120,
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (1, "")


def test_an_interrupted_command_exits_with_130(demo: Path) -> None:
    script = (
        "import os, signal, sys\n"
        "import supplies.cli.opening as opening\n"
        "from supplies.cli import main\n"
        "def interrupted(*_): os.kill(os.getpid(), signal.SIGINT)\n"
        "opening.open_ledger = interrupted\n"
        "sys.exit(main())"
    )
    words = ["report", "needs", "--database", str(demo)]
    done = subprocess.run(
        [sys.executable, "-c", script, *words], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 130
    assert "Traceback" not in done.stderr


def test_every_command_reports_a_refusal_in_one_message() -> None:
    def plain_commands(group: click.Group) -> list[click.Command]:
        context = click.Context(group)
        found = [group.get_command(context, name) for name in group.list_commands(context)]
        return [
            plain
            for one in found
            if one is not None and not isinstance(one, Command)
            for plain in (plain_commands(one) if isinstance(one, click.Group) else [one])
        ]

    assert plain_commands(supplies) == []


def test_a_file_of_checkpoints_that_is_missing_is_reported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    at = ["--database", str(tmp_path / "books.db")]
    assert main(["init", *at, "--name", "x"]) == 0
    missing = str(tmp_path / "none.txt")
    assert f"{missing} cannot be read" in refused(capsys, "station", "witness", *at, missing)
