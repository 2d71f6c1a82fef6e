"""The command that records work without goods."""

from __future__ import annotations

from supplies.domain.commands.base import Command
from supplies.domain.fields import Code, Quantity, Text


class RecordActivity(Command, frozen=True, kw_only=True):
    """Record work that moves no goods, such as visits, telephone calls or checks.

    Attributes:
        who: The people who did the work, as free text.
    """

    kind: Code
    count: Quantity
    who: Text | None = None
