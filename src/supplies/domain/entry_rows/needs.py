"""Rows about needs."""

from __future__ import annotations

from datetime import date

from supplies.domain.commands import EndReason, Urgency
from supplies.domain.entry_rows.base import EntryRow


class Need(EntryRow, frozen=True, kw_only=True, tag="needs"):
    """What a recipient needs of one item, in base units."""

    need: str
    recipient: str
    item: str
    quantity: int
    urgency: Urgency
    needed_by: date | None


class NeedEnd(EntryRow, frozen=True, kw_only=True, tag="need_ends"):
    """The end of a need.

    If goods for this need come back later, their quantity is booked on the account `ended`. The
    need is not opened again.
    """

    need: str
    reason: EndReason
