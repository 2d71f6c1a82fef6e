"""The parts that all reports on A4 share: margins, heading, sections and footer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from msgspec import UNSET, UnsetType

from supplies.papers.common import ItemName, Letterhead, ShownUnit
from supplies_receipts.drawing import bilingual
from supplies_receipts.drawing import blocks as layout
from supplies_receipts.drawing.bilingual import Words
from supplies_receipts.drawing.blocks import Block, Cell
from supplies_receipts.drawing.canvas import A4, GREY, TEAL, Sheet, Style, fit_style

MARGIN = 15.0
WIDTH = A4[0] - 2 * MARGIN
HALF = 87.0
"""Width of a table that has another table beside it, in millimetres."""

CELL = Style(8, leading=1.25)
BOLD = Style(8, bold=True, leading=1.25)
CELL_EN = Style(6, ink=GREY, leading=1.25)
SMALL = Style(7, ink=GREY, leading=1.3)
PARAGRAPH = Style(10, leading=1.55)
PARAGRAPH_EN = Style(8, ink=GREY, leading=1.4)
FIGURE = Style(20, bold=True, ink=TEAL, leading=1.15)
UNDER = Style(8.5, leading=1.25)
NONE = Words("无", "none")

_FOOT = 5.0

_AS_OF = Words("截至账目", "As of entry")
_AS_OF_DAY = Words("截至", "As of the end of")
_PRINTED = Words("打印于", "Printed")

_HEADING = Style(19, bold=True, leading=1.2)
_HEADING_EN = Style(8.5, ink=GREY)
_NAME = Style(11, bold=True, leading=1.25)
_PERIOD = Style(11, leading=1.35)
_SECTION = Style(10.5, bold=True, leading=1.4)
_TINY = Style(6, ink=GREY)


def drawn(blocks: Sequence[Block], *, title: str, author: str, foot: str) -> bytes:
    """Return a PDF of these blocks, with as many pages as they need.

    Args:
        foot: Text at the bottom left of each page.
    """
    width, height = A4
    pages = layout.paginated(blocks, *[height - 2 * MARGIN - _FOOT] * 2)
    sheet = Sheet(title=title, author=author)
    for at, body in enumerate(pages, 1):
        with sheet.page(width, height):
            body.draw(sheet, MARGIN)
            sheet.text(MARGIN, height - MARGIN, foot, _TINY)
            page = bilingual.page(at, len(pages))
            sheet.text(MARGIN + WIDTH, height - MARGIN, page, _TINY, "right")
    return sheet.finish()


def as_of(seq: int, printed_at: datetime, day: date | None) -> str:
    """Return the footer of a paper that was computed from the books.

    Args:
        seq: The number of the last entry in the books.
        printed_at: The time of printing.
        day: The past day at whose end the books were, also without earlier entries that were
            booked later. None means the time of printing.
    """
    if day is not None:
        return f"{_AS_OF_DAY.label} {day.isoformat()} · {printed(printed_at)}"
    return f"{_AS_OF.label} {seq} · {printed(printed_at)}"


def printed(at: datetime) -> str:
    """Return the footer that says when the paper was printed."""
    return f"{_PRINTED.label} {bilingual.timestamp(at)}"


def heading(
    title: Words, station: Letterhead, first: date, last: date, *, or_earlier: bool = False
) -> Block:
    """Return the heading of a report: title and issuer above a line, and the period below it.

    Args:
        or_earlier: As in `bilingual.days`.
    """
    contact = " · ".join(filter(None, (station.address, station.phone)))
    name = bilingual.named(station.name, station.name_en)
    half = WIDTH / 2 - layout.GUTTER
    right, large = MARGIN + WIDTH - half, fit_style(title.primary, _HEADING, half, smallest=13)
    issued = [
        layout.bilingual_text(right, half, name, _NAME, SMALL, "right"),
        *([layout.text(right, half, contact, SMALL, "right")] if contact else []),
    ]
    days = bilingual.days(first, last, or_earlier=or_earlier)
    return layout.stacked(
        [
            layout.beside(
                [
                    layout.bilingual_text(MARGIN, half, title, large, _HEADING_EN),
                    layout.stacked(issued),
                ]
            ),
            layout.space(2),
            layout.rule(MARGIN, WIDTH, weight=1.2, ink=TEAL),
            layout.space(2.5),
            layout.beside(
                [
                    layout.text(MARGIN, WIDTH / 2, days.primary, _PERIOD),
                    layout.text(MARGIN + WIDTH / 2, WIDTH / 2, days.secondary, _PERIOD, "right"),
                ]
            ),
            layout.space(2),
        ]
    )


def section(x: float, words: Words) -> Block:
    """Return the heading of a section as a block."""
    after = x + _SECTION.width(words.primary) + 2
    return layout.beside(
        [
            layout.text(x, HALF, words.primary, _SECTION),
            layout.stacked(
                [layout.space(1.3), layout.text(after, WIDTH / 2, words.secondary, SMALL)]
            ),
        ]
    )


def cell(words: Words, style: Style = CELL) -> Cell:
    """Return the content of a table cell with a text in the languages of the paper."""
    return [(words.primary, style), (words.secondary, CELL_EN)]


def quantity(value: int, unit: str, width: float, shown: ShownUnit | UnsetType = UNSET) -> Cell:
    """Return the content of a table cell with a quantity and its unit.

    A long unit is printed below the number.

    Args:
        shown: The larger unit in which to print the quantity. If UNSET, base units are printed.
    """
    counted = bilingual.counted(value, unit, shown).primary
    figure = bilingual.quantity(value, unit, shown).figure
    return [(counted, fit_style(figure, BOLD, width - layout.GUTTER))]


def item(name: Words, unit: str) -> Cell:
    """Return the content of a table cell with an item.

    The cell shows the item's name and, below it, the name in the second language and the unit.
    """
    small = " · ".join(filter(None, (name.secondary, bilingual.unit(unit).label)))
    return [(name.primary, CELL), (small, CELL_EN)]


def name_of(item: ItemName) -> Words:
    """Return the name of an item in the languages of the paper."""
    return bilingual.named(item.name, item.name_en)
