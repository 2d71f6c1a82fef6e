"""Build the station report: a station's work over a period, computed from the books.

The quantities of goods are checked: opening balances plus movements must give closing balances.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from supplies.books.reader import Books
from supplies.domain.accounts import (
    CHART,
    CLAIMED,
    NEEDED,
    STOCK,
    USED,
    ReportColumn,
)
from supplies.errors import BooksBroken
from supplies.papers.common import ItemName
from supplies.papers.station_report import (
    CONTACTS,
    VISITS,
    WORKERS,
    ActivityLine,
    GoodsLine,
    ShortageLine,
    StationReport,
    StationReportPaper,
)
from supplies.stations.paper_settings import letterhead
from supplies.views.account_flows import sum_goods_moved
from supplies.views.activities import count_activities
from supplies.views.balances_at import ON_HAND, Sums, of_kinds, sum_balances
from supplies.views.household_statistics import (
    count_fully_met_households,
    count_surveyed_households,
)
from supplies.views.periods import end_of_period
from supplies.views.shared_queries import shown_unit

NOTICES = USED("notices")
"""The account of notices to the public that the station has posted, such as posters."""

REPORT_KINDS = (*ON_HAND, NEEDED, CLAIMED)
"""The kinds of account whose balances the station report shows."""

Demand = dict[tuple[str, str], tuple[int, int]]
"""The needed and the unallocated quantity of each item, by item and unit."""

_ORIGINS = (ReportColumn.OPENING, ReportColumn.RECEIVED)
"""The report columns of accounts from which goods enter the books.

Goods leave these accounts, so the columns show the net flow with the opposite sign.
"""

_LETTERS = 4
"""How many letters at the beginning of an account are enough to identify its kind.

The SQL groups by these letters, because there are fewer kinds than accounts.
"""

_KINDS = {kind.prefix[:_LETTERS]: kind for kind in CHART.values()}


def build_station_report(
    books: Books, first: date, last: date, sums: Sums | None = None
) -> StationReport:
    """Return the station's work in a period, from all entries recorded so far.

    The first and the last day are included.

    Args:
        sums: The balances of `REPORT_KINDS`, and perhaps of other kinds, at the end of the last
            day. If None, they are read from the books.

    Raises:
        InvalidField: `last` is before `first`.
        BooksBroken: the opening balances plus the movements of the period do not give the closing
            balances.
    """
    return build_report_and_demand(books, first, last, sums)[0]


def build_report_and_demand(
    books: Books, first: date, last: date, sums: Sums | None = None
) -> tuple[StationReport, Demand]:
    """Return the station report, and the needed and unallocated quantities at its end.

    Args:
        sums: See `build_station_report`.

    Raises:
        InvalidField: `last` is before `first`.
        BooksBroken: the opening balances plus the movements of the period do not give the closing
            balances.
    """
    last = end_of_period(books, first, last)
    activities = count_activities(books, first, last)
    sums = sum_balances(books, REPORT_KINDS, on=last) if sums is None else sums
    shelves = of_kinds(sums, ON_HAND)
    demand = _demand(books, of_kinds(sums, (NEEDED, CLAIMED)), shelves)
    report = StationReport(
        station=books.station_code,
        first=first,
        last=last,
        as_of_seq=books.last_entry().seq,
        workers=activities[WORKERS],
        contacts=activities[CONTACTS],
        visits=activities[VISITS],
        households_surveyed=count_surveyed_households(books, first, last),
        households_fully_met=count_fully_met_households(books, last),
        notices_posted=_count_notices(books, first, last),
        activities=[ActivityLine(kind=kind, count=count) for kind, count in activities.items()],
        goods=build_goods_lines(books, first, last, shelves),
        short=[
            ShortageLine(item=item, needed=needed, free=free)
            for (item, _), needed, free in find_shortages(demand)
        ],
    )
    return report, demand


def build_station_report_paper(
    books: Books, first: date, last: date, *, printed_at: datetime
) -> StationReportPaper:
    """Return the station report for printing.

    Args:
        printed_at: The current time, from the ledger's clock.

    Raises:
        InvalidField: `last` is before `first`.
        BooksBroken: the opening balances plus the movements of the period do not give the closing
            balances.
    """
    report = build_station_report(books, first, last)
    return StationReportPaper(
        station=letterhead(books),
        report=report,
        names=read_item_names(books, items_in(report)),
        printed_at=printed_at.astimezone(ZoneInfo(books.station.zone)),
        as_of=books.past_day,
    )


def items_in(report: StationReport) -> set[str]:
    """Return the codes of all items in a report."""
    return {line.item for line in report.goods} | {line.item for line in report.short}


def read_item_names(books: Books, codes: Iterable[str]) -> dict[str, ItemName]:
    """Return the names of items, by code."""
    items = {code: books.item(code) for code in sorted(codes)}
    return {
        code: ItemName(name=item.name, name_en=item.name_en, shown_unit=shown_unit(item))
        for code, item in items.items()
    }


# --- goods ---------------------------------------------------------------------------------------


def build_goods_lines(
    books: Books, first: date, last: date, shelves: Sums | None = None
) -> list[GoodsLine]:
    """Return a line for every item that moved or was in stock in the period.

    Args:
        shelves: The balances on hand at the end of the last day. If None, they are read from the
            books.

    Raises:
        BooksBroken: the opening balances plus the movements of the period do not give the closing
            balances.
    """
    shelves = sum_balances(books, ON_HAND, on=last) if shelves is None else shelves
    flows = _flows(books, first, last)
    day_before = max(first, date.min + timedelta(days=1)) - timedelta(days=1)
    before = _by_item(sum_balances(books, ON_HAND, on=day_before))
    after = _by_item(shelves)
    items = sorted({*flows, *before, *after})
    return [_goods_line(books, item, flows[item], before[item], after[item]) for item in items]


def _flows(books: Books, first: date, last: date) -> defaultdict[str, Counter[str]]:
    """Return the net flow into the accounts of each report column in the period, by item."""
    columns = ("t.item", *(f"substr(t.{side}, 1, {_LETTERS})" for side in ("source", "target")))
    rows = sum_goods_moved(books, first, last, columns)
    flows: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for item, source, target, quantity in rows:
        for letters, flow in ((source, -int(quantity)), (target, int(quantity))):
            column = _KINDS[letters].column
            flows[item][str(column)] += -flow if column in _ORIGINS else flow
    return flows


def _by_item(sums: Sums) -> defaultdict[str, Counter[str]]:
    """Return balances by item, added up for each report column."""
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for (kind, item), quantity in sums.items():
        found[item][str(CHART[kind].column)] += quantity
    return found


def _goods_line(
    books: Books, code: str, flows: Counter[str], before: Counter[str], after: Counter[str]
) -> GoodsLine:
    item = books.item(code)
    line = GoodsLine(
        item=code,
        unit=item.unit,
        opening=before.total() + flows[ReportColumn.OPENING],
        received=flows[ReportColumn.RECEIVED],
        handed_over=flows[ReportColumn.HANDED_OVER],
        used=flows[ReportColumn.USED],
        lost=flows[ReportColumn.LOST],
        unexplained=flows[ReportColumn.UNEXPLAINED],
        other=flows[ReportColumn.OTHER],
        on_hand=after[ReportColumn.FREE] + after[ReportColumn.ALLOCATED],
        allocated=after[ReportColumn.ALLOCATED],
        in_transit=after[ReportColumn.IN_TRANSIT],
    )
    came = line.opening + line.received
    outgoing = line.handed_over + line.used + line.lost + line.unexplained + line.other
    if came - outgoing != line.on_hand + line.in_transit:
        raise BooksBroken(
            station=books.station_code,
            seq=None,
            table="days",
            column=f"quantity of {code}",
            expected=came - outgoing,
            found=line.on_hand + line.in_transit,
        )
    return line


def _count_notices(books: Books, first: date, last: date) -> int:
    """Return the number of notices posted in the period minus those taken down."""
    return sum(
        int(
            books.value(
                f"SELECT {sign}coalesce(sum(quantity), 0) FROM transfers WHERE station = :station "
                f"AND {side} = :account AND day >= :first AND day <= :last",
                account=NOTICES,
                first=first.isoformat(),
                last=last.isoformat(),
            )
        )
        for side, sign in (("target", ""), ("source", "-"))
    )


# --- needs ---------------------------------------------------------------------------------------


def _demand(books: Books, needs: Sums, shelves: Sums) -> Demand:
    """Return the needed quantity of each item, and the quantity in stock that is not allocated.

    The needed quantity includes quantities that donors have promised.
    """
    needed, free = Counter[str](), Counter[str]()
    for (_, item), quantity in needs.items():
        needed[item] += quantity
    for (kind, item), quantity in shelves.items():
        if kind == STOCK.name:
            free[item] += quantity
    return {
        (item, books.item(item).unit): (needed[item], free[item])
        for item in sorted({*needed, *free})
    }


def find_shortages(demand: Demand) -> list[tuple[tuple[str, str], int, int]]:
    """Return the items whose needed quantity is larger than the unallocated quantity in stock.

    Each item is returned with its unit, the needed quantity and the unallocated quantity.
    """
    return [(key, needed, free) for key, (needed, free) in sorted(demand.items()) if needed > free]
