"""Labels of accounts on reports, and a bar that shows how goods are divided among places."""

from __future__ import annotations

from collections.abc import Mapping

from supplies.domain.accounts import PLACES
from supplies_receipts.drawing.bilingual import Words
from supplies_receipts.drawing.blocks import Block
from supplies_receipts.drawing.canvas import GREY, MIST, PALE, SEA, TEAL, Ink, Sheet, Style

PLACE_LABELS: dict[str, Words] = {
    "handed_over": Words("已发放", "handed over"),
    "in_transit": Words("在途", "on the way"),
    "allocated": Words("已预留", "set aside"),
    "free": Words("在架可用", "free on the shelf"),
    "used": Words("站点自用", "used by the station"),
    "lost": Words("损耗", "lost"),
    "lent": Words("借出", "lent"),
    "converted": Words("已分装", "repacked"),
    "returned": Words("已退还", "given back"),
    "sent": Words("转运中", "on its way to another station"),
    "delivered": Words("已转交他站", "at another station"),
    "unexplained": Words("待查明", "unexplained"),
}
"""Label of each place where goods can be (`supplies.domain.accounts.PLACES`), in report order."""

ORIGIN_LABELS: dict[str, Words] = {
    "donor": Words("爱心人士", "donors who are not named"),
    "bought": Words("采购", "bought"),
    "made": Words("自制", "made"),
    "borrowed": Words("借入", "borrowed"),
    "opening": Words("期初", "there before the books"),
    "from_station": Words("他站调入", "from another station"),
}
"""Label of each kind of account from which goods come, printed if the account names no person."""

_SHELF = ("free", "allocated")
_LEGEND: tuple[tuple[Ink, Words], ...] = (
    (TEAL, PLACE_LABELS["handed_over"]),
    (SEA, PLACE_LABELS["in_transit"]),
    (MIST, Words("在库", "on the shelf")),
    (PALE, Words("其他", "elsewhere")),
)
_SHARE = Style(7, leading=1.25)
_SMALL = Style(6, ink=GREY, leading=1.25)
_BAR = 2.8
_SHARE_WIDTH = 9.0


def shelf(places: Mapping[str, int]) -> int:
    """Return the quantity on the shelf (free and set aside), given the quantity at each place."""
    return sum(places.get(place, 0) for place in _SHELF)


def elsewhere(places: Mapping[str, int]) -> dict[str, int]:
    """Return the quantities at all places except handed over, in transit and on the shelf.

    The order is that of `PLACE_LABELS`.
    """
    shown = {"handed_over", "in_transit", *_SHELF}
    return {
        place: places[place] for place in PLACE_LABELS if place in places and place not in shown
    }


def labelled(places: Mapping[str, int]) -> list[tuple[Words, int]]:
    """Return the label and the quantity of each place, without places whose quantity is zero.

    The order is that of `PLACE_LABELS`.
    """
    assert set(PLACES) == set(PLACE_LABELS)
    return [(PLACE_LABELS[place], places[place]) for place in PLACE_LABELS if places.get(place)]


def percentage(part: int, whole: int) -> str:
    """Return a share in whole percent, rounded half up, or "–" if `whole` is not positive.

    If the share is neither zero nor the whole, the result is from 1% to 99%.
    """
    if whole <= 0:
        return "–"
    rounded = (200 * part + whole) // (2 * whole)
    if 0 < part < whole:
        rounded = min(max(rounded, 1), 99)
    return f"{rounded}%"


def bar(x: float, width: float, whole: int, places: Mapping[str, int]) -> Block:
    """Return a stacked bar that shows how the quantity `whole` is divided among places.

    The percentage beside the bar is the share that was handed over.
    """
    handed = places.get("handed_over", 0)
    parts = [
        (TEAL, handed),
        (SEA, places.get("in_transit", 0)),
        (MIST, shelf(places)),
        (PALE, sum(part for part in elsewhere(places).values() if part > 0)),
    ]
    # Unexplained surplus can make the parts exceed the whole.
    total = max(whole, sum(part for _, part in parts), 1)
    share = percentage(handed, whole)
    length = width - _SHARE_WIDTH

    def draw(sheet: Sheet, y: float) -> None:
        at = x
        for ink, part in parts:
            sheet.fill(at, y + 1, length * part / total, _BAR, ink)
            at += length * part / total
        sheet.text(x + width, y + 0.9, share, _SHARE, "right")

    return Block(_BAR + 2, draw)


def legend(right: float) -> Block:
    """Return the legend that explains the colours of the bars. Its right edge is at x = `right`."""
    widths = [3 + _SMALL.width(words.label) + 3 for _, words in _LEGEND]

    def draw(sheet: Sheet, y: float) -> None:
        at = right - sum(widths) + 3
        for (ink, words), width in zip(_LEGEND, widths, strict=True):
            sheet.fill(at, y + 0.5, 2, 2, ink)
            sheet.text(at + 2.8, y, words.label, _SMALL)
            at += width

    return Block(3.6, draw)
