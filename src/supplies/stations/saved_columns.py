"""Saved choices of columns: which columns of a file an import reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import msgspec
from msgspec import Meta

from supplies.books.reader import Books
from supplies.domain.validation import convert
from supplies.errors import InvalidField, Sentence
from supplies.stations.stored_settings import read_settings, store_settings

MAX_SAVED = 100
"""Maximum number of choices that a station may save."""

_MEMBER = "import_columns"
_Text = Annotated[str, Meta(min_length=1, max_length=200)]
_Choices = Annotated[dict[_Text, _Text], Meta(max_length=50)]


class SavedColumns(msgspec.Struct, frozen=True, kw_only=True):
    """A saved choice: which columns of a file an import reads.

    Attributes:
        kind: The kind of rows, such as "donations".
        columns: The headings of the columns in the file, by the name of the column in imports.
        values: For columns that are not in the file: a fixed value for all rows, by the name of the
            column.
    """

    kind: _Text
    columns: _Choices = {}
    values: _Choices = {}


def saved_columns(books: Books) -> Mapping[str, SavedColumns]:
    """Return all saved choices of columns, by name."""
    stored = read_settings(books).get(_MEMBER, {})
    return {name: msgspec.convert(stored[name], SavedColumns) for name in sorted(stored)}


def find_saved_columns(books: Books, name: str, kind: str) -> SavedColumns:
    """Return the choice of columns that was saved under a name, for rows of one kind.

    Raises:
        InvalidField: nothing is saved under this name, or the choice is for rows of another kind.
    """
    all_saved = saved_columns(books)
    found = all_saved.get(name)
    if found is None:
        raise InvalidField(
            Sentence(
                "no columns are saved as '{name}'; saved are: {names}",
                name=name,
                names=", ".join(all_saved) or "–",
            )
        )
    if found.kind != kind:
        raise InvalidField(
            Sentence("the columns '{name}' are saved for {kind}", name=name, kind=found.kind)
        )
    return found


def save_columns(books: Books, name: str, saved: SavedColumns | None) -> None:
    """Save a choice of columns under a name. Replace the earlier choice of this name.

    If `saved` is None, delete the choice of this name. Call this within
    `Ledger.admin_transaction()`.

    Raises:
        InvalidField: the name or the choice is too long, or too many are saved.
    """
    name = name.strip()
    if not 0 < len(name) <= 80:
        raise InvalidField(Sentence("a name for saved columns has 1 to 80 characters"))
    stored = {key: one for key, one in saved_columns(books).items() if key != name}
    if saved is not None:
        stored[name] = convert(SavedColumns, msgspec.to_builtins(saved))
    if len(stored) > MAX_SAVED:
        raise InvalidField(
            Sentence("at most {most} choices of columns can be saved", most=MAX_SAVED)
        )
    store_settings(books, {**read_settings(books), _MEMBER: msgspec.to_builtins(stored)})
