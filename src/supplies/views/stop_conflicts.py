"""List open conflicts about stops, including stops that were moved to another delivery."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from supplies.books.moved_stops import present_delivery
from supplies.books.reader import Books
from supplies.domain.commands import ReportOutcome
from supplies.views.deliveries import DOCUMENT_TYPE
from supplies.views.entries import ConflictView, list_conflicts


class StopConflict(NamedTuple):
    """An open conflict about a stop of a delivery.

    Attributes:
        report: The report that contradicts the books and was not booked.
        delivery: The delivery that has the stop now.
    """

    conflict: ConflictView
    report: ReportOutcome
    delivery: str


def list_stop_conflicts(books: Books) -> list[StopConflict]:
    """Return the open conflicts about stops of all deliveries, oldest first."""
    found = []
    for conflict in list_conflicts(books, limit=None).items:
        if conflict.document.startswith(f"{DOCUMENT_TYPE.prefix}_"):
            report = msgspec.json.decode(conflict.stated, type=ReportOutcome)
            delivery = present_delivery(books, conflict.document, report.allocation)
            found.append(StopConflict(conflict, report, delivery))
    return found
