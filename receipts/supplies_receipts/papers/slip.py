"""配送单, the delivery slip for one stop, on an 80 mm roll, in black only.

A slip shows where to go and what to hand over, but not why a household is in need. The recipient
tells the courier a six-digit code that confirms the handover. The slip has empty boxes into which
the courier writes the code. The code itself is never printed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from msgspec import UnsetType

from supplies.errors import InvalidField, Sentence
from supplies.papers.common import Letterhead, ShownUnit
from supplies.papers.slip import DeliverySlip, SlipLine
from supplies_receipts.drawing import bilingual
from supplies_receipts.drawing import blocks as layout
from supplies_receipts.drawing import form_fields as forms
from supplies_receipts.drawing.bilingual import Words
from supplies_receipts.drawing.blocks import Block
from supplies_receipts.drawing.canvas import Sheet, Style, fit_style

_ROLL = 80.0
MARGIN = 4.0
WIDTH = _ROLL - 2 * MARGIN
_TEAR = 6.0  # blank at the end of a page, where the roll is torn off

TITLE = Words("配送单", "Delivery slip")
NO_ADDRESS = Words("地址未登记", "no address on record")
_ACCESS_NOTE = Words("上门提示", "At the door")
_NOTHING = Words("无物资", "nothing to hand over")
_CODE = Words("住户报出的验证码", "Code spoken by the resident")
_RECEIVED_BY = Words("签收人", "Received by")
_REASON = Words("未送达原因", "Reason")
TEAM = Words("配送队", "Team")
_TIME = Words("送达时间", "Time")
_COURIER = Words("配送员", "Courier")
_STATION_PHONE = Words("站点电话", "Station")
_PRIVACY = Words(
    "送达后 24 小时内交回或销毁。", "Hand back or destroy within 24 hours of delivery."
)
RECEIVERS = {
    "self": Words("本人", "self"),
    "family": Words("家人", "family"),
    "neighbour": Words("邻居", "neighbour"),
    "guard": Words("门卫", "guard"),
}
"""The printed text for each value of `received_by`, which says who took the goods."""
_OUTCOMES = (
    *RECEIVERS.values(),
    Words("放在门口", "left at the door"),
    Words("未送达", "not delivered"),
)

_STATION = Style(8, leading=1.25)
_HEADING = Style(13, bold=True, leading=1.2)
_STOP = Style(20, bold=True, leading=1.1)
_NAME = Style(16, bold=True, leading=1.25)
_PHONE = Style(11, leading=1.25)
_ADDRESS = Style(11, bold=True, leading=1.3)
_ITEM = Style(10, leading=1.25)
_QUANTITY = Style(11, bold=True, leading=1.15)
_SMALL = Style(7, leading=1.25)
LABEL = Style(7, bold=True, leading=1.3)
_TOTAL = Style(9, bold=True)
_FOOT = Style(9, bold=True)

_ON_PHONE = Words("配送员扫码，在手机上打开这一配送点", "Courier: scan to open this stop")
_PHONE_ROWS = ((_ON_PHONE.zh, LABEL), (_ON_PHONE.en, _SMALL))
_QR = 16.0

_DIGITS = 6
_SIGNATURE = 22.0


def draw_delivery_slips(slips: Sequence[DeliverySlip], on_progress: Callable[[int], None]) -> bytes:
    """Return the slips of a delivery for a roll printer, with one page for each stop.

    A page is as long as its content needs.

    Args:
        on_progress: Called with the number of slips drawn so far.

    Raises:
        InvalidField: the delivery has no stops.
    """
    return drawn(slips, _on_the_roll, on_progress)


def drawn(
    slips: Sequence[DeliverySlip],
    draw: Callable[[Sheet, DeliverySlip], None],
    on_progress: Callable[[int], None],
) -> bytes:
    """Return the slips of one delivery as a PDF.

    Args:
        draw: Draws one slip on new pages of the sheet.
        on_progress: Called with the number of slips drawn so far.

    Raises:
        InvalidField: the delivery has no stops.
    """
    if not slips:
        raise InvalidField(Sentence("a delivery without stops has no slips to print"))
    first = slips[0]
    with bilingual.as_issued_by(first.station):
        sheet = Sheet(title=f"{TITLE.zh} {first.delivery}", author=first.station.name)
        for at, slip in enumerate(slips, 1):
            draw(sheet, slip)
            on_progress(at)
        return sheet.finish()


def _on_the_roll(sheet: Sheet, slip: DeliverySlip) -> None:
    page = layout.stacked([*goods(slip), *hand_over(slip)])
    with sheet.page(_ROLL, MARGIN + page.height + _TEAR):
        page.draw(sheet, MARGIN)


def goods(slip: DeliverySlip) -> list[Block]:
    """Draw the upper part of a slip: where to go and what to hand over."""
    return [
        *_slip_header(slip),
        rule(0.8),
        *_address_block(slip),
        rule(0.8),
        *(item_row(line) for line in slip.lines),
        layout.stacked([totals(slip.lines), rule(0.8)]),
    ]


def hand_over(slip: DeliverySlip) -> list[Block]:
    """Draw the lower part of a slip: the fields that the courier fills in, and the signature."""
    return [*_handed_over(), *_signed(slip), rule(0.4), *_foot(slip)]


def _slip_header(slip: DeliverySlip) -> list[Block]:
    day = bilingual.short_day(slip.day, or_earlier=bool(slip.or_earlier))
    below = f"{slip.delivery} · {slip.allocation} · {day}"
    return page_header(slip.station, TITLE, below, corner=f"{slip.stop}/{slip.stops}")


def page_header(station: Letterhead, title: Words, below: str, corner: str = "") -> list[Block]:
    """Draw the name of the station, the title of the slip, and a line of text below the title.

    Args:
        below: The text below the title.
        corner: Large text at the top right, such as the number of the stop.
    """
    available = WIDTH - _STOP.width(corner) - 3
    name = bilingual.named(station.name, station.name_en).primary
    beside = _HEADING.width(title.primary) + 2
    under = text(title.secondary, _SMALL, available - beside, at=beside)
    heading = layout.beside(
        [text(title.primary, _HEADING), layout.stacked([layout.space(1.9), under])]
    )
    return [
        layout.beside(
            [
                layout.stacked([text(name, _STATION, available), heading]),
                layout.text(MARGIN, WIDTH, corner, _STOP, "right"),
            ]
        ),
        text(below, _SMALL),
    ]


def _address_block(slip: DeliverySlip) -> list[Block]:
    """Draw the name, telephone number, address and access note of the recipient."""
    blocks = [text(slip.name, _NAME)]
    if slip.phone:
        blocks.append(text(slip.phone, _PHONE))
    address = slip.address or NO_ADDRESS.label
    blocks += [text(address, _ADDRESS), text(slip.recipient, _SMALL)]
    if slip.access:
        blocks += [layout.space(0.8), forms.framed(MARGIN, WIDTH, _ACCESS_NOTE, slip.access)]
    return blocks


def item_row(line: SlipLine) -> Block:
    """Draw one item of a slip: a tick box, the item's name, and its quantity at the right."""
    figure, unit = bilingual.quantity(line.quantity, line.unit, line.shown_unit)
    amount = bilingual.counted(line.quantity, line.unit, line.shown_unit).primary
    widest = max(_QUANTITY.width(amount), _SMALL.width(unit.secondary))
    wide = min(widest + 0.1, WIDTH / 3)  # Slightly more, so that rounding does not break the line.
    large = fit_style(figure, _QUANTITY, wide)
    available, right = WIDTH - forms.TICK - 2 - wide - 2, MARGIN + WIDTH - wide
    name = bilingual.named(line.name, line.name_en)
    lot = "  ".join(filter(None, (line.batch, bilingual.expiry(line))))
    packs = bilingual.packs(line)
    texts = [(name.primary, _ITEM), (name.secondary, _SMALL), (lot, _SMALL)]
    texts += [(packs.primary, _SMALL), (packs.secondary, _SMALL)]
    row = layout.beside(
        [
            forms.tick(MARGIN),
            layout.stacked([text(t, s, available, at=forms.TICK + 2) for t, s in texts if t]),
            layout.stacked(
                [
                    layout.text(right, wide, amount, large, "right"),
                    layout.text(right, wide, unit.secondary, _SMALL, "right"),
                ]
            ),
        ]
    )
    return layout.stacked([layout.space(0.7), row, layout.space(0.7), _hairline()])


def totals(lines: Sequence[SlipLine]) -> Block:
    """Draw how many items are on a slip, and for each unit the sum of their quantities."""
    sums: Counter[tuple[str, ShownUnit | UnsetType]] = Counter()
    for line in lines:
        sums[line.unit, line.shown_unit] += line.quantity
    amounts = [bilingual.counted(n, code, shown) for (code, shown), n in sums.items()]
    kinds = len({line.name for line in lines})
    words = Words(
        f"共 {kinds} 种  {'、'.join(amount.zh for amount in amounts)}",
        f"{bilingual.many(kinds, 'kind')}: {', '.join(amount.en for amount in amounts)}",
    )
    words = words if lines else _NOTHING
    return layout.stacked(
        [layout.space(0.7), layout.bilingual_text(MARGIN, WIDTH, words, _TOTAL, _SMALL)]
    )


def receiver_choices(receivers: Sequence[Words]) -> list[Block]:
    """Draw tick boxes for who took the goods, three in a row."""
    third = WIDTH / 3
    choices = [
        layout.stacked(
            [
                layout.beside(
                    [
                        forms.choice(MARGIN + at * third, third, words)
                        for at, words in enumerate(receivers[row : row + 3])
                    ]
                ),
                layout.space(0.6),
            ]
        )
        for row in range(0, len(receivers), 3)
    ]
    return [text(_RECEIVED_BY.label, LABEL), layout.space(0.6), *choices]


def _handed_over() -> list[Block]:
    """Draw six boxes for the recipient's code, and tick boxes for the outcome of the stop."""
    return [
        text(_CODE.label, LABEL),
        layout.space(0.6),
        forms.digits(MARGIN, WIDTH, _DIGITS),
        layout.space(1.4),
        *receiver_choices(_OUTCOMES),
        forms.written(MARGIN, WIDTH, _REASON),
    ]


def _signed(slip: DeliverySlip) -> list[Block]:
    return [
        layout.space(1.4),
        text(forms.SIGNATURE.label, LABEL),
        layout.space(0.6),
        forms.box(MARGIN, WIDTH, _SIGNATURE),
        layout.space(1),
        text(f"{TEAM.label}  {slip.team}", forms.LABEL),
        forms.written(MARGIN, WIDTH, _TIME),
        forms.written(MARGIN, WIDTH, _COURIER),
        layout.space(1),
    ]


def _run_code(address: str) -> Block:
    """Draw the QR code with which a phone of the delivery team opens the stop of the slip."""
    left = _QR + 2
    words = layout.stacked([text(row, style, WIDTH - left, at=left) for row, style in _PHONE_ROWS])

    def draw(sheet: Sheet, y: float) -> None:
        sheet.qr(MARGIN, y, _QR, address)
        words.draw(sheet, y + (_QR - words.height) / 2)

    return layout.stacked([Block(_QR, draw), layout.space(1.2)])


def _foot(slip: DeliverySlip) -> list[Block]:
    phone = slip.station.phone
    number = f"{slip.delivery} · {slip.stop}/{slip.stops}"
    return [
        *([_run_code(slip.run_url)] if slip.run_url else []),
        layout.bilingual_text(MARGIN, WIDTH, _PRIVACY, LABEL, _SMALL),
        *([text(f"{_STATION_PHONE.label}  {phone}", _SMALL)] if phone else []),
        layout.text(MARGIN, WIDTH, number, _FOOT, "right"),
    ]


# --- small parts ---------------------------------------------------------------------------------


def text(content: str, style: Style, width: float = WIDTH, *, at: float = 0) -> Block:
    """Return a block of text in the column of a slip.

    Args:
        at: Distance from the left edge of the column in millimetres.
    """
    return layout.text(MARGIN + at, width, content, style)


def rule(weight: float) -> Block:
    """Return a horizontal line across the column of a slip, with space above and below.

    Args:
        weight: Thickness in points.
    """
    line = layout.rule(MARGIN, WIDTH, weight=weight)
    return layout.stacked([layout.space(1.2), line, layout.space(1.2)])


def _hairline() -> Block:
    return layout.rule(MARGIN, WIDTH, weight=0.3)
