"""Write rows that an import did not record to a file, to be corrected and imported again."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

from supplies.domain.formula_guard import guard_formula
from supplies.imports.import_results import ImportResult
from supplies.imports.sheets import CELL, ORIGIN, WHY


def listed_as_csv(result: ImportResult, translate: Callable[[str], str] = str) -> bytes:
    """Return a CSV file of the rows that were not recorded, with three additional columns.

    The columns say which cell has a fault, what the fault is, and the identity of the row in the
    imported file. If sheets have different headings, the result has all headings; each row fills
    the columns of its sheet. An apostrophe is put before each text that a spreadsheet program would
    run as a formula; imports remove it.

    Args:
        translate: Translates a reason to the language of the reader; see `Sentence`.
    """
    text = io.StringIO()
    writer = csv.writer(text)
    keys: dict[tuple[str, int], int] = {}
    rows: list[dict[int, str]] = []
    for sheet in result.sheets:
        listed = [one for one in result.listed if one.sheet == sheet.name]
        width = max((len(one.cells) for one in listed), default=0)
        places = [
            keys.setdefault(key, len(keys))
            for key in _keys([*sheet.headings, *[""] * width][:width])
        ]
        for one in listed:
            cells = dict(zip(places, one.cells, strict=False))
            for heading, value in (
                (CELL, one.cell),
                (WHY, translate(one.sentence)),
                (ORIGIN, one.origin),
            ):
                cells[keys.setdefault((heading, 0), len(keys))] = value
            rows.append(cells)
    writer.writerow([guard_formula(heading) for heading, _ in keys])
    for cells in rows:
        writer.writerow([guard_formula(cells.get(at, "")) for at in range(len(keys))])
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def _keys(headings: list[str]) -> list[tuple[str, int]]:
    """Return each heading together with the number of equal headings before it.

    The number distinguishes columns with equal headings.
    """
    return [(name, headings[:at].count(name)) for at, name in enumerate(headings)]
