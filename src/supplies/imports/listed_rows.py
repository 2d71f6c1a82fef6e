"""Write the rows that an import did not record, so that they can be corrected and imported."""

from __future__ import annotations

import csv
import io

from supplies.imports.files import FORMULA_STARTS
from supplies.imports.importer import ImportResult

CELL, WHY = "单元格 cell", "未导入原因 why"
"""Headings of the two columns that are added. An import does not read them."""


def listed_as_csv(result: ImportResult) -> bytes:
    """Return the listed rows as CSV, with the headings of their sheets and two more columns.

    A text that a spreadsheet program would run as a formula begins with an apostrophe. An import
    takes it away.
    """
    text = io.StringIO()
    writer = csv.writer(text)
    for sheet in result.sheets:
        rows = [one for one in result.listed if one.sheet == sheet.name]
        if not rows:
            continue
        added = [heading for heading in (CELL, WHY) if heading not in sheet.headings]
        writer.writerow([*map(guarded, sheet.headings), *added])
        width = len(sheet.headings)
        for one in rows:
            cells = [*one.cells, *[""] * width][: max(width, len(one.cells))]
            for heading, value in ((CELL, one.cell), (WHY, one.why)):
                if heading in sheet.headings:
                    cells[sheet.headings.index(heading)] = value
                else:
                    cells.append(value)
            writer.writerow(map(guarded, cells))
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def guarded(text: str) -> str:
    """Return a text that no spreadsheet program runs as a formula. Numbers stay as they are."""
    if not text.startswith(FORMULA_STARTS):
        return text
    try:
        float(text)
    except ValueError:
        return f"'{text}"
    return text
