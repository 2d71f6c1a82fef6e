"""The content of the reports about a station or an organisation in a period."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

import msgspec

from supplies.papers.common import ItemName, Letterhead, PaperPart

WORKERS, CONTACTS, VISITS = "worker", "contact", "visit"
"""Kinds of activity that the report prints as large numbers."""


class ActivityLine(PaperPart, frozen=True, kw_only=True):
    """How often activities of one kind were done in the period."""

    kind: str
    count: int


class GoodsLine(PaperPart, frozen=True, kw_only=True):
    """The flow of one item over a period, in base units.

    opening + received − handed_over − used − lost − unexplained − other = on_hand + in_transit. In
    the report of an organisation, goods in transit between two of its stations are part of opening
    and in_transit, and not of received or other.

    Attributes:
        allocated: The part of on_hand that is set aside.
    """

    item: str
    unit: str
    opening: int
    received: int
    handed_over: int
    used: int
    lost: int
    unexplained: int
    other: int
    on_hand: int
    allocated: int
    in_transit: int


class ShortageLine(PaperPart, frozen=True, kw_only=True):
    """An item that is short at the end of the period: fewer goods are free than needed.

    Quantities are in base units.
    """

    item: str
    needed: int
    free: int


class StationReport(PaperPart, frozen=True, kw_only=True):
    """A station's work over a period, computed from the books.

    The first and the last day are included.

    Attributes:
        as_of_seq: Number of the latest entry that the report includes.
        short: Items that are short: fewer goods are free than needed.
    """

    station: str
    first: date = msgspec.field(name="from")
    last: date = msgspec.field(name="to")
    as_of_seq: int
    workers: int
    contacts: int
    visits: int
    households_surveyed: int
    households_fully_met: int
    notices_posted: int
    activities: list[ActivityLine]
    goods: list[GoodsLine]
    short: Sequence[ShortageLine]


class ShortageInUnit(ShortageLine, frozen=True, kw_only=True):
    """An item and unit that is short: all stations together have fewer free goods than needed."""

    unit: str


class StationAsOf(PaperPart, frozen=True, kw_only=True):
    """A station in the report of an organisation, and the latest entry that the report includes."""

    station: str
    name: str
    name_en: str | None
    as_of_seq: int


class OrganisationReport(StationReport, frozen=True, kw_only=True):
    """The work of all stations of an organisation over a period.

    Goods that have left one of these stations for another are counted as in transit until they
    arrive.

    Attributes:
        as_of_seq: Number of the latest included entry of the head station.
        goods: One line for each combination of item and unit.
        short: Items that are short: all stations together have fewer free goods than needed.
        stations: The stations. Each has the number of its latest included entry, because the
            stations are read one after another.
    """

    short: Sequence[ShortageInUnit]
    stations: list[StationAsOf]


class StationReportPaper(PaperPart, frozen=True, kw_only=True):
    """A station report as printed.

    Attributes:
        names: The names of items, by code.
        printed_at: The time of printing, in the station's time zone.
        as_of: The past day at whose end the books are shown. None means now.
    """

    station: Letterhead
    report: StationReport
    names: dict[str, ItemName]
    printed_at: datetime
    as_of: date | None = None


class OrganisationReportPaper(StationReportPaper, frozen=True, kw_only=True):
    """The report of an organisation as its head station prints it."""

    report: OrganisationReport
