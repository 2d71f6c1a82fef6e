"""Find all faults of a refused command or record, not only the first.

The faulty parts of the command or record are left out one after another, and the rest is checked
again.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any, Literal, get_args, get_origin, get_type_hints

import msgspec

from supplies.domain.validation import MAX_FAULTS, alternatives, field_faults, line_numbers
from supplies.errors import Fault, Sentence, SuppliesError

_LEFT_OUT = object()
"""A mark in place of a line that was left out, so that later lines keep their numbers."""

_MADE_UP: Sequence[Any] = (1, "0", "0" * 64, "2020-01-01", "", {})
"""Values to try for a required field with a fault. The first valid one is used."""

_NUMBERS = {"entry", "line"}
"""Fields that contain the number of an entry or line. A made-up number would cause new faults."""

_MONTH, _DAY_OF_MONTH = "expires_month", "expires_on"
"""The names of the field for a month, and of the field for the last day of this month."""


Found = tuple[str, Fault]
"""The message of an error, and one of the error's faults."""


def all_faults_of(
    error: SuppliesError,
    kind: type[msgspec.Struct],
    fields: Mapping[str, Any],
    check: Callable[[Any], object],
) -> SuppliesError:
    """Return an error that names all faults of a refused struct that can be found.

    Faulty parts are left out one after another, and the rest is checked again.

    Args:
        error: The error with which the struct was first refused.
        kind: The type of the struct.
        fields: The values of the struct as decoded JSON. Some may be invalid.
        check: A function that raises an error if the rest of the struct is refused.
    """
    found: dict[str, Found] = {fault.pointer: (error.detail, fault) for fault in error.faults}
    shortened = ShortenedStruct(kind, fields)
    faults, can_be_checked = shortened.mend_fields()
    for fault in faults:
        found.setdefault(fault.pointer, (fault.detail, fault))
    while can_be_checked and len(found) <= MAX_FAULTS:
        try:
            check(shortened.built())
            break
        except SuppliesError as other:
            faults = [shortened.as_sent(fault) for fault in other.faults]
            for fault in faults:
                if not shortened.is_shortened_list(fault.pointer):
                    found.setdefault(fault.pointer, (other.detail, fault))
            mended = [shortened.mend(fault.pointer) for fault in faults]
            can_be_checked = bool(faults) and all(mended)
    return with_faults(error, found)


def with_faults(
    error: SuppliesError, found: Mapping[str, Found], *, has_more: bool = False
) -> SuppliesError:
    """Return an error of the same type that names the given faults, up to `MAX_FAULTS`.

    Args:
        found: The faults of the error and further ones, by JSON pointer.
        has_more: Whether the struct has more faults than were found.
    """
    if len(found) < 2:
        return error
    named = list(found.values())[: max(MAX_FAULTS, len(error.faults))]
    messages = list(dict.fromkeys(message for message, _ in named))
    if len(found) > len(named) or has_more:
        messages.append(Sentence("and there are more"))
    joined = messages.pop()
    for message in reversed(messages):
        joined = Sentence("{first}; {further}", first=message, further=joined)
    return type(error)(joined, [fault for _, fault in named])


def line_of(pointer: str) -> str:
    """Return the pointer to the line that contains a field; "" if the field is not in a line."""
    parts = pointer.split("/")
    numbers = [at for at, part in enumerate(parts) if part.isdecimal()]
    return "/".join(parts[: numbers[-1] + 1]) if numbers else ""


class ShortenedStruct:
    """A refused command or record as decoded JSON, without its faulty parts.

    They are left out or replaced by valid values, so that the rest can be checked for more faults.
    Pointers are JSON pointers into the struct that was sent, not into the shortened one, unless a
    method says otherwise.

    Args:
        kind: The type of the struct.
        fields: The fields of the struct, including invalid ones. The mapping is not changed.
    """

    def __init__(self, kind: type[msgspec.Struct], fields: Mapping[str, Any]) -> None:
        self._kind, self._as_sent = kind, fields
        self._fields: dict[str, Any] = _copied(dict(fields))
        self._made_up: set[str] = set()
        self._shortened: set[str] = set()
        self._postponed: dict[str, Any] = {}

    def field_faults(self) -> list[Fault]:
        """Return the faults of all fields. If there are none, normalize the texts in the struct."""
        fields, faults = field_faults(self._kind, _kept(self._fields))
        if not faults:
            self._fields = _restored(self._fields, fields)
        return [self.as_sent(fault) for fault in faults]

    def built(self) -> Any:
        """Return the shortened struct. Lists may be empty even if their types require lines."""
        return _built(self._kind, _kept(self._fields))

    def mend_fields(self) -> tuple[list[Fault], bool]:
        """Leave out all fields that are invalid by themselves.

        Return their faults, and whether all of them could be left out.
        """
        found: list[Fault] = []
        while faults := [f for f in self.field_faults() if not self.is_shortened_list(f.pointer)]:
            found += faults
            mended = [self.mend(fault.pointer) for fault in faults]
            if not all(mended):
                return found, False
        return found, True

    def mend(self, pointer: str) -> bool:
        """Leave out or replace the faulty part at a pointer. Return False if this is not possible.

        An optional field is left out. A required field first gets a made-up value, unless it
        contains the number of an entry or line. If the fault remains, the object or line that
        contains the field is left out.
        """
        holder, name, kind = self._place(pointer)
        if isinstance(holder, dict):
            fields = {} if kind is None else _fields_of(kind)
            field = fields.get(name)
            is_optional = field is None or not field.required
            if name in holder and is_optional and pointer not in self._made_up:
                del holder[name]
                if name == _MONTH:
                    holder.pop(_DAY_OF_MONTH, None)
                return True
            can_be_made_up = pointer not in self._made_up and name not in _NUMBERS
            if kind is not None and field is not None and can_be_made_up:
                self._made_up.add(pointer)
                value = _made_up_value(_hints(kind)[field.name])
                if value is not None:
                    holder[name] = value
                    if isinstance(value, list):
                        self._shortened.add(pointer)
                    return True
        parent, line = pointer.rpartition("/")[0], line_of(pointer)
        if parent and line not in (pointer, parent):
            return self.mend(parent)
        return self.leave_out(line)

    def leave_out(self, line: str) -> bool:
        """Leave out the line at a pointer. Return False if the line does not exist."""
        holder, name, _ = self._place(line)
        if not isinstance(holder, list) or holder[int(name)] is _LEFT_OUT:
            return False
        holder[int(name)] = _LEFT_OUT
        self._shortened.add(line.rpartition("/")[0])
        return True

    @property
    def has_made_up_lines(self) -> bool:
        """Whether a line that is not left out contains a made-up value.

        Such a line may take goods that other lines need. An error about too few goods may then be
        wrong.
        """
        lines = {line_of(pointer) for pointer in self._made_up} - {""}
        places = [self._place(line) for line in lines]
        return any(
            isinstance(holder, list) and holder[int(name)] is not _LEFT_OUT
            for holder, name, _ in places
        )

    def postpone(self, line: str) -> bool:
        """Leave out a line that was refused because there are too few goods for it.

        Remember the line for `put_back` if lines with made-up values may have taken its goods.
        Return False if the line does not exist.
        """
        holder, name, _ = self._place(line)
        if isinstance(holder, list) and self.has_made_up_lines:
            self._postponed[line] = holder[int(name)]
        return self.leave_out(line)

    def put_back(self) -> bool:
        """Put back the postponed lines, and leave out all lines with made-up values.

        Return False if no line was postponed.
        """
        lines, self._postponed = self._postponed, {}
        for line, value in lines.items():
            holder, name, _ = self._place(line)
            if isinstance(holder, list):
                holder[int(name)] = value
        for pointer in self._made_up:
            self.leave_out(line_of(pointer))
        return bool(lines)

    @property
    def is_shortened(self) -> bool:
        """Whether lines were left out."""
        return bool(self._shortened)

    def is_shortened_list(self, pointer: str) -> bool:
        """Return whether a pointer leads to a list from which lines were left out."""
        return pointer in self._shortened

    def as_sent(self, fault: Fault) -> Fault:
        """Return a fault of the shortened struct with its pointer into the struct that was sent."""
        pointer = self._pointer_as_sent(fault.pointer)
        return fault if pointer == fault.pointer else replace(fault, pointer=pointer)

    def _pointer_as_sent(self, pointer: str) -> str:
        """Convert a pointer into the shortened struct to one into the struct that was sent."""
        place: Any = self._fields
        parts = pointer.split("/")[1:]
        for at, part in enumerate(parts):
            if isinstance(place, list):
                kept = [index for index, line in enumerate(place) if line is not _LEFT_OUT]
                if not part.isdecimal() or int(part) >= len(kept):
                    break
                index = kept[int(part)]
                parts[at], place = str(index), place[index]
            else:
                place = place.get(part) if isinstance(place, dict) else None
        return "".join(f"/{part}" for part in parts)

    def lines_before(self, pointer: str) -> int:
        """Return how many lines of a list come before the line at a pointer.

        The pointer leads into the shortened struct. If it does not lead to a line, return the
        number of lines in all lists.
        """
        numbers = line_numbers(pointer)
        if numbers:
            return numbers[0]
        return sum(len(value) for value in _kept(self._fields).values() if isinstance(value, list))

    def texts(self) -> Iterator[tuple[str, str, str]]:
        """Yield the pointer, name and value of each text in the whole struct."""
        yield from _texts(self._as_sent, "")

    def _place(self, pointer: str) -> tuple[Any, str, type[msgspec.Struct] | None]:
        """Return where the value at a pointer is: its object or list, and its name or index there.

        The first result is None if the pointer leads to no object or list. The third result is the
        type of the object; None for a list, and if the type is unknown.
        """
        place: Any = None
        value: Any = self._fields
        kind: Any = self._kind
        part = ""
        for part in pointer.split("/")[1:]:
            place, of_place = value, kind
            if isinstance(place, list) and part.isdecimal() and int(part) < len(place):
                value, kind = place[int(part)], _element(of_place)
            elif isinstance(place, dict):
                of_place = _struct(of_place, place)
                value = place.get(part)
                field = None if of_place is None else _fields_of(of_place).get(part)
                kind = None if field is None else _hints(of_place)[field.name]
            else:
                return None, part, None
        return place, part, of_place if isinstance(place, dict) else None


def _copied(value: Any) -> Any:
    """Return a copy of decoded JSON, with whole numbers such as 5.0 converted to integers."""
    if isinstance(value, list):
        return [_copied(line) for line in value]
    if isinstance(value, dict):
        return {name: _copied(part) for name, part in value.items()}
    return int(value) if isinstance(value, float) and value.is_integer() else copy.deepcopy(value)


def _kept(value: Any) -> Any:
    """Return decoded JSON without the marks `_LEFT_OUT`. `_restored` inserts them again."""
    if isinstance(value, list):
        return [_kept(line) for line in value if line is not _LEFT_OUT]
    if isinstance(value, dict):
        return {name: _kept(part) for name, part in value.items()}
    return value


def _restored(value: Any, changed: Any) -> Any:
    """Put the marks `_LEFT_OUT` back into decoded JSON that was normalized without them.

    Args:
        value: The decoded JSON with marks, before it was normalized.
        changed: The normalized JSON without marks.
    """
    if isinstance(value, list):
        lines = iter(changed)
        return [line if line is _LEFT_OUT else _restored(line, next(lines)) for line in value]
    if isinstance(value, dict):
        return {name: _restored(value.get(name), part) for name, part in changed.items()}
    return changed


def _texts(value: Any, pointer: str) -> Iterator[tuple[str, str, str]]:
    parts: Iterator[tuple[Any, Any]] = iter(())
    if isinstance(value, dict):
        parts = iter(value.items())
    elif isinstance(value, list):
        parts = iter(enumerate(value))
    for name, part in parts:
        if isinstance(part, str):
            yield f"{pointer}/{name}", str(name), part
        else:
            yield from _texts(part, f"{pointer}/{name}")


@cache
def _hints(kind: type[msgspec.Struct]) -> dict[str, Any]:
    return get_type_hints(kind, include_extras=True)


@cache
def _fields_of(kind: type[msgspec.Struct]) -> dict[str, msgspec.structs.FieldInfo]:
    return {field.encode_name: field for field in msgspec.structs.fields(kind)}


def _struct(kind: Any, value: Mapping[str, Any]) -> type[msgspec.Struct] | None:
    """Return the type of an object. If several types are allowed, the object's tag decides."""
    structs = [
        part
        for part in alternatives(kind)
        if isinstance(part, type) and issubclass(part, msgspec.Struct)
    ]
    if len(structs) > 1:
        structs = [part for part in structs if part.__struct_config__.tag == value.get("type")]
    return structs[0] if structs else None


def _element(kind: Any) -> Any:
    """Return the type of the elements of a list type; None if the type is not a list."""
    return next(
        (get_args(part)[0] for part in alternatives(kind) if get_origin(part) is list), None
    )


def _made_up_value(kind: Any) -> Any:
    """Return a value that is valid in a field of this type. Return None if none is known."""
    for part in alternatives(kind):
        if get_origin(part) is list:
            return []
        if get_origin(part) is Literal:
            return get_args(part)[0]
    for value in _MADE_UP:
        try:
            msgspec.convert(value, kind, strict=True)
        except msgspec.ValidationError:
            continue
        return value
    return None


def _built(kind: Any, value: Any) -> Any:
    """Convert decoded JSON to a type. Unlike `msgspec.convert`, allow empty lists."""
    if isinstance(value, dict):
        struct = _struct(kind, value)
        if struct is not None:
            return struct(
                **{
                    field.name: _built(_hints(struct)[field.name], value[name])
                    for name, field in _fields_of(struct).items()
                    if name in value
                }
            )
    if isinstance(value, list):
        return [_built(_element(kind), line) for line in value]
    return msgspec.convert(value, kind, strict=True)
