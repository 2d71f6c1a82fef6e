"""How the fields of catalogue records are stored in the columns of their tables."""

from __future__ import annotations

from datetime import date
from typing import Any, TypeVar

import msgspec

from supplies.domain.catalogue_records import CatalogueRecord, Item, LargerUnit
from supplies.storage.store import Row

N = TypeVar("N", bound=CatalogueRecord)

_STORED_ELSEWHERE = ("barcodes",)
"""Fields of records that are stored in another table than the other fields."""

_FLAGS = ("quarantine", "retired", "needs_batch", "needs_expiry")
"""Columns that store a bool as the integer 0 or 1."""

_JSON = ("packs", "aliases", "shown_unit", "age_bands", "collectors")
"""Columns that store a list, a dict or a struct as JSON."""

_DAYS = ("consent_on",)
"""Columns that store a day as text in ISO format."""


def columns_of(kind: type[CatalogueRecord]) -> list[str]:
    """Return the columns that store a kind of record, in the order of the record's fields."""
    return [name for name in kind.__struct_fields__ if name not in _STORED_ELSEWHERE]


def record_from_row(kind: type[N], row: Row) -> N:
    """Build a record from a database row. An item is returned without its barcodes."""
    values = dict(zip(columns_of(kind), row, strict=True))
    for name in values.keys() & set(_FLAGS):
        values[name] = bool(values[name])
    for name in values.keys() & set(_JSON):
        values[name] = None if values[name] is None else msgspec.json.decode(values[name])
    for name in values.keys() & set(_DAYS):
        values[name] = None if values[name] is None else date.fromisoformat(values[name])
    if kind is Item and values["shown_unit"] is not None:
        values["shown_unit"] = LargerUnit(**values["shown_unit"])
    return kind(**values)


def column_value(value: Any) -> Any:
    """Convert the value of a field to the value that its column stores."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict | list | msgspec.Struct):
        return msgspec.json.encode(value, order="sorted").decode()
    return value
