"""盘点表, the count sheet of a location on A4, with space to write the quantities."""

from __future__ import annotations

from supplies.papers.count_sheet import CountSheetPaper, SheetLine
from supplies_receipts.drawing import bilingual, report_page
from supplies_receipts.drawing import blocks as layout
from supplies_receipts.drawing import form_fields as forms
from supplies_receipts.drawing.bilingual import Words
from supplies_receipts.drawing.blocks import Block, Cell, Column, Table
from supplies_receipts.drawing.canvas import Style
from supplies_receipts.drawing.report_page import CELL, CELL_EN, HALF, MARGIN, SMALL, WIDTH

_TITLE = Words("盘点表", "Count sheet")
_LOCATION = Words("库位", "Location")
_HINT = Words(
    "按架上实物填写，含已分配未出库的物资；表外物资写在空行。",
    "Write what is on the shelf, goods set aside included; use the empty rows for other goods.",
)
_SIGNERS = (Words("盘点人", "Counted by"), Words("复核人", "Checked by"))

_EXPECTED = 28.0
_BOX = 26.0
_REMARK = 30.0
_LOT = 42.0
_SPARE_ROWS = 4
_ROW = 7.0  # minimum height of a row, so that a box for writing fits

_PLACE = Style(9.5, leading=1.25)


def draw_count_sheet(paper: CountSheetPaper) -> bytes:
    """Return the count sheet as a PDF, with as many pages as the goods need."""
    with bilingual.as_issued_by(paper.station):
        day = bilingual.short_day(paper.day, or_earlier=bool(paper.or_earlier))
        return report_page.drawn(
            _blocks(paper),
            title=f"{_TITLE.zh} {paper.sheet}",
            author=paper.station.name,
            foot=f"{_TITLE.label} {paper.sheet} · {day}",
        )


def _blocks(paper: CountSheetPaper) -> list[Block]:
    table = _table(paper)
    rows = [table.row(_cells(paper, line), least=_ROW) for line in paper.lines]
    rows += [table.row([[]], least=_ROW) for _ in range(_SPARE_ROWS)]
    right = MARGIN + WIDTH - _REMARK
    return [
        report_page.heading(
            _TITLE, paper.station, paper.day, paper.day, or_earlier=bool(paper.or_earlier)
        ),
        layout.text(MARGIN, WIDTH, f"{_LOCATION.label}  {paper.location} · {paper.sheet}", _PLACE),
        layout.bilingual_text(MARGIN, WIDTH, _HINT, SMALL, CELL_EN),
        layout.space(3),
        *(forms.with_boxes(row, right, _BOX, 1) for row in rows),
        layout.space(6),
        layout.beside(
            [
                forms.written(x, HALF - 6, words)
                for x, words in zip((MARGIN, MARGIN + WIDTH / 2), _SIGNERS, strict=True)
            ]
        ),
    ]


def _table(paper: CountSheetPaper) -> Table:
    expected = [] if paper.blind else [Column(Words("账面", "In the books"), _EXPECTED, "right")]
    shown = sum(column.width for column in expected)
    return Table(
        MARGIN,
        [
            Column(Words("物资", "Goods"), WIDTH - _LOT - shown - _BOX - _REMARK),
            Column(Words("批号与有效期", "Batch, expiry"), _LOT),
            *expected,
            Column(Words("实盘", "Counted"), _BOX),
            Column(Words("备注", "Remark"), _REMARK),
        ],
    )


def _cells(paper: CountSheetPaper, line: SheetLine) -> list[Cell]:
    name = bilingual.named(line.name, line.name_en)
    unit = bilingual.unit(line.unit).label
    marks = [(line.batch or "", CELL), (bilingual.expiry(line), CELL_EN)]
    # The id tells apart lots of an item that have neither a batch nor an expiry.
    lot = marks if any(text for text, _ in marks) else [(line.lot, CELL_EN)]
    cells: list[Cell] = [[*report_page.cell(name), (unit, CELL_EN)], lot]
    if not paper.blind and line.expected is not None:
        cells.append(report_page.quantity(line.expected, line.unit, _EXPECTED))
    return cells
