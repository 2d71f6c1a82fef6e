"""The command line: `supplies …`.

Here words become a call, and an error a sentence; the words themselves are in `options`. What a
command does is imported when it is asked for, so that `supplies --help` answers at once.
"""

from __future__ import annotations

import argparse
import os
import sys

from supplies.cli.options import COMMANDS, WITHOUT_BOOKS, of_books

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from supplies.errors import SuppliesError


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; 0 only when all went well."""
    words = _joined(sys.argv[1:] if argv is None else list(argv))
    group = _group(words)
    parser = _parser(group, next((word for word in words if not word.startswith("-")), ""))
    arguments = parser.parse_args(words[len(group.split()) :])
    if arguments.run is None:
        parser.print_help(sys.stderr)
        return 2
    module, function = arguments.run.split(":")
    from importlib import import_module

    from supplies.errors import SuppliesError

    try:
        return int(getattr(import_module(f"supplies.cli.{module}"), function)(arguments))
    except SuppliesError as error:
        print(f"supplies: {_as_typed(error, arguments)}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        # The reader of our output has gone away, as `head` does; that is not an error to report.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return 130


def _joined(words: list[str]) -> list[str]:
    """The words, those that make up a command's name as one: `receipt check FILE`."""
    for length in (3, 2):
        name = " ".join(words[:length])
        if name in COMMANDS:
            return [name, *words[length:]]
    return words


def _group(words: list[str]) -> str:
    """The words with which several commands begin and that are none: `station`; "": none such."""
    for length in (2, 1):
        name = " ".join(words[:length])
        if name not in COMMANDS and any(other.startswith(f"{name} ") for other in COMMANDS):
            return name
    return ""


def _parser(group: str, asked: str) -> argparse.ArgumentParser:
    """What understands the words behind a group's, or behind `supplies` where that is ""."""
    parser = argparse.ArgumentParser(
        prog=f"supplies {group}".strip(),
        description="A ledger for donated goods: from a pledge to a door.",
    )
    parser.set_defaults(run=None)
    if not group:
        parser.add_argument("--version", action=_Version, nargs=0, help="print the version")
    commands = parser.add_subparsers(metavar="COMMAND")
    for name, (run, says, options) in COMMANDS.items():
        if not name.startswith(group):
            continue
        command = commands.add_parser(name.removeprefix(group).strip(), help=says)
        # Only the command that was asked for needs its options: the rest is for the overview.
        if name == asked:
            command.description = says[0].upper() + says[1:] + "."
            command.set_defaults(run=run)
            if name not in WITHOUT_BOOKS:
                of_books(command, name)
            options(command)
    return parser


def _as_typed(error: SuppliesError, arguments: argparse.Namespace) -> str:
    """The sentence of an error; where it begins with a field of JSON, with what was typed."""
    sentence = str(error)
    for fault in error.faults:
        if fault.pointer and sentence.startswith(f"{fault.pointer} "):
            return _typed(fault.pointer, arguments) + sentence.removeprefix(fault.pointer)
    return sentence


def _typed(pointer: str, arguments: argparse.Namespace) -> str:
    """The option or the place of what a field of JSON was made of."""
    field = pointer.rpartition("/")[2]
    if field in _PLACES and hasattr(arguments, field):
        return field.upper()
    name = _OPTIONS.get(field, field)
    return f"--{name.replace('_', '-')}" if hasattr(arguments, name) else pointer


_PLACES = ("code", "login")
"""Fields that are typed without an option."""

_OPTIONS = {
    "code": "station",
    "recipients_days": "keep_recipients",
    "donors_days": "keep_donors",
    "access_log_days": "keep_access_log",
}
"""Fields whose option has another name."""


class _Version(argparse.Action):
    """Looks the version up only when it is asked for: that costs more than all of --help."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import version

        print(f"supplies {version('supplies')}")
        parser.exit()
