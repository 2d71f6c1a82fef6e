"""The count sheet: the goods to count at a location, with space to write the quantities."""

from __future__ import annotations

from datetime import date

import msgspec

from supplies.papers.common import PaperPart, StationHead


class SheetLine(PaperPart, frozen=True, kw_only=True):
    """Goods of one lot to count, free and allocated together.

    Attributes:
        expected: The quantity in the books, in base units; None on a blind sheet.
        expires_month: As in `ReceiptLine`.
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
        blind: True leaves out the quantities in the books, so that they do not bias the count.
    """

    sheet: str
    station: StationHead
    location: str
    day: date
    blind: bool
    lines: list[SheetLine]
