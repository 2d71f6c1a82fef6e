"""`supplies record`: record commands that are given as JSON."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import IO, TYPE_CHECKING, Any

import click

from supplies.cli.arguments import books_options
from supplies.cli.click_extensions import Command
from supplies.errors import InvalidField, SuppliesError

if TYPE_CHECKING:
    from supplies.ledger.ledger import Ledger
    from supplies.ledger.recorded import Recorded
    from supplies.ledger.writer import Request

COMMANDS_PER_COMMIT = 100
"""How many commands of a list are recorded in one transaction."""


@click.command("record", cls=Command)
@click.argument("commands", metavar="COMMAND.json|-", type=click.File("rb"))
@books_options
@click.option("--by", required=True, metavar="CODE", help="Code of the person who records this.")
@click.option(
    "--key",
    metavar="KEY",
    help="Idempotency key: if the same command was recorded with the same key before, nothing is "
    "recorded, and the first answer is printed again. In a list, each command gets the key "
    "together with its position.",
)
def record(
    commands: IO[bytes], database: str, station: str | None, by: str, key: str | None
) -> None:
    """Record commands that are given as JSON.

    COMMAND.json contains one command, a list of commands, or a command on each line; with -, they
    are read from standard input. The field `type` has the name of the command. The other fields are
    the same as in Python and REST: {"type": "NoteNeed", "recipient": "R-1", "item": "mask",
    "quantity": 20}.

    For each command, a line of JSON is printed. If a command of a list is refused, the others are
    still recorded. The line of a refused command contains the error, which is also printed on
    standard error.

    The exit status is 1 if a command was refused.
    """
    from click.exceptions import Exit

    from supplies.cli.opening import open_ledger
    from supplies.cli.tables import print_json

    one, others = read_commands(commands)
    with open_ledger(database, station) as ledger:
        if others is None:
            try:
                request = _request(ledger, one, by, key)
                print_json(ledger.record(request.command, by=by, id=request.id))
            except SuppliesError as error:
                print_json({"error": _problem(error)})
                sys.stdout.flush()
                raise
            return
        refused = 0
        for number, answer in enumerate(_record_list(ledger, chain([one], others), by, key), 1):
            if isinstance(answer, SuppliesError):
                refused += 1
                print_json({"error": _problem(answer)})
                sys.stdout.flush()
                click.echo(f"supplies: command {number}: {answer}", err=True)
            else:
                print_json(answer)
    if refused:
        raise Exit(1)


Decoded = Any
"""A decoded JSON value or, if the text was not JSON, an InvalidField."""


def read_commands(source: IO[bytes]) -> tuple[Decoded, Iterator[Decoded] | None]:
    """Return the first command, and an iterator over the others.

    If there is only one command, return None instead of the iterator. Lines are read one by one,
    while the commands are recorded.

    Raises:
        InvalidField: there is no command, or the text is neither an object nor a list.
    """
    lines = (line for line in source if line.strip())
    first = next(lines, b"").removeprefix(b"\xef\xbb\xbf")
    if not first.strip():
        raise InvalidField("there is no command to read; write one as JSON")
    if not first.lstrip().startswith(b"{"):
        found = _decode(first + source.read())
        if isinstance(found, InvalidField):
            raise found
        if not isinstance(found, list) or not found:
            raise InvalidField("the JSON is neither a command nor a list of commands")
        return found[0], iter(found[1:])
    one = _decode(first)
    if isinstance(one, InvalidField):  # One object may have several lines.
        one = _decode(first + source.read())
        if isinstance(one, InvalidField):
            raise one
    second = next(lines, None)
    return one, None if second is None else map(_decode, chain([second], lines))


def _decode(text: bytes) -> Decoded:
    import msgspec

    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return InvalidField(f"the command is not JSON: {error}")


def _record_list(
    ledger: Ledger, commands: Iterable[Decoded], by: str, key: str | None
) -> Iterator[Recorded | SuppliesError]:
    """Record commands in groups. Yield the answer to each command."""
    numbered = iter(enumerate(commands, 1))
    while group := list(islice(numbered, COMMANDS_PER_COMMIT)):
        requests: list[Request | SuppliesError] = []
        for number, fields in group:
            try:
                requests.append(_request(ledger, fields, by, key and f"{key}\n{number}"))
            except SuppliesError as error:
                requests.append(error)
        valid = [one for one in requests if not isinstance(one, SuppliesError)]
        answers = iter(ledger.record_many(valid))
        yield from (one if isinstance(one, SuppliesError) else next(answers) for one in requests)


def _request(ledger: Ledger, fields: Decoded, by: str, key: str | None) -> Request:
    """Convert a decoded JSON value to a request that records a command.

    Raises:
        InvalidField: the command is not JSON, has no known type, or has invalid fields.
    """
    from supplies.domain.validation import convert
    from supplies.ledger.writer import Request
    from supplies.storage.idempotency import id_of_command

    if isinstance(fields, InvalidField):
        raise fields
    if not isinstance(fields, dict):
        raise InvalidField('a command is an object, as in {"type": "NoteNeed", …}')
    kind = _command_type(fields.get("type"))
    if key is not None and not (1 <= len(key) <= 220 and key.isascii()):
        raise InvalidField("--key takes 1 to 200 printable ASCII characters")
    try:
        command = convert(kind, fields)
    except InvalidField as error:
        raise ledger.with_all_faults(error, kind, fields) from None
    return Request(command=command, by=by, id=None if key is None else id_of_command(by, key))


def _command_type(name: object) -> Any:
    from difflib import get_close_matches

    from supplies.ledger.rules import RULES

    kinds = {kind.__name__: kind for kind in RULES}
    if name in kinds:
        return kinds[str(name)]
    close = get_close_matches(str(name), kinds, 1)
    advice = f"did you mean {close[0]}?" if close else f"use one of: {', '.join(kinds)}"
    if name is None:
        raise InvalidField(f"the command has no `type`; {advice}")
    raise InvalidField(f"{str(name)[:64]!r} is not a command; {advice}")


def _problem(error: SuppliesError) -> dict[str, Any]:
    """Return an error as a mapping with the fields of an error in the REST API."""
    return {
        "type": f"/problems/{error.slug}",
        "title": error.title,
        "detail": str(error),
        "errors": [
            {"pointer": fault.pointer, "detail": str(fault.detail)}
            | {
                name: value
                for name, value in (("asked", fault.asked), ("available", fault.available))
                if value is not None
            }
            for fault in error.faults
        ],
    }
