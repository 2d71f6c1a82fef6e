"""Base classes and functions for views: pages, cursors, and checks of filters.

The service encodes views as JSON and returns them as response bodies.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any, Generic, TypeVar

import msgspec

from supplies.books.reader import Books
from supplies.domain.accounts import STOCK
from supplies.domain.catalogue_records import (
    Campaign,
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
"""The type of positions in a list, such as entry numbers."""

DEFAULT_LIMIT = 100
MAX_LIMIT = 500
"""Maximum number of objects on one page."""

NO_LIMIT = 2**62
"""The SQL limit for a list that is returned whole. It is larger than any list."""


class View(msgspec.Struct, frozen=True, kw_only=True):
    """Base class of views: what is read from the books and returned as JSON.

    The JSON has the fields in the order of the class. If a field is described as absent, it is left
    out of the JSON, and its value in Python is `msgspec.UNSET`.
    """


class Page(View, Generic[T], frozen=True, kw_only=True):
    """A page of a list.

    Attributes:
        next: Pass this as `after` to get the following page. None on the last page.
    """

    items: list[T]
    next: str | None = None


OrEarlier = bool | msgspec.UnsetType
"""True if the event may have happened before `happened_on`; absent if it happened on that day."""


class Warned(View, frozen=True, kw_only=True):
    """A warning that a recorded command may be a mistake.

    Attributes:
        about: The id or code of the document, lot or record that the warning is about.
        detail: The message.
        line: The line of the document that the warning is about; absent if it is about no single
            line.
        item: The code of the item that the warning is about; absent if it is about no single item.
        quantity: The quantity that the warning is about, in base units; absent if it is not about
            one quantity.
        kind: The kind of the record that the warning is about, such as `recipients`; absent if it
            is about no record that looks like another.
        same: The fields that are equal in two records that look alike; absent if the warning is
            about something else.
    """

    warning: str
    detail: str
    about: str
    line: int | msgspec.UnsetType = msgspec.UNSET
    item: str | msgspec.UnsetType = msgspec.UNSET
    quantity: int | msgspec.UnsetType = msgspec.UNSET
    kind: str | msgspec.UnsetType = msgspec.UNSET
    same: list[str] | msgspec.UnsetType = msgspec.UNSET


class PackedView(View, frozen=True, kw_only=True):
    """A quantity in packs, as given in a command: `quantity` packs of the kind `pack`.

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
"""A function that reads a part of a list.

Its arguments are a position and a limit. It returns the elements after the position, at most as
many as the limit, each paired with its own position.
"""


def paginate(fetch: Fetch[T], after: str | None, limit: int | None) -> Page[T]:
    """Return a page of a list whose positions are numbers. A limit of None returns the whole list.

    Raises:
        InvalidField: `after` or `limit` is invalid.
    """
    return make_page(fetch(parse_cursor(after), rows_to_fetch(limit)), limit)


def parse_cursor(after: str | None) -> int:
    """Return the number in a cursor; 0 if the cursor is None.

    Raises:
        InvalidField: `after` is not a number of at most 18 digits.
    """
    if after is None:
        return 0
    if after.isascii() and after.isdigit() and len(after) <= 18:
        return int(after)
    raise invalid_cursor(after)


def invalid_cursor(after: str) -> InvalidField:
    """Return the error for an invalid parameter `after`."""
    return InvalidField.at(
        "/after",
        Sentence("{after} is not a cursor of this list; use its `next`", after=repr(after[:64])),
    )


def make_page(found: Sequence[tuple[Any, T]], limit: int | None) -> Page[T]:
    """Return a page with the first `limit` views of `found`. Set `next` if there are more.

    Args:
        found: The position of each view in the list, with the view.
    """
    following = None
    if limit is not None and len(found) > limit:
        following = str(found[limit - 1][0])
    return Page(items=[view for _, view in found[:limit]], next=following)


def rows_to_fetch(limit: int | None) -> int:
    """Return how many rows to query for a page: one more than `limit`.

    The additional row shows whether there is a next page. A limit of None returns `NO_LIMIT`.

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
    """Check that the value of a filter is known. None is always valid.

    Raises:
        InvalidField: the value is not one of `known`.
    """
    if value is not None and value not in known:
        shown = repr(value[:64])
        raise InvalidField.at(
            f"/{field}",
            Sentence("{value} is not one of {known}", value=shown, known=", ".join(known))
            if known
            else Sentence("{value} is not in these books", value=shown),
        )


def check_codes(books: Books, **codes: str | None) -> None:
    """Check that the codes in filters are in the catalogue.

    The names of the filters are `item`, `donor`, `recipient`, `location`, `team`, `community` and
    `campaign`. None means no filter.

    Raises:
        InvalidField: a code is not in the catalogue.
    """
    for field, code in codes.items():
        kind = _NOUNS[field]
        if code is not None and books.catalogue.get(kind, code) is None:
            raise InvalidField.at(
                f"/{field}",
                Sentence(
                    "unknown {field} {code}; see the list of {table}",
                    field=field,
                    code=repr(code[:64]),
                    table=kind.table,
                ),
            )


def check_location_of(books: Books, account: str) -> None:
    """Check that the location of a stock account, such as `stock:store-a`, is in the catalogue.

    Other accounts are not checked.

    Raises:
        InvalidField: the location is not in the catalogue.
    """
    location = account.removeprefix(STOCK.prefix).removesuffix(":")
    if account.startswith(STOCK.prefix) and location:
        try:
            check_codes(books, location=location)
        except InvalidField as error:
            raise InvalidField.at("/account", error.detail) from None


_NOUNS: dict[str, type[CatalogueRecord]] = {
    "item": Item,
    "donor": Donor,
    "recipient": Recipient,
    "location": Location,
    "team": Team,
    "community": Community,
    "campaign": Campaign,
}

MAX_FETCHES = 8
"""Maximum number of queries for one page of a filtered list.

After this number of queries, the page is returned even if it is not full.
"""


def paginate_filtered(
    fetch: Callable[[P, int], Sequence[tuple[P, T | None]]], after: P, limit: int | None
) -> Page[T]:
    """Return a page of a list that is filtered after it is read from the database.

    For each object that the filter leaves out, `fetch` returns None instead of a view. At most
    `MAX_FETCHES` queries are made for a page. If these find too little, the page has fewer objects
    or none, and the next page begins after the last object that was read.

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
