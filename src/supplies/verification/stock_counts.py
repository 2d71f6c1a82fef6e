"""Check for each counted line that the difference found by the stock count is booked."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from supplies.books.stock_counts import COUNTED, RECOUNTED, RESOLVED
from supplies.domain.accounts import UNEXPLAINED
from supplies.domain.entries import Body
from supplies.domain.entry_rows import CountedLine, CountSheet, Recount
from supplies.storage.store import Row
from supplies.verification.reader import Reader
from supplies.verification.records import Rows

_KINDS = {COUNTED, RECOUNTED, RESOLVED}
"""The kinds of entry that may book the difference of a stock count."""


@dataclass(slots=True)
class _Line:
    """A counted line of a stock count, with quantities in base units.

    Attributes:
        seq: Number of the entry that recorded the line or last changed the expected quantity.
        counted: The quantity that was counted.
        expected: The quantity in the books when the count sheet was opened. Entries that are
            recorded later, but happened before the count, change this quantity.
        unbooked: The part of a shortage that could not be booked when a conflict was resolved.
    """

    seq: int
    item: str
    lot: str
    counted: int
    expected: int
    unbooked: int = 0


class StockCounts:
    """Checks that the differences found by the stock counts of a station are booked."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self._places: dict[str, str] = {}
        self._lines: dict[str, dict[int, _Line]] = defaultdict(dict)
        self._booked: dict[str, Counter[tuple[str, str]]] = defaultdict(Counter)

    def add(self, recorded: Rows, bodies: Sequence[Body]) -> None:
        """Read the counted lines in the next batch of entries, and their booked differences.

        Raises:
            BooksBroken: an entry names a count sheet or counted line that does not exist.
        """
        self._places.update((row[1], row[2]) for row in recorded[CountSheet])
        counted, recounted = _by_entry(recorded[CountedLine]), _by_entry(recorded[Recount])
        for body in bodies:
            if body.kind not in _KINDS and body.seq not in counted and body.seq not in recounted:
                continue
            for seq, sheet, number, item, lot, expected, quantity in counted[body.seq]:
                if sheet not in self._places:
                    raise self.reader.broken("counted_lines", "sheet", seq, "a count sheet", sheet)
                self._lines[sheet][number] = _Line(seq, item, lot, quantity, expected)
            for seq, sheet, number, expected in recounted[body.seq]:
                line = self._lines.get(sheet, {}).get(number)
                if line is None:
                    raise self.reader.broken(
                        "recounts", "line", seq, f"a counted line of {sheet}", number
                    )
                line.seq, line.expected = seq, expected
            if body.kind in (COUNTED, RECOUNTED) and body.document is not None:
                self._book(body, body.document)
            elif body.kind == RESOLVED and body.document in self._places:
                self._book(body, body.document)
                for line in self._lines[body.document].values():
                    if line.seq == body.seq:
                        missing = line.expected - line.counted
                        line.unbooked = max(0, missing - sum(self._of(body.document, line)))

    def _book(self, body: Body, sheet: str) -> None:
        if sheet not in self._places:
            raise self.reader.broken("entries", "document", body.seq, "a count sheet", sheet)
        place = UNEXPLAINED(self._places[sheet])
        for source, target, item, lot, quantity in body.transfers:
            self._booked[sheet][item, lot] += quantity * ((target == place) - (source == place))

    def check(self) -> None:
        """Check the booked difference of each counted line.

        The booked difference and the part that could not be booked must add up to the expected
        quantity minus the counted one.

        Raises:
            BooksBroken: a different quantity was booked.
        """
        for sheet, lines in self._lines.items():
            for line in lines.values():
                booked = sum(self._of(sheet, line)) + line.unbooked
                if booked != line.expected - line.counted:
                    raise self.reader.broken(
                        "transfers",
                        "quantity",
                        line.seq,
                        f"{line.expected - line.counted} × {line.item} unexplained by {sheet}",
                        booked,
                    )

    def _of(self, sheet: str, line: _Line) -> Iterator[int]:
        for (item, lot), quantity in self._booked[sheet].items():
            if item == line.item and line.lot in ("", lot):
                yield quantity


def _by_entry(rows: Sequence[Row]) -> dict[int, list[Row]]:
    """Group rows by the number of the entry that wrote them, which is their first column."""
    found: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        found[row[0]].append(row)
    return found
