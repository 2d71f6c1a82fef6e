"""The page on which days are closed for booking, and reopened with a reason."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from litestar import Controller, Response, get, post

from supplies.domain.commands import ClosePeriod, ReopenPeriod
from supplies_service.pages.command_forms import CommandForm, render_form, submit
from supplies_service.pages.page_roles import COORDINATORS
from supplies_service.phone_warnings import find_unsent_hand_outs
from supplies_service.request_context import Context, RequestContext
from supplies_service.routes.periods import period


class PeriodPages(Controller):
    """Routes of the page that closes and reopens days."""

    path = "/admin/periods"
    include_in_schema = False
    opt = COORDINATORS

    @get()
    async def periods(self, context: Context) -> Response[bytes]:
        """Show which days are closed, with the forms that close and reopen days."""
        return _page(context)

    @post("/close")
    async def close(self, context: Context) -> Response[bytes]:
        """Close the given day and all earlier ones.

        If a phone may have unsent hand-outs, ask for confirmation first.
        """
        form = await CommandForm.read(context.request, ClosePeriod)
        return await submit(
            context,
            form,
            lambda: _page(context, close=form),
            address=lambda recorded: "/admin/periods",
            warnings=lambda books, _: find_unsent_hand_outs(context.access(books)),
        )

    @post("/reopen")
    async def reopen(self, context: Context) -> Response[bytes]:
        """Reopen the given day and all later ones."""
        form = await CommandForm.read(context.request, ReopenPeriod)
        return await submit(
            context,
            form,
            lambda: _page(context, reopen=form),
            address=lambda recorded: "/admin/periods",
        )


def _page(
    context: RequestContext,
    close: CommandForm[Any] | None = None,
    reopen: CommandForm[Any] | None = None,
) -> Response[bytes]:
    """Return the page with the form to close days and the form to reopen them.

    Args:
        close, reopen: The form that was sent and refused. If None, an empty form is shown.
    """
    yesterday = context.ledger.today() - timedelta(days=1)
    sent = close or reopen
    close = close or CommandForm(ClosePeriod, {"/through": yesterday.isoformat()})
    reopen = reopen or CommandForm(ReopenPeriod)
    close.id_prefix, reopen.id_prefix = "close-", "reopen-"
    with context.reading() as books:
        return render_form(
            context,
            "periods.html",
            sent or close,
            close=close,
            reopen=reopen,
            period=period(books),
        )
