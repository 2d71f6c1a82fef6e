"""Find all faults of a refused command, so that they can be mended at once."""

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
"""Runs the rule of a command against books, and records nothing."""

_Found = tuple[str, Fault]
"""A fault with the message of its error."""

_Named = TypeVar("_Named", Item, Donor, Recipient, Location, Team)


def add_all_faults(
    error: Refusal, command: Command, books: Books, run_rule: RunRule
) -> SuppliesError:
    """Return the error with all faults of its command, up to `MAX_FAULTS`.

    Each line is tried as the only one of its command. So a shortage is named for every line that is
    refused even alone; lines that are too much only together have one fault, that of the error.
    A code that is not in the catalogue does not end a trial, nor does a wrong day. The cost is
    about that of recording the command.
    """
    known = {fault.pointer for fault in error.faults}
    if not any(map(_is_explored, known)) and not (isinstance(error, InvalidField) and any(known)):
        return error  # The fault is of the whole command, or a shortage in its correction.
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
    """Yield the faults of each line that is refused alone."""
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
    """Yield the faults of a command.

    These are its unknown codes, and the first other fault. A shortage does not count if a code is
    unknown, because it may be a shortage at an unknown location. No other fault counts if an item
    is unknown, because it may be that of the item, such as an unknown pack.
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
    """Books that return a stand-in for a code that is not in the catalogue.

    The error that the code is unknown is added to `refusals`.
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
        self, read: Callable[[str, str], _Named], noun: type[_Named], code: str, pointer: str
    ) -> _Named:
        try:
            return read(code, pointer)
        except InvalidField as error:
            self.refusals.append(error)
            return noun(code=code, name=code)
