"""Periods: closed, so that nothing is booked in them any more, and with a reason reopened."""

from __future__ import annotations

from datetime import date

from litestar import Controller, Response, get, post

from supplies.books.reader import Books
from supplies.domain.commands import ClosePeriod, ReopenPeriod
from supplies.ledger.recorded import Recorded
from supplies.views.entries import EntryView, entry
from supplies.views.pagination import View
from supplies_service.openapi.schema import gives, takes
from supplies_service.request_context import Context


class PeriodView(View, frozen=True, kw_only=True):
    """closed_through: nothing is booked on or before this day; None: every day is open."""

    closed_through: date | None


class PeriodEntered(View, frozen=True, kw_only=True):
    """The entry that was made, and which days are closed now."""

    entry: EntryView
    period: PeriodView


def period(books: Books) -> PeriodView:
    """Which days are closed."""
    return PeriodView(closed_through=books.closed_through())


def shown(books: Books, done: Recorded) -> tuple[str, PeriodEntered]:
    """Which days are closed since an entry."""
    return "/api/periods", PeriodEntered(entry=entry(books, done.seq), period=period(books))


class PeriodController(Controller):
    """Which days may still be booked on."""

    path = "/api/periods"
    tags = ("periods",)

    @get(operation_id="getPeriods", opt=gives(PeriodView, roles="CRA"))
    async def periods(self, context: Context) -> Response[bytes]:
        """Which days are closed."""
        return context.show(period)

    @post("/close", operation_id="closePeriod", opt=takes(ClosePeriod, PeriodEntered, roles="C"))
    async def close(self, context: Context) -> Response[bytes]:
        """Close all days through one; only once nothing is unexplained."""
        return await context.record(ClosePeriod, shown)

    @post("/reopen", operation_id="reopenPeriod", opt=takes(ReopenPeriod, PeriodEntered, roles="C"))
    async def reopen(self, context: Context) -> Response[bytes]:
        """Open all days from one again."""
        return await context.record(ReopenPeriod, shown)
