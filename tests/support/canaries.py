"""Books in which every free text and every field of a person contains a unique text, a canary."""

from __future__ import annotations

import types
import typing
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import msgspec

from supplies.domain import commands as c
from supplies.domain.catalogue_records import Donor, Recipient
from supplies.ledger.recorded import Recorded
from support.every_kind import RecordingStation

PERSONAL_FIELDS: dict[type[msgspec.Struct], tuple[str, ...]] = {
    Donor: ("name", "name_en", "phone", "address", "note"),
    Recipient: ("name", "phone", "address", "access", "note"),
}

_FAMILY_NAMES = "欧阳司徒上官诸葛夏侯皇甫尉迟公羊澹台"


class PlantingStation(RecordingStation):
    """A station that puts a canary into each free text of a command before it records the command.

    Attributes:
        planted: The canaries of each field, such as `NoteNeed.note`. Each canary occurs once.
        erased: The canaries of donor li, who is forgotten, and of the texts that are forgotten.
    """

    def __init__(self, url: str) -> None:
        self.planted: defaultdict[str, list[str]] = defaultdict(list)
        self.erased: list[str] = []
        self._next = 100
        self._texts_of: dict[int, list[str]] = {}
        self._families = iter(_FAMILY_NAMES)
        super().__init__(url)
        for record in [
            *map(self.ledger.books.donor, ("wang", "li")),
            *map(self.ledger.books.recipient, ("h1", "h2", "h3", "g1")),
        ]:
            self.ledger.register(self._person(record), replace=True)

    def record(self, command: c.Command) -> Recorded:
        before = self._next
        done = super().record(self._with_canaries(command))
        self._texts_of[done.seq] = [f"zq{number}x" for number in range(before, self._next)]
        if getattr(command, "donor", None) == "li":
            self.erased += self._texts_of[done.seq]
        if isinstance(command, c.ForgetText):
            self.erased += self._texts_of[command.entry]
        return done

    def plant(self, label: str) -> str:
        """Return a new canary for a field."""
        text = f"zq{self._next}x"
        self._next += 1
        self.planted[label].append(text)
        return text

    def _person(self, record: Any) -> Any:
        kind, changes = type(record), {}
        for name in PERSONAL_FIELDS[kind]:
            changes[name] = self.plant(f"{kind.__name__}.{name}")
        family = next(self._families)
        self.planted[f"{kind.__name__}.name, masked"].append(f"{family}**")
        changes["name"] = family + changes["name"]
        if record.code == "li":
            self.erased += [*changes.values(), f"{family}**"]
        return msgspec.structs.replace(record, **changes)

    def _with_canaries(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._with_canaries(each) for each in value]
        if not isinstance(value, msgspec.Struct):
            return value
        texts = set(erasable_fields(type(value)))
        changes = {
            name: self.plant(f"{type(value).__name__}.{name}")
            if name in texts
            else self._with_canaries(getattr(value, name))
            for name in value.__struct_fields__
        }
        return msgspec.structs.replace(value, **changes)


def erasable_fields(kind: type[msgspec.Struct]) -> Iterator[str]:
    """Yield the fields of a struct that are free text."""
    for name, hint in typing.get_type_hints(kind, include_extras=True).items():
        if any(
            isinstance(meta, msgspec.Meta) and (meta.extra or {}).get("erasable")
            for part in _parts(hint)
            for meta in getattr(part, "__metadata__", ())
        ):
            yield name


def _parts(hint: Any) -> Iterator[Any]:
    yield hint
    if isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union:
        for part in typing.get_args(hint):
            yield from _parts(part)


def structs_of(hint: Any) -> Iterator[type[msgspec.Struct]]:
    """Yield the structs in a type, and those in their fields, at any depth."""
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        yield hint
        for field in typing.get_type_hints(hint).values():
            yield from structs_of(field)
    for part in typing.get_args(hint):
        yield from structs_of(part)
