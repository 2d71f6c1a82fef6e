"""Warnings about what is still open when a delivery is closed."""

from __future__ import annotations

from supplies.access.access_context import AccessContext
from supplies.books.reader import Books
from supplies.views.conflict_reasons import reason_of_conflict
from supplies.views.deliveries import get_delivery
from supplies.views.pagination import Warned
from supplies.views.stop_conflicts import list_stop_conflicts
from supplies_service.phone_warnings import find_silent_phones


def find_closing_warnings(access: AccessContext, delivery: str) -> list[Warned]:
    """Return warnings about what is still open when a delivery is closed.

    The warnings are about phones that may have unsent records, and about stops with an open
    conflict.
    """
    return [*find_silent_phones(access, delivery), *_open_conflicts(access.books, delivery)]


def find_move_warnings(access: AccessContext, delivery: str) -> list[Warned]:
    """Return warnings if a delivery was closed because its last open stops were moved.

    Call this after the move. If the delivery is still out, the list is empty.

    Args:
        delivery: The delivery that the stops were moved from.
    """
    if get_delivery(access.books, delivery).status == "out":
        return []
    closed = Warned(
        warning="closes-delivery",
        detail=f"these are the last open stops, so this closes delivery {delivery}",
        about=delivery,
    )
    return [closed, *find_closing_warnings(access, delivery)]


def find_undo_warnings(access: AccessContext, delivery: str) -> list[Warned]:
    """Return warnings if a delivery was closed because its last open stops were taken off.

    Call this after the dispatch of the stops was undone. If the delivery has no stops left, the
    whole delivery was undone, and the list is empty.
    """
    found = get_delivery(access.books, delivery)
    return find_move_warnings(access, delivery) if found.present_stops else []


def _open_conflicts(books: Books, delivery: str) -> list[Warned]:
    """Return a warning for each stop of a delivery with an open conflict."""
    found = {
        one.report.allocation: Warned(
            warning="conflict-open",
            detail=f"the conflict in entry {one.conflict.seq} is not resolved: "
            f"{reason_of_conflict(books, one.conflict)}",
            about=one.report.allocation,
        )
        for one in list_stop_conflicts(books)
        if one.delivery == delivery
    }
    return list(found.values())
