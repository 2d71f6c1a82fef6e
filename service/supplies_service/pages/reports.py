"""Reports of a period with charts: the work of the station, its stock and its needs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Annotated, NamedTuple, cast, get_args
from urllib.parse import urlencode

from litestar import Controller, Response, get
from litestar.params import FromPath, QueryParameter
from supplies_receipts.drawing.bilingual import activity
from supplies_receipts.papers.station_report_tables import other_work

from supplies.books.past import books_as_of
from supplies.books.reader import Books
from supplies.domain.accounts import ASSIGNED, CLAIMED, MET, NEEDED
from supplies.errors import InvalidField, Sentence
from supplies.exports.reports import REPORTS
from supplies.papers.station_report import GoodsLine, StationReport
from supplies.stations.organisation import stations
from supplies.views.balances_at import Sums, sum_balances
from supplies.views.station_report import REPORT_KINDS, build_station_report
from supplies.views.stock_by_day import StockOfDay, list_stock_by_day
from supplies_service.pages.charts import Segment, stacked_bar, step_line
from supplies_service.pages.layout import render_page
from supplies_service.pages.page_roles import READERS, STAFF
from supplies_service.pages.papers import frameable
from supplies_service.pages.period_filter import parse_day, parse_period
from supplies_service.request_context import Context, RequestContext
from supplies_service.responses import PDFResponse
from supplies_service.routes.period_reports import Form
from supplies_service.routes.receipts import receipts_pdf
from supplies_service.routes.reports import (
    disclosure_report_pdf,
    download_disclosure,
    download_station_report,
    station_report_pdf,
)

FirstDay = Annotated[str, QueryParameter(name="from")]
LastDay = Annotated[str, QueryParameter(name="to")]
AsOfDay = Annotated[str, QueryParameter(name="as_of")]

DEFAULT_DAYS = 31
"""Maximum number of days that the report shows if no period is chosen."""


_NEEDS = {MET: "met", ASSIGNED: "set-aside", CLAIMED: "promised", NEEDED: "open"}
"""The names of the parts of the bar that shows the needs for an item, by the kind of account."""


class GoodsRow(NamedTuple):
    """An item in the report of a period.

    Attributes:
        bar: Where the goods were at the end of the period: handed over, in transit, on hand or
            elsewhere.
        line: Points of a line that shows the stock of the item over the period.
    """

    goods: GoodsLine
    bar: list[Segment]
    line: str


class NeedsRow(NamedTuple):
    """The needs for an item at the end of the period.

    Attributes:
        total: The sum of the quantities in the bar. Needs that were ended are left out.
        bar: The needed quantities that are met, set aside, promised or still open.
    """

    item: str
    total: int
    bar: list[Segment]


class ReportPages(Controller):
    """Routes of the reports of a period."""

    path = "/reports"
    include_in_schema = False

    @get(opt=READERS)
    async def report(
        self, context: Context, first: FirstDay = "", last: LastDay = "", as_of: AsOfDay = ""
    ) -> Response[bytes]:
        """Show the report of a period.

        Args:
            context: The request.
            first, last: The period. If one is empty, the period begins with the first entry or ends
                with the last one. If both are empty, it is the last `DEFAULT_DAYS` days.
            as_of: Entries after this day do not count; "" means that all entries count.
        """
        today, day = context.ledger.today(), parse_day(as_of, "/as_of")

        def read(
            present: Books,
        ) -> tuple[StationReport, Mapping[str, list[StockOfDay]], Mapping[str, Counter[str]], date]:
            books = books_as_of(present, day)
            begin, end = parse_period(books, first, last, today=today, days=DEFAULT_DAYS)
            earliest, _ = parse_period(books, "", "", today=today)
            sums = sum_balances(books, {*REPORT_KINDS, *_NEEDS}, on=end)
            return (
                build_station_report(books, begin, end, sums),
                list_stock_by_day(books, begin, end, sums),
                _needs(sums),
                earliest,
            )

        report, stock, needs, earliest = await context.read_in_thread(read)
        begin, end = report.first, report.last
        with context.reading() as books:
            lines = stations(books, limit=2)
        return render_page(
            context.request,
            "report.html",
            report=report,
            as_of=day,
            goods=[
                GoodsRow(
                    line, _bar_of_places(line), step_line(stock.get(line.item, []), begin, end)
                )
                for line in report.goods
            ],
            needs=[
                NeedsRow(item, parts.total(), stacked_bar(parts)) for item, parts in needs.items()
            ],
            activities=[(one.kind, activity(one.kind), one.count) for one in other_work(report)],
            is_head=len(lines) > 1,
            query=period_query(begin, end, day),
            whole=f"/reports{period_query(earliest, None, day)}" if earliest < begin else None,
            more=[kind for kind in REPORTS.values() if not kind.of_organisation],
        )

    @get("/station/{form:str}", opt=READERS)
    async def station(
        self,
        context: Context,
        form: FromPath[str],
        first: FirstDay = "",
        last: LastDay = "",
        as_of: AsOfDay = "",
    ) -> Response[bytes]:
        """Return the station report as PDF, XLSX or CSV."""
        chosen, period = parse_form(form), _period(context, first, last, as_of)
        if chosen == "pdf":
            return frameable(await station_report_pdf(context, *period))
        return await download_station_report(context, chosen, *period)

    @get("/disclosure/{form:str}", opt=READERS)
    async def disclosure(
        self,
        context: Context,
        form: FromPath[str],
        first: FirstDay = "",
        last: LastDay = "",
        as_of: AsOfDay = "",
    ) -> Response[bytes]:
        """Return the public disclosure as PDF, XLSX or CSV."""
        chosen, period = parse_form(form), _period(context, first, last, as_of)
        if chosen == "pdf":
            return frameable(await disclosure_report_pdf(context, *period))
        return await download_disclosure(context, chosen, *period)

    @get("/receipts/pdf", opt=STAFF)
    async def receipts(
        self, context: Context, first: FirstDay = "", last: LastDay = ""
    ) -> PDFResponse:
        """Show all valid receipts of the period as one PDF."""
        begin, end, _ = _period(context, first, last)
        return frameable(await receipts_pdf(context, begin, end))


def parse_form(text: str) -> Form:
    """Return the file format that a URL names: pdf, csv or xlsx.

    Raises:
        InvalidField: the format is unknown.
    """
    for form in get_args(Form):
        if form == text:
            return cast("Form", form)
    raise InvalidField.at(
        "/form", Sentence("form is {text}; use pdf, csv or xlsx", text=repr(text[:64]))
    )


def period_query(first: date, last: date | None, as_of: date | None) -> str:
    """Return the query of a URL for a report. Days that are None are left out."""
    days = {"from": first, "to": last, "as_of": as_of}
    return "?" + urlencode({name: day for name, day in days.items() if day is not None})


def _period(
    context: RequestContext, first: str, last: str, as_of: str = ""
) -> tuple[date, date, date | None]:
    """Return the first and the last day of the period, and the day as of which it is reported."""
    day = parse_day(as_of, "/as_of")
    with context.reading() as present:
        books = books_as_of(present, day)
        return *parse_period(books, first, last, today=context.ledger.today()), day


def _bar_of_places(line: GoodsLine) -> list[Segment]:
    """Return the bar that shows where the goods of an item were at the end of the period."""
    return stacked_bar(
        {
            "handed-over": line.handed_over,
            "in-transit": line.in_transit,
            "on-hand": line.on_hand,
            "other": line.used + line.lost + max(0, line.unexplained) + max(0, line.other),
        }
    )


def _needs(sums: Sums) -> Mapping[str, Counter[str]]:
    """Return, for each item, how much of its needs is met, set aside, promised and open.

    Args:
        sums: The balances of the kinds of account in `_NEEDS`, and perhaps of others.
    """
    found: dict[str, Counter[str]] = {}
    for item in sorted({item for _, item in sums}):
        found[item] = Counter({part: sums[kind.name, item] for kind, part in _NEEDS.items()})
    return {item: parts for item, parts in found.items() if parts.total()}
