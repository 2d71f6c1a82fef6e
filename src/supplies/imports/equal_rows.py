"""Find rows of a file that are equal to each other in all columns that are read."""

from __future__ import annotations

from array import array
from itertools import pairwise

from supplies.imports.sheets import Row, shown


class EqualRows:
    """Finds equal rows. It keeps a hash of 8 bytes and the number of each row in memory."""

    def __init__(self) -> None:
        self._hashes, self._numbers = array("q"), array("L")

    def add(self, row: Row, columns: list[int]) -> None:
        """Add a row.

        Args:
            columns: Indexes of the columns that are compared.
        """
        cells = row.cells
        texts = tuple(shown(cells[at]) if at < len(cells) else "" for at in columns)
        self._hashes.append(hash(texts))
        self._numbers.append(row.number)

    def pairs(self) -> list[tuple[int, int]]:
        """Return a pair of row numbers for each row that equals an earlier row.

        The pair is the number of the first row with the same content, and the number of the row
        itself.
        """
        found = []
        first = None
        for at, then in pairwise(sorted(range(len(self._hashes)), key=self._hashes.__getitem__)):
            if self._hashes[at] != self._hashes[then]:
                first = None
                continue
            first = self._numbers[at] if first is None else first
            found.append((first, self._numbers[then]))
        return sorted(found, key=lambda pair: pair[1])
