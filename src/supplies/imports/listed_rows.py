"""Write rows that an import did not record to a file, to be corrected and imported again."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from itertools import islice

from supplies.domain.formula_guard import guard_formula
from supplies.imports.import_results import ImportResult, Listed
from supplies.imports.sheets import CELL, LOST, ORIGIN, WHY, shown

ROWS_IN_PART = 1_000
"""Number of rows in each part of a file of listed rows."""


def listed_as_csv(result: ImportResult, translate: Callable[[str], str] = str) -> Iterator[bytes]:
    """Yield, in parts, a CSV file of the rows that were not recorded, with three more columns.

    The columns say which cell has a fault, what the fault is, and the identity of the row in the
    imported file. If sheets have different headings, the file has all headings; each row fills the
    columns of its sheet. If a spreadsheet program would run a text as a formula, the text is
    preceded by an apostrophe. Imports remove this apostrophe.

    Args:
        translate: Translates a reason to the language of the reader; see `Sentence`.
    """
    widths: dict[str, int] = {}
    for one in result.listed:
        widths[one.sheet] = max(widths.get(one.sheet, 0), len(one.cells))
    keys: dict[tuple[str, int], int] = {}
    places: dict[str, list[int]] = {}
    for sheet in result.sheets:
        if sheet.name in widths:
            width = widths[sheet.name]
            names = [*sheet.headings, *[""] * width][:width]
            added = [(CELL, 0), (WHY, 0), (ORIGIN, 0)]
            places[sheet.name] = [
                keys.setdefault(key, len(keys)) for key in (*_keys(names), *added)
            ]
    yield b"\xef\xbb\xbf" + _as_csv([[heading for heading, _ in keys]])
    rows = (
        _cells(one, places[one.sheet], len(keys), translate(one.sentence)) for one in result.listed
    )
    while part := list(islice(rows, ROWS_IN_PART)):
        yield _as_csv(part)


def _cells(one: Listed, places: list[int], width: int, why: str) -> list[str]:
    """Return the cells of a row of the file.

    Args:
        places: The column in the file for each cell of the imported row, and for the three further
            cells.
        width: The number of columns of the file.
    """
    cells = [""] * width
    for at, text in zip(places, one.cells, strict=False):
        cells[at] = text
    for at, text in zip(places[-3:], (one.cell, why, one.origin), strict=True):
        cells[at] = text
    return cells


def _as_csv(rows: list[list[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(
        # A lost cell stays lost if it is not corrected.
        [cell if cell == shown(LOST) else guard_formula(cell) for cell in row]
        for row in rows
    )
    return text.getvalue().encode()


def _keys(headings: list[str]) -> list[tuple[str, int]]:
    """Return each heading together with the number of equal headings before it.

    The number distinguishes columns with equal headings.
    """
    return [(name, headings[:at].count(name)) for at, name in enumerate(headings)]
