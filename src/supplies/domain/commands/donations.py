"""Commands that bring goods into stock: donations, opening stock and other arrivals."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import field

from supplies.domain.commands.base import LINE_LIMITS, Command, GoodsLine
from supplies.domain.fields import Batch, Code, ExpiryDay, Month, ShortText, Text
from supplies.domain.money import Value


class DonationLine(GoodsLine, frozen=True, kw_only=True):
    """A quantity of donated goods.

    Attributes:
        pledge: The pledge that the goods fulfil. Goods beyond the pledge are an additional gift.
        recipient ("for" in JSON): The one recipient to whom the donor wants to give the goods.
        need: The need of this recipient that the goods are for; None means the most urgent one. If
            the open quantity of the given need is too small, its claims on pledges are dropped,
            because these goods take the place of the promised ones.
        expires_on: The last day on which the goods may be used.
        expires_month: The month of expiry, if only a month is known; see `Month`.
        quarantine: The quarantine location where these goods are put; None means the location of
            the command.
        write_off: The reason for which the goods are written off on arrival, such as `expired`.
            Expired goods need `quarantine` or `write_off`.
    """

    pledge: Code | None = None
    recipient: Code | None = field(name="for", default=None)
    need: Code | None = None
    batch: Batch | None = None
    expires_on: ExpiryDay | None = None
    expires_month: Month | None = None
    value: Value | None = None
    quarantine: Code | None = None
    write_off: Code | None = None


class RecordDonation(Command, frozen=True, kw_only=True):
    """Record a donation.

    Attributes:
        donor: Code of the donor; None for an anonymous gift.
        handled_by: The person who accepted the goods (经办人), as required by art. 38 of the
            Charity Law of China, 2023.
        checked_by: The person who checked the goods (复核人).
        wish: What the goods are for, in the donor's words (定向意愿).
        agreement: Number of the donation agreement.
        fiscal_ticket: Number of the fiscal ticket that a partner charity issued for the donation.
        keep_pledges: Whether lines without a pledge fulfil the donor's open pledges of the same
            item, beginning with the oldest. Goods beyond the pledges are an additional gift.
        campaign: Code of the campaign or grant from which the goods come. If None, and if all
            pledges that the donation fulfils are for one campaign, it is that campaign.
    """

    donor: Code | None = None
    location: Code
    handled_by: ShortText
    lines: Annotated[list[DonationLine], LINE_LIMITS]
    wish: Text | None = None
    checked_by: ShortText | None = None
    agreement: ShortText | None = None
    fiscal_ticket: ShortText | None = None
    note: Text | None = None
    keep_pledges: bool = False
    campaign: Code | None = None


class ArrivalLine(GoodsLine, frozen=True, kw_only=True):
    """A quantity of goods that did not come from a donation.

    Attributes:
        expires_month, quarantine, write_off: As in `DonationLine`.
    """

    batch: Batch | None = None
    expires_on: ExpiryDay | None = None
    expires_month: Month | None = None
    value: Value | None = None
    quarantine: Code | None = None
    write_off: Code | None = None


class OpenStock(Command, frozen=True, kw_only=True):
    """Record the opening stock: goods that were in stock before these books began."""

    location: Code
    lines: Annotated[list[ArrivalLine], LINE_LIMITS]
    note: Text | None = None


class RecordArrival(Command, frozen=True, kw_only=True):
    """Record the arrival of goods that were bought, made or borrowed.

    Attributes:
        party: Code of the supplier, maker or lender.
        campaign: Code of the campaign or grant that paid for the goods.
    """

    origin: Literal["bought", "made", "borrowed"]
    party: Code
    location: Code
    lines: Annotated[list[ArrivalLine], LINE_LIMITS]
    note: Text | None = None
    campaign: Code | None = None
