"""配送单: what a courier carries to one door, on a roll of 80 mm, in black alone.

A slip shows where to go and what to hand over, never why a household is in need. The code that the
resident speaks is written into the boxes at the door and printed nowhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from supplies.documents import DeliverySlip, SlipLine
from supplies.errors import InvalidField
from supplies_receipts import flow, forms, wording
from supplies_receipts.flow import Block
from supplies_receipts.layout import Sheet, Style, fitted
from supplies_receipts.wording import Words

_ROLL = 80.0
MARGIN = 4.0
WIDTH = _ROLL - 2 * MARGIN
_TEAR = 6.0  # at the end of a page, where the roll is torn off

TITLE = Words("配送单", "Delivery slip")
_NO_ADDRESS = Words("地址未登记", "no address on record")
_OUTCOMES = (
    Words("本人", "self"),
    Words("家属", "family"),
    Words("邻居", "neighbour"),
    Words("门卫", "guard"),
    Words("放门口", "left at the door"),
    Words("未送达", "not delivered"),
)

_STATION = Style(8, leading=1.25)
_HEADING = Style(13, bold=True, leading=1.2)
_STOP = Style(20, bold=True, leading=1.1)
_NAME = Style(16, bold=True, leading=1.25)
_PHONE = Style(11, leading=1.25)
_DOOR = Style(11, bold=True, leading=1.3)
_ITEM = Style(10, leading=1.25)
_QUANTITY = Style(11, bold=True, leading=1.15)
_SMALL = Style(7, leading=1.25)
_LABEL = Style(7, bold=True, leading=1.3)

_DIGITS = 6
_SIGNATURE = 22.0


def delivery_slips(slips: Sequence[DeliverySlip], told: Callable[[int], None]) -> bytes:
    """A page a stop, each as long as what it says. told: how many are drawn."""
    if not slips:
        raise InvalidField("a delivery without stops has no slips to print")
    first = slips[0]
    sheet = Sheet(title=f"{TITLE.zh} {first.delivery}", author=first.station.name)
    for drawn, slip in enumerate(slips, 1):
        page = flow.stacked([*goods(slip), _rule(0.8), *hand_over(slip)])
        with sheet.page(_ROLL, MARGIN + page.height + _TEAR):
            page.draw(sheet, MARGIN)
        told(drawn)
    return sheet.finish()


def goods(slip: DeliverySlip) -> list[Block]:
    """Where to go and what to hand over there."""
    return [
        *_head(slip),
        _rule(0.8),
        *_door(slip),
        _rule(0.8),
        *(_item(line) for line in slip.lines),
        _totals(slip.lines),
    ]


def hand_over(slip: DeliverySlip) -> list[Block]:
    """What is filled in and signed at the door."""
    return [*_handed_over(), *_signed(slip), _rule(0.4), *_foot(slip)]


def _head(slip: DeliverySlip) -> list[Block]:
    stop = f"{slip.stop}/{slip.stops}"
    room = WIDTH - _STOP.width(stop) - 3
    return [
        flow.beside(
            [
                flow.stacked(
                    [
                        _text(slip.station.name, _STATION, room),
                        flow.beside(
                            [
                                _text(TITLE.zh, _HEADING),
                                flow.stacked(
                                    [
                                        flow.space(1.9),
                                        _text(TITLE.en, _SMALL, at=_HEADING.width(TITLE.zh) + 2),
                                    ]
                                ),
                            ]
                        ),
                    ]
                ),
                flow.text(MARGIN, WIDTH, stop, _STOP, "right"),
            ]
        ),
        _text(f"{slip.delivery} · {slip.allocation} · {slip.day.isoformat()}", _SMALL),
    ]


def _door(slip: DeliverySlip) -> list[Block]:
    """Who, where, and how to reach the door: in the order in which a courier needs them."""
    address = slip.address or f"（{_NO_ADDRESS.zh} {_NO_ADDRESS.en}）"
    blocks = [_text(slip.name, _NAME)]
    if slip.phone:
        blocks.append(_text(slip.phone, _PHONE))
    blocks += [_text(address, _DOOR), _text(slip.recipient, _SMALL)]
    if slip.access:
        blocks += [
            flow.space(0.8),
            forms.framed(MARGIN, WIDTH, "上门提示 At the door", slip.access),
        ]
    return blocks


def _item(line: SlipLine) -> Block:
    """A box to tick, what it is, and how much of it at the right."""
    unit = wording.unit(line.unit)
    figure = wording.number(line.quantity)
    amount = f"{figure} {unit.zh}"
    unit_en = unit.en if unit.en != unit.zh else ""
    widest = max(_QUANTITY.width(amount), _SMALL.width(unit_en))
    wide = min(widest + 0.1, WIDTH / 3)  # a hair more: a rounding must not break the line
    large = fitted(figure, _QUANTITY, wide)
    name_width = WIDTH - forms.TICK - 2 - wide - 2
    expiry = "" if line.expires_on is None else f"有效期至 {line.expires_on.isoformat()}"
    small = "  ".join(filter(None, (line.batch, expiry)))
    says = [(line.name, _ITEM), (line.name_en, _SMALL), (small, _SMALL)]
    name = [_text(t, s, name_width, at=forms.TICK + 2) for t, s in says if t]
    row = flow.beside(
        [
            forms.tick(MARGIN),
            flow.stacked(name),
            flow.stacked(
                [
                    flow.text(MARGIN + WIDTH - wide, wide, amount, large, "right"),
                    flow.text(MARGIN + WIDTH - wide, wide, unit_en, _SMALL, "right"),
                ]
            ),
        ]
    )
    return flow.stacked([flow.space(0.7), row, flow.space(0.7), _hairline()])


def _totals(lines: Sequence[SlipLine]) -> Block:
    """How many kinds, and how much in each unit: bottles and pieces do not add up."""
    sums: Counter[str] = Counter()
    for line in lines:
        sums[line.unit] += line.quantity
    amounts = "、".join(f"{wording.number(n)} {wording.unit(code).zh}" for code, n in sums.items())
    kinds = len({line.name for line in lines})
    says = f"共 {kinds} 种  {amounts}" if lines else "无物资 nothing to hand over"
    return flow.stacked([flow.space(0.7), _text(says, Style(9, bold=True))])


def _handed_over() -> list[Block]:
    """Six boxes for the spoken code, and who took the goods."""
    third = WIDTH / 3
    choices = [
        flow.stacked(
            [
                flow.beside(
                    [
                        forms.choice(MARGIN + at * third, third, words)
                        for at, words in enumerate(_OUTCOMES[row : row + 3])
                    ]
                ),
                flow.space(0.6),
            ]
        )
        for row in range(0, len(_OUTCOMES), 3)
    ]
    return [
        _text("居民口述的验证码 Code spoken by the resident", _LABEL),
        flow.space(0.6),
        forms.digits(MARGIN, WIDTH, _DIGITS),
        flow.space(1.4),
        _text("签收人 Received by", _LABEL),
        flow.space(0.6),
        *choices,
        forms.written(MARGIN, WIDTH, "未送达原因 Reason"),
    ]


def _signed(slip: DeliverySlip) -> list[Block]:
    return [
        flow.space(1.4),
        _text("签名 Signature", _LABEL),
        flow.space(0.6),
        forms.box(MARGIN, WIDTH, _SIGNATURE),
        flow.space(1),
        _text(f"配送队 Team  {slip.team}", forms.LABEL),
        forms.written(MARGIN, WIDTH, "送达时间 Time"),
        forms.written(MARGIN, WIDTH, "配送员 Courier"),
        flow.space(1),
    ]


def _foot(slip: DeliverySlip) -> list[Block]:
    privacy = Words(
        "送达后 24 小时内交回或销毁。", "Hand back or destroy within 24 hours of delivery."
    )
    phone = slip.station.phone
    number = f"{slip.delivery} · {slip.stop}/{slip.stops}"
    return [
        _text(privacy.zh, _LABEL),
        _text(privacy.en, _SMALL),
        *([_text(f"站点电话 Station  {phone}", _SMALL)] if phone else []),
        flow.text(MARGIN, WIDTH, number, Style(9, bold=True), "right"),
    ]


# --- small parts ---------------------------------------------------------------------------------


def _text(content: str, style: Style, width: float = WIDTH, *, at: float = 0) -> Block:
    return flow.text(MARGIN + at, width, content, style)


def _rule(weight: float) -> Block:
    line = flow.rule(MARGIN, WIDTH, weight=weight)
    return flow.stacked([flow.space(1.2), line, flow.space(1.2)])


def _hairline() -> Block:
    return flow.rule(MARGIN, WIDTH, weight=0.3)
