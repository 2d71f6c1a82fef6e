"""Files of all formats, and files that are refused."""

from __future__ import annotations

import json
import re
import zipfile
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from supplies_service.pages.languages import translate_sentence

from supplies.errors import InvalidField
from supplies.imports import workbooks
from supplies.imports.files import open_sheets
from supplies.imports.sheets import LOST, Row, column_letters

ROWS = [["物资", "数量"], ["口罩", 71], ["洗手液", 150]]


def rows_of(path: Path) -> list[Row]:
    with open_sheets(path) as sheets:
        return [row for sheet in sheets for row in sheet.rows]


def cells_of(path: Path) -> list[list[object]]:
    return [list(row.cells) for row in rows_of(path)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("mark", [",", "\t", ";"])
def test_delimited_text_is_read_in_each_encoding(tmp_path: Path, encoding: str, mark: str) -> None:
    path = tmp_path / "gifts.csv"
    path.write_text("\n".join(mark.join(map(str, row)) for row in ROWS), encoding=encoding)
    assert cells_of(path) == [["物资", "数量"], ["口罩", "71"], ["洗手液", "150"]]


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("物资,数量,单位,备注\n口罩;,71\n手套;,3\n", 4),
        ("物资\t数量\n口罩 1,000\t71\n手套 (a, b)\t3\n洗手液 1,000\t150\n", 2),
        ("Received, sorted, counted, packed by A, B, C\nitem\tquantity\nmask\t71\nsoap\t2\n", 2),
        ("物资;数量\n口罩;1,5\n洗手液;2,5\n", 2),
        ("物资\n口罩\n", 1),
        ('物资,备注\n口罩,"a; b; c; d, e; f; g; h; ""i"""\n', 2),
        ('物资\t管径\n水管\t5" a, b, c\n水管\t6" a, b, c\n', 2),
    ],
)
def test_characters_within_texts_do_not_separate_cells(
    tmp_path: Path, text: str, columns: int
) -> None:
    path = tmp_path / "gifts.csv"
    path.write_text(text)
    assert max(len(cells) for cells in cells_of(path)) == columns


def test_a_record_over_several_lines_has_the_number_of_its_first_line(tmp_path: Path) -> None:
    path = tmp_path / "gifts.csv"
    path.write_text('item,note\nmask,"two\nlines"\nsoap,\n\n,\nrice,x\n')
    assert [row.number for row in rows_of(path)] == [1, 2, 4, 7]


def test_objects_of_json_become_rows(tmp_path: Path) -> None:
    objects = [{"item": "mask", "quantity": 71}, {"item": "soap", "quantity": 2.5, "batch": "B"}]
    listed, lines = tmp_path / "a.json", tmp_path / "b.json"
    listed.write_text(json.dumps(objects))
    lines.write_text("\n".join(map(json.dumps, objects)))
    expected = [
        ["item", "quantity", "batch"],
        ["mask", 71, None],
        ["soap", Decimal("2.5"), "B"],
    ]
    assert cells_of(listed) == cells_of(lines) == expected


def test_the_number_of_rows_is_known_before_they_are_read(tmp_path: Path) -> None:
    objects = tmp_path / "a.json"
    objects.write_text(json.dumps([{"item": "mask"}, {"item": "soap"}]))
    text = tmp_path / "a.csv"
    text.write_text("item\nmask\nsoap", encoding="utf-16")
    for path in (objects, text):
        assert sizes_of(path) == [(3, 0)]


@pytest.mark.parametrize("in_memory", [True, False])
def test_the_number_of_rows_of_further_sheets_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, in_memory: bool
) -> None:
    if not in_memory:
        monkeypatch.setattr(workbooks, "MAX_IN_MEMORY", 1)
    book = openpyxl.Workbook()
    for count, name in ((3, "first"), (2, "second"), (4, "third")):
        sheet = book.create_sheet(name)
        for row in range(count):
            sheet.append(["mask", row])
    book.remove(book.worksheets[0])
    book.save(tmp_path / "a.xlsx")
    assert sizes_of(tmp_path / "a.xlsx") == [(3, 6), (2, 4), (4, 0)]


def sizes_of(path: Path) -> list[tuple[int | None, int]]:
    with open_sheets(path) as sheets:
        return [(sheet.size, sheet.size_after) for sheet in sheets]


def workbook(path: Path) -> Path:
    """Write a workbook with merged cells, lost values, a hidden sheet and numbers as text."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["捐赠人", "物资", "数量", "电话"])
    sheet.append(["广州某企业", "口罩", 71, 13800138000])
    sheet.append([None, "洗手液", 2.5, "00123"])
    sheet.append(["李某", "口罩", "#N/A", None])
    sheet.append(["李某", "口罩", "=1+1", None])
    sheet.merge_cells("A2:A3")
    sheet["C4"].data_type = "e"
    hidden = book.create_sheet("旧")
    hidden.sheet_state = "hidden"
    hidden.append(["x"])
    book.save(path)
    return path


@pytest.mark.parametrize("in_memory", [workbooks.MAX_IN_MEMORY, 0])
def test_a_lost_cell_of_a_workbook_is_not_empty(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, in_memory: int
) -> None:
    """A small sheet is read by calamine, and a large one by openpyxl."""
    monkeypatch.setattr(workbooks, "MAX_IN_MEMORY", in_memory)
    found = cells_of(workbook(tmp_path / "gifts.xlsx"))
    assert found[1] == ["广州某企业", "口罩", 71, 13800138000]
    assert found[2][1:] == ["洗手液", Decimal("2.5"), "00123"]
    assert found[3][2] is LOST
    assert found[4][2] is LOST


def test_a_merged_cell_has_its_value_in_all_rows(tmp_path: Path) -> None:
    rows = rows_of(workbook(tmp_path / "gifts.xlsx"))
    assert rows[2].cells[0] == "广州某企业"
    assert [row.shared for row in rows[1:4]] == [{0}, {0}, frozenset()]


def test_a_hidden_sheet_is_read_and_named(tmp_path: Path) -> None:
    with open_sheets(workbook(tmp_path / "gifts.xlsm")) as sheets:
        notes = {sheet.name: sheet.notes for sheet in sheets}
    assert notes["旧"][0] == "the sheet is hidden; it was read like any other"
    assert notes["Sheet"] == ["the macros of the workbook were not run"]


def ods(path: Path, table: str) -> Path:
    names = {
        "office": "urn:oasis:names:tc:opendocument:xmlns:office:1.0",
        "table": "urn:oasis:names:tc:opendocument:xmlns:table:1.0",
        "text": "urn:oasis:names:tc:opendocument:xmlns:text:1.0",
        "calcext": "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0",
    }
    declared = " ".join(f'xmlns:{name}="{uri}"' for name, uri in names.items())
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr(
            "content.xml",
            f"<office:document-content {declared}><office:body><office:spreadsheet>{table}"
            "</office:spreadsheet></office:body></office:document-content>",
        )
        archive.writestr(
            "META-INF/manifest.xml",
            "<manifest:manifest "
            'xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
            '<manifest:file-entry manifest:full-path="/" manifest:media-type='
            '"application/vnd.oasis.opendocument.spreadsheet"/></manifest:manifest>',
        )
    return path


def test_a_sheet_of_ods_is_read_with_its_lost_cells(tmp_path: Path) -> None:
    text = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
    number = '<table:table-cell office:value-type="float" office:value="71"/>'
    error = (
        '<table:table-cell table:formula="of:=1/0" office:value-type="string" '
        'calcext:value-type="error" office:string-value=""><text:p>#DIV/0!</text:p>'
        "</table:table-cell>"
    )
    head = text.format("物资") + text.format("数量")
    rows = (head, text.format("口罩") + number, text.format("洗手液") + error)
    body = "".join(f"<table:table-row>{row}</table:table-row>" for row in rows)
    path = ods(tmp_path / "a.ods", f'<table:table table:name="一">{body}</table:table>')
    assert cells_of(path) == [["物资", "数量"], ["口罩", 71], ["洗手液", LOST]]


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ('{text}<table:table-cell table:number-columns-repeated="255"/>{text}', "has 257 columns"),
        (
            (
                "{text}</table:table-row>"
                '<table:table-row table:number-rows-repeated="3999999"><table:table-cell/>'
                "</table:table-row><table:table-row>{text}{text}"
            ),
            "more than 4000000 cells",
        ),
    ],
)
def test_a_far_cell_of_ods_is_refused(tmp_path: Path, rows: str, words: str) -> None:
    text = '<table:table-cell office:value-type="string"><text:p>x</text:p></table:table-cell>'
    row = f"<table:table-row>{rows.format(text=text)}</table:table-row>"
    path = ods(tmp_path / "a.ods", f'<table:table table:name="一">{row}</table:table>')
    with pytest.raises(InvalidField, match=words):
        rows_of(path)


def write_zip(path: Path, **parts: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name.replace("__", "/").replace("_xml", ".xml"), content)
    return path


def parts_of(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_a_file_that_cannot_be_read_is_refused_in_a_sentence(tmp_path: Path) -> None:
    old = tmp_path / "old.xls"
    old.write_bytes(bytes.fromhex("D0CF11E0A1B11AE1") + bytes(600))
    bomb = write_zip(tmp_path / "bomb.xlsx", xl__workbook_xml=bytes(80 * 2**20))
    other = write_zip(tmp_path / "other.docx", word__document_xml=b"<x/>")
    cut = tmp_path / "cut.xlsx"
    cut.write_bytes(workbook(tmp_path / "whole.xlsx").read_bytes()[:3000])
    binary = tmp_path / "photo.png"
    binary.write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00")
    empty = tmp_path / "empty.csv"
    empty.write_bytes(b" \n")
    wide = tmp_path / "wide.csv"
    wide.write_text("a," * 300)
    half = tmp_path / "half.csv"
    half.write_bytes("a,b\n".encode("utf-16")[:-1])
    text = tmp_path / "text.json"
    text.write_text('[1, "a"]')
    late = tmp_path / "late.csv"
    late.write_bytes(b"a,b\n" * 40_000 + bytes(10))
    long_characters = tmp_path / "utf-32.csv"
    long_characters.write_bytes("a,b\n1,2\n".encode("utf-32"))
    deep = tmp_path / "deep.json"
    deep.write_text("[" * 100_000)
    half_pair = tmp_path / "half-pair.json"
    half_pair.write_text('[{"item": "\\ud83d"}]')
    named_twice = tmp_path / "named-twice.json"
    named_twice.write_text('[{"数量": 121, "数量": 122}]', encoding="utf-8")
    no_object = tmp_path / "no-object.json"
    no_object.write_text('{"a": 1}\n{"a": 2,}\n')
    sentences = {
        tmp_path / "none.csv": "cannot be read",
        old: "protected by a password",
        bomb: "too much for a real workbook",
        other: "neither .xlsx nor .ods",
        cut: "damaged or protected",
        binary: "neither a text nor a workbook",
        empty: "is empty",
        wide: "at most 256 are read",
        half: "is encoded neither",
        text: "element 1 is not an object",
        late: "neither a text nor a workbook",
        long_characters: "neither a text nor a workbook",
        deep: "nested too deeply",
        half_pair: "a text that is not Unicode",
        named_twice: "two values named '数量'",
        no_object: "see line 2, character 9",
    }
    for path, words in sentences.items():
        with pytest.raises(InvalidField, match=words) as refused:
            rows_of(path)
        chinese = translate_sentence(refused.value.detail, "zh")
        assert path.name in chinese
        assert chinese != refused.value.detail


@pytest.mark.parametrize(
    ("local", "central", "value"), [(6, 8, 1), (8, 10, 99)], ids=["encrypted", "unknown method"]
)
def test_a_workbook_with_parts_that_cannot_be_unpacked_is_refused(
    tmp_path: Path, local: int, central: int, value: int
) -> None:
    path = workbook(tmp_path / "book.xlsx")
    content = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\3\4", local), (b"PK\1\2", central)):
        for found in re.finditer(re.escape(signature), content):
            content[found.start() + offset] = value
    path.write_bytes(content)
    with pytest.raises(InvalidField, match="damaged or protected"):
        rows_of(path)


def test_a_workbook_with_damaged_bytes_is_read_or_refused(tmp_path: Path) -> None:
    content = workbook(tmp_path / "whole.xlsx").read_bytes()
    path = tmp_path / "damaged.xlsx"
    refused = 0
    for at in range(0, len(content), 23):
        path.write_bytes(content[:at] + bytes([content[at] ^ 0xFF]) + content[at + 1 :])
        try:
            rows_of(path)
        except InvalidField:
            refused += 1
    assert refused > 100


def test_a_large_sheet_with_a_damaged_row_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbooks, "MAX_IN_MEMORY", 0)
    path = write_zip(
        tmp_path / "large.xlsx",
        **{
            name.replace("/", "__").replace(".xml", "_xml"): content.replace(b' t="n"', b' t="s"')
            for name, content in parts_of(workbook(tmp_path / "whole.xlsx")).items()
        },
    )
    with pytest.raises(InvalidField, match="damaged or protected"):
        rows_of(path)


def test_a_sheet_with_a_far_cell_is_read_row_by_row(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet["A1"], sheet["B1"], sheet["CV200000"] = "物资", "数量", 1
    book.save(tmp_path / "far.xlsx")
    assert [row.number for row in rows_of(tmp_path / "far.xlsx")] == [1, 200_000]
    sheet["XFD1"] = 1
    book.save(tmp_path / "wide.xlsx")
    with pytest.raises(InvalidField, match="16384 columns; at most 256"):
        rows_of(tmp_path / "wide.xlsx")


def test_a_sheet_with_more_rows_than_any_program_writes_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbooks, "MAX_IN_MEMORY", 0)
    monkeypatch.setattr(workbooks, "MAX_ROWS", 4)
    with pytest.raises(InvalidField, match="sheet Sheet has more than 4 rows"):
        rows_of(workbook(tmp_path / "gifts.xlsx"))


@pytest.mark.parametrize("in_memory", [True, False])
def test_a_lost_cell_is_found_without_references_of_cells(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, in_memory: bool
) -> None:
    if not in_memory:
        monkeypatch.setattr(workbooks, "MAX_IN_MEMORY", 1)
    whole = workbook(tmp_path / "whole.xlsx")
    bare = tmp_path / "bare.xlsx"
    with zipfile.ZipFile(whole) as old, zipfile.ZipFile(bare, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name.startswith("xl/worksheets/"):
                content = re.sub(rb'(<(?:c|row)) r="\w+"', rb"\1", content)
            new.writestr(name, content)
    assert LOST in [cell for row in rows_of(bare) for cell in row.cells]
    assert sum(row.cells.count(LOST) for row in rows_of(bare)) == sum(
        row.cells.count(LOST) for row in rows_of(whole)
    )


def test_an_entity_in_a_workbook_is_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx")
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["xl/workbook.xml"] = b'<!DOCTYPE x [<!ENTITY a "aaaa">]><workbook/>'
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    with pytest.raises(InvalidField, match="damaged or protected"):
        rows_of(path)


def test_columns_have_the_letters_of_spreadsheets() -> None:
    assert [column_letters(at) for at in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]


def test_a_huge_number_in_json_is_read_as_its_text(tmp_path: Path) -> None:
    path = tmp_path / "huge.json"
    path.write_text(f'[{{"a": 1e400000000, "b": {"9" * 5000}, "c": -1.5e-99, "d": 2.50}}]')
    _, row = rows_of(path)
    assert row.cells == ["1e400000000", "9" * 5000, "-1.5e-99", Decimal("2.50")]
