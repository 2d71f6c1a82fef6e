"""The content of a count sheet: the goods to count at a location."""

from __future__ import annotations

from datetime import date

import msgspec

from supplies.papers.common import Letterhead, PaperPart


class SheetLine(PaperPart, frozen=True, kw_only=True):
    """Goods of one lot to count. Unallocated and allocated goods are counted together.

    Attributes:
        expected: The quantity in the books, in base units; None on a blind sheet.
        expires_month: The month of expiry, such as 2027-05, if only a month is known; otherwise
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
        day: The day on which the sheet was opened.
        location: Name of the location.
        blind: Whether the sheet does not show the quantities in the books, so that they do not
            influence the count.
        or_earlier: True if the sheet may have been opened before the day; otherwise absent.
    """

    sheet: str
    station: Letterhead
    location: str
    day: date
    blind: bool
    lines: list[SheetLine]
    or_earlier: bool | msgspec.UnsetType = msgspec.UNSET
