"""Decode JSON strictly; errors name the field by JSON pointer, in a plain sentence."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import msgspec
from msgspec import inspect

from supplies.domain.normalization import normalize_fields
from supplies.errors import InvalidField

S = TypeVar("S", bound=msgspec.Struct)


def check_fields(struct: S) -> S:
    """Return a struct with its text normalized, checked against the limits of its fields.

    It is turned into plain data and converted back, so a struct made in Python meets the same
    limits as JSON.

    Raises:
        InvalidField: a field is invalid; `faults` points to it.
    """
    try:
        fields = msgspec.to_builtins(struct)
    except (TypeError, ValueError, UnicodeError) as error:
        raise InvalidField(
            f"{type(struct).__name__} contains what JSON cannot represent: {error}"
        ) from None
    return convert(type(struct), fields)


def convert(kind: type[S], fields: Any) -> S:
    """Normalize the text of decoded JSON, and convert it strictly.

    "5" and 1.0 are not quantities; unknown fields are refused.

    Raises:
        InvalidField: a field is invalid; `faults` points to it.
    """
    try:
        return msgspec.convert(normalize_fields(kind, fields), kind, strict=True)
    except msgspec.ValidationError as error:
        raise field_error(str(error), _choices_at(kind, fields, str(error))) from None


def _choices_at(kind: type[msgspec.Struct], fields: Any, message: str) -> list[str]:
    """Return the choices of the field that an error message names; [] if it has none."""
    at: inspect.Type | None = inspect.type_info(kind)
    *path, last = ["", *_path_of(message)]
    for part in path[1:]:
        at, fields = _field_type(at, fields, part)
    if last:
        if (tags := _tags(at, last)) is not None:
            return tags
        at, _ = _field_type(at, fields, last)
    kinds = at.types if isinstance(at, inspect.UnionType) else (at,)
    return [
        str(value) for one in kinds if isinstance(one, inspect.LiteralType) for value in one.values
    ]


def _field_type(at: inspect.Type | None, fields: Any, part: str) -> tuple[inspect.Type | None, Any]:
    """Return the type and the value of a field, or of the lines of a list."""
    for one in at.types if isinstance(at, inspect.UnionType) else (at,):
        if isinstance(one, inspect.Metadata):
            one = one.type
        if isinstance(one, inspect.ListType):
            return one.item_type, fields[int(part)] if isinstance(fields, list) else None
        if isinstance(one, inspect.StructType):
            told_apart = one.tag_field is not None and isinstance(at, inspect.UnionType)
            tag = fields.get(one.tag_field) if isinstance(fields, dict) else None
            if told_apart and tag != one.tag:
                continue
            for field in one.fields:
                if field.encode_name == part:
                    value = fields.get(part) if isinstance(fields, dict) else None
                    return field.type, value
    return None, None


def _tags(at: inspect.Type | None, field: str) -> list[str] | None:
    """Return the tags of a union's structs, if this field is their tag."""
    kinds = at.types if isinstance(at, inspect.UnionType) else (at,)
    tags = [
        str(one.tag)
        for one in kinds
        if isinstance(one, inspect.StructType) and one.tag_field == field
    ]
    return tags or None


_TYPES = {
    "str": "text",
    "int": "a whole number",
    "float": "a decimal number",
    "bool": "true or false",
    "null": "null",
    "array": "a list",
    "object": "an object",
    "date": "a day as in 2020-02-05",
    "datetime": "a time as in 2020-02-05T14:30:00+08:00",
    "bytes": "base64",
}
"""What people call the types that msgspec names."""


def _type_words(found: re.Match[str]) -> str:
    expected = [_TYPES.get(word, word) for word in found[1].split(" | ")]
    return f"must be {' or '.join(expected)}, not {_TYPES.get(found[2], found[2])}"


_WORDS: tuple[tuple[str, str | Callable[[re.Match[str]], str]], ...] = (
    (r"Expected `int` >= (-?\d+)", r"must be a whole number of at least \1"),
    (r"Expected `int` <= (-?\d+)", r"must be a whole number of at most \1"),
    (r"Expected `str` of length >= (\d+)", r"must have at least \1 characters"),
    (r"Expected `str` of length <= (\d+)", r"must have at most \1 characters"),
    (r"Expected `array` of length >= (\d+)", r"must have at least \1 lines"),
    (r"Expected `array` of length <= (\d+)", r"must have at most \1 lines"),
    (r"Expected `str` matching regex '\^\[A-Za-z0-9\].*", "must be a code: letters, digits, . - _"),
    (r"Expected `str` matching regex '\^\(\?=.*", "must not be empty, in plain characters"),
    (r"Expected `str` matching regex '\^\[A-Z0-9\].*", "must be 1 to 8 capital letters and digits"),
    (r"Expected `str` matching regex '\^\[0-9a-f\].*", "must be 64 digits, 0 to 9 and a to f"),
    (r"Expected `str` matching regex '\^\[A-Z\].*", "must be three capital letters, as in CNY"),
    (r"Expected `str` matching regex '\^\[\^\\\\s.*", "must have no spaces"),
    (r"Expected `str` matching regex '\^\[\^.*", "must not contain control characters"),
    (r"Expected `str` matching regex '(.*)'", r"must match \1"),
    (r"Object missing required field `(\w+)`", r"lacks the field \1"),
    (r"Object contains unknown field `(.*)`", r"has no field \1; leave it out"),
    (r"Invalid RFC3339 encoded date(time)?.*", r"must be a date\1 as in 2020-02-05"),
    (r"Invalid enum value (.*)", r"is \1, which is not one of the choices"),
    (r"Integer value out of range.*", "is larger than any quantity may be"),
    (r"Invalid value (.*)", r"is \1, which is not one of the choices"),
    (r"Expected `(.*)`, got `(\w+)`", _type_words),
)


def _path_of(message: str) -> list[str]:
    """Return the field names and positions in a message's path."""
    return re.findall(r"\w[\w-]*", message.partition(" - at `")[2].rstrip("`"))


def field_error(message: str, choices: Sequence[str] = ()) -> InvalidField:
    """Translate msgspec's message to a sentence with a JSON pointer."""
    text = message.partition(" - at `")[0]
    pointer = "".join(f"/{part}" for part in _path_of(message))
    for pattern, words in _WORDS:
        if re.match(pattern, text):
            text = re.sub(pattern, words, text)
            break
    if choices:
        text = text.replace("not one of the choices", f"not one of {', '.join(choices)}")
    missing = re.match(r"(?:lacks the|has no) field ([\w-]+)", text)
    if missing:
        return InvalidField.at(f"{pointer}/{missing[1]}", f"{pointer or 'the command'} {text}")
    return InvalidField.at(pointer, f"{pointer or 'the command'} {text}")
