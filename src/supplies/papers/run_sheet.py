"""The content of a run sheet: what a team loads, its stops in order, and who signs."""

from __future__ import annotations

from datetime import date

import msgspec

from supplies.papers.common import Letterhead, PaperPart, ShownUnit
from supplies.papers.slip import SlipLine


class LoadLine(PaperPart, frozen=True, kw_only=True):
    """Goods of one lot that a team loads at one location, for all stops together.

    Attributes:
        expires_month: The month of expiry, such as 2027-05, if only a month is known; otherwise
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
    """A stop on the run sheet. Name and telephone number are masked; the address is complete.

    Attributes:
        moved_to: For a stop that was taken off the delivery, the delivery to which its goods were
            moved, or None if the goods are set aside as before; otherwise absent. A stop that was
            taken off has neither lines nor an address.
        collected_on: The day on which the household fetched, at the counter, goods that the team
            had brought back; otherwise absent.
    """

    stop: int
    recipient: str
    name: str
    phone: str | None
    address: str | None
    lines: list[SlipLine]
    moved_to: str | msgspec.UnsetType | None = msgspec.UNSET
    collected_on: date | msgspec.UnsetType = msgspec.UNSET


class RunSheet(PaperPart, frozen=True, kw_only=True):
    """The run sheet (出车单) of a delivery: what to load, the stops, and who signs.

    Attributes:
        day: The day of the dispatch.
        or_earlier: True if the dispatch may have happened before `day`; otherwise absent.
    """

    delivery: str
    station: Letterhead
    team: str
    day: date
    load: list[LoadLine]
    stops: list[RunStop]
    or_earlier: bool | msgspec.UnsetType = msgspec.UNSET
