"""Rows about work that moves no goods."""

from __future__ import annotations

from supplies.domain.entry_rows.base import EntryRow


class Activity(EntryRow, frozen=True, kw_only=True, tag="activities"):
    """Work that moves no goods, and how often it was done."""

    activity: str
    kind: str
    count: int
