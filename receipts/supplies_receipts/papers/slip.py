"""配送单: what a courier carries to one door, on a roll of 80 mm, in black alone.

A slip shows where to go and what to hand over, never why a household is in need. The code that the
resident speaks is written into the boxes at the door and printed nowhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from supplies.errors import InvalidField
from supplies.papers.slip import DeliverySlip, SlipLine
from supplies_receipts.drawing import bilingual as wording
from supplies_receipts.drawing import blocks as flow
from supplies_receipts.drawing import form_fields as forms
from supplies_receipts.drawing.bilingual import Words
from supplies_receipts.drawing.blocks import Block
from supplies_receipts.drawing.canvas import Sheet, Style, fitted

_ROLL = 80.0
MARGIN = 4.0
WIDTH = _ROLL - 2 * MARGIN
_TEAR = 6.0  # at the end of a page, where the roll is torn off

TITLE = Words("配送单", "Delivery slip")
NO_ADDRESS = Words("地址未登记", "no address on record")
_AT_THE_DOOR = Words("上门提示", "At the door")
_NOTHING = Words("无物资", "nothing to hand over")
_CODE = Words("居民口述的验证码", "Code spoken by the resident")
_RECEIVED_BY = Words("签收人", "Received by")
_REASON = Words("未送达原因", "Reason")
TEAM = Words("配送队", "Team")
_TIME = Words("送达时间", "Time")
_COURIER = Words("配送员", "Courier")
_STATION_PHONE = Words("站点电话", "Station")
_PRIVACY = Words(
    "送达后 24 小时内交回或销毁。", "Hand back or destroy within 24 hours of delivery."
)
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
_TOTAL = Style(9, bold=True)
_FOOT = Style(9, bold=True)

_DIGITS = 6
_SIGNATURE = 22.0


def delivery_slips(slips: Sequence[DeliverySlip], told: Callable[[int], None]) -> bytes:
    """A page a stop, each as long as what it says. told: how many are drawn."""
    return drawn(slips, _on_the_roll, told)


def drawn(
    slips: Sequence[DeliverySlip],
    draw: Callable[[Sheet, DeliverySlip], None],
    told: Callable[[int], None],
) -> bytes:
    """The slips of one delivery, each drawn from a page of its own."""
    if not slips:
        raise InvalidField("a delivery without stops has no slips to print")
    first = slips[0]
    with wording.written_in(first.station.languages):
        sheet = Sheet(title=f"{TITLE.zh} {first.delivery}", author=first.station.name)
        for at, slip in enumerate(slips, 1):
            draw(sheet, slip)
            told(at)
        return sheet.finish()


def _on_the_roll(sheet: Sheet, slip: DeliverySlip) -> None:
    page = flow.stacked([*goods(slip), *hand_over(slip)])
    with sheet.page(_ROLL, MARGIN + page.height + _TEAR):
        page.draw(sheet, MARGIN)


def goods(slip: DeliverySlip) -> list[Block]:
    """Where to go and what to hand over there."""
    return [
        *_head(slip),
        _rule(0.8),
        *_door(slip),
        _rule(0.8),
        *(_item(line) for line in slip.lines),
        flow.stacked([_totals(slip.lines), _rule(0.8)]),
    ]


def hand_over(slip: DeliverySlip) -> list[Block]:
    """What is filled in and signed at the door."""
    return [*_handed_over(), *_signed(slip), _rule(0.4), *_foot(slip)]


def _head(slip: DeliverySlip) -> list[Block]:
    stop = f"{slip.stop}/{slip.stops}"
    room = WIDTH - _STOP.width(stop) - 3
    name = wording.named(slip.station.name, slip.station.name_en).leads
    beside = _HEADING.width(TITLE.leads) + 2
    under = _text(TITLE.under, _SMALL, room - beside, at=beside)
    title = flow.beside([_text(TITLE.leads, _HEADING), flow.stacked([flow.space(1.9), under])])
    return [
        flow.beside(
            [
                flow.stacked([_text(name, _STATION, room), title]),
                flow.text(MARGIN, WIDTH, stop, _STOP, "right"),
            ]
        ),
        _text(f"{slip.delivery} · {slip.allocation} · {slip.day.isoformat()}", _SMALL),
    ]


def _door(slip: DeliverySlip) -> list[Block]:
    """Who, where, and how to reach the door: in the order in which a courier needs them."""
    blocks = [_text(slip.name, _NAME)]
    if slip.phone:
        blocks.append(_text(slip.phone, _PHONE))
    address = slip.address or NO_ADDRESS.label
    blocks += [_text(address, _DOOR), _text(slip.recipient, _SMALL)]
    if slip.access:
        blocks += [flow.space(0.8), forms.framed(MARGIN, WIDTH, _AT_THE_DOOR, slip.access)]
    return blocks


def _item(line: SlipLine) -> Block:
    """A box to tick, what it is, and how much of it at the right."""
    unit, figure = wording.unit(line.unit), wording.number(line.quantity)
    amount = wording.counted(line.quantity, unit).leads
    widest = max(_QUANTITY.width(amount), _SMALL.width(unit.under))
    wide = min(widest + 0.1, WIDTH / 3)  # a hair more: a rounding must not break the line
    large = fitted(figure, _QUANTITY, wide)
    room, right = WIDTH - forms.TICK - 2 - wide - 2, MARGIN + WIDTH - wide
    name = wording.named(line.name, line.name_en)
    lot = "  ".join(filter(None, (line.batch, wording.expiry(line.expires_on))))
    says = [(name.leads, _ITEM), (name.under, _SMALL), (lot, _SMALL)]
    row = flow.beside(
        [
            forms.tick(MARGIN),
            flow.stacked([_text(t, s, room, at=forms.TICK + 2) for t, s in says if t]),
            flow.stacked(
                [
                    flow.text(right, wide, amount, large, "right"),
                    flow.text(right, wide, unit.under, _SMALL, "right"),
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
    amounts = [wording.counted(n, wording.unit(code)) for code, n in sums.items()]
    kinds = len({line.name for line in lines})
    said = Words(
        f"共 {kinds} 种  {'、'.join(amount.zh for amount in amounts)}",
        f"{wording.many(kinds, 'kind')}: {', '.join(amount.en for amount in amounts)}",
    )
    words = said if lines else _NOTHING
    return flow.stacked([flow.space(0.7), flow.worded(MARGIN, WIDTH, words, _TOTAL, _SMALL)])


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
        _text(_CODE.label, _LABEL),
        flow.space(0.6),
        forms.digits(MARGIN, WIDTH, _DIGITS),
        flow.space(1.4),
        _text(_RECEIVED_BY.label, _LABEL),
        flow.space(0.6),
        *choices,
        forms.written(MARGIN, WIDTH, _REASON),
    ]


def _signed(slip: DeliverySlip) -> list[Block]:
    return [
        flow.space(1.4),
        _text(forms.SIGNATURE.label, _LABEL),
        flow.space(0.6),
        forms.box(MARGIN, WIDTH, _SIGNATURE),
        flow.space(1),
        _text(f"{TEAM.label}  {slip.team}", forms.LABEL),
        forms.written(MARGIN, WIDTH, _TIME),
        forms.written(MARGIN, WIDTH, _COURIER),
        flow.space(1),
    ]


def _foot(slip: DeliverySlip) -> list[Block]:
    phone = slip.station.phone
    number = f"{slip.delivery} · {slip.stop}/{slip.stops}"
    return [
        flow.worded(MARGIN, WIDTH, _PRIVACY, _LABEL, _SMALL),
        *([_text(f"{_STATION_PHONE.label}  {phone}", _SMALL)] if phone else []),
        flow.text(MARGIN, WIDTH, number, _FOOT, "right"),
    ]


# --- small parts ---------------------------------------------------------------------------------


def _text(content: str, style: Style, width: float = WIDTH, *, at: float = 0) -> Block:
    return flow.text(MARGIN + at, width, content, style)


def _rule(weight: float) -> Block:
    line = flow.rule(MARGIN, WIDTH, weight=weight)
    return flow.stacked([flow.space(1.2), line, flow.space(1.2)])


def _hairline() -> Block:
    return flow.rule(MARGIN, WIDTH, weight=0.3)
