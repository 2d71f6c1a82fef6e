"""The clock of a ledger, and the time zone in which the days of a station begin."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from zoneinfo import ZoneInfo

from supplies.domain.catalogue_records import Station

Clock = Callable[[], datetime]
"""A function that returns the current time, with its time zone."""


def system_clock() -> datetime:
    """Return the current time in UTC."""
    return datetime.now(UTC)


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def zone_of(station: Station) -> ZoneInfo:
    """Return the time zone of a station, which decides when its days begin and end."""
    return _zone(station.zone)
