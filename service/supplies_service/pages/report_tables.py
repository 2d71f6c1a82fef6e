"""Pages of the reports in `supplies.exports.reports`, with their files."""

from __future__ import annotations

from typing import Any

from litestar import Controller, Response, get
from litestar.params import FromPath, FromQuery

from supplies.books.reader import Books
from supplies.domain.catalogue_records import Campaign, CatalogueRecord, Item, Recipient, Team
from supplies.errors import InvalidField, NotFound, Sentence
from supplies.exports.report_kinds.kind import ReportKind, ReportOption
from supplies.exports.report_papers import build_report_paper
from supplies.exports.report_words import HEADINGS
from supplies.exports.reports import REPORTS, build_report
from supplies.papers.report import ReportPaper
from supplies.views.open_documents import OlderDocuments, find_older_documents
from supplies_service.pages.layout import render_page
from supplies_service.pages.named_records import code_filter
from supplies_service.pages.page_roles import READERS
from supplies_service.pages.papers import frameable
from supplies_service.pages.period_filter import parse_day, parse_period
from supplies_service.pages.reports import (
    DEFAULT_DAYS,
    AsOfDay,
    FirstDay,
    LastDay,
    parse_form,
)
from supplies_service.request_context import Context, RequestContext
from supplies_service.responses import PDFResponse
from supplies_service.routes.catalogue import sees_names
from supplies_service.routes.period_reports import report_file

MAX_ROWS = 100
"""Maximum number of rows of each table on a page. The files contain all rows."""

_RECORDS: dict[str, type[CatalogueRecord]] = {
    kind.table: kind for kind in (Item, Recipient, Team, Campaign)
}


class ReportTablePages(Controller):
    """Route of the reports that are tables."""

    path = "/reports/tables/{report:str}"
    include_in_schema = False

    @get(opt=READERS)
    async def show(
        self,
        context: Context,
        report: FromPath[str],
        first: FirstDay = "",
        last: LastDay = "",
        as_of: AsOfDay = "",
        item: FromQuery[str] = "",
        team: FromQuery[str] = "",
        recipient: FromQuery[str] = "",
        campaign: FromQuery[str] = "",
        account: FromQuery[str] = "",
        batch: FromQuery[str] = "",
        lot: FromQuery[str] = "",
        days: FromQuery[str] = "",
        form: FromQuery[str] = "",
    ) -> Response[bytes]:
        """Show a report, with the form that chooses its period and options.

        Args:
            context: The request.
            report: The name of the report.
            first, last: The period. If a day is empty, it is the day of the first or last entry. If
                both days and `as_of` are empty, the period is the last `DEFAULT_DAYS` days. But a
                report that needs an option, such as a household, then covers all days.
            as_of: Entries after this day do not count; "" means that all entries count.
            item, team, recipient, campaign, account, batch, lot, days: Options of reports. If an
                option that the report needs is empty, only the form is shown.
            form: "pdf", "csv" or "xlsx" to get a file; "" to get the page.
        """
        kind = REPORTS.get(report)
        if kind is None:
            raise NotFound(
                Sentence("unknown report {name}; see the reports", name=repr(report[:64]))
            )
        if kind.of_organisation and context.caller.role != "coordinator":
            await context.forbid(Sentence("only coordinators see the reports of all stations"))
        texts = {
            "item": item,
            "team": team,
            "recipient": recipient,
            "campaign": campaign,
            "account": account,
            "batch": batch,
            "lot": lot,
            "days": days,
        }
        values: dict[str, Any] = {
            "as_of": parse_day(as_of, "/as_of"),
            "first": parse_day(first, "/from"),
            "last": parse_day(last, "/to"),
        }
        _check_names(kind, texts)
        with context.reading() as books:
            for option in kind.options:
                values[option.name] = _option_value(books, option, texts[option.name])
            needs_option = any(one.required for one in kind.options)
            if kind.has_period and not (first or last or as_of or needs_option):
                today = context.ledger.today()
                begin, end = parse_period(books, "", "", today=today, days=DEFAULT_DAYS)
                values |= {"first": begin, "last": end}
        if any(one.required and values[one.name] is None for one in kind.options):
            return _page(context, kind, values, None)
        if form:
            made = await report_file(context, kind, parse_form(form), values)
            return frameable(made) if isinstance(made, PDFResponse) else made
        return _page(context, kind, values, *await _read(context, kind, values))


def _check_names(kind: ReportKind, texts: dict[str, str]) -> None:
    names = [option.name for option in kind.options]
    for name, text in texts.items():
        if text and name not in names:
            raise InvalidField.at(
                f"/{name}",
                Sentence("the report {kind} has no {name}", kind=kind.name, name=name),
            )


def _option_value(books: Books, option: ReportOption, text: str) -> str | int | None:
    """Convert the text typed for an option of a report to its value; None for an empty text."""
    if option.record is not None:
        return code_filter(books, _RECORDS[option.record], text, f"/{option.name}")
    if not text.strip():
        return None
    if option.days is None:
        return text.strip()
    if not (text.isascii() and text.isdecimal() and len(text) <= 6):
        raise InvalidField.at(
            f"/{option.name}",
            Sentence("{text} is not a whole number of days", text=repr(text[:64])),
        )
    return int(text)


async def _read(
    context: RequestContext, kind: ReportKind, values: dict[str, Any]
) -> tuple[ReportPaper, OlderDocuments | None]:
    """Return the report, and the open documents from before its period, unless it is filtered."""
    now, today = context.ledger.clock(), context.ledger.today()

    def read(books: Books) -> tuple[ReportPaper, OlderDocuments | None]:
        # One document more than is shown tells whether there are more. Each has a row or more.
        built = build_report(books, kind, today, limit=MAX_ROWS + 1, **values)
        content = context.redacted(built.content)
        paper = build_report_paper(
            built, content, printed_at=now, personal=sees_names(context), max_rows=MAX_ROWS
        )
        if kind.open_noun is None or built.options:
            return paper, None
        return paper, find_older_documents(built.books, kind.open_noun, built.period.first)

    return await context.read_in_thread(read)


def _page(
    context: RequestContext,
    kind: ReportKind,
    values: dict[str, Any],
    paper: ReportPaper | None,
    older: OlderDocuments | None = None,
) -> Response[bytes]:
    chosen = {
        {"first": "from", "last": "to"}.get(name, name): "" if value is None else str(value)
        for name, value in values.items()
    }
    return render_page(
        context.request,
        "report_table.html",
        kind=kind,
        paper=paper,
        older=older,
        chosen=chosen,
        headings=HEADINGS,
    )
