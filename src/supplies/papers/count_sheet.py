"""The content of a count sheet: the goods to count at a location."""

from __future__ import annotations

from datetime import date

import msgspec

from supplies.papers.common import PaperPart, StationHead


class SheetLine(PaperPart, frozen=True, kw_only=True):
    """Goods of one lot to count. Free and allocated goods are counted together.

    Attributes:
        expected: The quantity in the books, in base units; None on a blind sheet.
        expires_month: The expiry as printed on the goods, if only a month is printed; otherwise
            absent.
    """

    name: str
    name_en: str | None
    unit: str
    lot: str
    batch: str | None
    expires_on: date | None
    expected: int | None
    expires_month: str | msgspec.UnsetType = msgspec.UNSET


class CountSheetPaper(PaperPart, frozen=True, kw_only=True):
    """A count sheet (盘点表) as printed.

    Attributes:
        day: The day of the sheet.
        location: Name of the location.
        blind: Whether the quantities in the books are left out, so that they do not bias the count.
        or_earlier: True if the day is only the latest possible one; otherwise absent.
    """

    sheet: str
    station: StationHead
    location: str
    day: date
    blind: bool
    lines: list[SheetLine]
    or_earlier: bool | msgspec.UnsetType = msgspec.UNSET
