"""Home page for signed-in users: open tasks and the latest donations."""

from __future__ import annotations

from collections.abc import Mapping

from litestar import Controller, Response, get

from supplies.views.alerts import Alert, list_alerts
from supplies.views.donations import list_donations
from supplies.views.periods import get_period_of_entries
from supplies_service.pages.layout import render_page
from supplies_service.request_context import Context
from supplies_service.routes.reports import station_report_pdf
from supplies_service.security.authorization import allow_roles

SHOWN = 8
"""Number of alerts of one kind that are shown. Further ones are folded."""

LATEST = 5
"""Number of latest donations on the page."""


class TodayPages(Controller):
    """Routes of the home page and the station report."""

    path = "/"
    include_in_schema = False

    @get(
        opt={"page": True}
        | allow_roles("coordinator", "recorder", "courier", "auditor", personal=True)
    )
    async def today(self, context: Context) -> Response[bytes]:
        """Show open tasks and the latest donations. For couriers both lists are empty."""
        is_courier = context.caller.role == "courier"
        today = context.ledger.today()
        with context.reading() as books:
            alerts = [] if is_courier else list_alerts(books, today, limit=None).items
            latest = (
                [] if is_courier else list_donations(books, limit=LATEST, newest_first=True).items
            )
            entries = books.head()[0]
            return render_page(
                context.request,
                "today.html",
                today=today,
                groups=_by_kind(alerts),
                shown=SHOWN,
                latest=[context.redacted(donation) for donation in latest],
                entries=entries,
                period=get_period_of_entries(books) if entries else None,
            )

    @get("/report", opt={"page": True} | allow_roles("coordinator", "recorder", "auditor"))
    async def report(self, context: Context) -> Response[bytes]:
        """Show the station report as PDF, from the first to the last day with an entry."""
        with context.reading() as books:
            first, last = get_period_of_entries(books)
        return await station_report_pdf(context, first, last)


def _by_kind(alerts: list[Alert]) -> Mapping[str, list[Alert]]:
    """Group alerts by kind. The kinds are in the order in which they first occur."""
    groups: dict[str, list[Alert]] = {}
    for alert in alerts:
        groups.setdefault(alert.what, []).append(alert)
    return groups
