"""What all views are made of. Encoded by msgspec they are the service's JSON, key by key."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Generic, TypeVar

import msgspec

from supplies.errors import InvalidField

T = TypeVar("T")
P = TypeVar("P", int, str)
"""A place in a list."""

DEFAULT_LIMIT = 100
MAX_LIMIT = 500
"""The most that one page holds."""

NO_LIMIT = 2**62
"""A limit that no list reaches."""


class View(msgspec.Struct, frozen=True, kw_only=True):
    """Something read from the books; its fields stand in the order of the JSON."""


class Page(View, Generic[T], frozen=True, kw_only=True):
    """Part of a list. next: what to give as `after` for the following part; None: that was all."""

    items: list[T]
    next: str | None = None


class Warned(View, frozen=True, kw_only=True):
    """What was recorded all the same, though it may be a slip. about: what it concerns."""

    warning: str
    detail: str
    about: str


class PackedView(View, frozen=True, kw_only=True):
    """What a line stated: `quantity` × `pack` of `size` base units, as it counted at the time."""

    quantity: int
    pack: str
    size: int


class PackedLineView(PackedView, frozen=True, kw_only=True):
    """A line of a command that counted packs. field: its list of lines. line: from 1."""

    field: str
    line: int
    item: str


Fetch = Callable[[int, int], Sequence[tuple[int, T]]]
"""From what lies after a position, at most so many views, each with its own position."""


def paginate(fetch: Fetch[T], after: str | None, limit: int | None) -> Page[T]:
    """A page of what is listed by the number of its entry. limit None: all of it."""
    return make_page(fetch(parse_cursor(after), rows_to_fetch(limit)), limit)


def parse_cursor(after: str | None) -> int:
    """The place in a list that an `after` names: the number of an entry."""
    if after is None:
        return 0
    if after.isascii() and after.isdigit() and len(after) <= 18:
        return int(after)
    raise invalid_cursor(after)


def invalid_cursor(after: str) -> InvalidField:
    """That a list has no such place."""
    return InvalidField.at("/after", f"{after[:64]!r} is no place in this list; use its `next`")


def make_page(found: Sequence[tuple[Any, T]], limit: int | None) -> Page[T]:
    """A page of what was found with one more than fits, which only tells that there is more."""
    following = None
    if limit is not None and len(found) > limit:
        following = str(found[limit - 1][0])
    return Page(items=[view for _, view in found[:limit]], next=following)


def rows_to_fetch(limit: int | None) -> int:
    """How many to look for; a page holds not more than memory and patience bear."""
    if limit is None:
        return NO_LIMIT
    if not 1 <= limit <= MAX_LIMIT:
        raise InvalidField.at("/limit", f"limit is {limit}; it goes from 1 to {MAX_LIMIT}")
    return limit + 1


def check_choice(field: str, value: str | None, known: Iterable[str]) -> None:
    """Refuse a value of a filter that nothing can have; None: not filtered."""
    if value is not None and value not in known:
        raise InvalidField.at(f"/{field}", f"{value[:64]!r} is none of {', '.join(known)}")


MAX_FETCHES = 8
"""How many times a page's length is looked through before what was found is shown."""


def paginate_filtered(
    fetch: Callable[[P, int], Sequence[tuple[P, T | None]]], after: P, limit: int | None
) -> Page[T]:
    """A page of a list from which some is left out (None) that the query could not tell apart.

    However little of the list is kept, a page looks through a bounded part of it: then it holds
    fewer than it might, even none, and `next` goes on from there.
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
