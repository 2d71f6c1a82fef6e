"""The content of a run sheet: what a team loads, its stops in order, and who must sign."""

from __future__ import annotations

from datetime import date

import msgspec

from supplies.papers.common import PaperPart, ShownUnit, StationHead
from supplies.papers.slip import SlipLine


class LoadLine(PaperPart, frozen=True, kw_only=True):
    """Goods of one lot that a team takes from one location, for all stops together.

    Attributes:
        expires_month: The expiry as printed on the goods, if only a month is printed; otherwise
            absent.
        shown_unit: The larger unit in which the quantity is printed; absent if it is printed in
            base units.
    """

    name: str
    name_en: str | None
    unit: str
    lot: str
    batch: str | None
    expires_on: date | None
    location: str
    quantity: int
    expires_month: str | msgspec.UnsetType = msgspec.UNSET
    shown_unit: ShownUnit | msgspec.UnsetType = msgspec.UNSET


class RunStop(PaperPart, frozen=True, kw_only=True):
    """One stop on the run sheet. Name and telephone number are masked. The address is complete.

    Attributes:
        moved_to: Absent if the stop is on the delivery. If it was taken off, this is the delivery
            that has its goods now, or None if they are set aside again. A stop that was taken off
            has neither lines nor an address.
    """

    stop: int
    recipient: str
    name: str
    phone: str | None
    address: str | None
    lines: list[SlipLine]
    moved_to: str | msgspec.UnsetType | None = msgspec.UNSET


class RunSheet(PaperPart, frozen=True, kw_only=True):
    """The run sheet (出车单) of a delivery: what to load, the stops, and who must sign.

    Attributes:
        or_earlier: True if the day is only the latest possible one; otherwise absent.
    """

    delivery: str
    station: StationHead
    team: str
    day: date
    load: list[LoadLine]
    stops: list[RunStop]
    or_earlier: bool | msgspec.UnsetType = msgspec.UNSET
