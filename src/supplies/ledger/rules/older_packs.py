"""Find the packs in commands of older versions, which recorded quantities in base units only."""

from __future__ import annotations

from collections import Counter
from typing import Any, Literal, get_args

import msgspec

from supplies.books.free_text import free_text_in_command
from supplies.books.reader import Books
from supplies.domain.accounts import ANONYMOUS, DONOR, OPENING
from supplies.domain.commands import (
    Command,
    Correct,
    DonationLine,
    GoodsLine,
    NoteNeed,
)
from supplies.domain.entries import Body, encode_body, salted_digest
from supplies.domain.entry_rows import (
    Arrival,
    ArrivalLine,
    Lot,
    Need,
    PackedLine,
    Pledge,
    PledgeLine,
)
from supplies.domain.money import Value
from supplies.ledger.balance_changes import net_changes
from supplies.ledger.rules.command_history import History

_Field = Literal["lines", "consumed", "produced", "spilled"]

_TEXTS = msgspec.json.Decoder(dict[str, str]).decode


def implied_packs(books: Books, history: History, restated: Command) -> list[PackedLine]:
    """Return the packs that a command of an older version counted, with the size of each pack.

    Older versions recorded base units and a digest of the request. The digest shows whether the
    corrected version counts the same packs as that request. If so, the size of a pack is the
    recorded quantity divided by the number of packs. If not, the result is empty.
    """
    latest = history.latest
    if not _packed(restated) or not _same_lines(books, latest, restated):
        return []
    quantities = _quantities(history, restated)
    return [
        PackedLine(
            field=field,
            line=number,
            item=line.item,
            pack=line.pack,
            quantity=line.quantity,
            size=quantities[field, number] // line.quantity,
        )
        for field, number, line in _packed(restated)
        if (field, number) in quantities
    ]


def _packed(command: Any) -> list[tuple[_Field, int, Any]]:
    return [place for place in _lines(command) if place[2].pack is not None]


def _lines(command: Any) -> list[tuple[_Field, int, Any]]:
    if isinstance(command, NoteNeed):
        return [("lines", 1, command)]
    return [
        (field, number, line)
        for field in get_args(_Field)
        for number, line in enumerate(getattr(command, field, None) or (), 1)
        if isinstance(line, GoodsLine)
    ]


def _quantities(history: History, command: Command) -> dict[tuple[_Field, int], int]:
    """Return the recorded quantity of each line, if the entries of the command show it."""
    found: dict[tuple[_Field, int], int] = {}
    for row in history.latest.rows:
        if isinstance(row, Need):
            found["lines", 1] = row.quantity
        elif isinstance(row, PledgeLine | ArrivalLine):
            found["lines", row.line] = row.quantity
    if found:
        return found
    moved: Counter[str] = Counter()
    for (_, item, lot), quantity in net_changes(move for _, move in history.transfers()).items():
        moved[item] += max(0, quantity) if lot else 0
    items = Counter(line.item for _, _, line in _lines(command))
    return {
        (field, number): moved[line.item]
        for field, number, line in _lines(command)
        if items[line.item] == 1
    }


def _same_lines(books: Books, latest: Body, restated: Command) -> bool:
    """Return whether the digest in an entry is that of this command.

    Free texts and the day may differ, because they are taken from the entry.
    """
    salt, texts = b"", dict[str, str]()
    if latest.texts is not None:
        row = books.one(
            "SELECT salt, content FROM erasable "
            "WHERE station = :station AND seq = :seq AND digest = :digest",
            seq=latest.seq,
            digest=latest.texts,
        )
        if row is None or row[1] is None:
            return False
        salt, texts = row[0], _TEXTS(row[1])
    reason = texts.pop("correction/reason", None)
    recorded = _as_recorded(restated, latest)
    for day in (None, latest.happened_on):
        candidate: Command | None = _with_texts(
            msgspec.structs.replace(recorded, happened_on=day), texts
        )
        if candidate is not None and latest.supersedes is not None:
            candidate = _correction(latest.supersedes, candidate, reason)
        if candidate is not None and salted_digest(salt, encode_body(candidate)) == latest.request:
            return True
    return False


def _as_recorded(command: Any, latest: Body) -> Any:
    """Return the command with all fields but quantities taken from the rows of an entry."""
    lots = {row.lot: row for row in latest.rows if isinstance(row, Lot)}
    lines = list(getattr(command, "lines", ()))
    changes: dict[str, Any] = {}
    for row in latest.rows:
        if isinstance(row, Need):
            changes |= {"urgency": row.urgency, "needed_by": row.needed_by}
        elif isinstance(row, Pledge):
            changes |= {"donor": row.donor, "due_on": row.due_on}
        elif isinstance(row, Arrival):
            changes["location"] = row.location
            if row.origin == DONOR.name:
                changes["donor"] = None if row.party == ANONYMOUS else row.party
            elif row.origin != OPENING.name:
                changes |= {"origin": row.origin, "party": row.party}
        elif isinstance(row, ArrivalLine) and row.line <= len(lines) and row.lot in lots:
            lines[row.line - 1] = _line_as_recorded(lines[row.line - 1], row, lots[row.lot])
    if "location" in changes:
        changes["lines"] = lines
    return msgspec.structs.replace(command, **changes)


def _line_as_recorded(line: Any, row: ArrivalLine, lot: Lot) -> Any:
    value = None
    if lot.value_minor is not None and lot.currency is not None:
        # The evidence of a value is free text, so `_with_texts` takes it from the entry.
        value = Value(minor=lot.value_minor, currency=lot.currency, evidence="-")
    changes = {
        "batch": lot.batch,
        "expires_on": lot.expires_on,
        "expires_month": lot.expires_month,
        "value": value,
    }
    if isinstance(line, DonationLine):
        changes |= {"pledge": row.pledge, "recipient": row.recipient}
    return msgspec.structs.replace(line, **changes)


def _with_texts(command: Command, texts: dict[str, str]) -> Command | None:
    """Return the command with these free texts.

    Return None if the texts belong to fields that the command does not have.
    """
    fields = msgspec.to_builtins(command)
    try:
        for path in free_text_in_command(command):
            _put(fields, path, None)
        for path, text in texts.items():
            _put(fields, path, text)
        return msgspec.convert(fields, type(command))
    except (LookupError, TypeError, msgspec.ValidationError):
        return None


def _put(fields: Any, path: str, text: str | None) -> None:
    *parents, name = path.split("/")
    for parent in parents:
        fields = fields[int(parent) if parent.isdecimal() else parent]
    fields[name] = text


def _correction(entry: int, command: Any, reason: str | None) -> Correct | None:
    return None if reason is None else Correct(entry=entry, command=command, reason=reason)
