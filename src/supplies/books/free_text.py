"""Separate the free text of a command before it is hashed, and read it for authorized callers."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import inspect

from supplies.domain.commands import Correct

if TYPE_CHECKING:
    from supplies.books.reader import Books

_decode = msgspec.json.Decoder(dict[str, str]).decode


def free_text_in_command(command: msgspec.Struct) -> dict[str, str]:
    """Return the free text of a command by field path, as "wish" or "lines/0/value/evidence".

    For a correction these are the paths within the new command; the reason of the correction is
    "correction/reason".
    """
    found = dict(_walk(command, ""))
    if isinstance(command, Correct):
        return {
            path.removeprefix("command/")
            if path.startswith("command/")
            else f"correction/{path}": t
            for path, t in found.items()
        }
    return found


def free_text_of_entry(books: Books, seq: int) -> dict[str, str] | None:
    """Return the free text of an entry: empty if it has none, None if it was erased."""
    digest = books.body(seq).texts
    if digest is None:
        return {}
    content = books.value(
        "SELECT content FROM erasable WHERE station = :station AND seq = :seq AND digest = :digest",
        seq=seq,
        digest=digest,
    )
    return None if content is None else _decode(content)


def _walk(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, msgspec.Struct):
        erasable, nested = _fields(type(value))
        for name in erasable:
            text = getattr(value, name)
            if text is not None:
                yield path + name, text
        for name in nested:
            yield from _walk(getattr(value, name), f"{path}{name}/")
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from _walk(part, f"{path}{index}/")


@cache
def _fields(struct: type[msgspec.Struct]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names of a struct's fields that are or may contain free text."""
    info = inspect.type_info(struct)
    assert isinstance(info, inspect.StructType)
    erasable = tuple(field.name for field in info.fields if _is_erasable(field.type))
    nested = tuple(field.name for field in info.fields if _is_nested(field.type))
    return erasable, nested


def _is_erasable(kind: inspect.Type) -> bool:
    if isinstance(kind, inspect.UnionType):
        return any(_is_erasable(part) for part in kind.types)
    return isinstance(kind, inspect.Metadata) and bool((kind.extra or {}).get("erasable"))


def _is_nested(kind: inspect.Type) -> bool:
    if isinstance(kind, inspect.UnionType):
        return any(_is_nested(part) for part in kind.types)
    if isinstance(kind, inspect.ListType):
        return _is_nested(kind.item_type)
    return isinstance(kind, inspect.StructType)


def without_free_text(command: msgspec.Struct) -> Any:
    """Return a command as plain data, without its free text."""
    return _without_erasable(command)


def _without_erasable(value: Any) -> Any:
    if isinstance(value, msgspec.Struct):
        erasable, _ = _fields(type(value))
        config = value.__struct_config__
        plain = {} if config.tag_field is None else {config.tag_field: config.tag}
        for field in msgspec.structs.fields(value):
            if field.name not in erasable:
                plain[field.encode_name] = _without_erasable(getattr(value, field.name))
        return plain
    if isinstance(value, list):
        return [_without_erasable(part) for part in value]
    return value
