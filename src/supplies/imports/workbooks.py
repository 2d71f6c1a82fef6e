"""Read XLSX and ODS workbooks, with limits, because a small file can unpack to a huge one.

The library calamine reads the rows. It is fast, but holds a sheet in memory, and it returns an
empty cell for a formula that has an error or no stored result. Therefore each sheet of an XLSX file
is first scanned as XML, to find its size and such formulas. Workbooks with large sheets are read
row by row by another library, openpyxl.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import IO, Any, TypeVar
from xml.parsers import expat

from supplies.errors import InvalidField, Sentence
from supplies.imports.sheets import LOST, MAX_COLUMNS, Cell, Row, Sheet, clean, clean_text

MAX_UNPACKED = 2 * 2**30
"""Maximum size of an unpacked workbook in bytes."""

MAX_RATIO = 400
"""Maximum ratio between the size of the unpacked content and the size of the file.

Real workbooks have a ratio of at most 30.
"""

MAX_IN_MEMORY = 48 * 2**20
"""Maximum size of an unpacked sheet that calamine reads, in bytes."""

MAX_CELLS_IN_MEMORY = 4_000_000
"""Maximum number of cells of a sheet that calamine reads, including empty cells."""

MAX_ROWS = 1_048_576
"""Maximum number of rows of a sheet. No spreadsheet program writes more."""

T = TypeVar("T")

_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml")
_REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")


def read_workbook(path: Path, file: IO[bytes]) -> Iterator[Sheet]:
    """Return the sheets of a workbook.

    Raises:
        InvalidField: the file is not a workbook, is damaged, or is larger than the limits.
    """
    for sheet in _intact(path, _sheets(path, file)):
        yield replace(sheet, rows=_intact(path, sheet.rows))


def _intact(path: Path, parts: Iterator[T]) -> Iterator[T]:
    """Yield the parts of a workbook, which are read one by one.

    Raises:
        InvalidField: a part cannot be read. Each library reports a damaged file in its own way.
    """
    try:
        yield from parts
    except InvalidField:
        raise
    except Exception as error:
        raise _damaged(path) from error


def _sheets(path: Path, file: IO[bytes]) -> Iterator[Sheet]:
    archive = zipfile.ZipFile(file)
    _check_size(path, archive)
    names = set(archive.namelist())
    if "xl/workbook.xml" in names:
        yield from _read_xlsx(path, archive)
    elif "content.xml" in names and b"spreadsheet" in archive.read("mimetype"):
        yield from _read_ods(path, archive)
    else:
        raise InvalidField(
            Sentence("{file} is a ZIP file, but neither .xlsx nor .ods", file=path.name)
        )


def _damaged(path: Path) -> InvalidField:
    return InvalidField(
        Sentence(
            "{file} is damaged or protected; open it in a spreadsheet program and save it again",
            file=path.name,
        )
    )


def _check_size(path: Path, archive: zipfile.ZipFile) -> None:
    """Check that a workbook does not become too large when it is unpacked.

    Raises:
        InvalidField: the workbook is too large.
    """
    unpacked = sum(part.file_size for part in archive.infolist())
    packed = max(path.stat().st_size, 1)
    if unpacked > MAX_UNPACKED or (unpacked > 2**20 and unpacked > MAX_RATIO * packed):
        raise InvalidField(
            Sentence(
                "{file} has {size} MB when it is unpacked, which is too much for a real workbook "
                "of this size; save it as .csv",
                file=path.name,
                size=unpacked // 2**20,
            )
        )


def _notes(path: Path, *, visible: bool) -> list[Sentence]:
    notes = []
    if not visible:
        notes.append(Sentence("the sheet is hidden; it was read like any other"))
    if path.suffix.lower() == ".xlsm":
        notes.append(Sentence("the macros of the workbook were not run"))
    return notes


# --- XLSX ----------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Scan:
    """What a scan of a sheet's XML found.

    Attributes:
        rows, columns: The numbers of the last row and of the last column that contain a cell.
        lost: Row and column, counted from 1, of each formula with an error or without a result.
    """

    size: int = 0
    rows: int = 0
    columns: int = 0
    lost: set[tuple[int, int]] = field(default_factory=set)


def _read_xlsx(path: Path, archive: zipfile.ZipFile) -> Iterator[Sheet]:
    from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

    scans = dict(_scans(path, archive))
    is_large = any(
        archive.getinfo(name).file_size > MAX_IN_MEMORY
        for name in archive.namelist()
        if _SHEET.fullmatch(name)
    )
    if is_large or any(scan.rows * scan.columns > MAX_CELLS_IN_MEMORY for scan in scans.values()):
        yield from _read_large_xlsx(path, scans)
        return
    workbook = CalamineWorkbook.from_path(path)
    after = sum(scan.rows for scan in scans.values())
    for meta in workbook.sheets_metadata:
        if meta.typ is not SheetTypeEnum.WorkSheet:
            continue
        sheet = workbook.get_sheet_by_name(meta.name)
        scan = scans.get(meta.name, _Scan())
        after -= scan.rows
        visible = meta.visible is SheetVisibleEnum.Visible
        yield Sheet(
            meta.name,
            _calamine_rows(sheet, scan.lost),
            _notes(path, visible=visible),
            scan.rows,
            after,
        )


def _scans(path: Path, archive: zipfile.ZipFile) -> Iterator[tuple[str, _Scan]]:
    """Scan the sheets of an XLSX file. Yield the name and the scan of each."""
    targets: dict[str, str] = {}
    for _, of in _elements(archive, "xl/_rels/workbook.xml.rels", "Relationship"):
        target = of.get("Target", "")
        targets[of.get("Id", "")] = target[1:] if target.startswith("/") else f"xl/{target}"
    for _, of in _elements(archive, "xl/workbook.xml", "sheet"):
        part = targets.get(of.get("r:id", ""), "")
        if _SHEET.fullmatch(part):
            scan = _scan(path, archive, part, of.get("name", ""))
            if scan.columns > MAX_COLUMNS:
                raise InvalidField(
                    Sentence(
                        "{file}, sheet {sheet} has {count} columns; at most {most} are read",
                        file=path.name,
                        sheet=of.get("name"),
                        count=scan.columns,
                        most=MAX_COLUMNS,
                    )
                )
            yield of.get("name", ""), scan


def _elements(
    archive: zipfile.ZipFile, part: str, wanted: str
) -> Iterator[tuple[str, dict[str, str]]]:
    found: list[tuple[str, dict[str, str]]] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        if name.rpartition(":")[2] == wanted:
            found.append((name, attributes))

    parser = _parser()
    parser.StartElementHandler = start
    with archive.open(part) as file:
        parser.ParseFile(file)
    return iter(found)


def _parser() -> expat.XMLParserType:
    """Return an XML parser that refuses entity declarations, which could use up the memory."""
    parser = expat.ParserCreate()

    def refuse(*_: Any) -> None:
        raise ValueError("entity declaration")

    parser.EntityDeclHandler = refuse
    return parser


def _scan(path: Path, archive: zipfile.ZipFile, part: str, sheet: str) -> _Scan:
    """Read the XML of a sheet once, before its rows are read, and return what was found in it.

    Args:
        part: The name of the XML file in the archive.
        sheet: The name of the sheet, for messages.

    Raises:
        InvalidField: the sheet has too many rows.
    """
    scan = _Scan()
    row, column = 0, 0
    is_formula, has_value, is_error, in_value = False, False, False, False

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal row, column, is_formula, has_value, is_error, in_value
        name = name.rpartition(":")[2]
        if name == "row":
            row, column = int(attributes.get("r", row + 1)), 0
            if row > MAX_ROWS:
                raise InvalidField(
                    Sentence(
                        "{file}, sheet {sheet} has more than {most} rows; save it as .csv",
                        file=path.name,
                        sheet=sheet,
                        most=MAX_ROWS,
                    )
                )
        elif name == "c":
            # A cell without a reference follows the cell before it.
            row, column = _position(attributes.get("r", "")) or (row, column + 1)
            is_formula, has_value = False, False
            is_error = attributes.get("t") == "e"
            scan.rows, scan.columns = max(scan.rows, row), max(scan.columns, column)
        elif name == "f":
            is_formula = True
        in_value = name in ("v", "t")

    def text(data: str) -> None:
        nonlocal has_value
        has_value = has_value or in_value

    def end(name: str) -> None:
        if name.rpartition(":")[2] == "c" and (is_error or (is_formula and not has_value)):
            scan.lost.add((row, column))

    parser = _parser()
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = text
    with archive.open(part) as file:
        parser.ParseFile(file)
    return scan


def _position(reference: str) -> tuple[int, int] | None:
    """Return the row and the column of a cell reference such as B7, counted from 1.

    Return None if the reference is invalid.
    """
    found = _REFERENCE.fullmatch(reference)
    if found is None:
        return None
    column = 0
    for letter in found[1]:
        column = column * 26 + ord(letter) - ord("A") + 1
    return int(found[2]), column


def _calamine_rows(sheet: Any, lost: set[tuple[int, int]]) -> Iterator[Row]:
    merged = _merged(sheet)
    values: dict[tuple[int, int], Cell] = {}
    for index, found in enumerate(sheet.to_python(skip_empty_area=False)):
        number = index + 1
        cells = [LOST if (number, at) in lost else _value(cell) for at, cell in enumerate(found, 1)]
        shared = set()
        for at, (first, is_tall) in merged.get(index, {}).items():
            if first == (index, at):
                values[first] = cells[at] if at < len(cells) else None
            elif at < len(cells) and cells[at] is None:
                cells[at] = values.get(first)
            if is_tall:
                shared.add(at)
        if any(cell is not None for cell in cells):
            yield Row(number, cells, frozenset(shared))


def _merged(sheet: Any) -> dict[int, dict[int, tuple[tuple[int, int], bool]]]:
    """Return the merged area of each merged cell, by row and column of the cell.

    The area is described by its first cell, and a value that is True if the area has several rows.
    """
    found: dict[int, dict[int, tuple[tuple[int, int], bool]]] = {}
    for (top, left), (bottom, right) in sheet.merged_cell_ranges or []:
        for row in range(top, min(bottom, top + 10_000) + 1):
            for column in range(left, min(right, MAX_COLUMNS) + 1):
                found.setdefault(row, {})[column] = (top, left), bottom > top
    return found


def _value(value: Any) -> Cell:
    """Convert a value of calamine or openpyxl to a `Cell`. Times and durations become text."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return int(value) if value.is_integer() else Decimal(repr(value))
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, datetime):
        return value.date() if value.time() == time() else value
    if isinstance(value, int | date):
        return value
    return str(value) if isinstance(value, time | timedelta) else clean_text(str(value))


def _read_large_xlsx(path: Path, scans: dict[str, _Scan]) -> Iterator[Sheet]:
    """Yield the sheets of a large XLSX file, whose rows are read one by one.

    Merged areas are not recognized.
    """
    import openpyxl

    workbook = openpyxl.load_workbook(path, read_only=True, data_only=True)
    try:
        after = sum(scan.rows for scan in scans.values())
        for sheet in workbook.worksheets:
            scan = scans.get(sheet.title, _Scan())
            after -= scan.rows
            notes = _notes(path, visible=sheet.sheet_state == "visible")
            notes.append(
                Sentence("the sheet is large, so merged cells have their value only in one row")
            )
            rows = _openpyxl_rows(sheet, scan.lost)
            yield Sheet(sheet.title, rows, notes, scan.rows, after)
    finally:
        workbook.close()


def _openpyxl_rows(sheet: Any, lost: set[tuple[int, int]]) -> Iterator[Row]:
    # The dimension that a file states may be wrong, and would add empty cells to each row.
    sheet.reset_dimensions()
    for number, row in enumerate(sheet.iter_rows(values_only=True), 1):
        cells = [
            LOST if lost and (number, at) in lost else _value(value)
            for at, value in enumerate(row, 1)
        ]
        if any(cell is not None for cell in cells):
            yield Row(number, cells)


# --- ODS -----------------------------------------------------------------------------------------


def _read_ods(path: Path, archive: zipfile.ZipFile) -> Iterator[Sheet]:
    from python_calamine import CalamineWorkbook, SheetVisibleEnum

    size = archive.getinfo("content.xml").file_size
    if size > MAX_IN_MEMORY:
        raise InvalidField(
            Sentence(
                "{file} has {size} MB when it is unpacked; at most {most} MB are read from .ods; "
                "save it as .xlsx or .csv",
                file=path.name,
                size=size // 2**20,
                most=MAX_IN_MEMORY // 2**20,
            )
        )
    lost = _lost_in_ods(path, archive)
    workbook = CalamineWorkbook.from_path(path)
    names = [meta.name for meta in workbook.sheets_metadata]
    sheets = [workbook.get_sheet_by_name(name) for name in names]
    # `total_height` is the index of the last row.
    after = sum(sheet.total_height + 1 for sheet in sheets)
    for index, (meta, sheet) in enumerate(zip(workbook.sheets_metadata, sheets, strict=True)):
        size = sheet.total_height + 1
        after -= size
        visible = meta.visible is SheetVisibleEnum.Visible
        yield Sheet(
            meta.name,
            _with_errors(_calamine_rows(sheet, lost[index] if index < len(lost) else set())),
            _notes(path, visible=visible),
            size,
            after,
        )


def _with_errors(rows: Iterator[Row]) -> Iterator[Row]:
    """Yield rows of ODS, in which older programs store an error as a text."""
    for row in rows:
        cells = [clean(cell) if isinstance(cell, str) else cell for cell in row.cells]
        yield replace(row, cells=cells)


def _lost_in_ods(path: Path, archive: zipfile.ZipFile) -> list[set[tuple[int, int]]]:
    """Find the formulas of an ODS file with an error or without a result.

    Return the row and column of each formula, in one set for each sheet.

    Raises:
        InvalidField: a sheet has too many columns or, with empty and repeated cells, too many
            cells.
    """
    sheets: list[set[tuple[int, int]]] = []
    row, next_row, column, columns = 1, 1, 0, 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal row, next_row, column, columns
        name = name.rpartition(":")[2]
        if name == "table":
            sheets.append(set())
            next_row, columns = 1, 0
        elif name == "table-row":
            repeat = int(attributes.get("table:number-rows-repeated", 1))
            row, next_row, column = next_row, next_row + repeat, 0
        elif name in ("table-cell", "covered-table-cell"):
            times = int(attributes.get("table:number-columns-repeated", 1))
            kind = attributes.get("office:value-type")
            if attributes.get("table:formula") and (
                kind is None or attributes.get("calcext:value-type") == "error"
            ):
                sheets[-1].add((row, column + 1))
            if kind is not None:
                columns = max(columns, column + times)
                if columns > MAX_COLUMNS:
                    raise InvalidField(
                        Sentence(
                            "{file} has {count} columns; at most {most} are read",
                            file=path.name,
                            count=columns,
                            most=MAX_COLUMNS,
                        )
                    )
                if (next_row - 1) * columns > MAX_CELLS_IN_MEMORY:
                    raise InvalidField(
                        Sentence(
                            "{file} has more than {most} cells; save it as .xlsx or .csv",
                            file=path.name,
                            most=MAX_CELLS_IN_MEMORY,
                        )
                    )
            column += times

    parser = _parser()
    parser.StartElementHandler = start
    with archive.open("content.xml") as file:
        parser.ParseFile(file)
    return sheets
