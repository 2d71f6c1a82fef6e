"""Classes and functions that all views share: views, pages and cursors.

The service encodes views as JSON and returns them as response bodies.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any, Generic, TypeVar

import msgspec

from supplies.books.reader import Books
from supplies.domain.catalogue_records import (
    CatalogueRecord,
    Community,
    Donor,
    Item,
    Location,
    Recipient,
    Team,
)
from supplies.errors import InvalidField, Sentence

T = TypeVar("T")
P = TypeVar("P", int, str)
"""The type of a position in a list, such as an entry number."""

DEFAULT_LIMIT = 100
MAX_LIMIT = 500
"""Largest number of objects on one page."""

NO_LIMIT = 2**62
"""A limit for lists that must be returned whole. It is larger than any list."""


class View(msgspec.Struct, frozen=True, kw_only=True):
    """Base class of views.

    Views are read from the books and returned as JSON, with the fields in the same order.
    """


class Page(View, Generic[T], frozen=True, kw_only=True):
    """Part of a list.

    Attributes:
        next: Pass this as `after` to get the following page. None on the last page.
    """

    items: list[T]
    next: str | None = None


OrEarlier = bool | msgspec.UnsetType
"""True if `happened_on` is only the latest possible day; unset if it is the day itself."""


class Warned(View, frozen=True, kw_only=True):
    """A warning that a recorded command may be a mistake.

    Attributes:
        about: The id of the document, lot or record that the warning is about.
        detail: The message.
    """

    warning: str
    detail: str
    about: str


class PackedView(View, frozen=True, kw_only=True):
    """A quantity in packs, as a command gave it: `quantity` packs of the kind `pack`.

    Attributes:
        size: Number of base units in one pack when the command was recorded.
    """

    quantity: int
    pack: str
    size: int


class PackedLineView(PackedView, frozen=True, kw_only=True):
    """A line of a command whose quantity was given in packs.

    Attributes:
        field: The list that contains the line.
        line: Number of the line, from 1.
    """

    field: str
    line: int
    item: str


Fetch = Callable[[int, int], Sequence[tuple[int, T]]]
"""Function that reads the next part of a list.

The arguments are a position and a limit. The result contains the elements after the position, at
most as many as the limit. Each element is paired with its own position.
"""


def paginate(fetch: Fetch[T], after: str | None, limit: int | None) -> Page[T]:
    """Return a page of a list ordered by entry number. With a limit of None, return the whole list.

    Raises:
        InvalidField: `after` or `limit` is invalid.
    """
    return make_page(fetch(parse_cursor(after), rows_to_fetch(limit)), limit)


def parse_cursor(after: str | None) -> int:
    """Return the entry number in `after`. Return 0 for None.

    Raises:
        InvalidField: `after` is not a number of at most 18 digits.
    """
    if after is None:
        return 0
    if after.isascii() and after.isdigit() and len(after) <= 18:
        return int(after)
    raise invalid_cursor(after)


def invalid_cursor(after: str) -> InvalidField:
    """Return the error that states that the parameter `after` is invalid."""
    return InvalidField.at(
        "/after",
        Sentence("{after} is not a cursor of this list; use its `next`", after=repr(after[:64])),
    )


def make_page(found: Sequence[tuple[Any, T]], limit: int | None) -> Page[T]:
    """Return the first `limit` views of `found` as a page. Set `next` if there are more."""
    following = None
    if limit is not None and len(found) > limit:
        following = str(found[limit - 1][0])
    return Page(items=[view for _, view in found[:limit]], next=following)


def rows_to_fetch(limit: int | None) -> int:
    """Return how many rows to query for a page: one more than `limit`.

    The additional row shows whether there is a next page.

    Raises:
        InvalidField: `limit` is not from 1 to `MAX_LIMIT`.
    """
    if limit is None:
        return NO_LIMIT
    if not 1 <= limit <= MAX_LIMIT:
        raise InvalidField.at(
            "/limit",
            Sentence(
                "limit is {limit}; it goes from 1 to {max_limit}", limit=limit, max_limit=MAX_LIMIT
            ),
        )
    return limit + 1


def check_choice(field: str, value: str | None, known: Collection[str]) -> None:
    """Check the value of a filter, which may be None.

    Raises:
        InvalidField: the value is not one of `known`.
    """
    if value is not None and value not in known:
        choices = f"is not one of {', '.join(known)}" if known else "is not in these books"
        raise InvalidField.at(f"/{field}", f"{value[:64]!r} {choices}")


def check_codes(books: Books, **codes: str | None) -> None:
    """Check that the codes of filters are in the books.

    The filters are `item`, `donor`, `recipient`, `location`, `team` and `community`. None means
    that there is no filter.

    Raises:
        InvalidField: a code is not in the books.
    """
    for field, code in codes.items():
        kind = _NOUNS[field]
        if code is not None and books.catalogue.get(kind, code) is None:
            raise InvalidField.at(
                f"/{field}",
                Sentence(
                    "there is no {field} {code}; see the list of {table}",
                    field=field,
                    code=repr(code[:64]),
                    table=kind.table,
                ),
            )


_NOUNS: dict[str, type[CatalogueRecord]] = {
    "item": Item,
    "donor": Donor,
    "recipient": Recipient,
    "location": Location,
    "team": Team,
    "community": Community,
}

MAX_FETCHES = 8
"""Largest number of queries for one page.

A page that is not full after them is returned as it is.
"""


def paginate_filtered(
    fetch: Callable[[P, int], Sequence[tuple[P, T | None]]], after: P, limit: int | None
) -> Page[T]:
    """Return a page of a list that is filtered after it was queried.

    `fetch` returns None instead of a view for an object that the filter leaves out. At most
    `MAX_FETCHES` queries are made for a page. If they find too little, the page has fewer objects
    or none, and `next` continues after the last object read.

    Raises:
        InvalidField: `limit` is invalid.
    """
    wanted = rows_to_fetch(limit)
    kept: list[tuple[P, T]] = []
    position = after
    for _ in range(MAX_FETCHES):
        found = fetch(position, wanted)
        kept += [(where, view) for where, view in found if view is not None]
        if len(found) < wanted or (limit is not None and len(kept) > limit):
            return make_page(kept, limit)
        position = found[-1][0]
    return Page(items=[view for _, view in kept], next=str(position))
