"""Find all refused lines of a command, so that the user can correct them at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice

import msgspec

from supplies.domain.commands import Command
from supplies.domain.validation import MAX_FAULTS
from supplies.errors import AgainstBooks, Fault, InvalidField, NotFound, SuppliesError

_FIRST_LINE = "/lines/0"

Refusal = InvalidField | AgainstBooks


def add_faults_of_lines(
    error: Refusal, command: Command, run_rule: Callable[[Command], None]
) -> SuppliesError:
    """Return the error of a refused command, with the faults of further lines added.

    A rule stops at the first line that it refuses. Therefore each line is tried as the only line of
    the command. Lines that are refused only together with others are not found. At most
    `MAX_FAULTS` faults are returned. The cost is about that of recording the command.

    Args:
        run_rule: Runs the rule of a command without recording anything.
    """
    lines = getattr(command, "lines", None)
    if not isinstance(lines, list) or len(lines) < 2:
        return error
    known = {fault.pointer for fault in error.faults}
    if not any(pointer.startswith("/lines/") for pointer in known):
        return error  # The fault concerns the whole command, so trying single lines is useless.
    found = (
        (sentence, fault)
        for sentence, fault in _faults_alone(command, lines, run_rule)
        if fault.pointer not in known
    )
    further = list(islice(found, MAX_FAULTS - len(error.faults) + 1))
    named = further[: MAX_FAULTS - len(error.faults)]
    sentences = [error.detail, *(sentence for sentence, _ in named)]
    if len(further) > len(named):
        sentences.append("and there are more")
    return type(error)("; ".join(sentences), [*error.faults, *(fault for _, fault in named)])


def _faults_alone(
    command: Command, lines: list[msgspec.Struct], run_rule: Callable[[Command], None]
) -> Iterator[tuple[str, Fault]]:
    """Yield the message and the fault of each line that is refused as the only line."""
    for at, line in enumerate(lines):
        try:
            run_rule(msgspec.structs.replace(command, lines=[line]))
        except (InvalidField, AgainstBooks) as error:
            for fault in error.faults:
                if fault.pointer == _FIRST_LINE or fault.pointer.startswith(f"{_FIRST_LINE}/"):
                    pointer = f"/lines/{at}" + fault.pointer.removeprefix(_FIRST_LINE)
                    yield error.detail, replace(fault, pointer=pointer)
        except NotFound:
            continue
