"""Reports over all stations of an organisation, for its head station.

To read the books of one station of the organisation, use the usual URLs with `?station=`.
"""

from __future__ import annotations

from datetime import date
from functools import partial

from litestar import Controller, Response, get
from litestar.params import FromPath
from supplies_receipts import draw_organisation_report

from supplies.books.past import books_as_of
from supplies.books.reader import Books
from supplies.domain.fields import is_valid_code
from supplies.papers.station_report import OrganisationReport
from supplies.stations.organisation import StationLine, stations
from supplies.views.organisation_report import (
    NeedAtStation,
    NeedOfItem,
    StationPart,
    StockAtStation,
    StockOfItem,
    build_organisation_report,
    build_organisation_report_paper,
    build_station_part,
    list_needs_by_item,
    list_needs_by_station,
    list_stock_by_item,
    list_stock_by_station,
)
from supplies.views.pagination import Page, invalid_cursor, make_page, rows_to_fetch
from supplies_service.request_context import Context, RequestContext
from supplies_service.responses import DownloadResponse, PDFResponse
from supplies_service.routes.parameters import DEFAULT_LIMIT, After, AsOf, First, Last, Limit
from supplies_service.routes.reports import TABLE_FILES, TableForm, tables_file
from supplies_service.security.authorization import allow_roles


def stations_page(books: Books, after: str | None, limit: int) -> Page[StationLine]:
    """Return a page of the list of the organisation's stations.

    Raises:
        InvalidField: `after` is not the code of a station, or `limit` is out of bounds.
    """
    if after is not None and not is_valid_code(after):
        raise invalid_cursor(after)
    found = stations(books, after=after or "", limit=rows_to_fetch(limit))
    return make_page([(line.code, line) for line in found], limit)


async def _station_parts(
    context: RequestContext, first: date, last: date, as_of: date | None
) -> list[StationPart]:
    """Return the figures of each station for the report of the organisation on a period."""
    with context.reading() as books:
        codes = [line.code for line in stations(books)]
    # One station at a time, so that the thread can serve other requests in between.
    return [
        await context.read_in_thread(partial(_station_part, code, first, last, as_of))
        for code in codes
    ]


def _station_part(
    station: str, first: date, last: date, as_of: date | None, books: Books
) -> StationPart:
    return build_station_part(books_as_of(books.for_station(station), as_of), first, last)


class OrganisationController(Controller):
    """Reports about this station and all stations under it."""

    path = "/api/organisation"
    tags = ("organisation",)

    @get("/stations", operation_id="listStations", opt=allow_roles("coordinator"))
    async def stations(
        self, context: Context, after: After = None, limit: Limit = DEFAULT_LIMIT
    ) -> Response[Page[StationLine]]:
        """List this station and the stations under it, by code. `?station=` accepts these codes."""
        return context.page(lambda books: stations_page(books, after, limit))

    @get("/stock", operation_id="stockOfOrganisation", opt=allow_roles("coordinator"))
    async def stock(
        self, context: Context, after: After = None, limit: Limit = DEFAULT_LIMIT
    ) -> Response[Page[StockOfItem]]:
        """List the total stock of all stations, by item."""
        return await context.page_in_thread(
            lambda books: list_stock_by_item(books, after=after, limit=limit)
        )

    @get(
        "/stock/{item:str}",
        operation_id="stockByStation",
        opt=allow_roles("coordinator"),
    )
    async def stock_at(
        self,
        context: Context,
        item: FromPath[str],
        after: After = None,
        limit: Limit = DEFAULT_LIMIT,
    ) -> Response[Page[StockAtStation]]:
        """List the stock of one item, by station."""
        return await context.page_in_thread(
            lambda books: list_stock_by_station(books, item, after=after, limit=limit)
        )

    @get("/needs", operation_id="needsOfOrganisation", opt=allow_roles("coordinator"))
    async def needs(
        self, context: Context, after: After = None, limit: Limit = DEFAULT_LIMIT
    ) -> Response[Page[NeedOfItem]]:
        """List the total needs at all stations, by item."""
        return await context.page_in_thread(
            lambda books: list_needs_by_item(books, after=after, limit=limit)
        )

    @get(
        "/needs/{item:str}",
        operation_id="needsByStation",
        opt=allow_roles("coordinator"),
    )
    async def needs_at(
        self,
        context: Context,
        item: FromPath[str],
        after: After = None,
        limit: Limit = DEFAULT_LIMIT,
    ) -> Response[Page[NeedAtStation]]:
        """List the needs for one item, by station."""
        return await context.page_in_thread(
            lambda books: list_needs_by_station(books, item, after=after, limit=limit)
        )

    @get("/report", operation_id="reportOrganisation", opt=allow_roles("coordinator"))
    async def report(
        self, context: Context, first: First, last: Last, as_of: AsOf = None
    ) -> OrganisationReport:
        """Report the work of all stations of the organisation in a period."""
        parts = await _station_parts(context, first, last, as_of)
        return build_organisation_report(context.station.code, first, last, parts)

    @get("/report/pdf", operation_id="printOrganisationReport", opt=allow_roles("coordinator"))
    async def report_pdf(
        self, context: Context, first: First, last: Last, as_of: AsOf = None
    ) -> PDFResponse:
        """Print the organisation report as PDF."""
        return await organisation_report_pdf(context, first, last, as_of)

    @get(
        "/report/{form:str}",
        operation_id="downloadOrganisationReport",
        opt=allow_roles("coordinator") | TABLE_FILES,
    )
    async def report_tables(
        self,
        context: Context,
        form: FromPath[TableForm],
        first: First,
        last: Last,
        as_of: AsOf = None,
    ) -> DownloadResponse:
        """Download the tables of the organisation report as CSV, or as a workbook."""
        return await download_organisation_report(context, form, first, last, as_of)


async def organisation_report_pdf(
    context: RequestContext, first: date, last: date, as_of: date | None
) -> PDFResponse:
    """Return the organisation report for a period as PDF."""
    parts = await _station_parts(context, first, last, as_of)
    with context.reading() as books:
        shown = build_organisation_report_paper(
            books, first, last, parts, printed_at=context.ledger.clock()
        )
    return await context.draw(
        lambda: draw_organisation_report(shown), f"organisation-report-{first}-{last}"
    )


async def download_organisation_report(
    context: RequestContext, form: TableForm, first: date, last: date, as_of: date | None
) -> DownloadResponse:
    """Return the tables of the organisation report as a file."""
    parts = await _station_parts(context, first, last, as_of)
    report = build_organisation_report(context.station.code, first, last, parts)
    return DownloadResponse(
        await context.read_in_thread(lambda _: tables_file("organisation-report", form, report))
    )
