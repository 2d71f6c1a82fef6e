"""Write rows that an import did not record to a file, to be corrected and imported again."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

from supplies.domain.formula_guard import guard_formula
from supplies.errors import InvalidField
from supplies.imports.files import digest_of, open_sheets
from supplies.imports.import_results import ImportResult, Listed
from supplies.imports.row_identity import RowIdentifier
from supplies.imports.sheets import CELL, LOST, ORIGIN, WHY, shown

ROWS_IN_PART = 1_000
"""Number of rows in each part of a file of listed rows."""


def listed_as_csv(result: ImportResult, translate: Callable[[str], str] = str) -> Iterator[bytes]:
    """Yield, in parts, a CSV file of the rows that were not recorded, with three more columns.

    The columns say which cells have faults, what the faults are in the same order, and the
    identity of the row in the imported file. If sheets have different headings, the file has all
    headings; each row fills the columns of its sheet. If a spreadsheet program would run a text as
    a formula, the text is preceded by an apostrophe. Imports remove this apostrophe.

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
    rows = (_cells(one, places[one.sheet], len(keys), translate) for one in result.listed)
    while part := list(islice(rows, ROWS_IN_PART)):
        yield _as_csv(part)


def is_uncorrected_list(path: Path, kind: str, file: Path) -> bool:
    """Return whether a file is a list of rejected rows of another file that nobody has corrected.

    Args:
        kind: The kind of rows, a key of `KINDS`.
        file: The file whose rows are listed.
    """
    try:
        origin = digest_of(file)
        with open_sheets(path) as sheets:
            rows = iter(next(sheets).rows)
            headings = [shown(cell) for cell in next(rows).cells]
            identifier = RowIdentifier("", "", kind, headings)
            return ORIGIN in headings and all(
                one.corrected is not None
                and (one.key.file, one.key.content) == (origin, one.corrected.content)
                for one in map(identifier.identify, rows)
            )
    except (InvalidField, StopIteration):
        return False


def _cells(
    one: Listed, places: list[int], width: int, translate: Callable[[str], str]
) -> list[str]:
    """Return the cells of a row of the file.

    Args:
        places: The column in the file for each cell of the imported row, and for the three further
            cells.
        width: The number of columns of the file.
    """
    cells = [""] * width
    for at, text in zip(places, one.cells, strict=False):
        cells[at] = text
    where = ", ".join(problem.cell for problem in one.problems)
    why = "; ".join(translate(problem.sentence) for problem in one.problems)
    for at, text in zip(places[-3:], (where, why, one.origin), strict=True):
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
