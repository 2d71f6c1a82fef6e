"""Convert the typed texts of a form to a command, and a command to the texts of a form."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

import msgspec

from supplies.domain.money import Money
from supplies.domain.normalization import normalize_text
from supplies.domain.validation import alternatives, convert
from supplies.errors import Fault, InvalidField, Sentence
from supplies_service.problems import Malformed

C = TypeVar("C", bound=msgspec.Struct)

_DAY = re.compile(r"(\d{4})\D?(\d{1,2})(?:\D?(\d{1,2}))?\D?", re.ASCII)
_NUMBER = re.compile(r"-?\d{1,18}", re.ASCII)
_GROUPED = re.compile(r"\d{1,3}(,\d{3})+", re.ASCII)


def command_of(kind: type[C], fields: Mapping[str, str]) -> C:
    """Convert the texts in the fields of a form to a command.

    Raises:
        InvalidField: fields are wrong. The pointers of the faults are field names of the form.
    """
    names: dict[str, str] = {}
    plain = _json_value(kind, _tree(fields), "", "", names)
    try:
        return convert(kind, plain or {})
    except InvalidField as error:
        faults = [_with_form_pointer(fault, names) for fault in error.faults]
        raise InvalidField(error.detail, faults) from None


def fields_of(command: msgspec.Struct, start: str = "") -> dict[str, str]:
    """Convert a command to the texts in the fields of a form.

    Args:
        command: The command.
        start: JSON pointer to the command in the form, such as `/command` in the form of a
            correction.
    """
    fields: dict[str, str] = {}
    _add_fields(type(command), msgspec.to_builtins(command), start, fields)
    return fields


def _add_fields(kind: Any, value: Any, pointer: str, fields: dict[str, str]) -> None:
    part = _struct_of(kind, value)
    if part is not None and isinstance(value, dict):
        hints = _hints(part)
        shown = _amount_as_typed(value) if issubclass(part, Money) else value
        month, day = _month_field(part)
        if month and value.get(month):
            shown = {**shown, day: value[month]}
            del shown[month]
        for name, each in shown.items():
            _add_fields(hints.get(name, str), each, f"{pointer}/{name}", fields)
    elif isinstance(value, list):
        inner = _list_item(kind)
        for at, each in enumerate(value):
            _add_fields(inner, each, f"{pointer}/{at}", fields)
    elif value is not None:
        fields[pointer] = str(value).lower() if isinstance(value, bool) else str(value)


# --- the types of a command ----------------------------------------------------------------------


def _hints(struct: type[msgspec.Struct]) -> dict[str, Any]:
    """Return the type of each field of a struct, by the name that the field has in JSON."""
    hints = get_type_hints(struct, include_extras=True)
    return {field.encode_name: hints[field.name] for field in msgspec.structs.fields(struct)}


def _struct_of(kind: Any, value: Any) -> type[msgspec.Struct] | None:
    """Return the struct in a type annotation, or None if the annotation contains no struct.

    If the annotation contains several structs, the tag in the value decides. Return None if no
    struct has this tag.
    """
    structs = [
        part
        for part in alternatives(kind)
        if isinstance(part, type) and issubclass(part, msgspec.Struct)
    ]
    if len(structs) > 1 and isinstance(value, dict):
        tagged = [one for one in structs if one.__struct_config__.tag == value.get("type")]
        return tagged[0] if tagged else None
    return structs[0] if structs else None


def _list_item(kind: Any) -> Any:
    """Return the type of the elements of a list type, or None for other types."""
    lists = [part for part in alternatives(kind) if get_origin(part) is list]
    return get_args(lists[0])[0] if lists else None


def _month_field(struct: type[msgspec.Struct]) -> tuple[str, str]:
    """Return the names of the field for an expiry month and of the field for an expiry day.

    Both names are "" if the struct does not have these two fields.
    """
    names = _hints(struct)
    if "expires_month" in names and "expires_on" in names:
        return "expires_month", "expires_on"
    return "", ""


def is_code_field(kind: Any, pointer: str, fields: Mapping[str, str]) -> bool:
    """Return whether a field accepts any text, and so can contain a code.

    Some fields have a name from `REFERENCES`, but accept only a few fixed words. They never
    contain a code.

    Args:
        kind: The struct that the form fills in.
        fields: The fields of the form. Their values may decide the type of a struct within `kind`.
    """
    at, seen = kind, ""
    for name in pointer.split("/")[1:]:
        struct = _struct_of(at, {"type": fields.get(f"{seen}/type")})
        at = _hints(struct).get(name) if struct is not None else _list_item(at)
        seen = f"{seen}/{name}"
        if at is None:
            return False
    return str in alternatives(at)


# --- typed text to JSON --------------------------------------------------------------------------


def _tree(fields: Mapping[str, str]) -> dict[str, Any]:
    """Return form fields as nested dicts, built from their pointers. Empty fields are left out."""
    tree: dict[str, Any] = {}
    for pointer, text in fields.items():
        if not text.strip():
            continue
        *parents, name = pointer.split("/")[1:]
        at: Any = tree
        for parent in parents:
            at = at.setdefault(parent, {})
            if not isinstance(at, dict):
                raise Malformed(
                    Sentence("the form cannot be read; open the page and send it again")
                )
        if isinstance(at.get(name), dict):
            raise Malformed(Sentence("the form cannot be read; open the page and send it again"))
        at[name] = text
    return tree


def _json_value(kind: Any, value: Any, there: str, here: str, names: dict[str, str]) -> Any:
    """Convert typed texts to a JSON value. Return None if no text was typed.

    Args:
        kind: The type to which the JSON value will be decoded.
        value: A typed text, or a part of the dict that `_tree` returned.
        there: JSON pointer to the value in the JSON.
        here: JSON pointer to the value in the form.
        names: A dict to which this function adds pointers in the form, by pointers in the JSON.
    """
    names[there] = here
    inner = _list_item(kind)
    if isinstance(value, dict) and inner is not None:
        lines = list[Any]()
        for name in sorted(value, key=lambda text: (not text.isdecimal(), len(text), text)):
            line = _json_value(inner, value[name], f"{there}/{len(lines)}", f"{here}/{name}", names)
            if line is not None:
                lines.append(line)
        return lines or None
    if isinstance(value, dict):
        struct = _struct_of(kind, value)
        hints = {} if struct is None else _hints(struct)
        made = {
            name: _json_value(
                hints.get(name, str), each, f"{there}/{name}", f"{here}/{name}", names
            )
            for name, each in value.items()
        }
        made = {name: each for name, each in made.items() if each is not None}
        if struct is not None and issubclass(struct, Money):
            made = _amount_in_minor_units(made)
        return made or None
    return _typed_value(kind, value)


def _typed_value(kind: Any, text: str) -> Any:
    """Convert a typed text to a number, a boolean or a day in ISO form, as the type requires.

    If the type is another one, or the text cannot be converted, return the text unchanged.
    """
    parts = alternatives(kind)
    plain = normalize_text(text)
    if int in parts:
        digits = plain.replace(",", "") if _GROUPED.fullmatch(plain) else plain
        return int(digits) if _NUMBER.fullmatch(digits) else text
    if bool in parts:
        return {"true": True, "on": True, "false": False}.get(plain, text)
    if any(getattr(part, "__name__", "") == "date" for part in parts):
        return _typed_day(plain)
    return text


def _typed_day(text: str) -> str:
    """Convert a typed day or month to ISO form: 2027.5.31 or 2027年5月31日 to 2027-05-31.

    Return any other text unchanged.
    """
    found = _DAY.fullmatch(text)
    if found is None:
        return text
    return "-".join(f"{int(part):02}" for part in found.groups() if part)


def _amount_in_minor_units(money: dict[str, Any]) -> dict[str, Any]:
    """Convert the typed amount of money from a decimal number to minor units, such as cents.

    If no amount was typed, return {}: forms always fill in the currency, so the currency alone does
    not count. If the amount is invalid, return it unchanged; it is refused when it is decoded.
    """
    typed = money.get("minor")
    if typed is None:
        return {} if money.keys() <= {"currency"} else money
    try:
        amount = Decimal(normalize_text(str(typed)).replace(",", ""))
        minor = amount.scaleb(_decimal_places(str(money.get("currency", ""))))
    except InvalidOperation:
        return money
    return {**money, "minor": int(minor)} if minor == minor.to_integral_value() else money


def _amount_as_typed(money: dict[str, Any]) -> dict[str, Any]:
    amount = Decimal(money["minor"]).scaleb(-_decimal_places(money["currency"]))
    return {**money, "minor": f"{amount:f}"}


def _decimal_places(currency: str) -> int:
    from babel.numbers import get_currency_precision

    return get_currency_precision(currency)


def _with_form_pointer(fault: Fault, names: Mapping[str, str]) -> Fault:
    """Return a fault with the pointer to the form field into which the value was typed.

    Args:
        names: Pointers in the form, by pointers in the JSON.
    """
    there, rest = fault.pointer, ""
    while there not in names:
        there, _, name = there.rpartition("/")
        rest = f"/{name}{rest}"
    return replace(fault, pointer=names[there] + rest)
