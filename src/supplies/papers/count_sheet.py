"""The count sheet: the goods to count at a location, with room for the figures."""

from __future__ import annotations

from datetime import date

from supplies.papers.common import PaperPart, StationHead


class SheetLine(PaperPart, frozen=True, kw_only=True):
    """Goods of one lot to count, free and allocated together.

    expected: what the books say, in base units; None on a blind sheet.
    """

    name: str
    name_en: str | None
    unit: str
    lot: str
    batch: str | None
    expires_on: date | None
    expected: int | None


class CountSheetPaper(PaperPart, frozen=True, kw_only=True):
    """The paper (盘点表) of a count sheet. day: of the sheet. location: its name.

    blind: whether it is without the figures that the books expect, so that they bias no count.
    """

    sheet: str
    station: StationHead
    location: str
    day: date
    blind: bool
    lines: list[SheetLine]
