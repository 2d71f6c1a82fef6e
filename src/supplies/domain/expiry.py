"""Expiry of goods: the last day of use, and the month as printed if no day is printed."""

from __future__ import annotations

from calendar import monthrange
from datetime import date
from typing import Protocol

from msgspec import UnsetType


class Expiring(Protocol):
    """Goods with their expiry, in a command, a row, a view or a paper."""

    @property
    def expires_on(self) -> date | None:
        """The last day of use; None if unknown."""

    @property
    def expires_month(self) -> str | UnsetType | None:
        """The month as printed, such as 2027-05, if no day is printed on the goods."""


def shown_expiry(goods: Expiring) -> str:
    """Return the expiry as it was typed: a month or a day; "" if it is unknown."""
    if goods.expires_on is None:
        return ""
    return goods.expires_month or goods.expires_on.isoformat()


def last_day(month: str) -> date:
    """Return the last day of a month.

    >>> last_day("2024-02")
    datetime.date(2024, 2, 29)
    """
    year, number = map(int, month.split("-"))
    return date(year, number, monthrange(year, number)[1])
