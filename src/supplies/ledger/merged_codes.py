"""Choose the code under which a command is recorded, if several codes of a person were merged.

New documents are recorded under the code that stays in use. A need, pledge or hand-out that was
recorded under a merged code is completed under that same code. Corrections keep the codes that they
name, because they repeat what was recorded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, TypeVar

import msgspec

from supplies.books.merged_codes import codes_of_person
from supplies.books.reader import Books
from supplies.domain import commands as c
from supplies.domain.accounts import PLEDGED, RECEIVED
from supplies.domain.commands import Command, PersonKind
from supplies.domain.entry_rows import Need, Pledge

C = TypeVar("C", bound=Command)


def with_codes_that_stay(books: Books, command: C) -> C:
    """Return a command with each merged code replaced by the code under which it is recorded.

    If no code in the command was merged, return the same command.
    """
    people = _PEOPLE.get(type(command))
    if people is None:
        return command
    kind, field, choose = people
    named = getattr(command, field)
    known = books.catalogue.merged_codes(kind)
    if known and named is not None:
        codes = codes_of_person(books, kind, named)
        if len(codes) > 1:
            command = msgspec.structs.replace(command, **{field: choose(books, command, codes)})
    if isinstance(command, c.RecordDonation) and books.catalogue.merged_codes("recipient"):
        lines = [_with_recipient(books, line) for line in command.lines]
        command = msgspec.structs.replace(command, lines=lines)
    return command


def _with_recipient(books: Books, line: c.DonationLine) -> c.DonationLine:
    if line.recipient is None:
        return line
    codes = codes_of_person(books, "recipient", line.recipient)
    return msgspec.structs.replace(line, recipient=_of_need(books, [line], codes))


# --- which code ----------------------------------------------------------------------------------


def _stays(books: Books, command: Command, codes: list[str]) -> str:
    return codes[0]


def _giver(books: Books, command: c.Settle, codes: list[str]) -> str | None:
    """Return the donor's code that stays in use.

    If the goods came from a supplier, maker or lender instead, return the field `party`, which
    names them.
    """
    return codes[0] if command.by == "donor" else command.party


def _of_open_need(books: Books, command: c.Allocate | c.HandOut, codes: list[str]) -> str:
    return _of_need(books, command.lines, codes)


def _of_need(books: Books, lines: Iterable[Any], codes: list[str]) -> str:
    """Return the code of the recipient whose need a line names.

    If no line names a need, return the first of `codes` that has an open need for an item in the
    lines. If none has one, return the code that stays in use.
    """
    for line in lines:
        need = None if line.need is None else books.latest_row(Need, need=line.need)
        if need is not None and need.recipient in codes:
            return need.recipient
    items = {line.item for line in lines}
    return _first(codes, lambda code: any(_needs(books, code, item) for item in items))


def _needs(books: Books, recipient: str, item: str) -> bool:
    return any(books.needs_still_open(recipient, item).values())


def _of_open_pledge(books: Books, command: c.RecordDonation, codes: list[str]) -> str:
    """Return the code of the donor whose pledge a line names.

    If no line names a pledge, but `keep_pledges` is set, return the first of `codes` that has an
    open pledge of an item in the lines. Otherwise, return the code that stays in use.
    """
    for line in command.lines:
        pledge = None if line.pledge is None else books.latest_row(Pledge, pledge=line.pledge)
        if pledge is not None and pledge.donor in codes:
            return pledge.donor
    items = {line.item for line in command.lines} if command.keep_pledges else set()
    return _first(codes, lambda code: any(_promises(books, code, item) for item in items))


def _promises(books: Books, donor: str, item: str) -> bool:
    pledges = books.all(
        "SELECT pledge FROM pledges WHERE station = :station AND donor = :donor",
        donor=donor,
    )
    return any(
        books.nonzero_balances(account, item)
        for (pledge,) in pledges
        for account in (PLEDGED(pledge), f"{PLEDGED(pledge)}:")
    )


def _with_the_goods(books: Books, command: c.TakeBack, codes: list[str]) -> str:
    """Return the code under which the recipient received all goods that are taken back.

    The code that the command names is tried first, then each merged code of this recipient. If the
    goods were received under several codes, return the code that stays in use.
    """
    for code in (command.recipient, *codes):
        if all(_received(books, code, line.item, line.lot) for line in command.lines):
            return code
    return codes[0]


def _received(books: Books, recipient: str, item: str, lot: str | None) -> bool:
    return any(
        lot in (None, balance.lot) for balance in books.lot_balances(RECEIVED(recipient), item)
    )


def _first(codes: list[str], wanted: Callable[[str], bool]) -> str:
    return next((code for code in codes if wanted(code)), codes[0])


_PEOPLE: Mapping[
    type[Command],
    tuple[
        PersonKind,
        Literal["donor", "recipient", "party"],
        Callable[[Books, Any, list[str]], str | None],
    ],
] = {
    c.NoteNeed: ("recipient", "recipient", _stays),
    c.Allocate: ("recipient", "recipient", _of_open_need),
    c.HandOut: ("recipient", "recipient", _of_open_need),
    c.ReportHandOut: ("recipient", "recipient", _of_open_need),
    c.TakeBack: ("recipient", "recipient", _with_the_goods),
    c.MakePledge: ("donor", "donor", _stays),
    c.RecordDonation: ("donor", "donor", _of_open_pledge),
    c.Settle: ("donor", "party", _giver),
}
"""For each command that names a person: the kind of person, the field, and a function.

The field contains a code of the person. If codes of the person were merged, the function chooses
the code to record.
"""
