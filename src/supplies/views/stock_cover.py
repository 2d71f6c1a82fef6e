"""Report how many days the stock of each item lasts at the recent rate of use."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, timedelta

from supplies.books.reader import Books
from supplies.domain.accounts import LENT, RECEIVED, SENT, USED
from supplies.errors import InvalidField, Sentence
from supplies.views.account_flows import net_flows
from supplies.views.pagination import View
from supplies.views.stock import StockRow, get_stock

RATE_DAYS = 28
"""Default number of days over which the rate of use is measured."""

MAX_RATE_DAYS = 3650


class CoveredLot(View, frozen=True, kw_only=True):
    """The stock of one lot at one location, in base units.

    Attributes:
        usable: Whether the goods can be handed out, because they are neither expired nor in
            quarantine.
    """

    location: str
    lot: str
    batch: str | None
    expires_on: date | None
    on_hand: int
    usable: bool


class StockCover(View, frozen=True, kw_only=True):
    """The stock of an item, and how long it lasts.

    Attributes:
        usable: The quantity on hand that is neither expired nor in quarantine, in base units.
        left: The quantity that left the stock in the last `rate_days` days: to recipients, for own
            use, as loans, and to other stations.
        cover_days: How many whole days `usable` lasts at this rate; None if nothing left the stock.
        lots: The lots in order of expiry. Goods without an expiry come last.
    """

    item: str
    name: str
    unit: str
    usable: int
    left: int
    cover_days: int | None
    lots: list[CoveredLot]


class StockCoverReport(View, frozen=True, kw_only=True):
    """How long the stock of each item lasts. Items that run out first come first.

    Attributes:
        rate_days: The number of days over which `left` is counted, including `today`.
    """

    today: date
    rate_days: int
    items: list[StockCover]


def report_stock_cover(
    books: Books, today: date, *, rate_days: int = RATE_DAYS, item: str | None = None
) -> StockCoverReport:
    """Return how long the stock of each item lasts.

    Args:
        today: The current day in the station's time zone.
        rate_days: The number of days over which the rate of use is measured.
        item: Report only this item. If None, all items in stock are reported.

    Raises:
        InvalidField: `rate_days` is not from 1 to `MAX_RATE_DAYS`, or `item` is unknown.
    """
    if not 1 <= rate_days <= MAX_RATE_DAYS:
        raise InvalidField.at(
            "/days",
            Sentence(
                "days is {days}; it goes from 1 to {most}", days=rate_days, most=MAX_RATE_DAYS
            ),
        )
    rows: defaultdict[str, list[StockRow]] = defaultdict(list)
    for row in get_stock(books, item=item, limit=None).items:
        rows[row.item].append(row)
    left: Counter[str] = Counter()
    first = today - timedelta(days=rate_days - 1)
    for (_, code), quantity in net_flows(books, (RECEIVED, USED, LENT, SENT), first, today).items():
        left[code] += quantity
    lines = [
        _cover(books, lots, max(0, left[code]), rate_days, today) for code, lots in rows.items()
    ]
    lines.sort(key=lambda one: (one.cover_days is None, one.cover_days or 0, one.item))
    return StockCoverReport(today=today, rate_days=rate_days, items=lines)


def _cover(
    books: Books, rows: list[StockRow], left: int, rate_days: int, today: date
) -> StockCover:
    lots = [
        CoveredLot(
            location=row.location,
            lot=row.lot,
            batch=row.batch,
            expires_on=row.expires_on,
            on_hand=row.on_hand,
            usable=(row.expires_on is None or row.expires_on >= today)
            and not books.location(row.location).quarantine,
        )
        for row in rows
    ]
    usable = sum(lot.on_hand for lot in lots if lot.usable)
    return StockCover(
        item=rows[0].item,
        name=rows[0].name,
        unit=rows[0].unit,
        usable=usable,
        left=left,
        cover_days=usable * rate_days // left if left else None,
        lots=sorted(lots, key=lambda lot: (lot.expires_on or date.max, lot.lot, lot.location)),
    )
