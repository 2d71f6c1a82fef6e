"""Find the packs in a command that an older version of the program recorded.

Older versions recorded quantities in base units only.
"""

from __future__ import annotations

from collections import Counter
from typing import Any, Literal, get_args

import msgspec

from supplies.books.reader import Books
from supplies.domain.accounts import ANONYMOUS, DONOR, OPENING
from supplies.domain.commands import (
    Command,
    DonationLine,
    GoodsLine,
    NoteNeed,
)
from supplies.domain.entries import Body
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
from supplies.ledger.rules.restated import is_latest_day, restates

_Field = Literal["lines", "consumed", "produced", "spilled"]


def implied_packs(books: Books, history: History, restated: Command) -> list[PackedLine]:
    """Return the packs that the lines of a recorded command counted, with the size of each pack.

    Only commands that an older version of the program recorded have a result. Their entries contain
    quantities in base units, and a digest of the request. The digest shows whether the corrected
    version counts the same packs as this request. If so, the size of a pack is the recorded
    quantity divided by the number of packs. If not, the result is empty.

    Args:
        restated: The corrected version of the command.
    """
    latest = history.latest
    if not _packed(restated) or not restates(books, latest, _as_recorded(restated, latest)):
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
    """Return the recorded quantity by list and line number, as far as the entries show it."""
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


def _as_recorded(command: Any, latest: Body) -> Any:
    """Return a corrected command with all other fields than the quantities as they were recorded.

    The quantities stay as corrected. So if they are the same packs as in the recorded request, the
    result is that request again, and has the same digest.

    Args:
        command: The corrected version of the command.
    """
    lots = {row.lot: row for row in latest.rows if isinstance(row, Lot)}
    lines = list(getattr(command, "lines", ()))
    changes: dict[str, Any] = {
        "happened_on": latest.happened_on,
        "or_earlier": is_latest_day(latest),
    }
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
        # The evidence of a value is free text, which `restates` takes from the entry.
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
