"""The geometry of charts. The templates draw the charts as SVG, without scripts and styles.

Coordinates are whole numbers in the view box of the SVG. The quantities are printed as text beside
the chart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

from supplies.views.stock_by_day import StockOfDay

BAR_WIDTH = 1000
"""Width of the view box of a bar."""

LINE_WIDTH, LINE_HEIGHT = 600, 120
"""Width and height of the SVG `viewBox` of a line chart."""


class Segment(NamedTuple):
    """A part of a stacked bar.

    Attributes:
        part: The name of the part. The style sheet has a color for each name.
        x, width: Position and width in the view box.
        quantity: The quantity that the segment shows, in base units.
    """

    part: str
    x: int
    width: int
    quantity: int


def stacked_bar(parts: Mapping[str, int]) -> list[Segment]:
    """Return the segments of a bar whose whole width stands for the sum of the parts.

    Parts of zero or less are left out, because a bar shows where goods are, and not what is
    missing.

    Args:
        parts: The quantity of each part, by the part's name.
    """
    shown = {part: quantity for part, quantity in parts.items() if quantity > 0}
    total, before, segments = sum(shown.values()), 0, []
    for part, quantity in shown.items():
        x = before * BAR_WIDTH // total
        before += quantity
        segments.append(Segment(part, x, before * BAR_WIDTH // total - x, quantity))
    return segments


def step_line(days: Sequence[StockOfDay], first: date, last: date) -> str:
    """Return the points of a line with a step on each day on which the stock changed.

    The points are text for an SVG `polyline`. The width of the chart stands for the period from
    `first` to `last`, both included. The highest quantity is at the top, and zero at the bottom.
    """
    highest = max((one.quantity for one in days), default=0) or 1
    length = (last - first).days + 1
    points: list[tuple[int, int]] = []
    y = LINE_HEIGHT
    for one in days:
        x = max(0, (one.day - first).days) * LINE_WIDTH // length
        if points:
            points.append((x, y))
        y = LINE_HEIGHT - max(0, one.quantity) * LINE_HEIGHT // highest
        points.append((x, y))
    if points:
        points.append((LINE_WIDTH, y))
    return " ".join(f"{x},{y}" for x, y in points)
