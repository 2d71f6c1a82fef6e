"""What the reports on A4 share: margins, the head with who reports on which days, the foot."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from supplies.papers.common import ItemName, StationHead
from supplies_receipts.drawing import bilingual as wording
from supplies_receipts.drawing import blocks as flow
from supplies_receipts.drawing.bilingual import Words
from supplies_receipts.drawing.blocks import Block, Cell
from supplies_receipts.drawing.canvas import A4, GREY, TEAL, Sheet, Style, fitted

MARGIN = 15.0
WIDTH = A4[0] - 2 * MARGIN
HALF = 87.0
"""Width of each of two parts that stand side by side."""

CELL = Style(8, leading=1.25)
BOLD = Style(8, bold=True, leading=1.25)
CELL_EN = Style(6, ink=GREY, leading=1.25)
SMALL = Style(7, ink=GREY, leading=1.3)
SAID = Style(10, leading=1.55)
SAID_EN = Style(8, ink=GREY, leading=1.4)
FIGURE = Style(20, bold=True, ink=TEAL, leading=1.15)
UNDER = Style(8.5, leading=1.25)
NONE = Words("无", "none")

_FOOT = 5.0

_AS_OF = Words("截至账目", "As of entry")
_PRINTED = Words("打印于", "Printed")

_HEADING = Style(19, bold=True, leading=1.2)
_HEADING_EN = Style(8.5, ink=GREY)
_NAME = Style(11, bold=True, leading=1.25)
_PERIOD = Style(11, leading=1.35)
_SECTION = Style(10.5, bold=True, leading=1.4)
_TINY = Style(6, ink=GREY)


def drawn(blocks: Sequence[Block], *, title: str, author: str, foot: str) -> bytes:
    """The blocks on as many pages as they need. foot: what stands at the left under each."""
    width, height = A4
    pages = flow.paginated(blocks, *[height - 2 * MARGIN - _FOOT] * 2)
    sheet = Sheet(title=title, author=author)
    for at, body in enumerate(pages, 1):
        with sheet.page(width, height):
            body.draw(sheet, MARGIN)
            sheet.text(MARGIN, height - MARGIN, foot, _TINY)
            page = wording.page(at, len(pages))
            sheet.text(MARGIN + WIDTH, height - MARGIN, page, _TINY, "right")
    return sheet.finish()


def as_of(seq: int, printed_at: datetime) -> str:
    """The foot of what is computed from the books: how much of them, and when."""
    return f"{_AS_OF.label} {seq} · {printed(printed_at)}"


def printed(at: datetime) -> str:
    """When it was printed, for the foot."""
    return f"{_PRINTED.label} {wording.moment(at)}"


def heading(title: Words, station: StationHead, first: date, last: date) -> Block:
    """What it is and who issues it over a rule, and the days under it."""
    contact = " · ".join(filter(None, (station.address, station.phone)))
    name = wording.named(station.name, station.name_en)
    half = WIDTH / 2 - flow.GUTTER
    right, large = MARGIN + WIDTH - half, fitted(title.leads, _HEADING, half, smallest=13)
    issued = [
        flow.worded(right, half, name, _NAME, SMALL, "right"),
        *([flow.text(right, half, contact, SMALL, "right")] if contact else []),
    ]
    days = wording.days(first, last)
    return flow.stacked(
        [
            flow.beside(
                [flow.worded(MARGIN, half, title, large, _HEADING_EN), flow.stacked(issued)]
            ),
            flow.space(2),
            flow.rule(MARGIN, WIDTH, weight=1.2, ink=TEAL),
            flow.space(2.5),
            flow.beside(
                [
                    flow.text(MARGIN, WIDTH / 2, days.leads, _PERIOD),
                    flow.text(MARGIN + WIDTH / 2, WIDTH / 2, days.under, _PERIOD, "right"),
                ]
            ),
            flow.space(2),
        ]
    )


def section(x: float, words: Words) -> Block:
    """The title of a part of a report."""
    after = x + _SECTION.width(words.leads) + 2
    return flow.beside(
        [
            flow.text(x, HALF, words.leads, _SECTION),
            flow.stacked([flow.space(1.3), flow.text(after, WIDTH / 2, words.under, SMALL)]),
        ]
    )


def cell(words: Words, style: Style = CELL) -> Cell:
    """Words in a cell of a table, in the paper's languages."""
    return [(words.leads, style), (words.under, CELL_EN)]


def quantity(value: int, unit: str, width: float) -> Cell:
    """A figure with its unit in a column of a table; a long unit goes on beneath the figure."""
    said = wording.counted(value, wording.unit(unit)).leads
    return [(said, fitted(wording.number(value), BOLD, width - flow.GUTTER))]


def item(name: Words, code: str, unit: str) -> Cell:
    """An item in a cell: what it is called, and under it how, with its code and unit."""
    said = filter(None, (name.under, code, wording.unit(unit).label))
    small = " · ".join(dict.fromkeys(said))  # many a code is the English name
    return [(name.leads, CELL), (small, CELL_EN)]


def name_of(item: ItemName) -> Words:
    """An item as a paper calls it."""
    return wording.named(item.name, item.name_en)
