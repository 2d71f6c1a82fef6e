"""Read the codes of stops. A household proves a delivery by telling the courier the code."""

from __future__ import annotations

from supplies.books.moved_stops import deliveries_of_stop
from supplies.books.reader import Books
from supplies.domain.entry_rows import CodeAttempt

MAX_WRONG_CODES = 5
"""Maximum number of wrong codes for one stop. After that, no code is compared."""


def codes_are_compared(books: Books, delivery: str, allocation: str) -> bool:
    """Return whether fewer than `MAX_WRONG_CODES` wrong codes were entered for a stop.

    If so, the next code that a courier enters is still compared. A stop that moved to another
    delivery keeps its code, so wrong codes from before the move count too.
    """
    wrong = sum(
        len(books.rows(CodeAttempt, delivery=name, allocation=allocation, result="wrong"))
        for name in deliveries_of_stop(books, delivery, allocation)
    )
    return wrong < MAX_WRONG_CODES


def codes_of_stops(books: Books, delivery: str) -> dict[str, str]:
    """Return the codes of the stops of a delivery, by allocation.

    A stop without a code is left out: its code was erased, or an older version of the program
    dispatched it.
    """
    rows = books.all(
        "SELECT c.allocation, x.content FROM stop_codes c CROSS JOIN erasable x "
        "WHERE c.station = :station AND c.delivery = :delivery "
        "AND x.station = c.station AND x.seq = c.seq AND x.digest = c.digest "
        "AND x.content IS NOT NULL",
        delivery=delivery,
    )
    return {allocation: bytes(code).decode() for allocation, code in rows}


def code_of_stop(books: Books, delivery: str, allocation: str) -> str | None:
    """Return the code of a stop, or None if it has no code or the code was erased."""
    code = books.value(
        "SELECT x.content FROM stop_codes c CROSS JOIN erasable x "
        "WHERE c.station = :station AND c.delivery = :delivery AND c.allocation = :allocation "
        "AND x.station = c.station AND x.seq = c.seq AND x.digest = c.digest",
        delivery=delivery,
        allocation=allocation,
    )
    return None if code is None else bytes(code).decode()
