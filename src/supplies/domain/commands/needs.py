"""Commands about what recipients need."""

from __future__ import annotations

from datetime import date
from typing import Literal

from supplies.domain.commands.base import Command
from supplies.domain.fields import Code, Quantity, Text

Urgency = Literal["low", "normal", "high"]

EndReason = Literal["withdrawn", "helped_elsewhere", "moved", "died"]


class NoteNeed(Command, frozen=True, kw_only=True):
    """Record a quantity of one item that a recipient needs.

    Attributes:
        pack, pack_size: As in `GoodsLine`.
        needed_by: The day by which the goods are needed; None if no day was given.
    """

    recipient: Code
    item: Code
    quantity: Quantity
    pack: Code | None = None
    pack_size: Quantity | None = None
    urgency: Urgency = "normal"
    needed_by: date | None = None
    note: Text | None = None


class EndNeed(Command, frozen=True, kw_only=True):
    """End the part of a need that is still open, and drop the claims on the need.

    Attributes:
        reason: Why the need is ended, such as `withdrawn`.
        goods: What happens to goods that are set aside for the need. "keep": they are still
            delivered. "release": they return to unallocated stock. Goods in transit stay with the
            team in both cases.
    """

    need: Code  # by path
    reason: EndReason
    goods: Literal["keep", "release"] = "keep"
    note: Text | None = None
