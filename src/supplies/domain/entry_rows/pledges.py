"""Rows about pledges."""

from __future__ import annotations

from datetime import date

from supplies.domain.entry_rows.base import EntryRow


class Pledge(EntryRow, frozen=True, kw_only=True, tag="pledges"):
    """A donor's promise of goods."""

    pledge: str
    donor: str
    due_on: date | None


class PledgeCampaign(EntryRow, frozen=True, kw_only=True, tag="pledge_campaigns"):
    """The campaign for which a donor promised goods.

    A pledge without a campaign has no row here.
    """

    pledge: str
    campaign: str


class PledgeLine(EntryRow, frozen=True, kw_only=True, tag="pledge_lines"):
    """The promised quantity of one item, in base units."""

    pledge: str
    line: int
    item: str
    quantity: int
