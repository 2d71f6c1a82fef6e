"""Fields to fill in by hand: tick boxes, lines to write on, boxes for a code or a signature."""

from __future__ import annotations

from supplies_receipts.drawing import blocks as layout
from supplies_receipts.drawing.bilingual import Words
from supplies_receipts.drawing.blocks import Block
from supplies_receipts.drawing.canvas import Sheet, Style

TICK = 3.6
"""Length of the side of a tick box in millimetres."""

BOX = 5.0
"""Height of a box in which a quantity is written by hand, in millimetres."""

LABEL = Style(8.5, leading=1.25)

SIGNATURE = Words("签名", "Signature")

_SMALL = Style(6, leading=1.15)
_HINT = Style(7, bold=True, leading=1.3)
_FRAMED = Style(10, bold=True, leading=1.3)
_DIGIT = 9.0
_LINE = 7.0


def tick(x: float) -> Block:
    """Return an empty tick box, at the height of the first line of a text beside it."""
    return Block(TICK + 0.6, lambda sheet, y: sheet.box(x, y + 0.6, TICK, TICK, weight=0.8))


def choice(x: float, width: float, words: Words) -> Block:
    """Return a tick box with its label."""
    left, available = x + TICK + 1.5, width - TICK - 2
    return layout.beside([tick(x), layout.bilingual_text(left, available, words, LABEL, _SMALL)])


def written(x: float, width: float, words: Words) -> Block:
    """Return a label and, to its right, a line to write on."""
    label = words.label
    start = LABEL.width(label) + 2

    def draw(sheet: Sheet, y: float) -> None:
        sheet.text(x, y + _LINE - LABEL.line, label, LABEL)
        sheet.rule(x + start, y + _LINE - 0.4, width - start, weight=0.5)

    return Block(_LINE, draw)


def with_boxes(row: Block, right: float, width: float, count: int) -> Block:
    """Return a table row with boxes at its right, in which quantities are written by hand.

    Args:
        right: X of the right edge of the rightmost column.
        width: Width of the column of each box.
        count: Number of boxes.
    """

    def draw(sheet: Sheet, y: float) -> None:
        row.draw(sheet, y)
        draw_boxes(sheet, y + 0.7, right, width, count)

    return Block(row.height, draw, row.header)


def draw_boxes(sheet: Sheet, y: float, right: float, width: float, count: int) -> None:
    """Draw boxes in which quantities are written by hand.

    The parameters have the same meaning as those of `with_boxes`.
    """
    for at in range(count):
        left = right - (count - at) * width
        sheet.box(left + 1, y, width - 2, BOX, weight=0.5)


def digits(x: float, width: float, count: int) -> Block:
    """Return empty boxes for a code of `count` digits, one box for each digit."""
    step = (width - _DIGIT) / (count - 1)

    def draw(sheet: Sheet, y: float) -> None:
        for at in range(count):
            sheet.box(x + at * step, y, _DIGIT, _DIGIT, weight=0.8)

    return Block(_DIGIT, draw)


def box(x: float, width: float, height: float) -> Block:
    """Return an empty box for a signature."""
    return Block(height, lambda sheet, y: sheet.box(x, y, width, height, weight=0.8))


def framed(x: float, width: float, label: Words, content: str) -> Block:
    """Return a label and a text in a frame, for information that nobody should overlook."""
    padding, inside = 1.2, width - 4
    text = layout.stacked(
        [
            layout.text(x + 2, inside, label.label, _HINT),
            layout.text(x + 2, inside, content, _FRAMED),
        ]
    )
    height = text.height + 2 * padding

    def draw(sheet: Sheet, y: float) -> None:
        sheet.box(x, y, width, height, weight=1)
        text.draw(sheet, y + padding)

    return Block(height, draw)
