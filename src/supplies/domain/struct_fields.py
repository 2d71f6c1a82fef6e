"""Find fields of one kind, such as free texts, in a struct and in the structs that it contains."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, NamedTuple

import msgspec
from msgspec import inspect

IsWanted = Callable[[inspect.Field], bool]
"""A function that returns whether a field is of the wanted kind."""


class WantedFields(NamedTuple):
    """The names of the wanted fields of a struct.

    Attributes:
        own: Fields that are wanted themselves.
        nested: Fields whose values are structs with wanted fields, or lists of such structs.
    """

    own: tuple[str, ...]
    nested: tuple[str, ...]


@cache
def wanted_fields(struct: type[msgspec.Struct], is_wanted: IsWanted) -> WantedFields:
    """Return the names of the wanted fields of a struct. The result is computed once per type."""
    info = inspect.type_info(struct)
    assert isinstance(info, inspect.StructType)
    return WantedFields(
        own=tuple(field.name for field in info.fields if is_wanted(field)),
        nested=tuple(
            field.name
            for field in info.fields
            if any(any(wanted_fields(each, is_wanted)) for each in _structs_in(field.type))
        ),
    )


def _structs_in(kind: inspect.Type) -> Iterator[type[msgspec.Struct]]:
    """Yield the types of the structs that a field of this type can contain."""
    if isinstance(kind, inspect.UnionType):
        for part in kind.types:
            yield from _structs_in(part)
    elif isinstance(kind, inspect.ListType):
        yield from _structs_in(kind.item_type)
    elif isinstance(kind, inspect.StructType):
        yield kind.cls


def find_fields(
    struct: msgspec.Struct, is_wanted: IsWanted, path: str = ""
) -> list[tuple[str, str, Any]]:
    """Return the wanted fields of a struct, and of the structs within it, that are not None.

    For each field, return the path of the struct that contains it, such as "lines/0/", its name and
    its value.

    Args:
        path: The path of `struct`.
    """
    own, nested = wanted_fields(type(struct), is_wanted)
    found = [(path, name, value) for name in own if (value := getattr(struct, name)) is not None]
    for name in nested:
        value = getattr(struct, name)
        if isinstance(value, list):
            for index, part in enumerate(value):
                found += find_fields(part, is_wanted, f"{path}{name}/{index}/")
        elif value is not None:
            found += find_fields(value, is_wanted, f"{path}{name}/")
    return found
