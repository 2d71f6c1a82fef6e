"""Help texts, suggestions, and what `--help` imports."""

from __future__ import annotations

import re
import subprocess
import sys

import click
import pytest
from support.command_line import all_commands, run, run_with_usage_error

from supplies.cli import COMMANDS, main, supplies

HEAVY = {
    "asyncio",
    "cryptography",
    "litestar",
    "msgspec",
    "pikepdf",
    "reportlab",
    "rich",
    "sqlite3",
}


def imported_by(*words: str) -> set[str]:
    """Return the heavy packages that a command imports."""
    script = (
        "import sys\nfrom supplies.cli import main\nmain(sys.argv[1:])\n"
        "print(' '.join(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *words], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("Usage: supplies")
    return HEAVY & set(done.stderr.split())


@pytest.mark.parametrize(
    "words", ["", "report", "report stock", "station set", "serve", "user add"]
)
def test_help_imports_no_heavy_package(words: str) -> None:
    assert imported_by(*words.split(), "--help") == set()


def test_the_overview_imports_no_module_of_a_command() -> None:
    script = (
        "import sys\nfrom supplies.cli import main\nmain(['--help'])\n"
        "print(*(m for m in sys.modules if m.startswith('supplies')), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert set(done.stderr.split()) == {
        "supplies",
        "supplies.cli",
        "supplies.cli.click_extensions",
    }


def test_the_overview_shows_the_first_sentence_of_each_commands_help() -> None:
    with click.Context(supplies) as context:
        for name, (_, summary) in COMMANDS.items():
            command = supplies.get_command(context, name)
            assert command is not None
            assert command.get_short_help_str(limit=1_000) == summary


@pytest.mark.parametrize("command", all_commands())
@pytest.mark.parametrize("option", ["--help", "-h"])
def test_every_command_prints_its_help(
    command: str, option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*command.split(), option]) == 0
    out, err = capsys.readouterr()
    assert out.startswith(f"Usage: supplies {command} ")
    assert err == ""


@pytest.mark.parametrize("command", all_commands())
def test_every_option_has_a_help_text(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*command.split(), "--help"]) == 0
    lines = capsys.readouterr().out.partition("Options:\n")[2].splitlines()
    described = re.compile(r"^  -.*?  \S|^ {10,}\S|^$|^  \w")
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        assert described.match(line) or following.startswith(" " * 10), line


@pytest.mark.parametrize(
    ("group", "names"),
    [
        (
            "report",
            [
                "stock",
                "pledges",
                "needs",
                "alerts",
                "deliveries",
                "receipts",
                "station",
                "statement",
                "recall",
                "disclosure",
                "cover",
                "derivation",
                "movements",
                "losses",
                "pledges-by-donor",
                "donor-values",
                "campaigns",
                "waiting",
                "teams",
                "household",
                "organisation-stock",
                "organisation-needs",
            ],
        ),
        ("catalogue", ["add", "set", "list", "scan", "look-alikes", "merge"]),
        ("station", ["add", "list", "seal", "show", "set", "key", "witness"]),
        ("station key", ["new", "public"]),
        (
            "user",
            [
                "add",
                "list",
                "password",
                "remove-second-factor",
                "disable",
                "enable",
                "role",
                "token",
            ],
        ),
        ("forget", ["due", "as-in", "text"]),
        ("database", ["grant"]),
    ],
)
def test_a_group_without_a_command_lists_its_commands(
    group: str, names: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    listed = run_with_usage_error(capsys, *group.split())
    assert re.findall(r"^  (\w\S*)", listed.partition("Commands:\n")[2], re.MULTILINE) == names
    assert main([*group.split(), "--help"]) == 0
    assert capsys.readouterr().out == listed
    message = run_with_usage_error(capsys, *group.split(), "zzz")
    assert f"No such command 'zzz'. Use one of: {', '.join(names)}." in message


def test_supplies_alone_prints_the_overview(capsys: pytest.CaptureFixture[str]) -> None:
    overview = run_with_usage_error(capsys)
    for name, (_, summary) in COMMANDS.items():
        assert re.search(rf"^  {name} +{re.escape(summary)}$", overview, re.MULTILINE)


@pytest.mark.parametrize(
    ("words", "suggestion"),
    [
        ("sttion", "Did you mean 'station'?"),
        ("verifi", "Did you mean 'verify'?"),
        ("user lst", "Did you mean 'list'?"),
        ("--versoin", "No such option '--versoin'. Did you mean '--version'?"),
        ("report stock --databse x", "Did you mean '--database'?"),
        ("user add chen --role boss", "'boss' is not one of 'coordinator', 'recorder'"),
        ("serve --port abc", "'abc' is not a valid integer"),
        ("init", "Missing option '--name'"),
        ("station key zzz", "Use one of: new, public."),
    ],
)
def test_a_mistyped_command_or_option_gets_a_suggestion(
    words: str, suggestion: str, capsys: pytest.CaptureFixture[str]
) -> None:
    message = run_with_usage_error(capsys, *words.split())
    assert suggestion in message
    assert message.startswith("Usage: supplies")


def test_the_version_is_printed() -> None:
    done = run("--version")
    assert re.fullmatch(r"supplies \d+\.\d+\.\d+\n", done.stdout)
