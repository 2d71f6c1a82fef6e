"""Extensions of click: error messages, suggestions for mistyped names, and lazy imports."""

from __future__ import annotations

import codecs
import errno
import io
import os
import sys
from importlib import import_module
from typing import IO, TYPE_CHECKING, Any

import click
from click.exceptions import Exit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from supplies.errors import SuppliesError


_NO_LIMIT = 1_000


class Refused(click.ClickException):
    """The exception that prints an error of this library, and sets the exit status to 1."""

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the message on standard error."""
        click.echo(f"supplies: {self.message}", file=file, err=True)


class Command(click.Command):
    """A command that prints a `SuppliesError` as a message, without a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command.

        Raises:
            Refused: the command raised a `SuppliesError`, or the disk is full.
            BadParameter: an argument, an option or an environment variable is not UTF-8.
            Exit: with status 1, if the program that reads the output has ended, as `head` does.
        """
        from supplies.errors import SuppliesError

        self._check_encoding(ctx)
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
        except SuppliesError as error:
            raise Refused(_name_as_typed(error, self.params) + _sources(ctx, error)) from error
        except BrokenPipeError:
            # Python flushes standard output again when it exits. That must not fail.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise Exit(1) from None
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise Refused("the output could not be written: the disk is full") from None
        return result

    def _check_encoding(self, ctx: click.Context) -> None:
        for param in self.params:
            value = ctx.params.get(param.name or "")
            for text in value if isinstance(value, tuple) else (value,):
                if isinstance(text, str) and not _is_utf8(text):
                    raise click.BadParameter(
                        f"{os.fsencode(text)!r} is not text in UTF-8", ctx=ctx, param=param
                    )


def _is_utf8(text: str) -> bool:
    """Return whether the bytes from which an argument was decoded are valid UTF-8.

    Python decodes invalid bytes to surrogates, which cannot be encoded as UTF-8.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def escape_unprintable(error: UnicodeError) -> tuple[str, int]:
    r"""Replace a character that the terminal cannot print by its JSON escape, such as `\u53e3`.

    This is an error handler for `codecs.register_error`. A character beyond U+FFFF is replaced by
    two escapes.

    Raises:
        UnicodeError: the error is not an encoding error.
    """
    if not isinstance(error, UnicodeEncodeError):
        raise error
    units = error.object[error.start : error.end].encode("utf-16-be", "surrogatepass")
    escapes = [f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2)]
    return "".join(escapes), error.end


def print_any_text() -> None:
    """Make standard output and standard error accept all text.

    Characters that their encoding lacks are escaped.
    """
    codecs.register_error("supplies-escape", escape_unprintable)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="supplies-escape")


def _name_as_typed(error: SuppliesError, params: Sequence[click.Parameter]) -> str:
    """Return an error message in which JSON pointers are replaced by the names of options.

    For example, `/recipient` becomes `--recipient`. For a field without an option, such as a field
    of `--set`, only the slash is removed.
    """
    sentence = str(error)
    for fault in error.faults:
        field = fault.pointer.rpartition("/")[2]
        if field and sentence.startswith(f"{fault.pointer} "):
            for param in params:
                if param.name == field:
                    return _typed(param) + sentence.removeprefix(fault.pointer)
            return sentence.removeprefix("/")
    return sentence


def _sources(ctx: click.Context, error: SuppliesError) -> str:
    """Return a remark that names the environment variables whose values occur in an error message.

    Return an empty text if there are none.
    """
    names = [
        str(param.envvar)
        for param in ctx.command.params
        if param.name is not None
        and ctx.get_parameter_source(param.name) is click.core.ParameterSource.ENVIRONMENT
        and _repeats(str(error), str(ctx.params.get(param.name)))
    ]
    return f" ({', '.join(names)} is set in the environment)" if names else ""


def _repeats(message: str, value: str) -> bool:
    """Return whether a message contains a value or, if the value is a path, its directory."""
    directory = os.path.dirname(value)
    return value in message or (len(directory) > 1 and directory in message)


def _typed(param: click.Parameter) -> str:
    if isinstance(param, click.Option):
        return max(param.opts, key=len)
    return param.human_readable_name


class Group(click.Group):
    """A group that lists its commands in the order in which they are defined."""

    command_class = Command
    group_class = type

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands, in the order in which they are defined."""
        return list(self.commands)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands, each with the first sentence of its help."""
        rows = [(name, self.summary(ctx, name)) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def summary(self, ctx: click.Context, name: str) -> str:
        """Return the first sentence of the help of the command with this name."""
        command = self.get_command(ctx, name)
        return "" if command is None else command.get_short_help_str(limit=_NO_LIMIT)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that the first element of `args` names.

        Raises:
            NoSuchCommand: the command is unknown; the message names similar commands, or all
                commands if none is similar.
        """
        try:
            return super().resolve_command(ctx, args)
        except click.NoSuchCommand as error:
            name, names = error.command_name, self.list_commands(ctx)
            message = None
            similar = click.NoSuchCommand(name, possibilities=names, ctx=ctx)
            if not similar.possibilities:
                message = f"{similar.message} Use one of: {', '.join(names)}."
            raise click.NoSuchCommand(name, message, possibilities=names, ctx=ctx) from None


class LazyGroup(Group):
    """A group that imports the module of a command only when the command is called.

    The name of a command may consist of two words even if the first word is a command too, as in
    `receipt` and `receipt check`.

    Args:
        lazy_commands: For each command name, `"module:function"` within this package, and the line
            in `--help`.
    """

    def __init__(
        self, *args: Any, lazy_commands: Mapping[str, tuple[str, str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._lazy_commands = lazy_commands

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands, in the order in which `--help` lists them."""
        return list(self._lazy_commands)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return a command. Return None if there is no command of this name."""
        if cmd_name not in self._lazy_commands:
            return None
        module, _, function = self._lazy_commands[cmd_name][0].partition(":")
        command: click.Command = getattr(import_module(f"supplies.cli.{module}"), function)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that `args` name. Names of two words are tried first."""
        two_words = " ".join(args[:2])
        if two_words in self._lazy_commands:
            return two_words, self.get_command(ctx, two_words), args[2:]
        return super().resolve_command(ctx, args)

    def summary(self, ctx: click.Context, name: str) -> str:
        """Return the line of a command in `--help`, without importing its module."""
        return self._lazy_commands[name][1]
