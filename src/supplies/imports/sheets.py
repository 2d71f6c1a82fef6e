"""Sheets, rows and cells of a file to import, in the same form for all file formats."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import Enum, auto

from supplies.domain.formula_guard import FORMULA_ERRORS
from supplies.domain.normalization import normalize_text
from supplies.errors import Sentence


class Lost(Enum):
    """The value of a cell whose formula has an error or no stored result."""

    LOST = auto()


LOST = Lost.LOST

Cell = str | int | Decimal | date | datetime | Lost | None
"""The value of a cell. None means an empty cell. A text of spaces counts as empty."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a sheet.

    Attributes:
        number: Number of the row in its sheet. In a text file, the number of the row's first line.
        cells: The cells, from the first column on.
        shared: Indexes of cells that are merged with cells of other rows. All of these rows have
            the same value.
    """

    number: int
    cells: list[Cell]
    shared: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet of a file.

    Attributes:
        name: Name of the sheet; "" for a format without sheets.
        rows: Yields all rows in order, once. Empty rows are left out.
        notes: Messages about the sheet, such as that it is hidden.
        size: Approximate number of rows; None if it is not known.
        size_after: Approximate number of rows of all further sheets together.
    """

    name: str
    rows: Iterator[Row]
    notes: list[Sentence] = field(default_factory=list)
    size: int | None = None
    size_after: int = 0


MAX_COLUMNS = 256
"""Maximum number of columns that a sheet may have."""

_MOST_DIGITS = 40
"""Maximum number of digits that a number is written with; longer ones have an exponent."""

CELL, WHY, ORIGIN = "单元格 cell", "未导入原因 why", "原始行 origin"
"""Headings of the three columns that are added to a file that lists rejected rows.

They are the faulty cell, the reason, and the identity of the row in the original file; see
`row_identity`.
"""


def clean(text: str) -> Cell:
    """Return the value of a cell whose content is a text.

    A blank text becomes None. The text of an error, such as #REF!, becomes LOST.
    """
    normal = clean_text(text)
    return LOST if normal in FORMULA_ERRORS else normal


def clean_text(text: str) -> str | None:
    """Return a text normalized, also if it reads like an error. A blank text becomes None."""
    return normalize_text(text) or None


def shown(cell: Cell) -> str:
    """Return the value of a cell as text, in the form used in a file that lists rejected rows."""
    if type(cell) is str:  # most cells
        return cell
    if cell is None:
        return ""
    if isinstance(cell, Lost):
        return "#N/A"
    if isinstance(cell, Decimal):
        return f"{cell:f}" if abs(cell.adjusted()) <= _MOST_DIGITS else str(cell)
    if isinstance(cell, datetime):
        return cell.isoformat(" ")
    return str(cell)


def column_letters(index: int) -> str:
    """Return the letters of a column by its index, such as A for 0 and AB for 27."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
