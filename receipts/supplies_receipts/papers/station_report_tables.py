"""The tables of station and organisation reports: goods, activities, shortages, stations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import zip_longest

from supplies.papers.common import ItemName
from supplies.papers.station_report import (
    CONTACTS,
    VISITS,
    WORKERS,
    ActivityLine,
    GoodsLine,
    ShortageInUnit,
    ShortageLine,
    StationAsOf,
    StationReport,
)
from supplies_receipts.drawing import bilingual
from supplies_receipts.drawing import blocks as layout
from supplies_receipts.drawing.bilingual import Words
from supplies_receipts.drawing.blocks import Block, Cell, Column, Table
from supplies_receipts.drawing.canvas import Style, fit_style
from supplies_receipts.drawing.report_page import (
    BOLD,
    CELL,
    CELL_EN,
    HALF,
    MARGIN,
    NONE,
    SMALL,
    WIDTH,
    cell,
    item,
    name_of,
    section,
)

Cells = Sequence[Cell]
"""The cells of one table row."""

_NUMBER = 13.6
_TITLED = 16.6  # of a number with a long English title
_GOODS = (
    Column(Words("物资", "Goods"), WIDTH - 8 * _NUMBER - 2 * _TITLED),
    Column(Words("期初", "Opening"), _NUMBER, "right"),
    Column(Words("接收", "Received"), _NUMBER, "right"),
    Column(Words("发放", "Handed over"), _TITLED, "right"),
    Column(Words("自用", "Own use"), _NUMBER, "right"),
    Column(Words("损耗", "Lost"), _NUMBER, "right"),
    Column(Words("不明", "Unexplained"), _TITLED, "right"),
    Column(Words("其他", "Other"), _NUMBER, "right"),
    Column(Words("在库", "On hand"), _NUMBER, "right"),
    Column(Words("已分配", "Set aside"), _NUMBER, "right"),
    Column(Words("在途", "In transit"), _NUMBER, "right"),
)
_COUNT = 18.0
_LACK = 14.0
_OTHER_WORK = Words("其他工作", "Other work")
_DONE = (
    Column(Words("工作内容", "Activity"), HALF - _COUNT),
    Column(Words("次数", "Count"), _COUNT, "right"),
)
_SHORT_AT_THE_END = Words("期末不足", "Short at the end")
_SHORT = (
    Column(Words("物资", "Item"), HALF - 3 * _LACK),
    Column(Words("需要", "Needed"), _LACK, "right"),
    Column(Words("可用", "Free"), _LACK, "right"),
    Column(Words("尚缺", "Missing"), _LACK, "right"),
)
_STATIONS = (
    Column(Words("站点", "Station"), WIDTH - HALF),
    Column(Words("代码", "Code"), HALF - 2 * _COUNT),
    Column(Words("截至账目", "As of entry"), 2 * _COUNT, "right"),
)
_EQUATION = Words(
    "期初 + 接收 − 发放 − 自用 − 损耗 − 不明 − 其他 = 在库 + 在途；已分配是在库的一部分。",
    "Opening + received − handed over − own use − lost − unexplained − other = on hand + in "
    "transit. What is set aside is part of what is on hand.",
)


def goods_table(lines: list[GoodsLine], names: Mapping[str, ItemName]) -> list[Block]:
    """Draw a table of goods with a row for each item.

    The columns add up: opening stock plus goods received minus goods that left gives the goods on
    hand and in transit.

    Args:
        names: The names of items, by code.
    """
    above = [section(MARGIN, Words("物资收支", "Goods")), layout.space(0.8)]
    table = Table(MARGIN, _GOODS, above=above)
    if not lines:
        return [table.row([[(NONE.label, CELL)]])]
    note = layout.stacked(
        [
            layout.space(1),
            layout.bilingual_text(MARGIN, WIDTH, _EQUATION, SMALL, CELL_EN),
        ]
    )
    return [*(_goods_row(table, line, names[line.item]) for line in lines), note]


def _goods_row(table: Table, line: GoodsLine, name: ItemName) -> Block:
    figures = (
        (line.opening, CELL), (line.received, BOLD), (line.handed_over, BOLD),
        (line.used, CELL), (line.lost, CELL), (line.unexplained, CELL), (line.other, CELL),
        (line.on_hand, BOLD), (line.allocated, CELL), (line.in_transit, CELL),
    )  # fmt: skip
    named = item(name_of(name), line.unit)
    return table.row([named, *(figure(value, style) for value, style in figures)])


def figure(value: int, style: Style, width: float = _NUMBER) -> list[tuple[str, Style]]:
    """Return a table cell with a number, in smaller type if needed. Zero is printed as a dash."""
    text = bilingual.number(value) if value else "–"
    return [(text, fit_style(text, style, width - layout.GUTTER))]


def other_work(report: StationReport) -> list[ActivityLine]:
    """Return the activities that are not shown as large numbers at the top of the report."""
    return [a for a in report.activities if a.kind not in (WORKERS, CONTACTS, VISITS)]


def done_and_short(report: StationReport, names: Mapping[str, ItemName]) -> list[Block]:
    """Draw two tables side by side: the activities, and the items that are short."""
    right = MARGIN + WIDTH - HALF
    tables = (
        Table(MARGIN, _DONE, above=[section(MARGIN, _OTHER_WORK), layout.space(0.8)]),
        Table(right, _SHORT, above=[section(right, _SHORT_AT_THE_END), layout.space(0.8)]),
    )
    done: list[Cells] = [
        [[(bilingual.activity(a.kind).label, CELL)], figure(a.count, BOLD, _COUNT)]
        for a in other_work(report)
    ]
    short: list[Cells] = [
        [
            _lacked(s, names[s.item]),
            figure(s.needed, CELL, _LACK),
            figure(s.free, CELL, _LACK),
            figure(s.needed - s.free, BOLD, _LACK),
        ]
        for s in report.short
    ]
    none: Cells = [[(NONE.label, CELL)]]
    return [_level(tables, pair) for pair in zip_longest(done or [none], short or [none])]


def _lacked(line: ShortageLine, name: ItemName) -> Cell:
    if isinstance(line, ShortageInUnit):
        return item(name_of(name), line.unit)
    return [(name_of(name).label, CELL)]


def _level(tables: tuple[Table, Table], pair: tuple[Cells | None, Cells | None]) -> Block:
    """Draw one row of each of two tables side by side. Both rows get the height of the taller one.

    If one table has no more rows, only the row of the other table is drawn.
    """
    there = [(table, cells) for table, cells in zip(tables, pair, strict=True) if cells is not None]
    least = max(table.row(cells).height for table, cells in there)
    row = layout.beside([table.row(cells, least) for table, cells in there])
    header = layout.beside([table.header for table, _ in there])
    return Block(row.height, row.draw, header, table=tables)


def stations_table(stations: Sequence[StationAsOf]) -> list[Block]:
    """Draw a table of the stations, each with the last entry that the report includes."""
    above = [section(MARGIN, Words("各站账目", "Stations")), layout.space(0.8)]
    table = Table(MARGIN, _STATIONS, above=above)
    return [
        table.row(
            [
                cell(bilingual.named(each.name, each.name_en)),
                [(each.station, CELL)],
                figure(each.as_of_seq, CELL, 2 * _COUNT),
            ]
        )
        for each in stations
    ]
