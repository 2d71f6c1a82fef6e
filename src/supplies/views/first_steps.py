"""Find out what has been set up at a new station."""

from __future__ import annotations

from supplies.books.reader import Books
from supplies.views.pagination import View


class FirstSteps(View, frozen=True, kw_only=True):
    """Which steps of setting up a station are done.

    Attributes:
        settings: Whether settings were saved.
        place: Whether a location is registered.
        items: Whether an item is registered.
        users: Whether there is a user besides the first one.
        entries: Whether anything has been recorded.
    """

    settings: bool
    place: bool
    items: bool
    users: bool
    entries: bool


def get_first_steps(books: Books) -> FirstSteps:
    """Return which steps of setting up the station are done."""

    def has_row(table: str, rest: str = "") -> bool:
        found = books.value(f"SELECT 1 FROM {table} WHERE station = :station {rest} LIMIT 1")
        return found is not None

    return FirstSteps(
        settings=has_row("station_settings"),
        place=has_row("locations"),
        items=has_row("items"),
        users=has_row("users", "AND code <> 'u_1'"),
        entries=books.last_entry().seq > 0,
    )
