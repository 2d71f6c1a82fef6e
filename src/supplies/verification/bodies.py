"""Bodies as verification reads them: days stay the text they are, for text is what is compared.

Most of the time goes into decoding and comparing; to make dates of text and text of dates again,
several a row, would be a good part of it. Each day is checked to be one all the same, once.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, get_args, get_type_hints

import msgspec

from supplies.entries import Body, cells
from supplies.model import STATEMENTS, Statement
from supplies.store import Row

Rows = dict[type[Statement], list[Row]]
"""What some entries state, by its kind, as the store should hold it: seq, then the fields."""


class DayError(ValueError):
    """A text that stands for a day and is none."""


def _with_days_as_text(struct: type[msgspec.Struct], **replaced: Any) -> tuple[Any, list[str]]:
    """The same struct, its days left as text, and the names of these fields."""
    hints = get_type_hints(struct, include_extras=True)
    fields: list[tuple[str, Any]] = []
    days = []
    for name in struct.__struct_fields__:
        kind = replaced.get(name, hints[name])
        if date in (kind, *get_args(kind)):
            days.append(name)
            kind = str | None if type(None) in get_args(kind) else str
        fields.append((name, kind))
    config = struct.__struct_config__
    made = msgspec.defstruct(
        struct.__name__, fields, tag=config.tag, tag_field=config.tag_field, gc=False, frozen=True
    )
    return made, days


def _has_moment(statement: type[Statement]) -> bool:
    return any(datetime in (kind, *get_args(kind)) for kind in get_type_hints(statement).values())


_READ: dict[type[Statement], Any] = {
    statement: statement if _has_moment(statement) else _with_days_as_text(statement)[0]
    for statement in STATEMENTS
}
_CELLS: dict[type[Statement], Callable[[Any], tuple[Any, ...]]] = {
    statement: cells if _has_moment(statement) else msgspec.structs.astuple
    for statement in STATEMENTS
}
_DAYS = {
    statement: [1 + statement.__struct_fields__.index(name) for name in days]
    for statement in STATEMENTS
    if not _has_moment(statement) and (days := _with_days_as_text(statement)[1])
}
_ANY = functools.reduce(operator.or_, _READ.values())

if TYPE_CHECKING:

    class Read(Body):  # type: ignore[misc]  # Body is frozen, and so is this
        """A body whose days are text."""

        happened_on: str  # type: ignore[assignment]  # what is different
        booked_on: str  # type: ignore[assignment]  # what is different
else:
    Read = _with_days_as_text(Body, rows=tuple[_ANY, ...])[0]

decode: Callable[[bytes], Read] = msgspec.json.Decoder(Read).decode
