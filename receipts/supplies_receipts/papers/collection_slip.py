"""领取单, the collection slip of an allocation, on A5 landscape.

The household signs on the slip when it fetches the goods at the counter. If some goods were
collected before the slip is printed, the slip also lists them and the day of collection.
"""

from __future__ import annotations

from supplies.papers.collection_slip import CollectedGoods, CollectionSlip
from supplies_receipts.drawing import bilingual
from supplies_receipts.drawing import blocks as layout
from supplies_receipts.drawing import form_fields as forms
from supplies_receipts.drawing.bilingual import Words
from supplies_receipts.drawing.blocks import Block
from supplies_receipts.drawing.canvas import Sheet, Style
from supplies_receipts.papers.slip import (
    LABEL,
    MARGIN,
    RECEIVERS,
    WIDTH,
    item_row,
    page_header,
    receiver_choices,
    rule,
    text,
    totals,
)
from supplies_receipts.papers.slip_a5 import draw_two_parts

_TITLE = Words("领取单", "Collection slip")
_PLACE = Words("领取地点", "Place")
_COLLECTED = Words("已领取", "Collected")
_TIME = Words("领取时间", "Time")
_HANDED_OVER_BY = Words("发放人", "Handed over by")

_NAME = Style(16, bold=True, leading=1.25)
_SMALL = Style(8, leading=1.25)
_SIGNATURE = 52.0
_SCALE = 1.2  # the columns then use the width of the page


def draw_collection_slip(slip: CollectionSlip) -> bytes:
    """Draw the collection slip of one allocation, on as many pages as its goods need."""
    with bilingual.as_issued_by(slip.station):
        sheet = Sheet(title=f"{_TITLE.zh} {slip.allocation}", author=slip.station.name)
        draw_two_parts(
            sheet, _goods(slip), _signed() if slip.lines else [], slip.allocation, _SCALE
        )
        return sheet.finish()


def _goods(slip: CollectionSlip) -> list[Block]:
    day = bilingual.short_day(slip.day)
    blocks = [
        *page_header(slip.station, _TITLE, f"{slip.allocation} · {day}"),
        rule(0.8),
        text(slip.name, _NAME),
        text(slip.recipient, _SMALL),
        text(f"{_PLACE.label}  {slip.location}", _SMALL),
        rule(0.8),
    ]
    if slip.lines:
        blocks += [*map(item_row, slip.lines), layout.stacked([totals(slip.lines), rule(0.8)])]
    if slip.collected:
        blocks += _collected(slip.collected)
    return blocks


def _collected(goods: CollectedGoods) -> list[Block]:
    """Draw the goods that were collected before printing, with the day and the receiver."""
    facts = [_COLLECTED.label, bilingual.short_day(goods.day)]
    if goods.received_by in RECEIVERS:
        facts.append(RECEIVERS[goods.received_by].label)
    title = text("  ".join(facts), LABEL)
    return [title, *map(item_row, goods.lines), layout.stacked([totals(goods.lines), rule(0.8)])]


def _signed() -> list[Block]:
    return [
        *receiver_choices(list(RECEIVERS.values())),
        layout.space(1.4),
        text(forms.SIGNATURE.label, LABEL),
        layout.space(0.6),
        forms.box(MARGIN, WIDTH, _SIGNATURE),
        layout.space(1),
        forms.written(MARGIN, WIDTH, _TIME),
        forms.written(MARGIN, WIDTH, _HANDED_OVER_BY),
    ]
