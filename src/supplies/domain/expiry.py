"""Expiry of goods: the last day of use, or the month if only a month is known."""

from __future__ import annotations

from calendar import monthrange
from datetime import date
from typing import Protocol

from msgspec import UnsetType


class Expiring(Protocol):
    """An object with an expiry, such as a line of a command, a row, a view or a part of a paper."""

    @property
    def expires_on(self) -> date | None:
        """The last day of use; None if unknown."""

    @property
    def expires_month(self) -> str | UnsetType | None:
        """The month of expiry, such as 2027-05, if only a month is known; else None or UNSET."""


def shown_expiry(goods: Expiring) -> str:
    """Return the expiry as a person typed it: as a month or a day; "" if it is unknown."""
    if goods.expires_on is None:
        return ""
    return goods.expires_month or goods.expires_on.isoformat()


def expiry_field(goods: Expiring) -> str:
    """Return the field with the expiry as a person typed it: `expires_on` or `expires_month`."""
    return "expires_month" if goods.expires_month else "expires_on"


def last_day(month: str) -> date:
    """Return the last day of a month.

    >>> last_day("2024-02")
    datetime.date(2024, 2, 29)
    """
    year, number = map(int, month.split("-"))
    return date(year, number, monthrange(year, number)[1])
