"""Check how much of each donation fulfilled pledges: its lines against its transfers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from supplies.domain.accounts import PLEDGED, keys_of, kind_of
from supplies.domain.entries import Body
from supplies.domain.entry_rows import TABLES, Arrival, ArrivalLine
from supplies.errors import BooksBroken
from supplies.verification.reader import Reader
from supplies.verification.records import ROW_TABLES, Rows

_ByPledge = Counter[tuple[str, str]]
"""Quantities by pledge and item."""


class FulfilledPledges:
    """Compares the lines of donations with the transfers that fulfilled pledges.

    Donations that fulfil no pledge are left out.
    """

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self._moved: dict[str, _ByPledge] = {}
        self._recorded: dict[str, tuple[int, _ByPledge]] = {}

    def add(self, recorded: Rows, bodies: Sequence[Body]) -> None:
        """Remember the lines of the next donations, and their transfers from pledges."""
        columns = ROW_TABLES[ArrivalLine].columns
        item, pledge, on_pledge = map(columns.index, ("item", "pledge", "on_pledge"))
        for row in recorded[Arrival]:
            self._recorded.pop(row[1], None)
        latest = {row[1]: row[0] for row in recorded[Arrival]}
        for row in recorded[ArrivalLine]:
            if row[on_pledge] and latest.get(row[1]) == row[0]:
                _, lines = self._recorded.setdefault(row[1], (row[0], Counter()))
                lines[row[pledge] or "", row[item]] += row[on_pledge]
        for body in bodies:
            if body.kind == "donation_received" and body.document is not None:
                for source, target, item_moved, lot, quantity in body.transfers:
                    if not lot:
                        self._move(body.document, source, item_moved, quantity)
                        self._move(body.document, target, item_moved, -quantity)

    def _move(self, donation: str, account: str, item: str, quantity: int) -> None:
        if kind_of(account) is PLEDGED:
            moved = self._moved.setdefault(donation, Counter())
            moved[keys_of(account)[0], item] += quantity

    def check(self) -> None:
        """Check that the quantities on the lines of each donation are those that left its pledges.

        A line that names no pledge may have fulfilled any pledges of the donor.

        Raises:
            BooksBroken: the quantities differ.
        """
        for donation in self._moved.keys() | self._recorded.keys():
            seq, lines = self._recorded.get(donation, (None, Counter()))
            moved = self._moved.get(donation, Counter())
            for item in {item for _, item in [*lines, *moved]}:
                expected, found = _of_item(moved, item), _of_item(lines, item)
                if expected != found:
                    raise self._broken(seq, f"{expected} × {item}", f"{found} × {item}")
            for (pledge, item), quantity in lines.items():
                if pledge and quantity > moved[pledge, item]:
                    raise self._broken(
                        seq, f"{moved[pledge, item]} × {item} for {pledge}", f"{quantity} × {item}"
                    )

    def _broken(self, seq: int | None, expected: str, found: str) -> BooksBroken:
        return self.reader.broken(TABLES[ArrivalLine], "on_pledge", seq, expected, found)


def _of_item(quantities: _ByPledge, item: str) -> int:
    return sum(quantity for (_, of), quantity in quantities.items() if of == item)
