"""The tables of the donor statement: goods, people reached, deviations from the donor's wish."""

from __future__ import annotations

from collections.abc import Sequence

from supplies.papers.donor_statement import PeopleReachedLine, StatementLine, WishDeviation
from supplies_receipts.drawing import account_labels as places
from supplies_receipts.drawing import bilingual, report_page
from supplies_receipts.drawing import blocks as layout
from supplies_receipts.drawing.bilingual import Words
from supplies_receipts.drawing.blocks import Block, Cell, Column, Table
from supplies_receipts.drawing.canvas import Style, fit_style, paragraph
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
_SERVED_WITH_INSTITUTIONS = (
    _SERVED[0],
    Column(Words("社区", "Community"), WIDTH - 130),
    *_SERVED[2:],
    Column(Words("机构", "Institutions"), 30, "right"),
)
_DEPARTURES = (
    Column(Words("日期", "Day"), 22),
    Column(Words("物资", "Goods"), 48),
    Column(Words("数量", "Quantity"), 22, "right"),
    Column(Words("原因", "Reason"), WIDTH - 117),
    Column(Words("批准人", "By"), 25),
)
_REPACKED = Words("分装所得", "repacked")
_COLLECTED = Words("其中领取", "collected")
_NO_COMMUNITY = Words("未登记社区", "no community on record")
_NO_DEPARTURE = Words("没有", "none: nothing that was set aside as wished was put to another use")
_ERASED = Words("原因已应要求删除", "erased on request")

_LINES = 30  # maximum number of lines of a reason in one row


def goods_table(goods: Sequence[StatementLine]) -> list[Block]:
    """Draw a table with a row for each item. A bar in the row shows where the item's goods are."""
    title = report_page.section(MARGIN, Words("逐项去向", "Item by item"))
    legend = layout.stacked([layout.space(1.4), places.legend(MARGIN + WIDTH)])
    table = Table(MARGIN, _GOODS, above=[layout.beside([title, legend]), layout.space(0.6)])
    if not goods:
        return [table.row([[(report_page.NONE.label, CELL)]])]
    return [_goods_row(table, line) for line in goods]


def _goods_row(table: Table, line: StatementLine) -> Block:
    made = f"{_REPACKED.label} +{bilingual.number(line.repacked)}" if line.repacked else ""
    packs = bilingual.packs_of_item(line.stated or [], line.unit)
    rest = places.elsewhere(line.places)
    row = table.row(
        [
            report_page.item(bilingual.named(line.name, line.name_en), line.unit),
            [
                *_figure(line.received, BOLD),
                *((text, CELL_EN) for text in (packs.primary, packs.secondary or "") if text),
                (made, CELL_EN),
            ],
            [*_figure(line.places.get("handed_over", 0), BOLD), *_collected(line)],
            _figure(line.places.get("in_transit", 0), CELL),
            _figure(places.shelf(line.places), CELL),
            [
                (f"{words.label} {bilingual.number(count)}", CELL_EN)
                for words, count in places.labelled(rest)
            ],
        ]
    )
    left, whole = MARGIN + WIDTH - _BAR + 1, line.received + line.repacked
    bar = places.bar(left, _BAR - 1, whole, line.places)
    both = layout.beside([row, bar])
    return Block(both.height, both.draw, table.header)


def _collected(line: StatementLine) -> Cell:
    if not line.collected:
        return []
    text = bilingual.number(line.collected)
    return [(f"{_COLLECTED.zh} {text}", CELL_EN), (f"{_COLLECTED.en} {text}", CELL_EN)]


def _figure(value: int, style: Style) -> list[tuple[str, Style]]:
    text = bilingual.number(value) if value else "–"
    return [(text, fit_style(text, style, _NUMBER - layout.GUTTER))]


def reached(lines: Sequence[PeopleReachedLine]) -> list[Block]:
    """Draw a table of how many households and persons got goods, by month and community.

    If any institution got goods, the table has a column for institutions.
    """
    above = [report_page.section(MARGIN, Words("惠及", "Who was reached")), layout.space(0.6)]
    institutions = any(line.who == "institution" for line in lines)
    columns = _SERVED_WITH_INSTITUTIONS if institutions else _SERVED
    counted = ("household", "person", "institution")[: len(columns) - 2]
    table = Table(MARGIN, columns, above=above)
    if not lines:
        return [table.row([[(report_page.NONE.label, CELL)]])]
    rows: dict[tuple[str, str | None], dict[str, Cell]] = {}
    places: dict[str | None, Cell] = {}
    for line in lines:
        rows.setdefault((line.month, line.community), {})[line.who] = _count(line)
        places[line.community] = _community(line)
    return [
        table.row(
            [
                [(bilingual.month(month).primary, CELL)],
                places[community],
                *(counts.get(who, [("–", BOLD)]) for who in counted),
            ]
        )
        for (month, community), counts in rows.items()
    ]


def _community(line: PeopleReachedLine) -> Cell:
    if line.community_name:
        return report_page.cell(
            bilingual.named(line.community_name, line.community_name_en or None)
        )
    return [(line.community or _NO_COMMUNITY.label, CELL)]


def _count(line: PeopleReachedLine) -> Cell:
    uncounted = bilingual.uncounted_hand_outs(line.uncounted or 0)
    count = line.count if isinstance(line.count, str) else bilingual.number(line.count)
    counted: Cell = [(count, BOLD)] if line.count or not uncounted else []
    return [*counted, *report_page.cell(uncounted)] if uncounted else counted


def departures_table(lines: Sequence[WishDeviation]) -> list[Block]:
    """Draw a table of the deviations from the donor's wish: what, when, why, and who decided."""
    title = report_page.section(MARGIN, Words("与意愿不同的处理", "Departures from the wish"))
    above = [title, layout.space(0.6)]
    if not lines:
        return [layout.stacked([*above, layout.text(MARGIN, WIDTH, _NO_DEPARTURE.label, CELL)])]
    table = Table(MARGIN, _DEPARTURES, above=above)
    return [row for line in lines for row in _departure(table, line)]


def _departure(table: Table, line: WishDeviation) -> list[Block]:
    """Return the table rows of one deviation. A long reason is divided among several rows."""
    column = _DEPARTURES[3].width - layout.GUTTER
    reason = line.reason or _ERASED.label
    lines = paragraph(reason, CELL, column).lines
    first, *rest = ["\n".join(lines[at : at + _LINES]) for at in range(0, len(lines), _LINES)]
    cells: list[Cell] = [
        [(bilingual.days(line.day, line.day, or_earlier=bool(line.or_earlier)).primary, CELL)],
        report_page.cell(bilingual.named(line.name, line.name_en)),
        report_page.quantity(line.quantity, line.unit, _DEPARTURES[2].width),
        [(first, CELL)],
        [(line.by, CELL)],
    ]
    return [table.row(cells), *(table.row([[], [], [], [(more, CELL)]]) for more in rest)]
