"""Each `supplies` command that a page shows exists and has the options that the page gives it."""

from __future__ import annotations

import re
import shlex

import click
import pytest

from supplies.cli import supplies
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
    given = {word.partition("=")[0] for word in words if word.startswith("-")}
    assert given <= options
