"""Tables as CSV, XLSX and JSON, read back by the import and by other readers."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from supplies.domain.formula_guard import FORMULA_ERRORS, guard_formula, unguard_formula
from supplies.errors import InvalidField
from supplies.exports import tables
from supplies.exports.tables import Column, Table, Value, json_parts, write_csv, write_xlsx
from supplies.imports.files import open_sheets

COLUMNS = (Column("item", "#item"), Column("quantity", "#value"), Column("day"), Column("note"))
ROWS: list[list[Value]] = [
    ["口罩", 71, date(2020, 2, 5), "=HYPERLINK(1)"],
    ["00123", -5, None, "-5"],
    ["'+1", 10**12, date(1900, 1, 1), "@x"],
    ["https://example.org", 2**60, None, "two\nlines"],
]


ODD_TEXTS = (
    *("#N/A", "'#N/A", "#REF!", "#NAME?", "NULL", "None", "nan", "true", "FALSE", "1e5", "1E+20"),
    *(
        "00123",
        "1.0",
        "1,000",
        "2020-02-03",
        "2/3/2020",
        "12:30",
        "5%",
        "-",
        "a;b",
        "[1]",
        '{"a":1}',
    ),
)
"""Texts that programs take for something else, such as an error, a number or a day."""


def table(rows: list[list[Value]] | None = None, name: str = "rows") -> Table:
    return Table(name, COLUMNS, ROWS if rows is None else rows)


def written(write: object, *args: object, **options: object) -> bytes:
    file = io.BytesIO()
    write(*args, file, **options)  # type: ignore[operator]  # one of the three writers
    return file.getvalue()


TEXTS = st.text(alphabet="'=+-@\t\r5ex 口", max_size=5) | st.builds(
    str.__add__, st.text(alphabet="'", max_size=2), st.sampled_from(sorted(FORMULA_ERRORS))
)


@given(TEXTS)
def test_a_guarded_text_is_given_back(text: str) -> None:
    assert unguard_formula(guard_formula(text)) == text


@given(TEXTS)
def test_a_guarded_text_is_a_number_or_starts_like_no_formula(text: str) -> None:
    made = guard_formula(text)
    try:
        float(made)
    except ValueError:
        assert not made.startswith(("=", "+", "-", "@", "\t", "\r"))
        assert made not in FORMULA_ERRORS


def test_texts_in_csv_are_guarded_and_numbers_are_not() -> None:
    content = written(write_csv, table())
    assert content.startswith(b"\xef\xbb\xbf")
    found = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert found == [
        ["item", "quantity", "day", "note"],
        ["口罩", "71", "2020-02-05", "'=HYPERLINK(1)"],
        ["00123", "-5", "", "-5"],
        ["''+1", "1000000000000", "1900-01-01", "'@x"],
        ["https://example.org", str(2**60), "", "two\nlines"],
    ]


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_the_import_reads_what_the_export_writes(tmp_path: Path, ending: str) -> None:
    texts = ["=1+1", "'-5", *ODD_TEXTS]
    rows: list[list[Value]] = [[text, 1, None, text] for text in texts]
    path = tmp_path / f"rows.{ending}"
    with path.open("wb") as file:
        if ending == "csv":
            write_csv(table(rows), file)
        else:
            write_xlsx([table(rows)], file)
    with open_sheets(path) as sheets:
        read = [row.cells for sheet in sheets for row in sheet.rows]
    assert [[cells[0], int(str(cells[1])), cells[3]] for cells in read[1:]] == [
        [text, 1, text] for text in texts
    ]


def test_a_workbook_contains_texts_numbers_and_days_but_no_formulas() -> None:
    content = written(write_xlsx, [table()])
    sheet = openpyxl.load_workbook(io.BytesIO(content))["rows"]
    found = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)]
    assert [row[0] for row in found] == ["口罩", "00123", "'+1", "https://example.org"]
    assert [row[1] for row in found] == [71, -5, 10**12, str(2**60)]
    assert [row[3] for row in found] == ["=HYPERLINK(1)", "-5", "@x", "two\nlines"]
    assert found[0][2].date() == date(2020, 2, 5)
    assert found[2][2] == "1900-01-01"
    archive = zipfile.ZipFile(io.BytesIO(content))
    assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")


def test_the_hxl_tags_are_the_second_row() -> None:
    line = written(write_csv, table(), hxl=True).decode().splitlines()[1]
    assert line == "#item,#value,,"
    book = openpyxl.load_workbook(io.BytesIO(written(write_xlsx, [table()], hxl=True)))
    assert [cell.value for cell in book["rows"][2]] == ["#item", "#value", None, None]


def test_json_is_a_list_of_objects() -> None:
    assert json.loads(b"".join(json_parts(table())))[0] == {
        "item": "口罩",
        "quantity": 71,
        "day": "2020-02-05",
        "note": "=HYPERLINK(1)",
    }
    assert json.loads(b"".join(json_parts(table([])))) == []
    many: list[list[Value]] = [["mask", n, None, None] for n in range(1001)]
    assert len(json.loads(b"".join(json_parts(table(many))))) == 1001


def test_a_table_longer_than_a_sheet_continues_on_a_further_sheet(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tables, "_MAX_SHEET_ROWS", 3)
    book = openpyxl.load_workbook(io.BytesIO(written(write_xlsx, [table()])))
    assert book.sheetnames == ["rows", "rows 2"]
    assert [book[name].max_row for name in book.sheetnames] == [3, 3]


def test_sheets_have_different_and_allowed_names() -> None:
    named = [table([], name) for name in ("a/b", "A B", "x" * 40, "x" * 40, "''")]
    book = openpyxl.load_workbook(io.BytesIO(written(write_xlsx, named)))
    assert book.sheetnames == ["a b", "A B 2", "x" * 31, "x" * 29 + " 2", "Sheet"]


def test_a_text_too_long_for_a_cell_of_a_workbook_is_refused() -> None:
    with pytest.raises(InvalidField, match="row 2 of rows has a text of 40000 characters"):
        written(write_xlsx, [table([["x" * 40_000, 1, None, None]])])


def test_rows_are_written_while_they_are_read() -> None:
    read = 0

    def rows() -> Iterator[list[Value]]:
        nonlocal read
        for _ in range(2000):
            read += 1
            yield ["mask", 1, None, None]

    parts = tables.csv_parts(Table("rows", COLUMNS, rows()))
    next(parts)
    next(parts)
    assert read == 500
