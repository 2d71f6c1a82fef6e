"""Periods: close days so that nothing can be booked on them, and reopen them with a reason."""

from __future__ import annotations

from datetime import date, datetime
from functools import partial

import msgspec
from litestar import Controller, get, post

from supplies.access.access_context import AccessContext
from supplies.books.reader import Books
from supplies.domain.commands import ClosePeriod, ReopenPeriod
from supplies.ledger.recorded import Recorded
from supplies.views.entries import EntryView, get_entry
from supplies.views.pagination import View, Warned
from supplies.views.remarks import RemarkView, list_remarks_of_kind
from supplies_service.idempotency import Outcome
from supplies_service.phone_warnings import find_unsent_hand_outs
from supplies_service.request_bodies import Body
from supplies_service.request_context import Context
from supplies_service.responses import CreatedResponse
from supplies_service.security.authorization import allow_roles


class PeriodView(View, frozen=True, kw_only=True):
    """The days that are closed, so that nothing can be booked on them.

    Attributes:
        closed_through: The last closed day; None if every day is open.
        reopenings: When and why days were reopened, oldest first.
    """

    closed_through: date | None
    reopenings: list[RemarkView]


class PeriodEntered(View, frozen=True, kw_only=True):
    """The response after days were closed or reopened: the entry, and which days are closed.

    Attributes:
        warnings: Warnings about phones whose unsent records may be hand-outs on a closed day. These
            hand-outs will be booked on the first open day. Left out if there are no warnings.
    """

    entry: EntryView
    period: PeriodView
    warnings: list[Warned] | msgspec.UnsetType = msgspec.UNSET


def period(books: Books) -> PeriodView:
    """Return the days that are closed."""
    return PeriodView(
        closed_through=books.closed_through(),
        reopenings=list_remarks_of_kind(books, "period_reopened"),
    )


def show_period(books: Books, recorded: Recorded) -> Outcome[PeriodEntered]:
    """Build the response after days were closed or reopened."""
    return Outcome(
        "/api/periods", PeriodEntered(entry=get_entry(books, recorded.seq), period=period(books))
    )


def _show_closed_period(now: datetime, books: Books, recorded: Recorded) -> Outcome[PeriodEntered]:
    """Build the response to the close of a period, with warnings about phones.

    Args:
        now: The time of the request.
    """
    outcome = show_period(books, recorded)
    found = find_unsent_hand_outs(AccessContext(books, now))
    content = msgspec.structs.replace(outcome.content, warnings=found or msgspec.UNSET)
    return outcome._replace(content=content)


class PeriodController(Controller):
    """Days that are closed, so that nothing can be booked on them."""

    path = "/api/periods"
    tags = ("periods",)

    @get(operation_id="getPeriods", opt=allow_roles("coordinator", "recorder", "auditor"))
    async def periods(self, context: Context) -> PeriodView:
        """Get the days that are closed, and when and why days were reopened."""
        return context.show(period)

    @post("/close", operation_id="closePeriod", opt=allow_roles("coordinator"))
    async def close(
        self, context: Context, payload: Body[ClosePeriod]
    ) -> CreatedResponse[PeriodEntered]:
        """Close all days up to and including the given one.

        This is refused while a stock difference is unexplained. The response has warnings about
        phones whose unsent hand-outs will be booked on the first open day.
        """
        show = partial(_show_closed_period, context.ledger.clock())
        return await context.record(payload, show)

    @post("/reopen", operation_id="reopenPeriod", opt=allow_roles("coordinator"))
    async def reopen(
        self, context: Context, payload: Body[ReopenPeriod]
    ) -> CreatedResponse[PeriodEntered]:
        """Reopen the given day and all later ones."""
        return await context.record(payload, show_period)
