"""The report of a station, or of an organisation, over a period."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

import msgspec

from supplies.papers.common import ItemName, PaperPart, StationHead

WORKERS, CONTACTS, VISITS = "worker", "contact", "visit"
"""The kinds of activity that a station report counts by name."""


class ActivityLine(PaperPart, frozen=True, kw_only=True):
    """Work of one kind over a period."""

    kind: str
    count: int


class GoodsLine(PaperPart, frozen=True, kw_only=True):
    """One item over a period, in base units.

    opening + received − handed_over − used − lost − unexplained − other = on_hand + in_transit;
    allocated is the part of on_hand that is set aside. Over an organisation, goods between two of
    its stations are in opening and in_transit, and neither received nor other.
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
    """An item of which more is needed than is free, at the period's end, in base units."""

    item: str
    needed: int
    free: int


class StationReport(PaperPart, frozen=True, kw_only=True):
    """The station's work over a period, both days inclusive, computed from the books."""

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
    """The same over stations, of which one may count in bottles and another in mL."""

    unit: str


class StationAsOf(PaperPart, frozen=True, kw_only=True):
    """A station whose work is in a report, and the last entry that it knew of."""

    station: str
    name: str
    name_en: str | None
    as_of_seq: int


class OrganisationReport(StationReport, frozen=True, kw_only=True):
    """The work of all stations of an organisation, as that of its head with theirs added.

    Each station is read at a moment of its own. goods: by item and unit; its equation holds as
    it does for each station. short: items of which all stations together have less than they need.
    """

    short: Sequence[ShortageInUnit]
    stations: list[StationAsOf]


class StationReportPaper(PaperPart, frozen=True, kw_only=True):
    """The station report as it is printed: with who reports, and when.

    names: of each item, by its code. printed_at: in the station's zone.
    """

    station: StationHead
    report: StationReport
    names: dict[str, ItemName]
    printed_at: datetime


class OrganisationReportPaper(StationReportPaper, frozen=True, kw_only=True):
    """The same over an organisation, by the station at its head."""

    report: OrganisationReport
