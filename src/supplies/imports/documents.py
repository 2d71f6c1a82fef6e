"""Group the rows of a sheet into documents. Each document is recorded with one command."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from supplies.imports.row_identity import IdentifiedRow
from supplies.imports.row_reader import RowReader
from supplies.imports.sheets import Row, shown

MAX_LINES_TOGETHER = 200
"""Maximum number of rows of opening stock that are recorded with one command."""

_COMMON = {
    "opening-stock": ("location", "day", "note"),
    "donations": ("reference", "donor", "recipient", "day", "location"),
    "pledges": ("reference", "donor", "recipient", "day", "location"),
    "distributions": ("reference", "donor", "recipient", "day", "location"),
}
"""For each kind of rows, the columns that are equal in all rows of a document.

Consecutive rows that are equal in these columns form one document. A row without a `reference` is a
document by itself, except for opening stock. For kinds that are not listed, every row is a document
by itself.
"""


class Documents:
    """Groups the rows of one sheet into documents, and the documents into batches."""

    def __init__(self, reader: RowReader) -> None:
        kind = reader.kind
        known = {column.name for column in kind.columns}
        self._reader = reader
        self._common = [name for name in _COMMON.get(kind.name, ()) if name in known]
        self._is_stock = kind.name == "opening-stock"

    def groups(
        self, rows: Iterable[IdentifiedRow], size: int
    ) -> Iterator[list[list[IdentifiedRow]]]:
        """Yield batches of documents with about `size` rows each. No document is split."""
        group: list[list[IdentifiedRow]] = []
        count = 0
        for document in self._documents(rows):
            group.append(document)
            count += len(document)
            if count >= size:
                yield group
                group, count = [], 0
        if group:
            yield group

    def _documents(self, rows: Iterable[IdentifiedRow]) -> Iterator[list[IdentifiedRow]]:
        """Yield documents: each is a list of consecutive rows, recorded with one command."""
        together: list[IdentifiedRow] = []
        last: object = None
        for one in rows:
            key = self._key(one.row)
            is_full = self._is_stock and len(together) >= MAX_LINES_TOGETHER
            if together and (key is None or key != last or is_full):
                yield together
                together = []
            together.append(one)
            last = key
        if together:
            yield together

    def _key(self, row: Row) -> tuple[str, ...] | None:
        """Return the values of a row that must be equal in all rows of its document.

        Return None if the row is a document by itself.
        """
        if not self._common:
            return None
        key = tuple(shown(self._reader.cell(row, name)) for name in self._common)
        return key if self._is_stock or key[0] else None
