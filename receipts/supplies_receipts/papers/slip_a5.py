"""配送单, the delivery slip on A5 landscape, for stations without a roll printer.

The left half shows where to go and what to hand over, like the upper part of a roll slip. The right
half has the fields that the courier fills in, and the signature.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from supplies.papers.slip import DeliverySlip
from supplies_receipts.drawing import bilingual
from supplies_receipts.drawing import blocks as layout
from supplies_receipts.drawing.blocks import Block
from supplies_receipts.drawing.canvas import A5_LANDSCAPE, Sheet, Style, one_line
from supplies_receipts.papers.slip import MARGIN, WIDTH, drawn, goods, hand_over

_TOP = 12.0
_FOOT = 4.0
_TINY = Style(6)


def draw_delivery_slips_a5(
    slips: Sequence[DeliverySlip], on_progress: Callable[[int], None]
) -> bytes:
    """Return the slips of a delivery as a PDF, with a new page for each stop.

    Goods that do not fit on the page of their stop continue on further pages.

    Args:
        on_progress: Called with the number of slips drawn so far.
    """
    return drawn(slips, _on_a5, on_progress)


def _on_a5(sheet: Sheet, slip: DeliverySlip) -> None:
    number = f"{slip.delivery} · {slip.stop}/{slip.stops}"
    draw_two_parts(sheet, goods(slip), hand_over(slip), number)


def draw_two_parts(
    sheet: Sheet, upper: Sequence[Block], lower: Sequence[Block], number: str, scale: float = 1
) -> None:
    """Draw the two parts of a slip beside each other: `upper` on the left, `lower` on the right.

    Add as many pages as the parts need.

    Args:
        number: The text at the foot of each page, which identifies the slip.
        scale: Factor by which both parts are enlarged if they then fit on one page.
    """
    width, height = A5_LANDSCAPE
    columns = _columns(upper, lower, scale)
    if len(columns) > 2:
        scale, columns = 1, _columns(upper, lower, 1)
    gap = (width - 2 * scale * WIDTH) / 3  # margin left and right, and between the columns
    lefts = (gap, 2 * gap + scale * WIDTH)
    count = (len(columns) + 1) // 2
    for at in range(count):
        with sheet.page(width, height):
            for column, x in zip(columns[2 * at : 2 * at + 2], lefts, strict=False):
                with sheet.moved(x - scale * MARGIN, scale):
                    column.draw(sheet, _TOP / scale)
            page = bilingual.page(at + 1, count)
            rest = width - 2 * gap - _TINY.width(page) - 3
            sheet.paragraph(gap, height - _TOP, one_line(number, _TINY, rest))
            sheet.text(width - gap, height - _TOP, page, _TINY, "right")


def _columns(upper: Sequence[Block], lower: Sequence[Block], scale: float) -> list[Block]:
    available = (A5_LANDSCAPE[1] - 2 * _TOP - _FOOT) / scale
    signed = layout.stacked(lower)
    parts = [signed] if signed.height <= available else lower
    return layout.paginated([*upper, *parts], available, available)
