"""Read the records that a command names together, before its rule asks for them one by one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from functools import partial

import msgspec

from supplies.books.reader import Books
from supplies.domain.catalogue_records import CatalogueRecord, Item, Recipient
from supplies.domain.commands import Command
from supplies.domain.entry_rows import Allocation, EntryRow, Lot, Need, Pledge

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

Names = Mapping[str, list[str]]
"""Codes and ids by the field of the command that contains them, each only once."""


def names_in(command: Command) -> Names:
    """Return the codes and ids in the fields and lines of a command."""
    found: dict[str, dict[str, None]] = defaultdict(dict)
    _collect(command, found)
    return {field: list(names) for field, names in found.items()}


def _collect(part: msgspec.Struct, found: dict[str, dict[str, None]]) -> None:
    for field in part.__struct_fields__:
        value = getattr(part, field)
        if not value:  # most fields are optional
            continue
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, msgspec.Struct):
                _collect(each, found)
            elif field in _CATALOGUE or field in _DOCUMENTS:
                found[field][each] = None


def read_named_records(books: Books, names: Names) -> None:
    """Read the records with these names, of each kind together.

    If a kind has only one name, nothing is read, because the rule may not need the record.
    """
    for field, several in names.items():
        if len(several) > 1 and field in _CATALOGUE:
            books.catalogue.read_together(_CATALOGUE[field], several)
    books.read_together(
        partial(books.latest_row, row_type, **{column: name})
        for field, (row_type, column) in _DOCUMENTS.items()
        if len(several := names.get(field, [])) > 1
        for name in several
    )
