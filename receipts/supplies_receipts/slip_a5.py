"""配送单 on A5 across, where no roll printer is at hand: the roll's two halves side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from supplies.documents import DeliverySlip
from supplies.errors import InvalidField
from supplies_receipts import flow, wording
from supplies_receipts.layout import A5_LANDSCAPE, Sheet, Style, one_line
from supplies_receipts.slip import MARGIN, TITLE, WIDTH, goods, hand_over

_TOP = 12.0
_FOOT = 4.0
_GAP = (A5_LANDSCAPE[0] - 2 * WIDTH) / 3  # left, between the columns, and right
_TINY = Style(6)


def delivery_slips_a5(slips: Sequence[DeliverySlip], told: Callable[[int], None]) -> bytes:
    """A page a stop; further pages where the goods are many. told: how many are drawn."""
    if not slips:
        raise InvalidField("a delivery without stops has no slips to print")
    first = slips[0]
    sheet = Sheet(title=f"{TITLE.zh} {first.delivery}", author=first.station.name)
    for drawn, slip in enumerate(slips, 1):
        _draw(sheet, slip)
        told(drawn)
    return sheet.finish()


def _draw(sheet: Sheet, slip: DeliverySlip) -> None:
    """Where to go with what at the left; on the last page what is signed there, at the right."""
    width, height = A5_LANDSCAPE
    room = height - 2 * _TOP - _FOOT
    pages = flow.paginated(goods(slip), room, room)
    signed = flow.paginated(hand_over(slip), room, room)
    count = max(len(pages), len(signed))
    for at in range(count):
        with sheet.page(width, height):
            if at < len(pages):
                with sheet.moved(_GAP - MARGIN):
                    pages[at].draw(sheet, _TOP)
            if at >= count - len(signed):
                with sheet.moved(2 * _GAP + WIDTH - MARGIN):
                    signed[at - count + len(signed)].draw(sheet, _TOP)
            number = f"{slip.delivery} · {slip.allocation} · {slip.stop}/{slip.stops}"
            page = wording.page(at + 1, count)
            room = width - 2 * _GAP - _TINY.width(page) - 3
            sheet.paragraph(_GAP, height - _TOP, one_line(number, _TINY, room, smallest=3))
            sheet.text(width - _GAP, height - _TOP, page, _TINY, "right")
