"""Each `supplies` command on a page exists and has the options shown there."""

from __future__ import annotations

import io
import re
import shlex
from pathlib import Path

import click
import pytest

from supplies.cli import main, supplies
from tools import prose

PATTERNS = (r"^(?: {4})?supplies (\S.+)$", r"\$\(supplies ([^)]+)\)", r"`supplies ([^`]+)`")


def shown_commands() -> list[str]:
    found = {
        command.strip()
        for page in prose.pages()
        for pattern in PATTERNS
        for command in re.findall(pattern, page.read_text(encoding="utf-8"), re.M)
    }
    return sorted(command for command in found if re.match(r"[a-z-]+( |$)", command))


def resolve(words: list[str]) -> tuple[click.Command, list[str]]:
    """Return the command that words begin with, and the words after its name."""
    command: click.Command = supplies
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        context = click.Context(command)
        if "|" in words[0] or words[0] == "…":
            words = [next(iter(command.list_commands(context))), *words[1:]]
        _, found, words = command.resolve_command(context, words)
        assert found is not None
        command = found
    return command, words


def test_pages_show_many_commands() -> None:
    assert len(shown_commands()) > 50


@pytest.mark.parametrize("shown", shown_commands())
def test_a_command_in_a_page_exists_with_its_options(shown: str) -> None:
    command, words = resolve(shlex.split(shown))
    options = {name for param in command.params for name in param.opts} | {"--help", "-h"}
    used = {word.partition("=")[0] for word in words if word.startswith("-")}
    assert used <= options


@pytest.mark.parametrize(
    "name", ["access.md", "checking-a-receipt.md", "exporting.md", "stations.md"]
)
def test_the_commands_of_a_page_run_in_its_order(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SUPPLIES_DATABASE", "books.db")
    assert main(["demo", "--papers", "."]) == 0
    assert main(["station", "key", "public", "-o", "station.pub"]) == 0
    Path("JZ-2020-000001.pdf").rename("receipt.pdf")
    page = next(page for page in prose.pages() if page.name == name)
    commands = re.findall(r"^ {4}supplies (.+)$", page.read_text(encoding="utf-8"), re.M)
    assert len(commands) > 1
    for command in commands:
        monkeypatch.setattr("sys.stdin", io.StringIO("four words that fit\n"))
        assert main(shlex.split(command)) == 0, command
