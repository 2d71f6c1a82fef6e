"""Read what the entries of a delivery recorded about its stops."""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

import msgspec

from supplies.books.reader import Books
from supplies.domain.commands import ConfirmationWay, Outcome, ReportOutcome
from supplies.domain.entry_rows import (
    TABLES,
    CodeAttempt,
    Confirmation,
    DeliveryEnd,
    Proof,
    StopOutcome,
    StopRemoval,
)
from supplies.views.delivery_proofs import StopCodeResult


class StopEvent(NamedTuple):
    """An event at a stop, as an entry recorded it.

    An event is an outcome, a reported code, a proof, the removal of the stop, a confirmation, or a
    report that contradicts the books.

    Attributes:
        outcome: The reported outcome; None if the event is not an outcome.
        code: The result of comparing a reported code; None if the event is not about a code.
        confirmed: How the household confirmed the hand-over; None if the event is not a
            confirmation.
    """

    allocation: str
    outcome: Outcome | None = None
    code: StopCodeResult | None = None
    confirmed: ConfirmationWay | None = None


def read_stop_events(books: Books, delivery: str) -> dict[int, list[StopEvent]]:
    """Return the events of the stops of a delivery by entry number."""
    found = defaultdict(list)
    for row, column in (
        (StopOutcome, "outcome"),
        (CodeAttempt, "result"),
        (Confirmation, "way"),
        (Proof, "NULL"),
        (StopRemoval, "NULL"),
    ):
        for seq, allocation, value in books.all(
            f"SELECT seq, allocation, {column} FROM {TABLES[row]} "
            "WHERE station = :station AND delivery = :delivery ORDER BY seq, allocation",
            delivery=delivery,
        ):
            event = StopEvent(str(allocation))
            if row is StopOutcome:
                event = event._replace(outcome=value)
            elif row is CodeAttempt:
                event = event._replace(code=value)
            elif row is Confirmation:
                event = event._replace(confirmed=value)
            found[int(seq)].append(event)
    for seq, stated in books.all(
        "SELECT c.seq, c.stated FROM entries e CROSS JOIN conflicts c "
        "WHERE e.station = :station AND e.document = :delivery AND e.kind = 'conflict_noted' "
        "AND c.station = e.station AND c.seq = e.seq ORDER BY c.seq",
        delivery=delivery,
    ):
        report = msgspec.json.decode(stated, type=ReportOutcome)
        found[int(seq)].append(StopEvent(report.allocation))
    return dict(found)


def find_end(books: Books, delivery: str) -> int | None:
    """Return the number of the entry that closed a delivery; None if it is not closed."""
    return books.latest_seq(DeliveryEnd, delivery=delivery)
