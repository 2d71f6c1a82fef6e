"""Write tables as CSV, XLSX or JSON, one row at a time."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import IO, TYPE_CHECKING, Any, Literal, NamedTuple

import msgspec

from supplies.domain.formula_guard import guard_formula
from supplies.errors import InvalidField, Sentence

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

Value = str | int | Decimal | date | bool | None
"""The value of a cell. None means that the cell is empty."""

_ROWS_AT_ONCE = 500

_MAX_SHEET_ROWS = 1_048_576
_MAX_SHEET_NAME = 31
_MAX_CELL_TEXT = 32_767
_MAX_EXACT = 2**53
"""Largest number that XLSX stores exactly, because its numbers are floating-point: 2⁵³."""


class Column(NamedTuple):
    """A column of a table.

    Attributes:
        heading: The heading of the column, and the name of its values in JSON.
        hxl: The tag of the Humanitarian Exchange Language, such as `#item+code`; "" for none.
    """

    heading: str
    hxl: str = ""


class Table(NamedTuple):
    """A table whose rows are read while the table is written.

    Attributes:
        name: The name of the table, and of its sheet in a workbook.
        rows: The rows. Each has a value for each column.
        repeated: Number of columns, counted from the first, that are about a whole document. Their
            values are repeated in each row of the document.
    """

    name: str
    columns: Sequence[Column]
    rows: Iterable[Sequence[Value]]
    repeated: int = 0


def csv_parts(table: Table, *, hxl: bool = False, mark: bool = True) -> Iterator[bytes]:
    """Yield a table as CSV in UTF-8, in parts of 500 rows.

    If a spreadsheet program would run a text as a formula, the text is preceded by an apostrophe.
    Imports remove this apostrophe.

    Args:
        hxl: Whether to write a row with the HXL tags below the headings.
        mark: Whether to begin with a byte order mark. Without it, Excel misreads Chinese.
    """
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([guard_formula(column.heading) for column in table.columns])
    if hxl:
        writer.writerow([column.hxl for column in table.columns])
    if mark:
        yield b"\xef\xbb\xbf"
    for number, row in enumerate(table.rows, 1):
        writer.writerow([_csv_cell(value) for value in row])
        if number % _ROWS_AT_ONCE == 0:
            yield text.getvalue().encode()
            text.seek(0)
            text.truncate()
    yield text.getvalue().encode()


def write_csv(table: Table, file: IO[bytes], *, hxl: bool = False, mark: bool = True) -> None:
    """Write a table to a file as CSV. The arguments are those of `csv_parts`."""
    file.writelines(csv_parts(table, hxl=hxl, mark=mark))


def _csv_cell(value: Value) -> str | int | Decimal | date | None:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return value.isoformat()
    return guard_formula(value) if isinstance(value, str) else value


def json_parts(table: Table) -> Iterator[bytes]:
    """Yield a table as a JSON list of objects, in parts of 500 rows."""
    names = [column.heading for column in table.columns]
    encode = msgspec.json.Encoder(decimal_format="number").encode
    part, separator = [b"["], b"\n"
    for number, row in enumerate(table.rows, 1):
        part += separator, encode(dict(zip(names, row, strict=True)))
        separator = b",\n"
        if number % _ROWS_AT_ONCE == 0:
            yield b"".join(part)
            part = []
    yield b"".join([*part, b"\n]\n"])


def write_xlsx(tables: Iterable[Table], file: IO[bytes], *, hxl: bool = False) -> None:
    """Write tables to an XLSX workbook, each on a sheet of its own.

    Texts are stored as texts, so that none of them becomes a formula, a link or a number. If a
    table is too long for a sheet, it continues on another sheet. Whole numbers above 2⁵³ are
    written as texts, because XLSX would round them. Rows are kept in a temporary file, not in
    memory.

    Args:
        hxl: Whether to write a row with the HXL tags below the headings.

    Raises:
        InvalidField: a text is longer than a cell can contain.
    """
    from xlsxwriter.workbook import Workbook

    with Workbook(file, {"constant_memory": True}) as workbook:
        sheets = _Sheets(workbook, hxl=hxl)
        for table in tables:
            sheets.write(table)


def write_tables(tables: Sequence[Table], form: Literal["csv", "xlsx"], file: IO[bytes]) -> None:
    """Write tables to one file: as a workbook, or as CSV with an empty line between two tables."""
    if form == "xlsx":
        write_xlsx(tables, file)
        return
    for number, table in enumerate(tables):
        file.write(b"\r\n" if number else b"")
        write_csv(table, file, mark=number == 0)


class _Sheets:
    def __init__(self, workbook: Workbook, *, hxl: bool) -> None:
        self._workbook, self._hxl = workbook, hxl
        self._day: Format = workbook.add_format({"num_format": "yyyy-mm-dd"})
        self._bold: Format = workbook.add_format({"bold": True})
        self._names: set[str] = set()

    def write(self, table: Table) -> None:
        sheet, at = self._new_sheet(table)
        for row in table.rows:
            if at == _MAX_SHEET_ROWS:
                sheet, at = self._new_sheet(table)
            for column, value in enumerate(row):
                self._write_cell(sheet, at, column, value)
            at += 1

    def _new_sheet(self, table: Table) -> tuple[Worksheet, int]:
        """Add a sheet with the headings of a table. Return it, and the number of heading rows."""
        sheet = self._workbook.add_worksheet(self._sheet_name(table.name))
        for column, (heading, _) in enumerate(table.columns):
            sheet.write_string(0, column, heading, self._bold)
        if self._hxl:
            for column, (_, tag) in enumerate(table.columns):
                self._write_cell(sheet, 1, column, tag)
        head = 2 if self._hxl else 1
        sheet.freeze_panes(head, 0)
        return sheet, head

    def _sheet_name(self, wanted: str) -> str:
        """Return an unused sheet name without characters that XLSX forbids."""
        name = "".join(" " if sign in "[]:*?/\\" else sign for sign in wanted).strip(" '")
        name, number = name[:_MAX_SHEET_NAME] or "Sheet", 1
        made = name
        while made.casefold() in self._names:
            number += 1
            end = f" {number}"
            made = f"{name[: _MAX_SHEET_NAME - len(end)]}{end}"
        self._names.add(made.casefold())
        return made

    def _write_cell(self, sheet: Worksheet, row: int, column: int, value: Value) -> None:
        if value is None or value == "":
            return
        if isinstance(value, bool):
            sheet.write_boolean(row, column, value)
        elif isinstance(value, datetime):  # Times of a workbook have no time zone.
            self._write_text(sheet, row, column, value.isoformat())
        elif isinstance(value, date):
            self._write_day(sheet, row, column, value)
        elif isinstance(value, int | Decimal) and -_MAX_EXACT <= value <= _MAX_EXACT:
            sheet.write_number(row, column, _as_number(value))
        else:
            self._write_text(sheet, row, column, str(value))

    def _write_day(self, sheet: Worksheet, row: int, column: int, day: date) -> None:
        if day.year < 1901:  # Excel counts days from 1900, with a day too many in that year.
            self._write_text(sheet, row, column, day.isoformat())
        else:
            sheet.write_datetime(row, column, day, self._day)

    def _write_text(self, sheet: Worksheet, row: int, column: int, text: str) -> None:
        if len(text) > _MAX_CELL_TEXT:
            raise InvalidField(
                Sentence(
                    "row {row} of {sheet} has a text of {count} characters; a cell of a workbook "
                    "can contain {most}. Use CSV instead",
                    row=row + 1,
                    sheet=sheet.get_name(),
                    count=len(text),
                    most=_MAX_CELL_TEXT,
                )
            )
        sheet.write_string(row, column, text)


def _as_number(value: int | Decimal) -> Any:
    return value if isinstance(value, int) else float(value)
