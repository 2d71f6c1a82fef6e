"""Rows about days: the latest day of an event, and closed periods."""

from __future__ import annotations

from datetime import date

from supplies.domain.entry_rows.base import EntryRow


class LatestDay(EntryRow, frozen=True, kw_only=True, tag="latest_days"):
    """The latest possible day of an event that may also have happened earlier (`or_earlier`)."""

    latest_day: date


class Period(EntryRow, frozen=True, kw_only=True, tag="periods"):
    """A change of the last closed day. It is valid until the next such row.

    If the last closed day becomes earlier, the days in between are open again.
    """

    closed_through: date
