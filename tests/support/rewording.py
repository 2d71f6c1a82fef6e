"""Repeat commands with other words: only free texts change."""

from __future__ import annotations

from typing import Any

import msgspec

from supplies.domain import commands as c
from supplies.domain.entries import Body

_TEXTS = ("note", "handled_by", "wish", "checked_by", "agreement", "fiscal_ticket", "who")


def reworded(command: c.Command, words: str) -> Any:
    """Return the command with other free texts. Without a day, the recorded day does not change."""
    changes: dict[str, Any] = {
        name: words for name in _TEXTS if name in type(command).__struct_fields__
    }
    if isinstance(command, c.Settle | c.TakeBack | c.ReturnGoods):
        changes["reason"] = words
    if isinstance(command, c.RecordDonation | c.OpenStock | c.RecordArrival):
        changes["lines"] = [_with_other_evidence(line, words) for line in command.lines]
    return msgspec.structs.replace(command, happened_on=None, **changes)


def _with_other_evidence(line: Any, words: str) -> Any:
    if line.value is None:
        return line
    return msgspec.structs.replace(line, value=msgspec.structs.replace(line.value, evidence=words))


def corrects_only_words(before: c.Command | None, recorded: Body, command: c.Correct) -> bool:
    """Return whether a correction changes only free texts of the command of an entry.

    Args:
        before: The command of the corrected entry, which may itself be a correction.
        recorded: The corrected entry.
    """
    if isinstance(before, c.Correct):
        if before.or_earlier:
            return False
        before = before.command
    after = command.command
    if type(after) is not type(before) or command.or_earlier or command.happened_on is not None:
        return False
    if after.happened_on not in (None, recorded.happened_on):
        return False
    return reworded(after, "-") == reworded(before, "-")
