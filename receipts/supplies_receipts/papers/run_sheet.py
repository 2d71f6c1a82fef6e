"""出车单, the run sheet of a delivery on A4: what to load, the stops in order, and signatures."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from supplies.errors import InvalidField, Sentence
from supplies.papers.run_sheet import LoadLine, RunSheet, RunStop
from supplies.papers.slip import SlipLine
from supplies_receipts.drawing import bilingual, report_page
from supplies_receipts.drawing import blocks as layout
from supplies_receipts.drawing import form_fields as forms
from supplies_receipts.drawing.bilingual import Words
from supplies_receipts.drawing.blocks import Block, Cell, Column, Table
from supplies_receipts.drawing.canvas import HAIRLINE, PALE, Sheet, Style, fit_style
from supplies_receipts.drawing.report_page import BOLD, CELL, CELL_EN, MARGIN, SMALL, WIDTH
from supplies_receipts.papers.slip import NO_ADDRESS, TEAM

_TITLE = Words("出车单", "Run sheet")
_STEPS = (
    Words("装车", "Loaded"),
    Words("已送达", "Handed over"),
    Words("带回", "Brought back"),
)

_NOT_TAKEN = Words("未出车，物资仍留存备用", "not taken along: the goods are set aside again")
_TIME = Words("时间", "Time")
_PRIVACY = Words(
    "本单含住户地址，回站后交回，24 小时内销毁。",
    "This sheet bears addresses: hand it back at the station; destroy it within 24 hours.",
)

_JOIN = Words(
    "用手机扫码，即可在手机上看配送点、记录送达，没有网络也能用。此码在配送队收车或换队后失效，勿外传。",
    "Scan with a phone to see the stops and record each outcome, also without a network. The code "
    "is valid until the delivery is closed or given to another team. Keep it in the team.",
)

_QR = 26.0
_QUANTITY = 22.0
_BLANK = 17.0  # width of a box for writing a quantity
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
_ADDRESS = Style(9.5, leading=1.25)
_STEP = Style(9, bold=True, leading=1.25)
_SIGN = 56.0  # width of each of three signatures


def draw_run_sheet(sheet: RunSheet, join: str | None = None) -> bytes:
    """Return the run sheet as a PDF, with as many pages as the delivery needs.

    Args:
        join: The URL with which phones join the team. If it is None, no QR code is printed.

    Raises:
        InvalidField: the delivery has no stops.
    """
    if not sheet.stops:
        raise InvalidField(Sentence("a delivery without stops has no run sheet to print"))
    with bilingual.as_issued_by(sheet.station):
        day = bilingual.short_day(sheet.day, or_earlier=bool(sheet.or_earlier))
        return report_page.drawn(
            _blocks(sheet, join),
            title=f"{_TITLE.zh} {sheet.delivery}",
            author=sheet.station.name,
            foot=f"{_TITLE.label} {sheet.delivery} · {day}",
        )


def _blocks(sheet: RunSheet, join: str | None) -> list[Block]:
    return [
        _page_header(sheet),
        *([] if join is None else [_join(join), layout.space(3)]),
        *_load(sheet.load),
        layout.space(4),
        *_stops(sheet.stops),
        layout.space(4),
        _signatures(),
        layout.space(2),
        layout.bilingual_text(MARGIN, WIDTH, _PRIVACY, SMALL, CELL_EN),
    ]


def _page_header(sheet: RunSheet) -> Block:
    counted = sum(stop.moved_to is msgspec.UNSET for stop in sheet.stops)
    stops = Words(f"{counted} 个配送点", bilingual.many(counted, "stop")).label
    team = f"{TEAM.label}  {sheet.team} · {sheet.delivery} · {stops}"
    return layout.stacked(
        [
            report_page.heading(
                _TITLE, sheet.station, sheet.day, sheet.day, or_earlier=bool(sheet.or_earlier)
            ),
            layout.text(MARGIN, WIDTH, team, _ADDRESS),
            layout.space(3),
        ]
    )


def _join(address: str) -> Block:
    """Draw the QR code with which a phone joins the team, and a text that explains the code."""
    left = MARGIN + _QR + 4
    words = layout.bilingual_text(left, WIDTH - _QR - 4, _JOIN, CELL, CELL_EN)

    def draw(sheet: Sheet, y: float) -> None:
        sheet.qr(MARGIN, y, _QR, address)
        words.draw(sheet, y + 1)

    return Block(max(_QR, words.height + 1), draw)


def _load(lines: Sequence[LoadLine]) -> list[Block]:
    """Draw the list of goods to load.

    Each line has empty boxes for the quantities loaded, handed over and brought back.
    """
    above = [report_page.section(MARGIN, Words("装车清单", "To load")), layout.space(0.6)]
    table = Table(MARGIN, _LOAD, above=above)
    return [
        forms.with_boxes(
            table.row(
                [
                    report_page.cell(bilingual.named(line.name, line.name_en)),
                    _lot(line),
                    [(line.location, CELL)],
                    report_page.quantity(line.quantity, line.unit, _QUANTITY, line.shown_unit),
                ]
            ),
            MARGIN + WIDTH,
            _BLANK,
            len(_STEPS),
        )
        for line in lines
    ]


def _stops(stops: Sequence[RunStop]) -> list[Block]:
    """Draw the table of stops, in the order in which the team goes to them."""
    above = [report_page.section(MARGIN, Words("配送点顺序", "Stops in order")), layout.space(0.6)]
    table = Table(MARGIN, _STOPS, above=above)
    return [
        Block(block.height, block.draw, table.header) for stop in stops for block in _stop(stop)
    ]


def _stop(stop: RunStop) -> list[Block]:
    """Draw one stop of the delivery. A long list of goods may continue on the next page."""
    left = MARGIN + _STOPS[0].width + layout.GUTTER / 2
    wide = _STOPS[1].width - layout.GUTTER
    number = layout.text(MARGIN + 1, _STOPS[0].width, str(stop.stop), _NUMBER)
    if stop.moved_to is not msgspec.UNSET:
        return [_removed(stop, number)]
    words = _collected(stop)
    address = layout.stacked(
        [
            layout.text(left, wide, f"{stop.name}  {stop.phone or ''}".strip(), _ADDRESS),
            layout.text(left, wide, stop.address or NO_ADDRESS.label, CELL),
            layout.text(left, wide, stop.recipient, CELL_EN),
            *([] if words is None else [layout.text(left, wide, words.label, _STEP)]),
        ]
    )
    goods = [_goods(line) for line in stop.lines]
    beside, height = 0, 0.0
    while beside < len(goods) and height < address.height:
        height += goods[beside].height
        beside += 1
    first = layout.stacked(
        [layout.space(0.8), layout.beside([number, address, *_column(goods[:beside])])]
    )
    *rest, last = [first, *goods[beside:]]
    return [*rest, layout.stacked([last, _line_under()])]


def _collected(stop: RunStop) -> Words | None:
    """Return a text with the day on which the household fetched the goods; None if it has not."""
    if stop.collected_on is msgspec.UNSET:
        return None
    day = bilingual.day(stop.collected_on)
    return Words(f"住户已于 {day.zh} 到站领取", f"collected at the station on {day.en}")


def _line_under() -> Block:
    return layout.stacked(
        [layout.space(0.6), layout.rule(MARGIN, WIDTH, weight=HAIRLINE, ink=PALE)]
    )


def _removed(stop: RunStop, number: Block) -> Block:
    """Draw a stop that was taken off the delivery, with the place where its goods are now."""
    left = MARGIN + _STOPS[0].width + layout.GUTTER / 2
    wide = WIDTH - _STOPS[0].width - layout.GUTTER
    words = _NOT_TAKEN
    collected = _collected(stop)
    if collected is not None:
        words = collected
    elif isinstance(stop.moved_to, str):
        words = Words(f"已转至 {stop.moved_to}", f"moved to delivery {stop.moved_to}")
    text = layout.stacked(
        [
            layout.text(left, wide, words.label, _ADDRESS),
            layout.text(left, wide, stop.recipient, CELL_EN),
        ]
    )
    return layout.stacked([layout.space(0.8), layout.beside([number, text]), _line_under()])


def _column(blocks: Sequence[Block]) -> list[Block]:
    return [layout.stacked(blocks)] if blocks else []


def _goods(line: SlipLine) -> Block:
    """Draw one item of a stop, with empty boxes for the quantities handed over and brought back."""
    name = bilingual.named(line.name, line.name_en)
    quantity = bilingual.counted(line.quantity, line.unit, line.shown_unit).primary
    figure = bilingual.quantity(line.quantity, line.unit, line.shown_unit).figure
    wide = min(_QUANTITY, BOLD.width(quantity) + 0.1)
    left = MARGIN + _STOPS[0].width + _STOPS[1].width + layout.GUTTER / 2
    lot = "  ".join(row for row, _ in _lot(line) if row)
    packs = bilingual.packs(line)
    end = left + _STOPS[2].width - 1.5 * layout.GUTTER
    named = [
        layout.text(left, end - left - wide - 2, row, style)
        for row, style in (
            (name.primary, CELL),
            (name.secondary, CELL_EN),
            (lot, CELL_EN),
            (packs.label, CELL_EN),
        )
        if row
    ]
    style = fit_style(figure, BOLD, wide)
    amount = layout.text(end - wide, wide, quantity, style, "right")
    row = layout.beside([layout.stacked(named), amount])

    def draw(sheet: Sheet, y: float) -> None:
        row.draw(sheet, y)
        forms.draw_boxes(sheet, y, MARGIN + WIDTH, _BLANK, 2)

    return Block(max(row.height, forms.BOX) + 0.8, draw)


def _lot(line: LoadLine | SlipLine) -> Cell:
    return [(line.batch or "", CELL), (bilingual.expiry(line), CELL_EN)]


def _signatures() -> Block:
    """Draw a field for signature and time for each step: loading, handing over, bringing back."""
    gap = (WIDTH - len(_STEPS) * _SIGN) / (len(_STEPS) - 1)
    lefts = [MARGIN + at * (_SIGN + gap) for at in range(len(_STEPS))]
    parts = [
        layout.stacked(
            [
                layout.text(x, _SIGN, words.label, _STEP),
                layout.space(3),
                forms.written(x, _SIGN, forms.SIGNATURE),
                forms.written(x, _SIGN, _TIME),
            ]
        )
        for x, words in zip(lefts, _STEPS, strict=True)
    ]
    return layout.beside(parts)
