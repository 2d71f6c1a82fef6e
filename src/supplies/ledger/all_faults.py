"""Find all faults of a refused command, so that the user can correct them at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import chain
from typing import TypeVar

import msgspec

from supplies.books.reader import Books
from supplies.domain.catalogue_records import Donor, Item, Location, Recipient, Team
from supplies.domain.commands import Command, Correct
from supplies.domain.validation import MAX_FAULTS
from supplies.errors import AgainstBooks, Fault, InvalidField, NotFound, SuppliesError
from supplies.ledger.rules.corrections import within_command

_FIRST_LINE = "/lines/0"

_DAY = "/happened_on"

Refusal = InvalidField | AgainstBooks

RunRule = Callable[[Command, Books], None]
"""A function that runs the rule of a command against books, without recording anything."""

_Found = tuple[str, Fault]
"""The message of an error, and one of its faults."""

_Named = TypeVar("_Named", Item, Donor, Recipient, Location, Team)


def add_all_faults(
    error: Refusal, command: Command, books: Books, run_rule: RunRule
) -> SuppliesError:
    """Return the error of a refused command, with all other faults of the command added.

    A rule stops at the first fault. So the rule is run again in three ways: with a made-up record
    for each unknown code, without the day if the day is wrong, and with each line as the only one.
    Lines that are refused only together with others are not found. At most `MAX_FAULTS` faults are
    returned. The cost is about that of recording the command.
    """
    known = {fault.pointer for fault in error.faults}
    if not any(map(_is_explored, known)) and not (isinstance(error, InvalidField) and any(known)):
        return error  # The fault concerns the whole command, or is a shortage in a correction.
    of_whole = list(_faults_of(command, books, run_rule))
    if _DAY in known.union(fault.pointer for _, fault in of_whole):
        command = msgspec.structs.replace(command, happened_on=None)
        of_whole += _faults_of(command, books, run_rule)
    found: dict[str, _Found] = {fault.pointer: (error.detail, fault) for fault in error.faults}
    for message, fault in chain(of_whole, _faults_of_lines(command, books, run_rule)):
        found.setdefault(fault.pointer, (message, fault))
        if len(found) > MAX_FAULTS:
            break
    named = list(found.values())[: max(MAX_FAULTS, len(error.faults))]
    messages = list(dict.fromkeys(message for message, _ in named))
    messages += ["and there are more"] * (len(found) > len(named))
    return type(error)("; ".join(messages), [fault for _, fault in named])


def _is_explored(pointer: str) -> bool:
    return pointer == _DAY or pointer.startswith("/lines/")


def _faults_of_lines(command: Command, books: Books, run_rule: RunRule) -> Iterator[_Found]:
    """Yield the faults of lines that are refused even as the only line of the command."""
    lines = getattr(command, "lines", None)
    if not isinstance(lines, list) or len(lines) < 2:
        return
    for at, line in enumerate(lines):
        alone = msgspec.structs.replace(command, lines=[line])
        for message, fault in _faults_of(alone, books, run_rule):
            if fault.pointer == _FIRST_LINE or fault.pointer.startswith(f"{_FIRST_LINE}/"):
                pointer = f"/lines/{at}" + fault.pointer.removeprefix(_FIRST_LINE)
                yield message, replace(fault, pointer=pointer)


def _faults_of(command: Command, books: Books, run_rule: RunRule) -> Iterator[_Found]:
    """Yield the faults for unknown codes of a command, and the first other fault.

    The other fault is left out if an unknown code may have caused it. That is so for a shortage if
    any code is unknown, and for any fault if an item is unknown.
    """
    stand_ins = _StandIns(books)
    other: Refusal | None = None
    try:
        run_rule(command, stand_ins)
    except InvalidField as error:
        other = None if stand_ins.has_unknown_item else error
    except AgainstBooks as error:
        of_day = any(fault.pointer == _DAY for fault in error.faults)
        other = error if of_day or not stand_ins.refusals else None
    except NotFound:
        pass
    for refusal in stand_ins.refusals:
        for fault in refusal.faults:
            yield refusal.detail, within_command(fault) if isinstance(command, Correct) else fault
    if other is not None:
        for fault in other.faults:
            yield other.detail, fault


class _StandIns(Books):
    """Books that return a made-up record for a code that is not in the catalogue.

    The error about each unknown code is added to `refusals`.
    """

    def __init__(self, books: Books) -> None:
        super().__init__(books.store, books.catalogue)
        self.refusals: list[InvalidField] = []
        self.has_unknown_item = False

    def item(self, code: str, pointer: str = "") -> Item:
        found = self._find(super().item, Item, code, pointer)
        self.has_unknown_item |= self.catalogue.get(Item, code) is None
        return found

    def donor(self, code: str, pointer: str = "") -> Donor:
        return self._find(super().donor, Donor, code, pointer)

    def recipient(self, code: str, pointer: str = "") -> Recipient:
        return self._find(super().recipient, Recipient, code, pointer)

    def location(self, code: str, pointer: str = "") -> Location:
        return self._find(super().location, Location, code, pointer)

    def team(self, code: str, pointer: str = "") -> Team:
        return self._find(super().team, Team, code, pointer)

    def _find(
        self, read: Callable[[str, str], _Named], kind: type[_Named], code: str, pointer: str
    ) -> _Named:
        try:
            return read(code, pointer)
        except InvalidField as error:
            self.refusals.append(error)
            return kind(code=code, name=code)
