"""Reports that are computed from the books, as JSON and as PDF."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Annotated, Literal

import msgspec
from litestar import Controller, Response, get
from litestar.params import FromPath, FromQuery, QueryParameter
from supplies_receipts import draw_public_disclosure, draw_station_report

from supplies.books.past import books_as_of
from supplies.books.reader import Books
from supplies.domain.normalization import normalize_text
from supplies.exports.alert_feed import ATOM_TYPE, XML_TYPE, alert_feed
from supplies.exports.flat_tables import tables_of
from supplies.exports.formats import CSV_TYPE, XLSX_TYPE
from supplies.exports.tables import write_tables
from supplies.papers.disclosure import Disclosure
from supplies.papers.station_report import StationReport
from supplies.views.alerts import (
    EXPIRY_NOTICE_DAYS,
    MAX_DAYS_ALLOCATED,
    MAX_DAYS_OUT,
    Alert,
    list_alerts,
)
from supplies.views.look_alikes import LookAlikes, list_look_alikes
from supplies.views.pagination import Page
from supplies.views.public_disclosure import build_disclosure, build_disclosure_paper
from supplies.views.recall import Recall, build_recall
from supplies.views.station_report import build_station_report, build_station_report_paper
from supplies.views.stock import StockView, get_stock
from supplies_service.request_context import Context, RequestContext
from supplies_service.responses import Download, DownloadResponse, PDFResponse, written_download
from supplies_service.routes.parameters import DEFAULT_LIMIT, After, AsOf, First, Last, Limit
from supplies_service.security.authorization import allow_roles

DaysToExpiry = Annotated[
    int, QueryParameter(ge=0, le=3650, description="report goods that expire within this many days")
]
DaysOut = Annotated[
    int,
    QueryParameter(
        ge=0,
        le=3650,
        description="report deliveries that have been out for more than this many days",
    ),
]
DaysAllocated = Annotated[
    int,
    QueryParameter(
        ge=0, le=3650, description="report goods allocated for more than this many days"
    ),
]


TableForm = Literal["csv", "xlsx"]

_MEDIA_TYPES = {"csv": CSV_TYPE, "xlsx": XLSX_TYPE}

TABLE_FILES = {"media_types": tuple(_MEDIA_TYPES.values())}
"""The part of a route's `opt` with the formats in which a report's tables can be downloaded."""


ComparedKind = Annotated[
    Literal["donors", "items", "recipients"], QueryParameter(description="what to compare")
]


class ReportController(Controller):
    """Reports of one station."""

    path = "/api/reports"
    tags = ("reports",)

    @get(
        "/station",
        operation_id="reportStation",
        opt=allow_roles("coordinator", "recorder", "auditor"),
    )
    async def station(
        self, context: Context, first: First, last: Last, as_of: AsOf = None
    ) -> StationReport:
        """Report the station's work and goods in a period."""
        return await context.show_in_thread(
            lambda books: build_station_report(books_as_of(books, as_of), first, last)
        )

    @get(
        "/station/pdf",
        operation_id="printStationReport",
        opt=allow_roles("coordinator", "recorder", "auditor"),
    )
    async def station_pdf(
        self, context: Context, first: First, last: Last, as_of: AsOf = None
    ) -> PDFResponse:
        """Print the station report as PDF."""
        return await station_report_pdf(context, first, last, as_of)

    @get(
        "/station/{form:str}",
        operation_id="downloadStationReport",
        opt=allow_roles("coordinator", "recorder", "auditor") | TABLE_FILES,
    )
    async def station_tables(
        self,
        context: Context,
        form: FromPath[TableForm],
        first: First,
        last: Last,
        as_of: AsOf = None,
    ) -> DownloadResponse:
        """Download the tables of the station report as CSV, or as a workbook."""
        return await download_station_report(context, form, first, last, as_of)

    @get(
        "/disclosure",
        operation_id="reportDisclosure",
        opt=allow_roles("coordinator", "recorder", "auditor"),
    )
    async def disclosure(
        self, context: Context, first: First, last: Last, as_of: AsOf = None
    ) -> Disclosure:
        """Report, for publication, the goods received and the goods handed over in each community.

        Donors are named only if they agreed to it.
        """
        return await context.show_in_thread(
            lambda books: build_disclosure(books_as_of(books, as_of), first, last)
        )

    @get(
        "/disclosure/pdf",
        operation_id="printDisclosure",
        opt=allow_roles("coordinator", "recorder", "auditor"),
    )
    async def disclosure_pdf(
        self, context: Context, first: First, last: Last, as_of: AsOf = None
    ) -> PDFResponse:
        """Print the public disclosure as PDF."""
        return await disclosure_report_pdf(context, first, last, as_of)

    @get(
        "/disclosure/{form:str}",
        operation_id="downloadDisclosure",
        opt=allow_roles("coordinator", "recorder", "auditor") | TABLE_FILES,
    )
    async def disclosure_tables(
        self,
        context: Context,
        form: FromPath[TableForm],
        first: First,
        last: Last,
        as_of: AsOf = None,
    ) -> DownloadResponse:
        """Download the tables of the public disclosure as CSV, or as a workbook."""
        return await download_disclosure(context, form, first, last, as_of)

    @get(
        "/stock", operation_id="reportStock", opt=allow_roles("coordinator", "recorder", "auditor")
    )
    async def stock(
        self,
        context: Context,
        as_of: FromQuery[date | None] = None,
        after: After = None,
        limit: Limit = DEFAULT_LIMIT,
    ) -> Response[StockView]:
        """Report the stock of all locations, now or at the end of a day."""
        return await context.page_in_thread(
            lambda books: get_stock(books, as_of=as_of, after=after, limit=limit)
        )

    @get(
        "/alerts",
        operation_id="reportAlerts",
        opt=allow_roles("coordinator", "recorder", "auditor"),
    )
    async def alerts(
        self,
        context: Context,
        soon: DaysToExpiry = EXPIRY_NOTICE_DAYS,
        out: DaysOut = MAX_DAYS_OUT,
        waiting: DaysAllocated = MAX_DAYS_ALLOCATED,
        as_of: AsOf = None,
        after: After = None,
        limit: Limit = DEFAULT_LIMIT,
    ) -> Response[Page[Alert]]:
        """List what needs attention, such as expiring goods, late deliveries and open conflicts."""
        today = context.ledger.today()
        return await context.page_in_thread(
            lambda books: list_alerts(
                books_as_of(books, as_of),
                min(as_of or today, today),
                soon=soon,
                out=out,
                waiting=waiting,
                after=after,
                limit=limit,
            )
        )

    @get(
        "/alerts/feed",
        operation_id="feedAlerts",
        opt=allow_roles("coordinator", "recorder", "auditor")
        | {"media_types": (ATOM_TYPE, XML_TYPE)},
    )
    async def alert_feed(self, context: Context) -> Response[bytes]:
        """Get the alerts as an Atom feed, which feed readers and other programs poll.

        The feed contains codes and no personal data. An entry disappears when its alert ends. If
        `Accept` is `text/xml`, the response has this media type.
        """
        now, today = context.ledger.clock(), context.ledger.today()
        feed = await context.read_in_thread(lambda books: alert_feed(books, today, now))
        plain = context.request.headers.get("Accept") == XML_TYPE
        return Response(feed, media_type=XML_TYPE if plain else ATOM_TYPE)

    @get(
        "/look-alikes",
        operation_id="reportLookAlikes",
        opt=allow_roles("coordinator", "recorder", "auditor", personal=True),
    )
    async def look_alikes(
        self,
        context: Context,
        kind: ComparedKind,
        after: After = None,
        limit: Limit = DEFAULT_LIMIT,
    ) -> Response[Page[LookAlikes]]:
        """List donors, recipients or items that may be registered twice.

        Such records have the same name, telephone number or address. Retired records are left out.
        Auditors see the codes and the names of the equal fields, but not their values.
        """
        return await context.page_in_thread(
            lambda books: list_look_alikes(books, kind, after=after, limit=limit)
        )

    @get(
        "/recall",
        operation_id="reportRecall",
        opt=allow_roles("coordinator", "recorder", "auditor", personal=True),
    )
    async def recall(
        self, context: Context, item: FromQuery[str], batch: FromQuery[str], as_of: AsOf = None
    ) -> Recall:
        """Report where the goods of a batch are, and who received them.

        Goods repacked from the batch are included. `POST /api/stock/quarantines` moves the
        unallocated goods of the batch to a quarantine.
        """
        return await context.show_in_thread(
            lambda books: build_recall(books_as_of(books, as_of), item, normalize_text(batch))
        )


async def download_tables(
    context: RequestContext,
    name: str,
    form: TableForm,
    build: Callable[[Books], msgspec.Struct],
) -> DownloadResponse:
    """Return the tables of a report as a file of CSV or as a workbook.

    Args:
        name: The name of the file, without its suffix.
        build: Builds the report.
    """

    def read(books: Books) -> Download:
        return tables_file(name, form, context.redacted(build(books)))

    return DownloadResponse(await context.read_in_thread(read))


def tables_file(name: str, form: TableForm, report: msgspec.Struct) -> Download:
    """Write the tables of a report to a temporary file, and return the file."""
    tables = tables_of(report)
    return written_download(
        _MEDIA_TYPES[form], f"{name}.{form}", lambda file: write_tables(tables, form, file)
    )


async def download_station_report(
    context: RequestContext, form: TableForm, first: date, last: date, as_of: date | None = None
) -> DownloadResponse:
    """Return the tables of the station report for a period as a file."""
    return await download_tables(
        context,
        "station",
        form,
        lambda books: build_station_report(books_as_of(books, as_of), first, last),
    )


async def download_disclosure(
    context: RequestContext, form: TableForm, first: date, last: date, as_of: date | None = None
) -> DownloadResponse:
    """Return the tables of the public disclosure for a period as a file."""
    return await download_tables(
        context,
        "disclosure",
        form,
        lambda books: build_disclosure(books_as_of(books, as_of), first, last),
    )


async def station_report_pdf(
    context: RequestContext, first: date, last: date, as_of: date | None = None
) -> PDFResponse:
    """Return the station report for a period as PDF."""
    now = context.ledger.clock()
    paper = await context.read_in_thread(
        lambda books: build_station_report_paper(
            books_as_of(books, as_of), first, last, printed_at=now
        )
    )
    return await context.draw(lambda: draw_station_report(paper), f"station-report-{first}-{last}")


async def disclosure_report_pdf(
    context: RequestContext, first: date, last: date, as_of: date | None = None
) -> PDFResponse:
    """Return the public disclosure for a period as PDF."""
    now = context.ledger.clock()
    paper = await context.read_in_thread(
        lambda books: build_disclosure_paper(books_as_of(books, as_of), first, last, printed_at=now)
    )
    return await context.draw(lambda: draw_public_disclosure(paper), f"disclosure-{first}-{last}")
