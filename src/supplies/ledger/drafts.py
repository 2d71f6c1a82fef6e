"""Drafts of entries: what a rule wants to record, before it is written."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from supplies.domain.entries import Transfer
from supplies.domain.entry_rows import (
    AllocationLine,
    EntryRow,
    Lot,
)


class Move(NamedTuple):
    """A drafted transfer, and the JSON pointer of the command's field that caused it."""

    transfer: Transfer
    pointer: str


@dataclass(slots=True)
class DraftedRows:
    """Rows of drafts that rules look up again, indexed as they are added.

    lots: the lots by id. If a lot was added twice, the first row is kept. needs_served: by
    allocation and (item, lot), the need that the goods serve. If it was added twice, the last row
    is kept.
    """

    lots: dict[str, Lot] = field(default_factory=dict)
    needs_served: dict[str, dict[tuple[str, str], str | None]] = field(default_factory=dict)

    def add(self, row: EntryRow) -> None:
        """Index a row, if it is of a kind that is looked up."""
        if isinstance(row, Lot):
            self.lots.setdefault(row.lot, row)
        elif isinstance(row, AllocationLine):
            self.needs_served.setdefault(row.allocation, {})[row.item, row.lot] = row.need


@dataclass(slots=True)
class Draft:
    """A draft of an entry.

    about: the person whom the entry concerns, `donor:CODE` or `recipient:CODE`; None if it concerns
    nobody. erasables: digest, salt and content of texts that can be erased later. index: the
    looked-up rows of all drafts of one journal, which share it.
    """

    seq: int
    kind: str
    document: str | None
    happened_on: date
    booked_on: date
    about: str | None = None
    supersedes: int | None = None
    moves: list[Move] = field(default_factory=list)
    rows: list[EntryRow] = field(default_factory=list)
    erasables: list[tuple[str, bytes, bytes]] = field(default_factory=list)
    index: DraftedRows = field(default_factory=DraftedRows)

    def add_rows(self, *rows: EntryRow) -> None:
        """Add rows to the entry."""
        self.rows.extend(rows)
        for row in rows:
            self.index.add(row)
