"""The tables of the donor's statement: the gifts, who was reached, departures from the wish."""

from __future__ import annotations

from collections.abc import Sequence

from supplies.papers.donor_statement import Departure, ServedLine, StatementLine
from supplies_receipts.drawing import account_labels as places
from supplies_receipts.drawing import bilingual as wording
from supplies_receipts.drawing import blocks as flow
from supplies_receipts.drawing import report_page as a4
from supplies_receipts.drawing.bilingual import Words
from supplies_receipts.drawing.blocks import Block, Cell, Column, Table
from supplies_receipts.drawing.canvas import Style, fitted, paragraph
from supplies_receipts.drawing.report_page import BOLD, CELL, CELL_EN, MARGIN, WIDTH

_NUMBER = 17.0
_BAR = 44.0
_ELSEWHERE = 32.0
_GOODS = (
    Column(Words("物资", "Goods"), WIDTH - 4 * _NUMBER - _ELSEWHERE - _BAR),
    Column(Words("接收", "Received"), _NUMBER, "right"),
    Column(Words("已发放", "Handed over"), _NUMBER, "right"),
    Column(Words("在途", "On the way"), _NUMBER, "right"),
    Column(Words("在库", "On the shelf"), _NUMBER, "right"),
    Column(Words("其他去向", "Elsewhere"), _ELSEWHERE),
    Column(Words("送达比例", "Share that has arrived"), _BAR),
)
_SERVED = (
    Column(Words("月份", "Month"), 40),
    Column(Words("社区", "Community"), WIDTH - 100),
    Column(Words("户", "Households"), 30, "right"),
    Column(Words("集体领取人数", "Persons in groups"), 30, "right"),
)
_DEPARTURES = (
    Column(Words("日期", "Day"), 22),
    Column(Words("物资", "Goods"), 48),
    Column(Words("数量", "Quantity"), 22, "right"),
    Column(Words("原因", "Reason"), WIDTH - 117),
    Column(Words("批准人", "By"), 25),
)
_REPACKED = Words("分装所得", "repacked")
_NO_COMMUNITY = Words("未登记社区", "no community on record")
_NO_DEPARTURE = Words("没有", "none: nothing that was set aside as wished was put to another use")
_ERASED = Words("原因已应要求删除", "erased on request")

_LINES = 30  # of a reason, in one row of the table


def goods_table(goods: Sequence[StatementLine]) -> list[Block]:
    """A row an item, with a bar of how much of it has come to its end."""
    title = a4.section(MARGIN, Words("逐项去向", "Item by item"))
    legend = flow.stacked([flow.space(1.4), places.legend(MARGIN + WIDTH)])
    table = Table(MARGIN, _GOODS, above=[flow.beside([title, legend]), flow.space(0.6)])
    if not goods:
        return [table.row([[(a4.NONE.label, CELL)]])]
    return [_goods_row(table, line) for line in goods]


def _goods_row(table: Table, line: StatementLine) -> Block:
    made = f"{_REPACKED.label} +{wording.number(line.repacked)}" if line.repacked else ""
    rest = places.elsewhere(line.places)
    row = table.row(
        [
            a4.item(wording.named(line.name, line.name_en), line.item, line.unit),
            [*_figure(line.received, BOLD), (made, CELL_EN)],
            _figure(line.places.get("handed_over", 0), BOLD),
            _figure(line.places.get("in_transit", 0), CELL),
            _figure(places.shelf(line.places), CELL),
            [
                (f"{words.label} {wording.number(count)}", CELL_EN)
                for words, count in places.in_order(rest)
            ],
        ]
    )
    left, whole = MARGIN + WIDTH - _BAR + 1, line.received + line.repacked
    bar = places.bar(left, _BAR - 1, whole, line.places)
    both = flow.beside([row, bar])
    return Block(both.height, both.draw, table.head)


def _figure(value: int, style: Style) -> list[tuple[str, Style]]:
    said = wording.number(value) if value else "–"
    return [(said, fitted(said, style, _NUMBER - flow.GUTTER))]


def reached(lines: Sequence[ServedLine]) -> list[Block]:
    """How many were reached, by month and community."""
    above = [a4.section(MARGIN, Words("惠及", "Who was reached")), flow.space(0.6)]
    table = Table(MARGIN, _SERVED, above=above)
    if not lines:
        return [table.row([[(a4.NONE.label, CELL)]])]
    rows: dict[tuple[str, str | None], dict[str, str]] = {}
    for line in lines:
        said = line.count if isinstance(line.count, str) else wording.number(line.count)
        rows.setdefault((line.month, line.community), {})[line.who] = said
    return [
        table.row(
            [
                [(wording.month(month).leads, CELL)],
                [(community or _NO_COMMUNITY.label, CELL)],
                _count(counts.get("household")),
                _count(counts.get("person")),
            ]
        )
        for (month, community), counts in rows.items()
    ]


def _count(said: str | None) -> Cell:
    return [(said or "–", BOLD)]


def departures_table(lines: Sequence[Departure]) -> list[Block]:
    """What was not done as the donor wished, why, and who decided it."""
    title = a4.section(MARGIN, Words("与意愿不同的处理", "Departures from the wish"))
    above = [title, flow.space(0.6)]
    if not lines:
        return [flow.stacked([*above, flow.text(MARGIN, WIDTH, _NO_DEPARTURE.label, CELL)])]
    table = Table(MARGIN, _DEPARTURES, above=above)
    return [row for line in lines for row in _departure(table, line)]


def _departure(table: Table, line: Departure) -> list[Block]:
    """One departure; a reason longer than a page has room for goes on in rows under it."""
    column = _DEPARTURES[3].width - flow.GUTTER
    reason = line.reason or _ERASED.label
    said = paragraph(reason, CELL, column).lines
    first, *rest = ["\n".join(said[at : at + _LINES]) for at in range(0, len(said), _LINES)]
    cells: list[Cell] = [
        [(wording.day(line.day).leads, CELL)],
        [*a4.cell(wording.named(line.name, line.name_en)), (line.item, CELL_EN)],
        a4.quantity(line.quantity, line.unit, _DEPARTURES[2].width),
        [(first, CELL)],
        [(line.by, CELL)],
    ]
    return [table.row(cells), *(table.row([[], [], [], [(more, CELL)]]) for more in rest)]
