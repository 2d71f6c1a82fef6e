"""出车单: a team's round on A4. What to load, lot by lot; the stops in order; who signs for it."""

from __future__ import annotations

from collections.abc import Sequence

from supplies.errors import InvalidField
from supplies.papers.run_sheet import LoadLine, RunSheet, RunStop
from supplies.papers.slip import SlipLine
from supplies_receipts.drawing import bilingual as wording
from supplies_receipts.drawing import blocks as flow
from supplies_receipts.drawing import form_fields as forms
from supplies_receipts.drawing import report_page as a4
from supplies_receipts.drawing.bilingual import Words
from supplies_receipts.drawing.blocks import Block, Cell, Column, Table
from supplies_receipts.drawing.canvas import HAIRLINE, PALE, Sheet, Style, fitted
from supplies_receipts.drawing.report_page import BOLD, CELL, CELL_EN, MARGIN, SMALL, WIDTH
from supplies_receipts.papers.slip import NO_ADDRESS, TEAM

_TITLE = Words("出车单", "Run sheet")
_STEPS = (
    Words("装车", "Loaded"),
    Words("已送达", "Handed over"),
    Words("带回", "Brought back"),
)

_STOPS_COUNTED = Words("站", "stops")
_TIME = Words("时间", "Time")
_PRIVACY = Words(
    "本单含住户地址，回站后交回，24 小时内销毁。",
    "This sheet bears addresses: hand it back at the station; destroy it within 24 hours.",
)

_QUANTITY = 22.0
_BLANK = 17.0  # to write a number in
_LOAD = (
    Column(Words("物资", "Goods"), WIDTH - 62 - _QUANTITY - 3 * _BLANK),
    Column(Words("批号与有效期", "Batch, expiry"), 34),
    Column(Words("取货处", "From"), 28),
    Column(Words("应装", "To load"), _QUANTITY, "right"),
    *(Column(words, _BLANK) for words in _STEPS),
)
_STOPS = (
    Column(Words("站", "Stop"), 12),
    Column(Words("住户", "Door"), 66),
    Column(Words("物资", "Goods"), WIDTH - 78 - 2 * _BLANK),
    Column(Words("已送达", "Handed over"), _BLANK),
    Column(Words("带回", "Brought back"), _BLANK),
)

_NUMBER = Style(14, bold=True, leading=1.1)
_DOOR = Style(9.5, leading=1.25)
_STEP = Style(9, bold=True, leading=1.25)
_BOX = 5.0  # high, to write a number in
_SIGN = 56.0  # wide, each of three signatures


def run_sheet(sheet: RunSheet) -> bytes:
    """The sheet as a PDF, on as many pages as the round needs."""
    if not sheet.stops:
        raise InvalidField("a delivery without stops has no run sheet to print")
    with wording.written_in(sheet.station.languages):
        return a4.drawn(
            _blocks(sheet),
            title=f"{_TITLE.zh} {sheet.delivery}",
            author=sheet.station.name,
            foot=f"{_TITLE.label} {sheet.delivery} · {sheet.day.isoformat()}",
        )


def _blocks(sheet: RunSheet) -> list[Block]:
    return [
        _head(sheet),
        *_load(sheet.load),
        flow.space(4),
        *_stops(sheet.stops),
        flow.space(4),
        _signatures(),
        flow.space(2),
        flow.worded(MARGIN, WIDTH, _PRIVACY, SMALL, CELL_EN),
    ]


def _head(sheet: RunSheet) -> Block:
    stops = f"{wording.number(len(sheet.stops))} {_STOPS_COUNTED.label}"
    team = f"{TEAM.label}  {sheet.team} · {sheet.delivery} · {stops}"
    return flow.stacked(
        [
            a4.heading(_TITLE, sheet.station, sheet.day, sheet.day),
            flow.text(MARGIN, WIDTH, team, _DOOR),
            flow.space(3),
        ]
    )


def _load(lines: Sequence[LoadLine]) -> list[Block]:
    """What to take from the shelf; the numbers are written in at each of the three steps."""
    above = [a4.section(MARGIN, Words("装车清单", "To load")), flow.space(0.6)]
    table = Table(MARGIN, _LOAD, above=above)
    return [
        _blanks(
            table.row(
                [
                    [*a4.cell(wording.named(line.name, line.name_en)), (line.lot, CELL_EN)],
                    _lot(line),
                    [(line.location, CELL)],
                    a4.quantity(line.quantity, line.unit, _QUANTITY),
                ]
            ),
            table,
            len(_STEPS),
        )
        for line in lines
    ]


def _stops(stops: Sequence[RunStop]) -> list[Block]:
    """The doors in the order of the way."""
    above = [a4.section(MARGIN, Words("站点顺序", "Stops in order")), flow.space(0.6)]
    table = Table(MARGIN, _STOPS, above=above)
    return [Block(block.height, block.draw, table.head) for stop in stops for block in _stop(stop)]


def _stop(stop: RunStop) -> list[Block]:
    """One door; where its goods are many, they may run on over pages."""
    left, wide = MARGIN + _STOPS[0].width, _STOPS[1].width - flow.GUTTER
    door = flow.stacked(
        [
            flow.text(left, wide, f"{stop.name}  {stop.phone or ''}".strip(), _DOOR),
            flow.text(left, wide, stop.address or NO_ADDRESS.label, CELL),
            flow.text(left, wide, stop.recipient, CELL_EN),
        ]
    )
    number = flow.text(MARGIN + 1, _STOPS[0].width, str(stop.stop), _NUMBER)
    goods = [_goods(line) for line in stop.lines]
    beside, height = 0, 0.0
    while beside < len(goods) and height < door.height:
        height += goods[beside].height
        beside += 1
    first = flow.stacked([flow.space(0.8), flow.beside([number, door, *_column(goods[:beside])])])
    under = flow.stacked([flow.space(0.6), flow.rule(MARGIN, WIDTH, weight=HAIRLINE, ink=PALE)])
    *rest, last = [first, *goods[beside:]]
    return [*rest, flow.stacked([last, under])]


def _column(blocks: Sequence[Block]) -> list[Block]:
    return [flow.stacked(blocks)] if blocks else []


def _goods(line: SlipLine) -> Block:
    """What is for the door, with boxes to write in what was handed over and what came back."""
    name = wording.named(line.name, line.name_en)
    quantity = wording.counted(line.quantity, wording.unit(line.unit)).leads
    wide = min(_QUANTITY, BOLD.width(quantity) + 0.1)
    left = MARGIN + _STOPS[0].width + _STOPS[1].width
    lot = "  ".join(said for said, _ in _lot(line) if said)
    end = left + _STOPS[2].width - flow.GUTTER
    named = [
        flow.text(left, end - left - wide - 2, said, style)
        for said, style in ((name.leads, CELL), (name.under, CELL_EN), (lot, CELL_EN))
        if said
    ]
    style = fitted(wording.number(line.quantity), BOLD, wide)
    amount = flow.text(end - wide, wide, quantity, style, "right")
    said = flow.beside([flow.stacked(named), amount])

    def draw(sheet: Sheet, y: float) -> None:
        said.draw(sheet, y)
        _boxes(sheet, y, 2)

    return Block(max(said.height, _BOX) + 0.8, draw)


def _lot(line: LoadLine | SlipLine) -> Cell:
    return [(line.batch or "", CELL), (wording.expiry(line.expires_on), CELL_EN)]


def _blanks(row: Block, table: Table, count: int) -> Block:
    """The row with so many boxes at its right end, to write numbers in."""

    def draw(sheet: Sheet, y: float) -> None:
        row.draw(sheet, y)
        _boxes(sheet, y + 0.7, count)

    return Block(row.height, draw, table.head)


def _boxes(sheet: Sheet, y: float, count: int) -> None:
    for at in range(count):
        left = MARGIN + WIDTH - (count - at) * _BLANK
        sheet.box(left + 1, y, _BLANK - 2, _BOX, weight=0.5)


def _signatures() -> Block:
    """Three steps, each with who signs for it and when."""
    gap = (WIDTH - len(_STEPS) * _SIGN) / (len(_STEPS) - 1)
    lefts = [MARGIN + at * (_SIGN + gap) for at in range(len(_STEPS))]
    parts = [
        flow.stacked(
            [
                flow.text(x, _SIGN, words.label, _STEP),
                flow.space(3),
                forms.written(x, _SIGN, forms.SIGNATURE),
                forms.written(x, _SIGN, _TIME),
            ]
        )
        for x, words in zip(lefts, _STEPS, strict=True)
    ]
    return flow.beside(parts)
