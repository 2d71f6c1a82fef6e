"""Normalize text before it is checked, hashed and stored. All text fields have the same rules.

Characters are composed (NFC), every kind of space becomes an ordinary space, invisible characters
are removed, full-width letters and digits become ASCII, half-width kana become full-width, and
spaces around the text are removed. If the result is blank, an optional field counts as left out,
and a required field is refused. Stored text is never normalized again. The rules are described in
docs/ledger.md, "Text".

Days that people typed are checked too; see `days.py`. An expiry may be typed as a month, such as
2027-05. The month is then stored with its last day, until which the goods may be used.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from functools import cache
from typing import Any

import msgspec
from msgspec import inspect

from supplies.domain.days import EARLIEST_MONTH, check_day
from supplies.domain.expiry import last_day
from supplies.errors import Fault, InvalidField, Sentence

NORMALIZED = {"normalized": True}
"""Marks a field type whose text is normalized. Use it as `Meta(extra=NORMALIZED)`."""

MONTH_OF_EXPIRY = {"last_day": "expires_on"}
"""Marks a field type for a month of expiry.

The value `expires_on` is the name of another field: the last day of this month.
"""

_SPACE = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u2800\u3000]")
_USUAL = re.compile("[ -~\u3001\u3002\u4e00-\u9fff\uff01\uff08\uff09\uff0c\uff1a\uff1b\uff1f]+")
"""Visible characters that normalization never changes: ASCII, Chinese and its punctuation."""

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_MONTH = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])", re.ASCII)
_YEAR_AND_NUMBER = re.compile(r"\d{1,4}-\d{1,2}", re.ASCII)
_LINE_END = re.compile(r"\r\n?|[\x85\u2028\u2029]")
_WIDTH = re.compile("[\uff10-\uff19\uff21-\uff3a\uff41-\uff5a\uff65-\uffdc]+")

# Default_Ignorable_Code_Point of Unicode, without joiners and variation selectors.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f"
    "\u3164\ufeff\uffa0\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e00ff]"
)
_GROUP_SEPARATOR = "\x1d"  # between the parts of a scanned GS1 code
_JOINER = re.compile("[\u200c\u200d]")
_VIRAMA = 9  # canonical combining class

Plain = Any
"""Decoded JSON: dictionaries, lists, text, numbers, booleans, None."""

Rule = Callable[[Plain, str, list[Fault]], Plain]
"""A function that normalizes a value. Its arguments: value, JSON pointer, faults.

If the value is faulty, the function appends its faults to the list of faults.
"""


def normalize_text(text: str) -> str:
    r"""Return the normalized text, or "" if it has no visible character.

    >>> normalize_text(" Ａ１２　陈\u200b某 ")
    'A12 陈某'
    """
    if (text.isascii() and text.isprintable()) or _USUAL.fullmatch(text):  # most texts
        return text.strip(" ")
    text = _LINE_END.sub("\n", text).replace(_GROUP_SEPARATOR, "␝")
    if text.isascii():
        return text.strip(" \t\n")
    text = _INVISIBLE.sub("", _WIDTH.sub(_usual_width, text))
    text = _SPACE.sub(" ", unicodedata.normalize("NFC", text))
    text = _JOINER.sub(_needed_joiner, text).strip(" \t\n")
    return text if any(map(_is_visible, text)) else ""


def normalize_fields(kind: type[msgspec.Struct], fields: Plain) -> tuple[Plain, list[Fault]]:
    """Normalize the text in decoded JSON for a struct. Return the result and the faults found.

    A required text that is blank is a fault. So is a day or month that is too early, such as one in
    the year 202. Values with a fault and values of a wrong type are returned unchanged.
    """
    rule = _struct_rule(kind)
    faults: list[Fault] = []
    return fields if rule is None else rule(fields, "", faults), faults


def _usual_width(found: re.Match[str]) -> str:
    return unicodedata.normalize("NFKC", found[0])


def _needed_joiner(found: re.Match[str]) -> str:
    """Return the invisible joiner that was matched, or "" if it is not needed.

    A joiner is needed after a virama, in Arabic script and between emoji.
    """
    before = found.string[: found.start()].rstrip("\ufe0f")[-1:]
    after = found.string[found.end() : found.end() + 1]
    if not before or not after or after.isspace():
        return ""
    needed = (
        unicodedata.combining(before) == _VIRAMA
        or unicodedata.bidirectional(before) == "AL"
        or unicodedata.category(before) in ("So", "Sk")
    )
    return found[0] if needed else ""


def _is_visible(character: str) -> bool:
    """Return whether a character is visible.

    Control characters count as visible, so that they are not removed here. The check of the field
    then refuses them.
    """
    category = unicodedata.category(character)
    return category[0] not in "MZ" and category != "Cf"


# --- which fields of a struct are text ------------------------------------------------------------


@cache
def _struct_rule(kind: type[msgspec.Struct]) -> Rule | None:
    info = inspect.type_info(kind)
    assert isinstance(info, inspect.StructType)
    rules = {field.encode_name: _rule(field.type) for field in info.fields}
    texts = {name: rule for name, rule in rules.items() if rule is not None}
    months = {
        field.encode_name: day
        for field in info.fields
        if (day := _mark(field.type, "last_day")) is not None
    }
    if not texts:
        return None

    def normalize(value: Plain, pointer: str, faults: list[Fault]) -> Plain:
        if not isinstance(value, dict):
            return value
        for month, day in months.items():
            value = _with_last_day(value, month, day, pointer, faults)
        done = {
            name: _apply(texts[name], part, f"{pointer}/{name}", faults)
            for name, part in value.items()
            if name in texts
        }
        return {**value, **done}

    return normalize


def _apply(rule: Rule, value: Plain, pointer: str, faults: list[Fault]) -> Plain:
    """Normalize a value by a rule, and return the result.

    If the rule raises an error, append its faults to `faults` and return the value unchanged.
    """
    try:
        return rule(value, pointer, faults)
    except InvalidField as error:
        faults += error.faults
        return value


def _mark(kind: inspect.Type, name: str) -> str | None:
    """Return the value of a mark in a field type, or None if the type has no such mark.

    A mark is a key of `Meta(extra=…)`, such as "normalized".
    """
    if isinstance(kind, inspect.UnionType):
        return next((mark for part in kind.types if (mark := _mark(part, name))), None)
    return (kind.extra or {}).get(name) if isinstance(kind, inspect.Metadata) else None


def _with_last_day(
    fields: dict[str, Plain], month: str, day: str, pointer: str, faults: list[Fault]
) -> dict[str, Plain]:
    """Fill in the month of expiry and its last day if a month was typed. Return the fields.

    The month may be typed in the field for the month or in the field for the day. A text that is
    not a month is a fault. So is a typed day that is not the last day of the month.

    Args:
        month, day: The names of the two fields.
    """
    typed = day if fields.get(month) is None else month
    before = len(faults)
    chosen = _apply(_month, fields.get(typed), f"{pointer}/{typed}", faults)
    if len(faults) > before or not isinstance(chosen, str) or not _MONTH.fullmatch(chosen):
        return fields
    last = last_day(chosen).isoformat()
    if fields.get(day) not in (None, chosen, last):
        detail = f"{pointer}/{day} is not {last}, the last day of {chosen}; leave it out"
        faults.append(Fault(f"{pointer}/{day}", detail))
        return fields
    return {**fields, month: chosen, day: last}


def _month(text: Plain, pointer: str, _: list[Fault]) -> str | None:
    if not isinstance(text, str) or not _YEAR_AND_NUMBER.fullmatch(text):
        return None
    if not _MONTH.fullmatch(text):
        raise InvalidField.with_rule(
            pointer, Sentence("is {text}, which is not a month; write it as in 2027-05", text=text)
        )
    if text < EARLIEST_MONTH:
        raise InvalidField.with_rule(
            pointer,
            Sentence(
                "is {text}, which is before {earliest_month}; write the whole year, as in 2027-05",
                text=text,
                earliest_month=EARLIEST_MONTH,
            ),
        )
    return text


def _rule(kind: inspect.Type) -> Rule | None:
    """Return the function that normalizes values of a type; None if nothing in it is normalized."""
    if isinstance(kind, inspect.Metadata):
        if (kind.extra or {}).get("normalized"):
            assert isinstance(kind.type, inspect.StrType)
            return _text_rule(kind.type.max_length, optional=False)
        return _rule(kind.type)
    if isinstance(kind, inspect.DateType):
        return _check_typed_day
    if isinstance(kind, inspect.StructType):
        return _struct_rule(kind.cls)
    if isinstance(kind, inspect.ListType):
        return _list_rule(_rule(kind.item_type))
    if isinstance(kind, inspect.UnionType):
        return _union_rule(kind)
    return None


def _check_typed_day(value: Plain, pointer: str, _: list[Fault]) -> Plain:
    """Check that a typed day is not too early, and return it unchanged.

    A text that is not a day is not a fault here, because decoding refuses it. Times are not
    checked, because a report from a phone with a wrong clock must not be refused. It is recorded as
    a conflict.
    """
    if isinstance(value, str) and _DAY.fullmatch(value):
        with suppress(ValueError):
            check_day(date.fromisoformat(value), pointer)
    return value


def _text_rule(longest: int | None, *, optional: bool) -> Rule:
    def normalize(value: Plain, pointer: str, _: list[Fault]) -> Plain:
        # Composing can take quadratic time, so text that is far too long is refused without it.
        if not isinstance(value, str) or len(value) > 2 * (longest or 2000):
            return value
        text = normalize_text(value)
        if text:
            return text
        if optional:
            return None
        raise InvalidField.with_rule(
            pointer, Sentence("is blank; write at least one visible character in it")
        )

    return normalize


def _list_rule(rule: Rule | None) -> Rule | None:
    if rule is None:
        return None

    def normalize(value: Plain, pointer: str, faults: list[Fault]) -> Plain:
        if not isinstance(value, list):
            return value
        return [_apply(rule, part, f"{pointer}/{at}", faults) for at, part in enumerate(value)]

    return normalize


def _union_rule(kind: inspect.UnionType) -> Rule | None:
    """Return the rule for an optional type, or for a union of structs."""
    parts = [part for part in kind.types if not isinstance(part, inspect.NoneType)]
    if len(parts) == 1:
        (part,) = parts
        if isinstance(part, inspect.Metadata) and (part.extra or {}).get("normalized"):
            assert isinstance(part.type, inspect.StrType)
            return _text_rule(part.type.max_length, optional=True)
        return _rule(part)
    structs = {
        part.tag: rule
        for part in parts
        if isinstance(part, inspect.StructType) and (rule := _struct_rule(part.cls)) is not None
    }
    if not structs:
        return None
    field = next(part.tag_field for part in parts if isinstance(part, inspect.StructType))

    def normalize(value: Plain, pointer: str, faults: list[Fault]) -> Plain:
        rule = structs.get(value.get(field)) if isinstance(value, dict) else None
        return value if rule is None else rule(value, pointer, faults)

    return normalize
