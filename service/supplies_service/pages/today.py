"""The first page of signed-in users: what is to be done today."""

from __future__ import annotations

from litestar import Controller, Response, get

from supplies.views.periods import get_period_of_entries
from supplies_service.pages.layout import render_page
from supplies_service.request_context import Context
from supplies_service.routes.reports import station_report_pdf
from supplies_service.security.authorization import allow_roles


class TodayPages(Controller):
    """The first page, and the report that it links to."""

    path = "/"
    include_in_schema = False
    opt = allow_roles("coordinator", "recorder", "courier", "auditor") | {
        "page": True
    }  # Litestar reads it so

    @get()
    async def today(self, context: Context) -> Response[bytes]:
        """Show what is to be done."""
        with context.reading() as books:
            entries = books.head()[0]
            return render_page(
                context.request,
                "today.html",
                entries=entries,
                period=get_period_of_entries(books) if entries else None,
            )

    @get("/report", opt=allow_roles("coordinator", "recorder", "auditor"))
    async def report(self, context: Context) -> Response[bytes]:
        """Show the station report as PDF, from the first to the last day with an entry."""
        with context.reading() as books:
            first, last = get_period_of_entries(books)
        return await station_report_pdf(context, first, last)
