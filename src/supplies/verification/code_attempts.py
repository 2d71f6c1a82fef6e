"""Check that no code was compared for a stop after too many wrong codes.

A household proves the delivery by telling the courier the code of the stop.
"""

from __future__ import annotations

from collections import Counter

from supplies.books.stop_codes import MAX_WRONG_CODES
from supplies.domain.entry_rows import TABLES, CodeAttempt, StopRemoval
from supplies.verification.reader import Reader
from supplies.verification.records import Rows

_Stop = tuple[str, str]


class CodeAttempts:
    """Checks how many wrong codes couriers entered for each stop.

    If a stop moves to another delivery, the wrong codes entered before still count.
    """

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self._first: dict[_Stop, _Stop] = {}
        self._wrong = Counter[_Stop]()

    def add(self, recorded: Rows) -> None:
        """Check the attempts that the next batch of entries recorded.

        Raises:
            BooksBroken: a code was compared after too many wrong codes for the same stop.
        """
        for _, delivery, allocation, moved_to in recorded[StopRemoval]:
            if moved_to is not None:
                stop = (delivery, allocation)
                self._first[moved_to, allocation] = self._first.get(stop, stop)
        for seq, delivery, allocation, result in recorded[CodeAttempt]:
            stop = self._first.get((delivery, allocation), (delivery, allocation))
            if result != "not_compared" and self._wrong[stop] >= MAX_WRONG_CODES:
                raise self.reader.broken(TABLES[CodeAttempt], "result", seq, "not_compared", result)
            self._wrong[stop] += result == "wrong"
