"""The content of a collection slip, with which a household fetches goods at the counter."""

from __future__ import annotations

from datetime import date

import msgspec

from supplies.papers.common import Letterhead, PaperPart
from supplies.papers.slip import SlipLine


class CollectedGoods(PaperPart, frozen=True, kw_only=True):
    """Goods of an allocation that the household has fetched.

    Attributes:
        day: The day of the last collection.
        received_by: Who took the goods on that day, such as `family`; None if unknown.
    """

    day: date
    received_by: str | None
    lines: list[SlipLine]


class CollectionSlip(PaperPart, frozen=True, kw_only=True):
    """The collection slip of one allocation. The household's name is masked.

    Attributes:
        day: The day of the allocation.
        location: The place where the goods are set aside.
        lines: The goods that are still set aside.
        collected: The goods that the household has fetched; absent if it has fetched none.
    """

    allocation: str
    station: Letterhead
    day: date
    recipient: str
    name: str
    location: str
    lines: list[SlipLine]
    collected: CollectedGoods | msgspec.UnsetType = msgspec.UNSET
