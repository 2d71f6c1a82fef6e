"""Rows about goods that arrived, such as donations."""

from __future__ import annotations

from typing import Literal

from supplies.domain.entry_rows.base import EntryRow


class Arrival(EntryRow, frozen=True, kw_only=True, tag="arrivals"):
    """Goods that arrived by one command.

    Attributes:
        origin: The kind of account from which the goods came; "donor" for a donation.
        party: Code of the donor ("anonymous" if unnamed), supplier, maker or lender; for opening
            stock, code of the location.
    """

    arrival: str
    origin: Literal["donor", "bought", "made", "borrowed", "opening"]
    party: str
    location: str


class ArrivalCampaign(EntryRow, frozen=True, kw_only=True, tag="arrival_campaigns"):
    """The campaign from which the goods of an arrival come.

    An arrival without a campaign has no row here.
    """

    arrival: str
    campaign: str


class ArrivalLine(EntryRow, frozen=True, kw_only=True, tag="arrival_lines"):
    """One line of an arrival, in base units.

    Attributes:
        pledge: The pledge that the command named for the line; None if it named none.
        on_pledge: The part of `quantity` that fulfilled this pledge. Without a pledge, the part
            that fulfilled any open pledges of the donor.
        recipient: The recipient to whom the donor wants to give the goods; None if the donor named
            none.
    """

    arrival: str
    line: int
    item: str
    quantity: int
    lot: str
    pledge: str | None
    on_pledge: int
    recipient: str | None
