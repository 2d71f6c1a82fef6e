"""What all views are made of. Encoded by msgspec they are the service's JSON, key by key."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

import msgspec

from supplies.errors import InvalidField

T = TypeVar("T")

DEFAULT_LIMIT = 100
MAX_LIMIT = 500
"""The most that one page holds."""

EVERYTHING = 2**62
"""More than any list holds: where there is no limit."""


class View(msgspec.Struct, frozen=True, kw_only=True):
    """Something read from the books; its fields stand in the order of the JSON."""


class Page(View, Generic[T], frozen=True, kw_only=True):
    """Part of a list. next: what to give as `after` for the following part; None: that was all."""

    items: list[T]
    next: str | None = None


Fetch = Callable[[int, int], Sequence[tuple[int, T]]]
"""From what lies after a position, at most so many views, each with its own position."""


def page(fetch: Fetch[T], after: str | None, limit: int | None) -> Page[T]:
    """A page of what is listed by the number of its entry. limit None: all of it."""
    wanted = one_more(limit)
    if after is None:
        position = 0
    elif after.isascii() and after.isdigit() and len(after) <= 18:
        position = int(after)
    else:
        raise InvalidField.at("/after", f"{after[:64]!r} is no place in this list; use its `next`")
    return cut(fetch(position, wanted), limit)


def cut(found: Sequence[tuple[Any, T]], limit: int | None) -> Page[T]:
    """A page of what was found with one more than fits, which only tells that there is more."""
    following = None
    if limit is not None and len(found) > limit:
        following = str(found[limit - 1][0])
    return Page(items=[view for _, view in found[:limit]], next=following)


def one_more(limit: int | None) -> int:
    """How many to look for; a page holds not more than memory and patience bear."""
    if limit is None:
        return EVERYTHING
    if not 1 <= limit <= MAX_LIMIT:
        raise InvalidField.at("/limit", f"limit is {limit}; it goes from 1 to {MAX_LIMIT}")
    return limit + 1


def sifted(fetch: Fetch[T], keep: Callable[[T], bool]) -> Fetch[T]:
    """Fetch on until enough was found that is to be kept: for what SQL cannot tell apart."""

    def narrowed(after: int, wanted: int) -> list[tuple[int, T]]:
        kept: list[tuple[int, T]] = []
        while len(kept) < wanted:
            found = fetch(after, wanted)
            kept += [(position, view) for position, view in found if keep(view)]
            if len(found) < wanted:
                break
            after = found[-1][0]
        return kept[:wanted]

    return narrowed
