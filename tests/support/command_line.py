"""Run the command line in this process or as a separate process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from supplies.cli import main, supplies

PERIOD = ["--from", "2020-02-03", "--to", "2020-02-13"]
"""The days of the demo."""


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """Run a command that must fail with status 1 and one message. Return the message."""
    capsys.readouterr()
    assert main(list(words)) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("supplies: ")
    assert err.count("\n") == 1
    return err


def run_with_usage_error(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """Run a command that must fail with status 2. Return the message."""
    capsys.readouterr()
    assert main(list(words)) == 2
    out, err = capsys.readouterr()
    assert out == ""
    return err


def run(*words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command as a separate process, with additional environment variables."""
    return subprocess.run(
        [sys.executable, "-m", "supplies", *words],
        capture_output=True,
        text=True,
        env={**os.environ, **variables},
        timeout=120,
    )


def paper_of(database: Path, number: str = "JZ-2020-000003") -> str:
    """Return the path of a receipt that `supplies demo` wrote."""
    return str(database.with_name("demo-papers") / f"{number}.pdf")


def all_commands() -> list[str]:
    """Return the names of all commands, those within groups included."""

    def walk(command: click.Command, name: str) -> list[str]:
        if not isinstance(command, click.Group):
            return [name]
        with click.Context(command) as context:
            names = command.list_commands(context)
            found = [(one, command.get_command(context, one)) for one in names]
        return [leaf for one, sub in found if sub for leaf in walk(sub, f"{name} {one}".strip())]

    return walk(supplies, "")
