"""Read the records that a command names together, before its rule asks for them one by one."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import partial

from msgspec import inspect

from supplies.books.reader import Books
from supplies.domain.catalogue_records import CatalogueRecord, Item, Recipient
from supplies.domain.commands import Command
from supplies.domain.entry_rows import Allocation, EntryRow, Lot, Need, Pledge
from supplies.domain.struct_fields import find_fields

_CATALOGUE: Mapping[str, type[CatalogueRecord]] = {"item": Item, "recipient": Recipient}
"""The kind of record whose codes a field contains, by the name of the field."""

_DOCUMENTS: Mapping[str, tuple[type[EntryRow], str]] = {
    "allocation": (Allocation, "allocation"),
    "allocations": (Allocation, "allocation"),
    "lot": (Lot, "lot"),
    "need": (Need, "need"),
    "pledge": (Pledge, "pledge"),
}
"""The type of the rows whose ids a field contains, with the column of the ids."""

Names = Mapping[str, Collection[str]]
"""Codes and ids by the field of the command that contains them, each only once."""


def names_in(command: Command) -> Names:
    """Return the codes and ids in the fields and lines of a command."""
    found: dict[str, dict[str, None]] = {}
    for _, field, value in find_fields(command, _contains_name):
        names = value if isinstance(value, list) else (value,)
        found.setdefault(field, {}).update(dict.fromkeys(names))
    return found


def _contains_name(field: inspect.Field) -> bool:
    return field.name in _CATALOGUE or field.name in _DOCUMENTS


def read_named_records(books: Books, names: Names) -> None:
    """Read the records with these names, of each kind together.

    If a kind has only one name, nothing is read, because the rule may not need the record.
    """
    several = {field: found for field, found in names.items() if len(found) > 1}
    if not several:
        return
    for field, kind in _CATALOGUE.items():
        books.catalogue.read_together(kind, several.get(field, ()))
    books.read_together(
        partial(books.latest_row, row_type, **{column: name})
        for field, (row_type, column) in _DOCUMENTS.items()
        for name in several.get(field, ())
    )
