"""Decode JSON strictly; errors name the field by JSON pointer, in a plain sentence."""

from __future__ import annotations

import re
from typing import Any, TypeVar

import msgspec

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
        raise field_error(str(error)) from None


_WORDS = (
    (r"Expected `int` >= (-?\d+)", r"must be a whole number of at least \1"),
    (r"Expected `int` <= (-?\d+)", r"must be a whole number of at most \1"),
    (r"Expected `int(?: \| null)?`, got `(\w+)`", r"must be a whole number, not a \1"),
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
    (r"Expected `(.*)`, got `(\w+)`", r"must be \1, not \2"),
)


def field_error(message: str) -> InvalidField:
    """Translate msgspec's message to a sentence with a JSON pointer."""
    text, _, path = message.partition(" - at `")
    pointer = "".join(f"/{part}" for part in re.findall(r"\w[\w-]*", path.rstrip("`")))
    for pattern, words in _WORDS:
        if re.match(pattern, text):
            text = re.sub(pattern, words, text)
            break
    missing = re.match(r"(?:lacks the|has no) field ([\w-]+)", text)
    if missing:
        return InvalidField.at(f"{pointer}/{missing[1]}", f"{pointer or 'the command'} {text}")
    return InvalidField.at(pointer, f"{pointer or 'the command'} {text}")
