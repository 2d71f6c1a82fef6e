"""Pages of an organisation: stock and needs of all its stations, for the head's coordinators."""

from __future__ import annotations

from typing import NamedTuple

from litestar import Controller, Response, get
from litestar.params import FromPath, FromQuery

from supplies.books.reader import Books
from supplies.exports.reports import REPORTS
from supplies.stations.organisation import StationLine, stations
from supplies.views.organisation_report import (
    NeedAtStation,
    NeedOfItem,
    StockAtStation,
    StockOfItem,
    list_needs_by_item,
    list_needs_by_station,
    list_stock_by_item,
    list_stock_by_station,
)
from supplies.views.pagination import check_choice
from supplies.views.shipments import ShipmentView, list_unacknowledged_shipments
from supplies_service.pages.layout import render_page
from supplies_service.pages.page_roles import COORDINATORS
from supplies_service.pages.papers import frameable
from supplies_service.pages.period_filter import parse_day, parse_period
from supplies_service.pages.reports import AsOfDay, FirstDay, LastDay, parse_form
from supplies_service.request_context import Context
from supplies_service.routes.organisation import (
    download_organisation_report,
    organisation_report_pdf,
)


class ItemRow(NamedTuple):
    """The stock of an item at all stations, and the needs for the item.

    `stock` is None if there is no stock, and `needs` is None if there are no needs.
    """

    item: str
    unit: str
    stock: StockOfItem | None
    needs: NeedOfItem | None


class StationRow(NamedTuple):
    """The stock of an item at one station, and the needs for it there.

    `stock` is None if there is no stock, and `needs` is None if there are no needs.
    """

    station: StationLine
    unit: str
    stock: StockAtStation | None
    needs: NeedAtStation | None


class OrganisationPages(Controller):
    """Routes of the pages about an organisation."""

    path = "/organisation"
    include_in_schema = False

    @get(opt=COORDINATORS)
    async def items(self, context: Context) -> Response[bytes]:
        """Show the stations, stock and needs by item, and the goods on the way."""

        def read(books: Books) -> tuple[list[StationLine], list[ItemRow], list[ShipmentView]]:
            found = stations(books)
            under_way = [
                shipment
                for one in found
                for shipment in list_unacknowledged_shipments(books.for_station(one.code))
            ]
            return found, _item_rows(books), under_way

        found, rows, under_way = await context.read_in_thread(read)
        with context.reading() as books:
            first, last = parse_period(books, "", "", today=context.ledger.today())
        return render_page(
            context.request,
            "organisation.html",
            stations=found,
            rows=rows,
            under_way=under_way,
            first=first,
            last=last,
            reports=[kind for kind in REPORTS.values() if kind.of_organisation],
        )

    @get("/report", opt=COORDINATORS)
    async def report(
        self,
        context: Context,
        first: FirstDay = "",
        last: LastDay = "",
        as_of: AsOfDay = "",
        form: FromQuery[str] = "pdf",
    ) -> Response[bytes]:
        """Return the report on a period over all stations as a file.

        Args:
            context: The request.
            first, last: The period. An empty day means the day of the first or last entry of the
                head station.
            as_of: Entries after this day do not count; "" means that all entries count.
            form: "pdf", "csv" or "xlsx".
        """
        with context.reading() as books:
            period = parse_period(books, first, last, today=context.ledger.today())
        chosen, day = parse_form(form), parse_day(as_of, "/as_of")
        if chosen == "pdf":
            return frameable(await organisation_report_pdf(context, *period, day))
        return await download_organisation_report(context, chosen, *period, day)

    @get("/items/{item:str}", opt=COORDINATORS)
    async def item(
        self, context: Context, item: FromPath[str], unit: FromQuery[str | None] = None
    ) -> Response[bytes]:
        """Show the stock of an item and the needs for it, by station.

        Args:
            unit: Show only the stations that count the item in this unit. If None, all are shown.
        """
        rows = await context.read_in_thread(lambda books: _station_rows(books, item, unit))
        return render_page(context.request, "organisation_item.html", item=item, rows=rows)


def _item_rows(books: Books) -> list[ItemRow]:
    """Return a row for each item and unit with stock or needs, sorted by item."""
    stock = {(row.item, row.unit): row for row in list_stock_by_item(books, limit=None).items}
    needs = {(row.item, row.unit): row for row in list_needs_by_item(books, limit=None).items}
    return [ItemRow(*key, stock.get(key), needs.get(key)) for key in sorted({*stock, *needs})]


def _station_rows(books: Books, item: str, unit: str | None) -> list[StationRow]:
    """Return a row for each station with stock of the item or needs for it."""
    stock = {row.station: row for row in list_stock_by_station(books, item, limit=None).items}
    needs = {row.station: row for row in list_needs_by_station(books, item, limit=None).items}
    units = {code: row.unit for code, row in stock.items()}
    units |= {code: row.unit for code, row in needs.items()}
    check_choice("unit", unit, sorted(set(units.values())))
    return [
        StationRow(line, units[line.code], stock.get(line.code), needs.get(line.code))
        for line in stations(books)
        if line.code in units and unit in (None, units[line.code])
    ]
