"""The content of a collection slip, with which a household fetches its goods at the counter."""

from __future__ import annotations

from datetime import date

import msgspec

from supplies.papers.common import PaperPart, StationHead
from supplies.papers.slip import SlipLine


class CollectedGoods(PaperPart, frozen=True, kw_only=True):
    """Goods that the household fetched.

    Attributes:
        day: The day of the last collection.
        received_by: Who took the goods then, such as `family`; None if it was not stated.
    """

    day: date
    received_by: str | None
    lines: list[SlipLine]


class CollectionSlip(PaperPart, frozen=True, kw_only=True):
    """The slip of one allocation. The name is masked.

    Attributes:
        day: The day of the allocation.
        location: The place where the goods are set aside.
        lines: The goods that are still set aside.
        collected: The goods that the household fetched; absent if it fetched none.
    """

    allocation: str
    station: StationHead
    day: date
    recipient: str
    name: str
    location: str
    lines: list[SlipLine]
    collected: CollectedGoods | msgspec.UnsetType = msgspec.UNSET
