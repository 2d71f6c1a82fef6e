"""Bar charts with the numbers beside the bars, so that they can be read in black and white."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from supplies.papers.common import ItemName
from supplies.papers.station_report import GoodsLine
from supplies_receipts.drawing import bilingual
from supplies_receipts.drawing import blocks as layout
from supplies_receipts.drawing.bilingual import Words
from supplies_receipts.drawing.blocks import Block
from supplies_receipts.drawing.canvas import GREY, MIST, SEA, TEAL, Ink, Sheet, Style, one_line
from supplies_receipts.drawing.report_page import NONE, name_of

MOST = 8
"""Maximum number of bars in a chart. The tables of the paper list all items."""

_LABEL = Style(7.5, leading=1.25)
_FIGURE = Style(7, leading=1.25)
_SMALL = Style(6, ink=GREY, leading=1.25)
_BAR = 2.6
_ROW = 7.6
_LABELS = 30.0  # width of the labels left of the bars
_BESIDE = 1.5  # between a bar and its figure


def goods(
    x: float, width: float, lines: Sequence[GoodsLine], names: Mapping[str, ItemName]
) -> Block:
    """Return a bar for each item. It shows which shares of the goods were handed over and used.

    At most `MOST` items are shown: those with the largest quantities handed over and used. Each bar
    has its own scale, because quantities in different units cannot be compared.
    """
    busiest = sorted(lines, key=lambda line: line.handed_over + line.used, reverse=True)[:MOST]
    bars = [
        _goods_bar(x, width, line, name_of(names[line.item]).primary)
        for line in busiest
        if line.opening + line.received > 0
    ]
    if not bars:
        return layout.text(x, width, NONE.label, _LABEL)
    legend = [
        (TEAL, Words("发放", "handed over")),
        (SEA, Words("自用", "own use")),
        (MIST, Words("其余", "the rest")),
    ]
    return layout.stacked([_legend(x, legend), *bars])


def counts(x: float, width: float, values: Sequence[tuple[Words, int]]) -> Block:
    """Return a bar for each count. All bars have the same scale and start at the same x."""
    most = max((count for _, count in values), default=0)
    longest = width - _LABELS - _FIGURE.width(bilingual.number(most)) - _BESIDE
    return layout.stacked(
        [_count_bar(x, words, count, longest * count / max(most, 1)) for words, count in values]
    )


def _goods_bar(x: float, width: float, line: GoodsLine, called: str) -> Block:
    whole = line.opening + line.received
    unit = bilingual.unit(line.unit, whole).primary
    words = f"{bilingual.number(line.handed_over)} / {bilingual.number(whole)} {unit}"
    # The unit may be cut: the table below prints it in full.
    figure = one_line(words, _FIGURE, width * 0.75)
    available = width - figure.style.width(figure.lines[0]) - 3
    name = one_line(called, _LABEL, available)

    def draw(sheet: Sheet, y: float) -> None:
        sheet.paragraph(x, y, name)
        sheet.paragraph(x + width, y, figure, "right")
        top = y + _LABEL.line + 0.3
        sheet.fill(x, top, width, _BAR, MIST)
        handed = min(width, width * line.handed_over / whole)
        sheet.fill(x, top, handed, _BAR, TEAL)
        sheet.fill(x + handed, top, min(width - handed, width * line.used / whole), _BAR, SEA)

    return Block(_ROW, draw)


def _count_bar(x: float, words: Words, count: int, long: float) -> Block:
    label = one_line(words.primary, _LABEL, _LABELS - 2)
    small = one_line(words.secondary, _SMALL, _LABELS - 2)
    start = x + _LABELS

    def draw(sheet: Sheet, y: float) -> None:
        sheet.paragraph(x, y, label)
        sheet.paragraph(x, y + _LABEL.line, small)
        sheet.fill(start, y + 1.2, long, _BAR, TEAL)
        sheet.text(start + long + _BESIDE, y + 1, bilingual.number(count), _FIGURE)

    return Block(_ROW, draw)


def _legend(x: float, entries: Sequence[tuple[Ink, Words]]) -> Block:
    def draw(sheet: Sheet, y: float) -> None:
        at = x
        for ink, words in entries:
            sheet.fill(at, y + 0.5, 2, 2, ink)
            sheet.text(at + 2.8, y, words.label, _SMALL)
            at += 2.8 + _SMALL.width(words.label) + 4

    return Block(4, draw)
