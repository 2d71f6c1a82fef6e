"""Rows about allocations and their collection."""

from __future__ import annotations

from supplies.domain.entry_rows.base import EntryRow


class Allocation(EntryRow, frozen=True, kw_only=True, tag="allocations"):
    """Goods that are set aside for one recipient.

    Attributes:
        arrival: The donation or conversion whose goods were set aside on arrival; None if the goods
            were already in stock.
    """

    allocation: str
    recipient: str
    location: str
    arrival: str | None


class AllocationLine(EntryRow, frozen=True, kw_only=True, tag="allocation_lines"):
    """The quantity of one lot in an allocation, in base units, and the need that it is for."""

    allocation: str
    line: int
    item: str
    lot: str
    need: str | None
    quantity: int


class Collection(EntryRow, frozen=True, kw_only=True, tag="collections"):
    """A collection: a recipient fetched allocated goods at the counter.

    Attributes:
        received_by: Who took the goods, as in `StopOutcome`; None if unknown.
    """

    allocation: str
    recipient: str
    received_by: str | None
