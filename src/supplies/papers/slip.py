"""The content of a delivery slip, which a courier takes to one address."""

from __future__ import annotations

from datetime import date

import msgspec

from supplies.papers.common import PaperPart, ShownUnit, StatedPacks, StationHead


class SlipLine(PaperPart, frozen=True, kw_only=True):
    """Goods for one stop, in base units.

    Attributes:
        expires_month: The expiry as printed on the goods, if only a month is printed; otherwise
            absent.
        stated: The packs in which the quantity was given; absent if any of it was given in base
            units.
        further_stated: Further packs, if the quantity was given in several lines; otherwise
            absent.
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
    """The slip of one stop. Name and telephone number are masked. The address is complete.

    Attributes:
        or_earlier: True if the day is only the latest possible one; otherwise absent.
        run_url: The address that opens the stop on a phone of the team; absent if other devices
            cannot open the address of the station.
    """

    delivery: str
    allocation: str
    stop: int
    stops: int
    station: StationHead
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
