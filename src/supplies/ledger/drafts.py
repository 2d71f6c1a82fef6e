"""Drafts of entries: what a rule wants to record, before it is written to the database."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from supplies.domain.entries import Transfer, new_salt, salted_digest
from supplies.domain.entry_rows import (
    AllocationLine,
    ArrivalLine,
    EntryRow,
    Lot,
)


class Move(NamedTuple):
    """A drafted transfer.

    Attributes:
        pointer: JSON pointer to the field of the command that caused the transfer, for error
            messages.
    """

    transfer: Transfer
    pointer: str


class Erasable(NamedTuple):
    """Content that can be erased later: a text, signature, photo or code.

    Attributes:
        about: The person whom the content is about, as `donor:CODE` or `recipient:CODE`.
    """

    digest: str
    salt: bytes
    content: bytes
    about: str | None


@dataclass(slots=True)
class DraftedRows:
    """An index of drafted rows, for rules that look up what the command itself has drafted.

    Attributes:
        lots: The drafted lots, by id. If a lot was drafted twice, this is the first row.
        needs_served: The need that goods in an allocation are for, by allocation, item and lot. If
            a lot is drafted twice, this is the need in the last row.
        arrived_lots: The lots that arrive, according to the drafted rows.
    """

    lots: dict[str, Lot] = field(default_factory=dict)
    needs_served: dict[str, dict[tuple[str, str], str | None]] = field(default_factory=dict)
    arrived_lots: set[str] = field(default_factory=set)

    def add(self, row: EntryRow) -> None:
        """Add a row to the index. Only rows of types that rules look up are kept."""
        # For structs, comparing types is much faster than `isinstance`.
        if type(row) is Lot:
            self.lots.setdefault(row.lot, row)
        elif type(row) is AllocationLine:
            self.needs_served.setdefault(row.allocation, {})[row.item, row.lot] = row.need
        elif type(row) is ArrivalLine:
            self.arrived_lots.add(row.lot)


@dataclass(slots=True)
class Draft:
    """An entry that is not written yet.

    Attributes:
        about: The person whom the entry concerns, as `donor:CODE` or `recipient:CODE`; None if it
            concerns nobody.
        erasables: The contents that can be erased later.
        index: An index of the rows in all drafts of the command.
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
    erasables: list[Erasable] = field(default_factory=list)
    index: DraftedRows = field(default_factory=DraftedRows)

    def add_erasable(self, content: bytes, about: str | None = None) -> str:
        """Add content that can be erased later, and return its salted digest.

        Args:
            about: The person whom the content is about. None means the person whom the entry
                concerns.
        """
        salt = new_salt()
        digest = salted_digest(salt, content)
        self.erasables.append(Erasable(digest, salt, content, about or self.about))
        return digest

    def add_rows(self, *rows: EntryRow) -> None:
        """Add rows to the entry, and to the index that all drafts of the command share."""
        self.rows.extend(rows)
        for row in rows:
            self.index.add(row)
