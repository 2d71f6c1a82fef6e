"""Separate the free text of a command from the data that is hashed, and read the text later.

Free text may contain personal data, so it must be possible to erase it. It is read only for callers
who may see it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
from msgspec import inspect

from supplies.books.queries import query_ids
from supplies.books.reader import Books
from supplies.domain.commands import Correct
from supplies.domain.struct_fields import find_fields, wanted_fields

Texts = dict[str, str]
"""The free texts of a command, by the path of the field, such as "lines/0/value/evidence"."""

_decode = msgspec.json.Decoder(Texts).decode


class _Digests(msgspec.Struct):
    """The fields of an entry that contain digests. Only these are decoded, to save time."""

    texts: str | None


_decode_digests = msgspec.json.Decoder(_Digests).decode


def free_text_in_command(command: msgspec.Struct) -> Texts:
    """Return the free texts of a command, by the path of the field.

    For a correction, the paths are those in the command as it should have been. The reason of the
    correction has the path "correction/reason".
    """
    found = {path + name: text for path, name, text in find_fields(command, _is_free_text)}
    if isinstance(command, Correct):
        return {
            path.removeprefix("command/")
            if path.startswith("command/")
            else f"correction/{path}": t
            for path, t in found.items()
        }
    return found


def free_text_of_entry(books: Books, seq: int) -> Texts | None:
    """Return the free texts of an entry, by the path of the field.

    The result is empty if the entry has no texts, and None if the texts were erased.
    """
    return free_text_of_entries(books, [seq]).get(seq, {})


def free_text_of_entries(books: Books, seqs: Iterable[int]) -> dict[int, Texts | None]:
    """Return the free texts of several entries, by entry number.

    Entries without text are left out. The value is None if the texts were erased. If a command
    recorded several entries, only the first entry has its texts.
    """
    written, seqs = books.written.entries, dict.fromkeys(seqs)
    rows = query_ids(
        books,
        [seq for seq in seqs if seq not in written],
        "SELECT w.id, e.body, x.digest, x.content FROM wanted w CROSS JOIN entries e "
        "CROSS JOIN erasable x WHERE e.station = :station AND e.seq = w.id "
        "AND x.station = e.station AND x.seq = e.seq "
        # Photos are long, and an entry may have many codes.
        "AND NOT EXISTS (SELECT 1 FROM stop_codes s WHERE s.station = x.station "
        "AND s.seq = x.seq AND s.digest = x.digest) "
        "AND NOT EXISTS (SELECT 1 FROM proofs p WHERE p.station = x.station "
        "AND p.seq = x.seq AND p.digest = x.digest)",
    )
    texts: dict[int, Texts | None] = {
        seq: None if content is None else _decode(content)
        for seq, body, digest, content in rows
        # The contents of receipts are in the same table, under other digests.
        if digest == _decode_digests(body).texts
    }
    for seq in seqs.keys() & written.keys():
        digest = written[seq].body.texts
        if digest is not None:
            texts[seq] = _decode(written[seq].erasable[digest])
    return texts


def has_fields_kept_apart(command: msgspec.Struct) -> bool:
    """Return whether a command has a signature, a photo or the code of a stop."""
    return bool(find_fields(command, _is_kept_apart))


def _is_free_text(field: inspect.Field) -> bool:
    return _has_mark(field.type, "erasable")


def _is_kept_apart(field: inspect.Field) -> bool:
    return _has_mark(field.type, "kept_apart")


def _has_mark(kind: inspect.Type, mark: str) -> bool:
    if isinstance(kind, inspect.UnionType):
        return any(_has_mark(part, mark) for part in kind.types)
    return isinstance(kind, inspect.Metadata) and bool((kind.extra or {}).get(mark))


def without_free_text(command: msgspec.Struct) -> Any:
    """Return a command as decoded JSON, without the parts that are not in the hash chain.

    These parts are free texts, signatures, photos and codes of stops.
    """
    return _without_erasable(command)


def _without_erasable(value: Any) -> Any:
    if isinstance(value, msgspec.Struct):
        texts = wanted_fields(type(value), _is_free_text).own
        apart = wanted_fields(type(value), _is_kept_apart).own
        config = value.__struct_config__
        plain = {} if config.tag_field is None else {config.tag_field: config.tag}
        for field in msgspec.structs.fields(value):
            if field.name not in texts and field.name not in apart:
                plain[field.encode_name] = _without_erasable(getattr(value, field.name))
        return plain
    if isinstance(value, list):
        return [_without_erasable(part) for part in value]
    return value
