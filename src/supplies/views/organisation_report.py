"""Reports over all stations of an organisation: stock, needs and activities.

Items of different stations count as the same item if both their codes and their units are equal.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple, TypeVar
from zoneinfo import ZoneInfo

import msgspec

from supplies.books.reader import Books
from supplies.domain.accounts import (
    ALLOCATED,
    ASSIGNED,
    CLAIMED,
    ENDED,
    MET,
    NEEDED,
    STOCK,
    AccountKind,
)
from supplies.domain.catalogue_records import Station
from supplies.domain.fields import is_valid_code
from supplies.papers.common import ItemName
from supplies.papers.station_report import (
    ActivityLine,
    GoodsLine,
    OrganisationReport,
    OrganisationReportPaper,
    ShortageInUnit,
    StationAsOf,
    StationReport,
)
from supplies.stations.organisation import ORGANISATION_CTE, stations
from supplies.stations.paper_settings import letterhead
from supplies.views.balances_at import sum_balances
from supplies.views.pagination import (
    DEFAULT_LIMIT,
    Page,
    View,
    invalid_cursor,
    make_page,
    rows_to_fetch,
)
from supplies.views.station_report import (
    Demand,
    build_report_and_demand,
    find_shortages,
    items_in,
    read_item_names,
)
from supplies.views.station_transfers import StationTransfer, read_station_transfers

V = TypeVar("V", bound=View)


class StockOfItem(View, frozen=True, kw_only=True):
    """The stock of an item at all stations together, in base units.

    Attributes:
        stations: Number of stations that have the item in stock.
    """

    item: str
    unit: str
    name: str
    stations: int
    on_hand: int
    free: int
    allocated: int


class StockAtStation(View, frozen=True, kw_only=True):
    """The stock of an item at one station, in base units."""

    station: str
    name: str
    unit: str
    on_hand: int
    free: int
    allocated: int


class NeedOfItem(View, frozen=True, kw_only=True):
    """The needs for an item at all stations together, in base units.

    Attributes:
        stations: Number of stations with a need for the item.
    """

    item: str
    unit: str
    name: str
    stations: int
    needed: int
    claimed: int
    assigned: int
    met: int
    ended: int


class NeedAtStation(View, frozen=True, kw_only=True):
    """The needs for an item at one station, in base units."""

    station: str
    name: str
    unit: str
    needed: int
    claimed: int
    assigned: int
    met: int
    ended: int


class ItemStockAtStation(View, frozen=True, kw_only=True):
    """The stock of one item at one station, in base units."""

    item: str
    unit: str
    name: str
    station: str
    station_name: str
    on_hand: int
    free: int
    allocated: int


class ItemNeedsAtStation(View, frozen=True, kw_only=True):
    """The needs for one item at one station, in base units."""

    item: str
    unit: str
    name: str
    station: str
    station_name: str
    needed: int
    claimed: int
    assigned: int
    met: int
    ended: int


class OrganisationStock(View, frozen=True, kw_only=True):
    """The stock of an organisation: the total of each item, and its parts at the stations."""

    items: list[StockOfItem]
    at_stations: list[ItemStockAtStation]


class OrganisationNeeds(View, frozen=True, kw_only=True):
    """The needs of an organisation: the total for each item, and its parts at the stations."""

    items: list[NeedOfItem]
    at_stations: list[ItemNeedsAtStation]


_Columns = Mapping[str, tuple[AccountKind, ...]]
"""For each field of a view, such as `on_hand`: the kinds of account whose balances it adds up."""

_SHELVES: _Columns = {"on_hand": (STOCK, ALLOCATED), "free": (STOCK,), "allocated": (ALLOCATED,)}
_NEEDS: _Columns = {
    "needed": (NEEDED,),
    "claimed": (CLAIMED,),
    "assigned": (ASSIGNED,),
    "met": (MET,),
    "ended": (ENDED,),
}


def list_stock_by_item(
    books: Books, *, after: str | None = None, limit: int | None = DEFAULT_LIMIT
) -> Page[StockOfItem]:
    """List the total stock of all stations, by item and unit.

    Raises:
        InvalidField: `after` or `limit` is invalid.
    """
    return _by_item(books, StockOfItem, _SHELVES, after, limit)


def list_stock_by_station(
    books: Books, item: str, *, after: str | None = None, limit: int | None = DEFAULT_LIMIT
) -> Page[StockAtStation]:
    """List the stations that have an item in stock, ordered by station code.

    Raises:
        InvalidField: `after` or `limit` is invalid.
    """
    return _by_station(books, StockAtStation, _SHELVES, item, after, limit)


def list_needs_by_item(
    books: Books, *, after: str | None = None, limit: int | None = DEFAULT_LIMIT
) -> Page[NeedOfItem]:
    """List the total needs at all stations, by item and unit.

    Raises:
        InvalidField: `after` or `limit` is invalid.
    """
    return _by_item(books, NeedOfItem, _NEEDS, after, limit)


def list_needs_by_station(
    books: Books, item: str, *, after: str | None = None, limit: int | None = DEFAULT_LIMIT
) -> Page[NeedAtStation]:
    """List the stations that have needs for an item, ordered by station code.

    Raises:
        InvalidField: `after` or `limit` is invalid.
    """
    return _by_station(books, NeedAtStation, _NEEDS, item, after, limit)


def report_organisation_stock(books: Books) -> OrganisationStock:
    """Return the stock of this station and all stations under it, now or on a past day."""
    parts = _at_stations(books, ItemStockAtStation, _SHELVES)
    return OrganisationStock(items=_totals(StockOfItem, _SHELVES, parts), at_stations=parts)


def report_organisation_needs(books: Books) -> OrganisationNeeds:
    """Return the needs at this station and all stations under it, now or on a past day."""
    parts = _at_stations(books, ItemNeedsAtStation, _NEEDS)
    return OrganisationNeeds(items=_totals(NeedOfItem, _NEEDS, parts), at_stations=parts)


# --- sums over stations --------------------------------------------------------------------------


def _by_item(
    books: Books, view: Callable[..., V], columns: _Columns, after: str | None, limit: int | None
) -> Page[V]:
    """Return a page with one view for each item and unit, summed over all stations."""
    item, colon, unit = (after or ":").partition(":")
    if not colon or (item and not is_valid_code(item)):
        raise invalid_cursor(after or "")
    rows = books.all(
        f"WITH {ORGANISATION_CTE}, parts AS ({_parts(columns)}) "
        f"SELECT p.item, i.unit, min(i.name), count(DISTINCT p.station), {_sums(columns)} "
        "FROM parts p CROSS JOIN items i WHERE i.station = p.station AND i.code = p.item "
        "AND (p.item, i.unit) > (:after_item, :after_unit) "
        "GROUP BY p.item, i.unit ORDER BY p.item, i.unit LIMIT :limit",
        after_item=item,
        after_unit=unit,
        limit=rows_to_fetch(limit),
    )
    found = [
        (
            f"{code}:{of}",
            view(item=code, unit=of, name=name, stations=count, **_named(columns, sums)),
        )
        for code, of, name, count, *sums in rows
    ]
    return make_page(found, limit)


def _by_station(
    books: Books,
    view: Callable[..., V],
    columns: _Columns,
    item: str,
    after: str | None,
    limit: int | None,
) -> Page[V]:
    """Return a page with one view for each station that has a nonzero balance of the item."""
    if after is not None and not is_valid_code(after):
        raise invalid_cursor(after)
    rows = books.all(
        f"WITH {ORGANISATION_CTE}, "
        f"parts AS ({_parts(columns, ' AND b.item = :item AND ours.code > :after')}) "
        f"SELECT p.station, i.unit, i.name, {_sums(columns)} "
        "FROM parts p CROSS JOIN items i WHERE i.station = p.station AND i.code = p.item "
        "GROUP BY p.station, i.unit, i.name ORDER BY p.station LIMIT :limit",
        item=item,
        after=after or "",
        limit=rows_to_fetch(limit),
    )
    found = [
        (station, view(station=station, unit=unit, name=name, **_named(columns, sums)))
        for station, unit, name, *sums in rows
    ]
    return make_page(found, limit)


def _at_stations(books: Books, view: Callable[..., V], columns: _Columns) -> list[V]:
    """Return a view for each item and station with a nonzero balance, by item."""
    kinds = dict.fromkeys(kind for summed in columns.values() for kind in summed)
    found = []
    for line in stations(books):
        own = books.for_station(line.code)
        sums = sum_balances(own, kinds)
        for code in {item for (_, item), quantity in sums.items() if quantity}:
            item = own.item(code)
            quantities = {
                name: sum(sums[kind.name, code] for kind in summed)
                for name, summed in columns.items()
            }
            head = {"item": code, "unit": item.unit, "name": item.name}
            at = {"station": line.code, "station_name": line.name}
            found.append(((code, item.unit, line.code), view(**head, **at, **quantities)))
    return [one for _, one in sorted(found, key=lambda pair: pair[0])]


def _totals(view: Callable[..., V], columns: _Columns, parts: Sequence[Any]) -> list[V]:
    """Return a view for each item and unit, with the sums of the parts at the stations.

    If stations name an item differently, the alphabetically first name is used.
    """
    together: dict[tuple[str, str], list[Any]] = {}
    for part in parts:
        together.setdefault((part.item, part.unit), []).append(part)
    return [
        view(
            item=item,
            unit=unit,
            name=min(part.name for part in own),
            stations=len(own),
            **{name: sum(getattr(part, name) for part in own) for name in columns},
        )
        for (item, unit), own in together.items()
    ]


def _parts(columns: _Columns, only: str = "") -> str:
    """Return SQL for the nonzero balances at all stations of the organisation, one per row.

    Each row has a column for each field of the view. The column contains the balance if the field
    includes this kind of account, otherwise 0.

    Args:
        only: A further SQL condition, such as " AND b.item = :item".
    """
    kinds = dict.fromkeys(kind for summed in columns.values() for kind in summed)
    return " UNION ALL ".join(
        "SELECT b.station, b.item, "
        + ", ".join(
            f"{'b.quantity' if kind in summed else '0'} AS {name}"
            for name, summed in columns.items()
        )
        + " FROM ours CROSS JOIN balances b WHERE b.station = ours.code "
        f"AND b.account >= '{kind.prefix}' AND b.account < '{kind.name};' "  # ";" follows ":"
        f"AND b.quantity <> 0{only}"
        for kind in kinds
    )


def _sums(columns: _Columns) -> str:
    return ", ".join(f"sum(p.{name})" for name in columns)


def _named(columns: _Columns, sums: Sequence[Any]) -> dict[str, int]:
    return {name: int(cell) for name, cell in zip(columns, sums, strict=True)}


# --- the report ----------------------------------------------------------------------------------


class StationPart(NamedTuple):
    """What one station contributes to the report of its organisation.

    Attributes:
        names: The station's names for items, by code.
        exchanged: Goods sent to and received from other stations.
    """

    report: StationReport
    demand: Demand
    station: Station
    names: dict[str, ItemName]
    exchanged: list[StationTransfer]


def build_station_part(books: Books, first: date, last: date) -> StationPart:
    """Return what this station contributes to `build_organisation_report`.

    Raises:
        InvalidField: `last` is before `first`.
        BooksBroken: the opening balances plus the movements of the period do not give the closing
            balances.
    """
    report, demand = build_report_and_demand(books, first, last)
    exchanged = read_station_transfers(books, first, last)
    names = read_item_names(books, items_in(report) | {each.here for each in exchanged})
    for each in exchanged:
        if each.item not in names:
            names |= read_item_names(books.for_station(each.other), [each.item])
    return StationPart(report, demand, books.station, names, exchanged)


_FIGURES = [
    field.name
    for field in msgspec.structs.fields(StationReport)
    if field.type is int and field.name != "as_of_seq"
]
_QUANTITIES = [field.name for field in msgspec.structs.fields(GoodsLine) if field.type is int]


def build_organisation_report(
    head: str, first: date, last: date, parts: Iterable[StationPart]
) -> OrganisationReport:
    """Build the report of an organisation by adding up the numbers of its stations.

    Goods sent from one of these stations to another count neither as received nor as given out.
    They are in transit until they arrive.

    Args:
        head: Code of the head station, which must be among the parts.
    """
    parts = list(parts)
    figures, activities = Counter[str](), Counter[str]()
    goods: dict[tuple[str, str], Counter[str]] = {}
    demand: dict[tuple[str, str], tuple[int, int]] = {}
    stations = []
    for report, wanted, station, _, _ in parts:
        stations.append(
            StationAsOf(
                station=station.code,
                name=station.name,
                name_en=station.name_en,
                as_of_seq=report.as_of_seq,
            )
        )
        figures.update({name: getattr(report, name) for name in _FIGURES})
        activities.update({line.kind: line.count for line in report.activities})
        for line in report.goods:
            figures_of_line = msgspec.structs.asdict(line)
            key = figures_of_line.pop("item"), figures_of_line.pop("unit")
            goods.setdefault(key, Counter()).update(figures_of_line)
        for key, (needed, free) in wanted.items():
            before = demand.get(key, (0, 0))
            demand[key] = before[0] + needed, before[1] + free
    for key, between in _between(parts).items():
        if any(between.values()):
            goods.setdefault(key, Counter()).update(between)
    return OrganisationReport(
        station=head,
        first=first,
        last=next(part.report.last for part in parts),
        as_of_seq=next(each.as_of_seq for each in stations if each.station == head),
        **{name: figures[name] for name in _FIGURES},
        activities=[ActivityLine(kind=kind, count=n) for kind, n in sorted(activities.items())],
        goods=[
            GoodsLine(item=item, unit=unit, **{name: sums[name] for name in _QUANTITIES})
            for (item, unit), sums in sorted(goods.items())
        ],
        short=[
            ShortageInUnit(item=item, unit=unit, needed=needed, free=free)
            for (item, unit), needed, free in find_shortages(demand)
        ],
        stations=stations,
    )


def _between(parts: Sequence[StationPart]) -> dict[tuple[str, str], Counter[str]]:
    """Return the adjustments for goods sent between these stations, by item and unit.

    With these adjustments, the opening balances plus the movements equal the closing balances, even
    if the parts were read at different times.
    """
    ours = {part.station.code for part in parts}
    lines: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for each in (each for part in parts for each in part.exchanged if each.other in ours):
        moved, on_the_way = each.after - each.before, lines[each.item, each.unit]
        sign = 1 if each.out else -1
        on_the_way.update(opening=sign * each.before, in_transit=sign * each.after)
        if each.out:
            on_the_way.update(other=-moved)
        else:
            there = lines[each.here, each.unit]
            there.update(received=-moved)
            # If the receiver books the goods as another item, they move to that item's line.
            on_the_way.update(other=moved)
            there.update(other=-moved)
    return lines


def build_organisation_report_paper(
    books: Books, first: date, last: date, parts: Sequence[StationPart], *, printed_at: datetime
) -> OrganisationReportPaper:
    """Return the report of an organisation for printing.

    If stations name an item differently, the name from the station whose part comes first is
    printed.

    Args:
        books: The books of the head station.
        parts: The part of each station.
        printed_at: The current time, from the ledger's clock.
    """
    called = {code: name for part in reversed(parts) for code, name in part.names.items()}
    report = build_organisation_report(books.station_code, first, last, parts)
    return OrganisationReportPaper(
        station=letterhead(books),
        report=report,
        names={code: called[code] for code in sorted(items_in(report))},
        printed_at=printed_at.astimezone(ZoneInfo(books.station.zone)),
    )
