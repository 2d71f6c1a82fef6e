"""Pages about lent and issued goods: the lists, and forms for goods that come back."""

from __future__ import annotations

from typing import Any, Literal

from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery

from supplies.domain.accounts import LENT, USED
from supplies.domain.commands import ReturnIssue, ReturnLoan
from supplies.views.entries import list_entries
from supplies.views.stock import list_balances
from supplies.views.stock_documents import (
    StockDocumentView,
    get_stock_document,
    list_stock_documents,
)
from supplies_service.pages.command_forms import CommandForm, render_form, submit
from supplies_service.pages.layout import render_page
from supplies_service.pages.page_roles import READERS, STAFF
from supplies_service.request_context import Context, RequestContext

ROWS = 50
"""Number of documents on a page of the list."""

Noun = Literal["loans", "issues"]

_RETURNS: dict[Noun, type[ReturnLoan] | type[ReturnIssue]] = {
    "loans": ReturnLoan,
    "issues": ReturnIssue,
}


class WithdrawalPages(Controller):
    """Routes of the pages about loans and issues."""

    path = "/stock/out"
    include_in_schema = False

    @get("/{noun:str}", opt=READERS)
    async def documents(
        self, context: Context, noun: FromPath[Noun], after: FromQuery[str | None] = None
    ) -> Response[bytes]:
        """List all loans or all issues, the oldest first.

        The page of loans also lists the lent goods that have not come back.
        """
        with context.reading() as books:
            page = list_stock_documents(books, noun, after=after, limit=ROWS)
            prefix = (LENT if noun == "loans" else USED).prefix
            return render_page(
                context.request,
                "withdrawals.html",
                noun=noun,
                page=context.redacted(page),
                out=list_balances(books, prefix) if noun == "loans" else [],
            )

    @get("/{noun:str}/{document:str}", opt=READERS)
    async def document(
        self, context: Context, noun: FromPath[Noun], document: FromPath[str]
    ) -> Response[bytes]:
        """Show a loan or an issue, with a form for the goods that came back."""
        return _show(context, noun, document, None)

    @post("/{noun:str}/{document:str}", opt=STAFF)
    async def come_back(
        self, context: Context, noun: FromPath[Noun], document: FromPath[str]
    ) -> Response[bytes]:
        """Record the goods that came back. If that is refused, show the form with the errors."""
        form = await CommandForm[Any].read(context.request, _RETURNS[noun])
        form.fields["/loan" if noun == "loans" else "/issue"] = document
        return await submit(
            context,
            form,
            lambda: _show(context, noun, document, form),
            address=lambda _: f"/stock/out/{noun}/{document}",
        )


def _show(
    context: RequestContext, noun: Noun, name: str, form: CommandForm[Any] | None
) -> Response[bytes]:
    with context.reading() as books:
        document = get_stock_document(books, noun, name)
        if form is None:
            form = CommandForm[Any](_RETURNS[noun])
            form.fields = _outstanding(document)
        form.find_records(books)
        return render_form(
            context,
            "withdrawal.html",
            form,
            noun=noun,
            document=context.redacted(document),
            command=_RETURNS[noun].__name__,
            entries=list_entries(books, document=name, limit=None).items,
        )


def _outstanding(document: StockDocumentView) -> dict[str, str]:
    """Return form fields with the goods that have not come back yet, one line for each."""
    fields = {}
    for at, goods in enumerate(document.outstanding or []):
        fields[f"/lines/{at}/item"] = goods.item
        fields[f"/lines/{at}/quantity"] = str(goods.quantity)
        fields[f"/lines/{at}/lot"] = goods.lot
    return fields
