"""The content of a donor statement: where the goods that a donor gave are now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime

import msgspec

from supplies.domain.redaction import RedactedCount
from supplies.papers.common import CountedUnit, DonorName, Letterhead, PaperPart, StatedPacks


class StatementLine(PaperPart, frozen=True, kw_only=True):
    """One item among a donor's gifts, with quantities in base units.

    `received` plus `repacked` equals the sum of all `places`.

    Attributes:
        repacked: The quantity that was made by repacking gifts of other items.
        places: The quantity at each place where the gifts are, by the name of the place in
            `accounts.PLACES`.
        stated: The packs in which `received` was given; absent if any of it was given in base
            units.
        collected: The part of the handed-over quantity that recipients fetched at the counter;
            absent if it is zero.
    """

    item: str
    name: str
    name_en: str | None
    unit: str
    received: int
    repacked: int
    places: dict[str, int]
    stated: list[StatedPacks] | msgspec.UnsetType = msgspec.UNSET
    collected: int | msgspec.UnsetType = msgspec.UNSET


class PeopleReachedLine(PaperPart, frozen=True, kw_only=True):
    """The number of people in a community who received the donor's goods in one month.

    Attributes:
        month: The month, such as 2020-02.
        who: What `count` counts: households, persons of groups, or institutions.
        uncounted: The number of hand-outs to groups without a headcount; absent if there are none.
            The people at these hand-outs are not part of `count`.
        community_name: Name of the community; absent if it is not registered.
        community_name_en: English name of the community; absent if there is none.
    """

    month: str
    community: str | None
    who: CountedUnit
    count: RedactedCount
    uncounted: int | msgspec.UnsetType = msgspec.UNSET
    community_name: str | msgspec.UnsetType = msgspec.UNSET
    community_name_en: str | msgspec.UnsetType = msgspec.UNSET


class WishLine(PaperPart, frozen=True, kw_only=True):
    """What the donor wanted done with the gifts of one receipt, in the donor's own words."""

    receipt: str
    wish: str


class WishDeviation(PaperPart, frozen=True, kw_only=True):
    """Goods that were set aside on arrival for a donor's wish or a claim, and released later.

    Attributes:
        or_earlier: True if the release may have happened before the day; otherwise absent.
        reason: Why the goods were released; None if the text was erased.
        by: The user who released the goods.
    """

    day: date
    or_earlier: bool | msgspec.UnsetType = msgspec.UNSET
    item: str
    name: str
    name_en: str | None
    unit: str
    quantity: int
    reason: str | None
    by: str


class ReceiptRange(PaperPart, frozen=True, kw_only=True):
    """A range of consecutive receipt numbers, with the first and the last number."""

    first: str
    last: str
    count: int


class ReceiptMonth(PaperPart, frozen=True, kw_only=True):
    """The receipts that were issued in one month.

    Attributes:
        month: The month, such as 2020-02.
        count: Number of receipts.
        ranges: The numbers of these receipts.
    """

    month: str
    count: int
    ranges: list[ReceiptRange]


class ReceiptGivenBack(PaperPart, frozen=True, kw_only=True):
    """A receipt for goods that were given back to the donor, completely or in part.

    Attributes:
        all: True if all goods of the receipt were given back, False if only a part of them.
    """

    receipt: str
    all: bool


class DonorStatement(PaperPart, frozen=True, kw_only=True):
    """The goods that a donor gave in a period, and where they were at the end of its last day.

    Attributes:
        receipt_months: The receipts by month of issue.
        given_back: Receipts for goods that were given back to the donor; absent if there are none.
        as_of_seq: Number of the latest entry that the statement includes.
        departures: Goods that were set aside for a wish or a claim, and released later.
    """

    station: str
    donor: str
    first: date = msgspec.field(name="from")
    last: date = msgspec.field(name="to")
    as_of_seq: int
    receipts: list[str]
    goods: list[StatementLine]
    served: list[PeopleReachedLine]
    wishes: list[WishLine]
    departures: list[WishDeviation]
    receipt_months: list[ReceiptMonth]
    given_back: list[ReceiptGivenBack] | msgspec.UnsetType = msgspec.UNSET


class DonorStatementPaper(PaperPart, frozen=True, kw_only=True):
    """A donor statement as printed.

    Attributes:
        printed_at: The time of printing, in the station's time zone.
        as_of: The past day at whose end the books are shown. None means now.
    """

    station: Letterhead
    donor: DonorName
    statement: DonorStatement
    printed_at: datetime
    as_of: date | None = None


def receipt_months(issued_on: Mapping[str, date]) -> list[ReceiptMonth]:
    """Group receipts by month of issue.

    Args:
        issued_on: The day of issue of each receipt by its number, sorted by number.
    """
    by_month: dict[str, list[str]] = {}
    for number, day in issued_on.items():
        by_month.setdefault(f"{day:%Y-%m}", []).append(number)
    return [
        ReceiptMonth(month=month, count=len(numbers), ranges=receipt_ranges(numbers))
        for month, numbers in sorted(by_month.items())
    ]


def receipt_ranges(numbers: Iterable[str]) -> list[ReceiptRange]:
    """Join consecutive receipt numbers of the same series and year into ranges.

    >>> [each.last for each in receipt_ranges(["JZ-2020-000001", "JZ-2020-000002"])]
    ['JZ-2020-000002']
    """
    ranges: list[list[str]] = []
    for number in numbers:
        if ranges and _follows(ranges[-1][-1], number):
            ranges[-1].append(number)
        else:
            ranges.append([number])
    return [ReceiptRange(first=one[0], last=one[-1], count=len(one)) for one in ranges]


def _follows(before: str, after: str) -> bool:
    (series, _, last), (same, _, new) = before.rpartition("-"), after.rpartition("-")
    return series == same and int(new) == int(last) + 1
