"""Pages about stock counts: open a sheet, enter the count, and settle the differences."""

from __future__ import annotations

from typing import Any

from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery

from supplies.domain.accounts import UNEXPLAINED
from supplies.domain.catalogue_records import Donor
from supplies.domain.commands import CountStock, OpenCountSheet, Settle
from supplies.views.count_sheets import (
    get_count_sheet,
    list_count_sheets,
    list_goods_to_count,
    list_moved_goods,
)
from supplies.views.entries import list_entries
from supplies.views.stock import BalanceView, list_balances
from supplies_service.pages.command_forms import CommandForm, render_form, submit
from supplies_service.pages.page_roles import COORDINATORS, READERS, STAFF
from supplies_service.pages.papers import frameable
from supplies_service.request_context import Context, RequestContext
from supplies_service.responses import PDFResponse
from supplies_service.routes.stock import count_sheet_paper

ROWS = 50
"""Number of count sheets on a page of the list."""

FURTHER_LINES = 3
"""Number of empty lines in the form of a count, for goods that are not on the sheet."""


class CountPages(Controller):
    """Routes of the pages about stock counts."""

    path = "/stock/counts"
    include_in_schema = False

    @get(opt=READERS)
    async def counts(
        self, context: Context, after: FromQuery[str | None] = None
    ) -> Response[bytes]:
        """List stock counts with their differences, the newest first, and the form to begin one."""
        return _show_list(context, CommandForm(OpenCountSheet), after)

    @post(opt=STAFF)
    async def begin(self, context: Context) -> Response[bytes]:
        """Open a count sheet. If that is refused, show the list with the errors."""
        form = await CommandForm.read(context.request, OpenCountSheet)
        return await submit(
            context,
            form,
            lambda: _show_list(context, form, None),
            address=lambda recorded: f"/stock/counts/{recorded.document}",
        )

    @get("/{sheet:str}", opt=READERS)
    async def sheet(
        self, context: Context, sheet: FromPath[str], figures: FromQuery[bool] = False
    ) -> Response[bytes]:
        """Show a count sheet: the form to count it or, once it is counted, its differences.

        Args:
            figures: Whether the form shows the quantities in the books.
        """
        return _show(context, sheet, None, figures=figures)

    @get("/{sheet:str}/pdf", opt=STAFF)
    async def paper(
        self, context: Context, sheet: FromPath[str], figures: FromQuery[bool] = False
    ) -> PDFResponse:
        """Return the count sheet as a PDF that pages of this service may show in a frame."""
        return frameable(await count_sheet_paper(context, sheet, figures))

    @post("/{sheet:str}", opt=STAFF)
    async def count(self, context: Context, sheet: FromPath[str]) -> Response[bytes]:
        """Record the count. If that is refused, show the form with the errors."""
        form = await CommandForm.read(context.request, CountStock)
        form.fields["/sheet"] = sheet
        if form.is_save:
            _drop_uncounted(form)
        return await submit(
            context,
            form,
            lambda: _show(context, sheet, form, figures="figures" in form.extra),
            address=lambda _: f"/stock/counts/{sheet}",
        )

    @post("/{sheet:str}/settle", opt=COORDINATORS)
    async def settle(self, context: Context, sheet: FromPath[str]) -> Response[bytes]:
        """Record the cause of a difference. If that is refused, show the form with the errors."""
        form = await CommandForm.read(context.request, Settle)
        form.allow_new("/party", Donor, "/new_party")
        with context.reading() as books:
            form.fields["/place"] = get_count_sheet(books, sheet).location
        return await submit(
            context,
            form,
            lambda: _show(context, sheet, form),
            address=lambda recorded: f"/entries/{recorded.seq}",
        )


def _drop_uncounted(form: CommandForm[CountStock]) -> None:
    """Remove from the form the lots without a typed quantity, because they were not counted."""
    for at in form.lines("/lines", least=0):
        line = f"/lines/{at}"
        if form.value(f"{line}/lot") and not form.value(f"{line}/counted").strip():
            for name in [name for name in form.fields if name.startswith(f"{line}/")]:
                del form.fields[name]


def _show_list(
    context: RequestContext, form: CommandForm[OpenCountSheet], after: str | None
) -> Response[bytes]:
    with context.reading() as books:
        page = list_count_sheets(books, after=after, limit=ROWS, newest_first=True)
        unexplained = list_balances(books, UNEXPLAINED.prefix)
        return render_form(
            context,
            "stock_counts.html",
            form,
            page=context.redacted(page),
            unexplained=_by_account(unexplained),
        )


def _by_account(balances: list[BalanceView]) -> list[BalanceView]:
    return sorted(balances, key=lambda one: (one.account, one.item, one.lot or ""))


def _show(
    context: RequestContext, name: str, form: CommandForm[Any] | None, *, figures: bool = False
) -> Response[bytes]:
    with context.reading() as books:
        sheet = get_count_sheet(books, name)
        goods = list_goods_to_count(books, name)
        if form is None:
            form = CommandForm(CountStock if sheet.status == "open" else Settle)
        numbers = {one.lot: at for at, one in enumerate(goods)}
        open_balances = list_balances(books, UNEXPLAINED(sheet.location))
        if form.kind is Settle and not form.do:
            _fill_in_differences(form, open_balances)
        return render_form(
            context,
            "stock_count.html",
            form,
            sheet=context.redacted(sheet),
            goods=goods,
            moved=list_moved_goods(books, name) if sheet.status == "open" else [],
            numbers=numbers,
            further=range(len(goods), len(goods) + FURTHER_LINES),
            figures=figures,
            lots={one.lot: one for one in goods},
            unexplained=_by_account(open_balances),
            entries=list_entries(books, document=name, limit=None).items,
        )


def _fill_in_differences(form: CommandForm[Settle], balances: list[BalanceView]) -> None:
    """Fill in the form that settles differences.

    Fill in the missing goods, with the cause "lost". If nothing is missing, fill in the surplus
    goods, without a cause.

    Args:
        balances: The unexplained goods of the counted location. A positive quantity is missing.
    """
    missing = [one for one in balances if one.quantity > 0]
    form.fields["/by"] = "lost" if missing else ""
    for at, one in enumerate(missing or balances):
        form.fields[f"/lines/{at}/item"] = one.item
        form.fields[f"/lines/{at}/quantity"] = str(abs(one.quantity))
        form.fields[f"/lines/{at}/lot"] = one.lot or ""
