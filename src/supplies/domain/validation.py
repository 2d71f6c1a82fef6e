"""Decode JSON strictly. Errors describe each fault in plain words and point to its field."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from types import UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec

from supplies.domain.normalization import normalize_fields
from supplies.errors import Fault, InvalidField, Sentence, template

S = TypeVar("S", bound=msgspec.Struct)

MAX_FAULTS = 50
"""Maximum number of faults in one error."""

_MOST_DIGITS = 9
"""Maximum number of digits of a line number in a JSON pointer. A longer one is a field's name."""


def check_fields(struct: S) -> S:
    """Check the fields of a struct against their limits. Return it with its text normalized.

    A struct made in Python is converted to decoded JSON and back, so that the same limits apply as
    to JSON.

    Raises:
        InvalidField: a field is invalid; `faults` point to all invalid fields.
    """
    try:
        fields = msgspec.to_builtins(struct)
    except (TypeError, ValueError, UnicodeError) as error:
        raise InvalidField(
            f"{type(struct).__name__} contains a value that JSON cannot represent: {error}"
        ) from None
    return convert(type(struct), fields)


def convert(kind: type[S], fields: Any) -> S:
    """Convert decoded JSON to a struct, with its text normalized.

    The conversion is strict: "5" and 1.0 are not quantities, and unknown fields are refused.

    Raises:
        InvalidField: fields are invalid; `faults` point to them, up to `MAX_FAULTS`.
    """
    normalized, faults = normalize_fields(kind, fields)
    if not faults:
        try:
            return msgspec.convert(normalized, kind, strict=True)
        except msgspec.ValidationError:
            pass  # msgspec names only the first fault.
    _, in_order = field_faults(kind, fields)
    named, left_out = in_order[:MAX_FAULTS], in_order[MAX_FAULTS:]
    sentences = [fault.detail for fault in named] + ["and there are more"] * bool(left_out)
    raise InvalidField("; ".join(sentences), named)


def field_faults(kind: type[msgspec.Struct], fields: Any) -> tuple[Any, list[Fault]]:
    """Return decoded JSON with normalized text, and the faults of its fields.

    The faults are sorted in the order of lines. The search for wrong, missing and unknown fields
    ends after `MAX_FAULTS` + 1 faults.
    """
    normalized, faults = normalize_fields(kind, fields)
    found = {fault.pointer: fault for fault in faults}
    for fault in islice(_faults(kind, normalized, ""), MAX_FAULTS + 1):
        found.setdefault(fault.pointer, fault)
    return normalized, sorted(found.values(), key=lambda fault: line_numbers(fault.pointer))


def line_numbers(pointer: str) -> list[int]:
    """Return the line numbers in a JSON pointer. Faults are sorted by them.

    A number with more than `_MOST_DIGITS` digits is ignored, because it can only be the name of an
    unknown field, and Python would refuse to convert it.
    """
    parts = pointer.split("/")
    return [int(part) for part in parts if part.isdecimal() and len(part) <= _MOST_DIGITS]


def _faults(kind: Any, value: Any, pointer: str) -> Iterator[Fault]:
    """Yield the faults that make a value invalid for a type.

    If parts of the value have faults, yield those. Otherwise, yield one fault of the whole value.

    Args:
        kind: The type, as in the annotation of a field.
    """
    try:
        msgspec.convert(value, kind, strict=True)
    except msgspec.ValidationError as error:
        of_parts = _faults_of_parts(kind, value, pointer)
        first = next(of_parts, None)
        if first is None:
            yield from _field_faults(str(error), pointer, choices_of(kind, str(error)))
        else:
            yield first
            yield from of_parts


def _faults_of_parts(kind: Any, value: Any, pointer: str) -> Iterator[Fault]:
    """Yield the faults in the fields of an object, or in the elements of a list."""
    parts = alternatives(kind)
    # A command within a correction must name its type. The command that a route takes need not.
    needs_tag = sum(isinstance(part, type) and issubclass(part, msgspec.Struct) for part in parts)
    for part in parts:
        if isinstance(value, list) and get_origin(part) is list:
            for at, line in enumerate(value):
                yield from _faults(get_args(part)[0], line, f"{pointer}/{at}")
        elif isinstance(value, dict) and get_origin(part) is dict:
            of_name, of_value = get_args(part)
            for name, item in value.items():
                place = f"{pointer}/{_escaped(name)}"
                yield from _faults(of_name, name, place)
                yield from _faults(of_value, item, place)
        elif (
            isinstance(value, dict) and isinstance(part, type) and issubclass(part, msgspec.Struct)
        ):
            config = part.__struct_config__
            default = None if needs_tag > 1 else config.tag
            if value.get(config.tag_field, default) == config.tag:
                yield from _faults_of_fields(part, value, pointer)


def _escaped(name: str) -> str:
    """Return a field name as JSON pointers write it, with ~0 for ~ and ~1 for /."""
    return name.replace("~", "~0").replace("/", "~1")


def _faults_of_fields(
    kind: type[msgspec.Struct], values: dict[str, Any], pointer: str
) -> Iterator[Fault]:
    """Yield the faults of an object: fields with wrong values, missing and unknown fields."""
    hints, whole = get_type_hints(kind, include_extras=True), _noun(kind)
    fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    for name, field in fields.items():
        if name in values:
            yield from _faults(hints[field.name], values[name], f"{pointer}/{name}")
        elif field.required:
            yield from _field_faults(
                f"Object missing required field `{name}`", pointer, whole=whole
            )
    if kind.__struct_config__.forbid_unknown_fields:
        known = {*fields, kind.__struct_config__.tag_field}
        for name in [name for name in values if name not in known]:
            yield from _field_faults(
                f"Object contains unknown field `{name}`", pointer, whole=whole
            )


def alternatives(kind: Any) -> Sequence[Any]:
    """Return the types that a type annotation allows, without their limits."""
    if get_origin(kind) is Annotated:
        return alternatives(get_args(kind)[0])
    if get_origin(kind) in (Union, UnionType):
        return [one for part in get_args(kind) for one in alternatives(part)]
    return [kind]


def choices_of(kind: Any, message: str) -> list[str]:
    """Return the values that a type allows: the values of its literals, or the tags of its structs.

    Args:
        message: msgspec's message about a value that the type does not allow. The message tells
            whether the literals or the tags are meant.
    """
    parts = alternatives(kind)
    # Such a message is about the field that names the type of the object.
    if message.endswith("`"):
        return [
            str(part.__struct_config__.tag)
            for part in parts
            if isinstance(part, type) and issubclass(part, msgspec.Struct)
        ]
    return [str(one) for part in parts if get_origin(part) is Literal for one in get_args(part)]


_TYPES = {
    "str": Sentence("text"),
    "int": Sentence("a whole number"),
    "float": Sentence("a decimal number"),
    "bool": Sentence("true or false"),
    "null": Sentence("null"),
    "array": Sentence("a list"),
    "object": Sentence("an object"),
    "date": Sentence("a day as in 2020-02-05"),
    "datetime": Sentence("a time as in 2020-02-05T14:30:00+08:00"),
    "bytes": Sentence("base64"),
}
"""Plain words for the type names in msgspec's messages."""

_WRONG_TYPE = r"Expected `(?P<expected>.*)`, got `(?P<found>\w+)`"

_WORDS: tuple[tuple[str, str], ...] = (
    (
        r"Expected `int` >= (?P<least>-?\d+)",
        template("must be a whole number of at least {least}"),
    ),
    (r"Expected `int` <= (?P<most>-?\d+)", template("must be a whole number of at most {most}")),
    (r"Expected `str` of length >= 1$", template("must not be empty")),
    (
        r"Expected `str` of length >= (?P<least>\d+)",
        template("must have at least {least} characters"),
    ),
    (
        r"Expected `str` of length <= (?P<most>\d+)",
        template("must have at most {most} characters"),
    ),
    (r"Expected `array` of length >= 1$", template("must have at least 1 line")),
    (
        r"Expected `array` of length >= (?P<least>\d+)",
        template("must have at least {least} lines"),
    ),
    (r"Expected `array` of length <= (?P<most>\d+)", template("must have at most {most} lines")),
    (
        r"Expected `str` matching regex '\^\[A-Za-z0-9\].*",
        template("must be a code: letters, digits, . - _"),
    ),
    (
        r"Expected `str` matching regex '\^\(\?:\\\\d.*",
        template("must be a band of ages, such as 0-6, 60+ or under 6"),
    ),
    (
        r"Expected `str` matching regex '\^\(\?=.*",
        template("must not be empty, in plain characters"),
    ),
    (
        r"Expected `str` matching regex '\^\[A-Z0-9\].*",
        template("must be 1 to 8 capital letters and digits"),
    ),
    (
        r"Expected `str` matching regex '\^\[0-9a-f\].*",
        template("must be 64 digits, 0 to 9 and a to f"),
    ),
    (
        r"Expected `str` matching regex '\^\[A-Z\].*",
        template("must be three capital letters, as in CNY"),
    ),
    (r"Expected `str` matching regex '\^\[\^\\\\s.*", template("must have no spaces")),
    (
        r"Expected `str` matching regex '\^\[\^.*",
        template("must not contain control characters"),
    ),
    (
        r"Expected `str` matching regex '\^\[1-9\].*",
        template("must be a month as in 2027-05"),
    ),
    (r"Expected `str` matching regex '(?P<pattern>.*)'", template("must match {pattern}")),
    (r"Object missing required field `(?P<name>\w+)`", template("lacks the field {name}")),
    (
        r"Object contains unknown field `(?P<name>.*)`",
        template("has no field {name}; leave it out"),
    ),
    (
        r"Invalid RFC3339 encoded datetime.*",
        template("must be a time on a day that exists, as in 2020-02-05T14:30:00+08:00"),
    ),
    (
        r"Invalid RFC3339 encoded date.*",
        template("must be a day that exists, as in 2020-02-05"),
    ),
    (
        r"Expected `datetime` with a timezone component.*",
        template("must name its time zone, as in 2020-02-05T14:30:00+08:00"),
    ),
    (
        r"Invalid (?:enum )?value (?P<value>.*)",
        template("is {value}, which is not one of {choices}"),
    ),
    (r"Integer value out of range.*", template("is larger than any quantity may be")),
)
"""Regular expressions for msgspec's messages, each with the words that replace the message."""


def _sentence(message: str, choices: Sequence[str]) -> tuple[str, Sentence | None]:
    """Return msgspec's message in plain words, and the rule of the field for `Fault.rule`.

    If the message is unknown, it is returned unchanged, and the rule is None.
    """
    wrong_type = re.match(_WRONG_TYPE, message)
    if wrong_type:
        names = wrong_type["expected"].split(" | ")
        expected = [_TYPES.get(name, name) for name in names]
        found = _TYPES.get(wrong_type["found"], wrong_type["found"])
        # To a reader of a form, "or null" says nothing: the field may stay empty.
        rule = Sentence("must be {expected}", expected=expected[0])
        return f"must be {' or '.join(expected)}, not {found}", rule
    for pattern, words in _WORDS:
        matched = re.match(pattern, message)
        if matched:
            values = {"choices": ", ".join(choices) or "the choices", **matched.groupdict()}
            text = Sentence(words, **values)
            return text, text
    return message, None


def _noun(kind: type[msgspec.Struct]) -> str:
    """Return the noun for the whole object in error messages, such as "the command"."""
    if kind.__struct_config__.tag is not None:
        return "the command"
    # A struct made from a record, such as the body of a registration, has the record's name.
    record = next((base for base in kind.__mro__ if "table" in vars(base)), None)
    return "the body" if record is None else record.__name__.lower()


def _field_faults(
    message: str, pointer: str, choices: Sequence[str] = (), *, whole: str = "the command"
) -> Sequence[Fault]:
    """Return the faults for msgspec's message about the value at a JSON pointer.

    Args:
        whole: The noun for the whole object, such as "the command".
    """
    return field_error(message, choices, whole=whole, within=pointer).faults


def _path_of(message: str) -> list[str]:
    """Return the field names and list indexes in the path at the end of msgspec's message."""
    return re.findall(r"\w[\w-]*", message.partition(" - at `")[2].rstrip("`"))


def field_error(
    message: str, choices: Sequence[str] = (), *, whole: str = "the command", within: str = ""
) -> InvalidField:
    """Return an error in plain words and with a JSON pointer, for a message of msgspec.

    Args:
        message: The message of msgspec.
        choices: The values that the type allows, as from `choices_of`.
        whole: The noun for the whole object, such as "the command".
        within: Pointer to the value that msgspec checked.
    """
    text = message.partition(" - at `")[0]
    pointer = within + "".join(f"/{part}" for part in _path_of(message))
    text, rule = _sentence(text, choices)
    missing = re.match(r"(?:lacks the|has no) field ([\w-]+)", text)
    if missing:
        pointer_of_missing = f"{pointer}/{missing[1]}"
        is_lacking = text.startswith("lacks")
        rule = Sentence("must be filled in") if is_lacking else rule
        fault = Fault(pointer_of_missing, f"{pointer or whole} {text}", rule=rule)
        return InvalidField(fault.detail, [fault])
    fault = Fault(pointer, f"{pointer or whole} {text}", rule=rule)
    return InvalidField(fault.detail, [fault])
