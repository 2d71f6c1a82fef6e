"""The content of a delivery slip, which a courier takes along to one stop."""

from __future__ import annotations

from datetime import date

import msgspec

from supplies.papers.common import Letterhead, PaperPart, ShownUnit, StatedPacks


class SlipLine(PaperPart, frozen=True, kw_only=True):
    """Goods for one stop, with the quantity in base units.

    Attributes:
        expires_month: The month of expiry, such as 2027-05, if only a month is known; otherwise
            absent.
        stated: The packs in which the quantity was given; absent if any of it was given in base
            units.
        further_stated: The packs of the other lines, if the quantity was given in several lines;
            otherwise absent.
        shown_unit: The larger unit in which the quantity is printed; absent if it is printed in
            base units.
    """

    name: str
    name_en: str | None
    unit: str
    quantity: int
    batch: str | None
    expires_on: date | None
    expires_month: str | msgspec.UnsetType = msgspec.UNSET
    stated: StatedPacks | msgspec.UnsetType = msgspec.UNSET
    further_stated: list[StatedPacks] | msgspec.UnsetType = msgspec.UNSET
    shown_unit: ShownUnit | msgspec.UnsetType = msgspec.UNSET


class DeliverySlip(PaperPart, frozen=True, kw_only=True):
    """The delivery slip of one stop. Name and telephone number are masked; the address is complete.

    Attributes:
        or_earlier: True if the dispatch may have happened before the day; otherwise absent.
        run_url: The URL that opens the stop on a phone of the team; absent if other devices cannot
            open the station's host.
    """

    delivery: str
    allocation: str
    stop: int
    stops: int
    station: Letterhead
    team: str
    day: date
    recipient: str
    name: str
    phone: str | None
    address: str | None
    access: str | None
    lines: list[SlipLine]
    or_earlier: bool | msgspec.UnsetType = msgspec.UNSET
    run_url: str | msgspec.UnsetType = msgspec.UNSET
