"""The content of the public disclosure: goods received and goods handed over in a period."""

from __future__ import annotations

from datetime import date, datetime

import msgspec

from supplies.domain.redaction import RedactedCount
from supplies.papers.common import CountedUnit, ItemName, Letterhead, PaperPart
from supplies.papers.station_report import GoodsLine


class GoodsReceivedLine(PaperPart, frozen=True, kw_only=True):
    """The quantity of one item that was received from one source, in base units.

    Attributes:
        source: Name of the kind of account from which the goods came, such as `donor`.
        name: The donor's name, as far as the donor consented to publish it; otherwise None.
    """

    source: str
    name: str | None
    item: str
    quantity: int


class GoodsHandedOverLine(PaperPart, frozen=True, kw_only=True):
    """The quantity of one item that was handed over in one community, in base units.

    Attributes:
        count: The number of households, persons or institutions that received the item.
        who: What `count` counts: households, persons of groups, or institutions.
        uncounted: The number of hand-outs to groups without a headcount; absent if there are none.
            The people at these hand-outs are not part of `count`.
        community_name: Name of the community; absent if it is not registered.
        community_name_en: English name of the community; absent if there is none.
    """

    community: str | None
    who: CountedUnit
    item: str
    quantity: int
    count: RedactedCount
    uncounted: int | msgspec.UnsetType = msgspec.UNSET
    community_name: str | msgspec.UnsetType = msgspec.UNSET
    community_name_en: str | msgspec.UnsetType = msgspec.UNSET


class Disclosure(PaperPart, frozen=True, kw_only=True):
    """The public disclosure (公示) of a period: goods received and handed over, and totals.

    Attributes:
        as_of_seq: Number of the latest entry that the disclosure includes.
        goods: The totals of each item.
    """

    station: str
    first: date = msgspec.field(name="from")
    last: date = msgspec.field(name="to")
    as_of_seq: int
    received: list[GoodsReceivedLine]
    handed_over: list[GoodsHandedOverLine]
    goods: list[GoodsLine]


class DisclosurePaper(PaperPart, frozen=True, kw_only=True):
    """The disclosure as printed.

    Attributes:
        names: The names of items, by code.
        as_of: The past day at whose end the books are shown. None means now.
    """

    station: Letterhead
    disclosure: Disclosure
    names: dict[str, ItemName]
    printed_at: datetime
    as_of: date | None = None
