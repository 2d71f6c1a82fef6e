"""Commands that close and reopen the books up to a day."""

from __future__ import annotations

from datetime import date

from msgspec import field

from supplies.domain.commands.base import Command
from supplies.domain.fields import Reason


class ClosePeriod(Command, frozen=True, kw_only=True):
    """Close the books up to a day, including that day."""

    through: date


class ReopenPeriod(Command, frozen=True, kw_only=True):
    """Reopen the books for a day and all later days."""

    day: date = field(name="from")
    reason: Reason
