"""Recognize a command with the same content as a recorded one, by the digest in the entry."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from supplies.books.free_text import Texts, free_text_in_command
from supplies.books.reader import Books
from supplies.domain.commands import Command, Correct
from supplies.domain.entries import Body, encode_body, salted_digest
from supplies.domain.entry_rows import LatestDay

_decode_texts = msgspec.json.Decoder(Texts).decode

_EFFECTIVE_TEXT = "expiry_reason"
"""The only free text that affects what is booked.

It is the reason why a product may expire later than the goods from which it was made.
"""


def restates(books: Books, recorded: Body, command: Command) -> bool:
    """Return whether a command has the same content as a recorded one, apart from free texts.

    The books contain only a salted digest of each command, not the command itself. So this function
    hashes the command again, with the recorded texts. If these were erased, the result is always
    False.

    Args:
        recorded: The first entry of the recorded command or of its last correction.
        command: The command to compare, with the day of the event.
    """
    stored = _salt_and_texts(books, recorded)
    if stored is None:
        return False
    salt, texts = stored
    reason = texts.pop("correction/reason", None)
    if _effective(texts) != _effective(free_text_in_command(command)):
        return False
    return any(
        salted_digest(salt, encode_body(candidate)) == recorded.request
        for candidate in _candidates(command, recorded, texts, reason)
    )


def is_latest_day(recorded: Body) -> bool:
    """Return whether the event of an entry may have happened before the day of the entry."""
    return any(isinstance(row, LatestDay) for row in recorded.rows)


def _salt_and_texts(books: Books, recorded: Body) -> tuple[bytes, Texts] | None:
    """Return the salt and the free texts of an entry, or None if they were erased."""
    if recorded.texts is None:
        return b"", {}
    row = books.one(
        "SELECT salt, content FROM erasable "
        "WHERE station = :station AND seq = :seq AND digest = :digest",
        seq=recorded.seq,
        digest=recorded.texts,
    )
    return None if row is None or row[1] is None else (row[0], _decode_texts(row[1]))


def _effective(texts: Texts) -> set[str]:
    return {path for path in texts if path.rsplit("/", 1)[-1] == _EFFECTIVE_TEXT}


def _candidates(
    command: Command, recorded: Body, texts: Texts, reason: str | None
) -> Iterator[Command]:
    """Yield the variants of a command that an entry may have recorded.

    The day may have been given or left out. In a correction, `or_earlier` may have been set in the
    correction, in the command within it, or in both.
    """
    if (command.happened_on, command.or_earlier) != (
        recorded.happened_on,
        is_latest_day(recorded),
    ):
        return
    marks = {command.or_earlier} if recorded.supersedes is None else {command.or_earlier, False}
    for day in (None, recorded.happened_on):
        for mark in marks:
            candidate = _with_texts(
                msgspec.structs.replace(command, happened_on=day, or_earlier=mark), texts
            )
            if candidate is None:
                return
            if recorded.supersedes is None:
                yield candidate
            elif reason is not None:
                for outer in marks:
                    yield Correct(
                        entry=recorded.supersedes,
                        command=candidate,  # type: ignore[arg-type]  # checked by `check_type`
                        reason=reason,
                        or_earlier=outer,
                    )


def _with_texts(command: Command, texts: Texts) -> Command | None:
    """Return the command with its free texts replaced by `texts`.

    Return None if one of `texts` belongs to a field that the command does not have.
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
