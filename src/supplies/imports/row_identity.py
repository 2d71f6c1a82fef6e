"""Identify the rows of files, so that no row is recorded twice.

A row is identified by the digest of its file, its sheet, its number and its content. If the row is
not recorded, the import can write it to a file of rejected rows, which has a column with this
identity. When somebody corrects the row in that file and imports it, the program knows which row of
the original file was corrected.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import quote, unquote

from supplies.domain.normalization import normalize_text
from supplies.imports.sheets import CELL, ORIGIN, WHY, Cell, Row, shown
from supplies.ledger.ledger import Ledger

_ORIGIN = re.compile(r"(.*)!(\d{1,9}) ([0-9a-f]{64})\.([0-9a-f]{64}(?:#\d{1,3})?)", re.DOTALL)
_DIGEST = 64
"""Length of a hexadecimal digest in characters."""


class RowKey(NamedTuple):
    """The identity of a row.

    Attributes:
        file: The SHA-256 of the file.
        content: The SHA-256 of the kind of row and of its cells. If a user divided a rejected row
            into several rows, `#2`, `#3` and so on follow the SHA-256 of all but the first of them.
    """

    file: str
    sheet: str
    row: int
    content: str

    def __str__(self) -> str:
        """Return the identity in the form used in a file that lists rejected rows."""
        sheet = self.sheet
        if "%" in sheet or normalize_text(sheet) != sheet:  # An import normalizes the cell.
            sheet = quote(sheet)
        return f"{sheet}!{self.row} {self.file}.{self.content}"

    @classmethod
    def parse(cls, text: str) -> RowKey | None:
        """Return the identity for a text that `str` returned; None for any other text."""
        found = _ORIGIN.fullmatch(text)
        if found is None:
            return None
        sheet = unquote(found[1]) if "%" in found[1] else found[1]
        return cls(found[3], sheet, int(found[2]), found[4])


@dataclass(frozen=True, slots=True)
class IdentifiedRow:
    """A row of a sheet, with its identity.

    Attributes:
        key: The identity of the row in the original file.
        corrected: The identity with the digest of the corrected content, if the row is from a file
            of rejected rows; None for a row of an original file.
        damaged: Whether the cell for the identity contains a text that is not an identity.
    """

    sheet: str
    row: Row
    key: RowKey
    corrected: RowKey | None = None
    damaged: bool = False


class RowIdentifier:
    """Finds the identities of the rows of one sheet.

    Args:
        headings: The headings of the sheet.
    """

    def __init__(self, file: str, sheet: str, kind: str, headings: Sequence[str]) -> None:
        self._file, self._sheet, self._kind = file, sheet, kind
        self._origin = headings.index(ORIGIN) if ORIGIN in headings else None
        added = {at for at, name in enumerate(headings) if name in (CELL, WHY, ORIGIN)}
        self._left_out = added if self._origin is not None else set()

    def identify(self, row: Row) -> IdentifiedRow:
        """Return a row together with its identity."""
        content = self._digest(row.cells)
        own = RowKey(self._file, self._sheet, row.number, content)
        at = self._origin
        text = shown(row.cells[at]) if at is not None and at < len(row.cells) else ""
        if not text:
            return IdentifiedRow(self._sheet, row, own)
        first = RowKey.parse(text)
        if first is None:
            return IdentifiedRow(self._sheet, row, own, damaged=True)
        corrected = first._replace(content=content + first.content[_DIGEST:])
        return IdentifiedRow(self._sheet, row, first, corrected)

    def _digest(self, cells: Sequence[Cell]) -> str:
        left = self._left_out
        texts = [shown(cell) for at, cell in enumerate(cells) if at not in left]
        return hashlib.sha256("\x1f".join([self._kind, *texts]).encode()).hexdigest()


class ImportedRows:
    """The stored identities of rows that imports have recorded.

    Use it within transactions of the ledger.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._store, self._station = ledger.store, ledger.station_code

    def among(self, rows: Sequence[IdentifiedRow]) -> set[RowKey]:
        """Return the identities of all rows in `rows` that earlier imports recorded.

        For a corrected row, both its `key` and its `corrected` identity are looked up.

        Args:
            rows: The rows to look up. Rows of an original file must be in the order of the file.
        """
        first_files = [one.key for one in rows if one.corrected is None]
        found: set[RowKey] = set()
        if first_files:
            file, sheet = first_files[0].file, first_files[0].sheet
            found.update(self._between(file, sheet, first_files[0].row, first_files[-1].row))
        for one in rows:
            if one.corrected is not None:
                found.update(self._between(one.key.file, one.key.sheet, one.key.row, one.key.row))
        return found & {key for one in rows for key in (one.key, one.corrected) if key is not None}

    def _between(self, file: str, sheet: str, first: int, last: int) -> list[RowKey]:
        rows = self._store.all(
            "SELECT file, sheet, row, content FROM imported_rows WHERE station = :station "
            "AND file = :file AND sheet = :sheet AND row BETWEEN :first AND :last",
            {
                "station": self._station,
                "file": file,
                "sheet": sheet,
                "first": first,
                "last": last,
            },
        )
        return [
            RowKey(str(file), str(sheet), int(row), str(content))
            for file, sheet, row, content in rows
        ]

    def add(self, rows: Sequence[IdentifiedRow]) -> None:
        """Store that rows were recorded. Call within the transaction that records them.

        A corrected row is stored under two identities: with its original and with its new content.
        So neither the row of the original file nor another correction of it is recorded later.
        """
        keys = {key for one in rows for key in (one.key, one.corrected) if key is not None}
        self._store.run_many(
            "INSERT INTO imported_rows (station, file, sheet, row, content) VALUES (?, ?, ?, ?, ?)",
            [(self._station, *key) for key in sorted(keys)],
        )
