"""Find rows of a file that are equal to each other in all columns that are read."""

from __future__ import annotations

from array import array
from itertools import pairwise
from typing import NamedTuple

from supplies.imports.sheets import Row, shown


class RowPlace(NamedTuple):
    """The place of a row in a file.

    Attributes:
        sheet: The name of the sheet; "" if the file has no sheets.
        row: The number of the row in its sheet.
    """

    sheet: str
    row: int

    def __str__(self) -> str:
        return f"{self.sheet}!{self.row}" if self.sheet else str(self.row)


class EqualRows:
    """Finds equal rows. It keeps a hash of 8 bytes and the place of each row in memory."""

    def __init__(self) -> None:
        self._hashes, self._numbers, self._sheets = array("q"), array("L"), array("L")
        self._names: dict[str, int] = {}

    def add(self, row: Row, columns: list[int], sheet: str) -> None:
        """Add a row.

        Args:
            columns: Indexes of the columns that are compared.
            sheet: The name of the row's sheet.
        """
        cells = row.cells
        texts = tuple(shown(cells[at]) if at < len(cells) else "" for at in columns)
        self._hashes.append(hash(texts))
        self._numbers.append(row.number)
        self._sheets.append(self._names.setdefault(sheet, len(self._names)))

    def pairs(self) -> list[tuple[RowPlace, RowPlace]]:
        """Return a pair of places for each row that equals an earlier row.

        The pair is the place of the first row with the same content, and the place of the row
        itself. The pairs are in the order of the rows in the file.
        """
        found = list[tuple[int, int]]()
        first = None
        for at, then in pairwise(sorted(range(len(self._hashes)), key=self._hashes.__getitem__)):
            if self._hashes[at] != self._hashes[then]:
                first = None
                continue
            first = at if first is None else first
            found.append((then, first))
        names = list(self._names)

        def place(at: int) -> RowPlace:
            # If the file has one sheet, the number of the row is enough.
            name = names[self._sheets[at]] if len(names) > 1 else ""
            return RowPlace(name, self._numbers[at])

        return [(place(first), place(then)) for then, first in sorted(found)]
