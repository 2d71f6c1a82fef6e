"""Check that all goods of a stop were moved when it was taken off its delivery."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from supplies.domain.accounts import ALLOCATED, IN_TRANSIT
from supplies.domain.entries import Body
from supplies.domain.entry_rows import TABLES, StopLine, StopRemoval
from supplies.storage.store import Row
from supplies.verification.reader import Reader
from supplies.verification.records import ROW_TABLES, Rows

_Goods = Counter[tuple[str, str, str]]
"""Moved quantities by target account, item and lot."""


class _Removal(NamedTuple):
    """A stop that an entry took off a delivery, and the goods that this entry moved."""

    seq: int
    delivery: str
    allocation: str
    moved_to: str | None
    moved: _Goods


class RemovedStops:
    """Checks stops that were taken off deliveries.

    The moved goods are compared with the loaded ones after all entries were read.
    """

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self._removals: list[_Removal] = []

    def add(self, recorded: Rows, bodies: Sequence[Body]) -> None:
        """Remember the stops that the next batch of entries took off deliveries."""
        for seq, delivery, allocation, moved_to in recorded[StopRemoval]:
            moved: _Goods = Counter()
            for source, target, item, lot, quantity in bodies[seq - bodies[0].seq].transfers:
                if source == IN_TRANSIT(delivery, allocation):
                    moved[target, item, lot] += quantity
            self._removals.append(_Removal(seq, delivery, allocation, moved_to, moved))

    def check(self) -> None:
        """Check for each stop that was removed from a delivery that its goods were removed too.

        Raises:
            BooksBroken: the entry that removed the stop moved other goods than those loaded for it,
                or the stop was moved to another delivery and has other lines there.
        """
        for removal in self._removals:
            loaded = self._lines(removal.delivery, removal.allocation)
            expected: _Goods = Counter()
            for row in loaded:
                expected[self._target(removal, row), row[2], row[3]] += row[5]
            if expected != removal.moved:
                raise self.reader.broken(
                    "transfers", "quantity", removal.seq, _shown(expected), _shown(removal.moved)
                )
            if removal.moved_to is None:
                continue
            there = self._lines(removal.moved_to, removal.allocation)
            if there != loaded:
                raise self.reader.broken(TABLES[StopLine], "loaded", removal.seq, loaded, there)

    def _target(self, removal: _Removal, line: Row) -> str:
        if removal.moved_to is not None:
            return IN_TRANSIT(removal.moved_to, removal.allocation)
        return ALLOCATED(removal.allocation, str(line[4]))

    def _lines(self, delivery: str, allocation: str) -> list[Row]:
        """Return the loaded lines of a stop in order, without entry number and delivery."""
        columns = [name for name in ROW_TABLES[StopLine].columns if name not in ("seq", "delivery")]
        return self.reader.store.all(
            f"SELECT {', '.join(columns)} FROM {TABLES[StopLine]} WHERE station = :station "
            "AND delivery = :delivery AND allocation = :allocation ORDER BY line",
            {"station": self.reader.station, "delivery": delivery, "allocation": allocation},
        )


def _shown(goods: _Goods) -> str:
    return ", ".join(
        f"{quantity} × {item} to {target}" for (target, item, _), quantity in sorted(goods.items())
    )
