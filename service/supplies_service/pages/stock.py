"""Pages about stock: a list by item, place and lot, a page for each item, and forms.

The forms record commands that move goods.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery

from supplies.books.reader import Books
from supplies.domain.accounts import ALLOCATED, STOCK, keys_of, kind_of
from supplies.domain.catalogue_records import Campaign, Donor, Item, Location, Recipient
from supplies.domain.commands import (
    Command,
    Convert,
    FindAgain,
    HandOut,
    IssueGoods,
    LendGoods,
    Move,
    OpenStock,
    RecordArrival,
    ReturnGoods,
    TakeBack,
    WriteOff,
)
from supplies.errors import NotFound, Sentence
from supplies.ledger.recorded import Recorded
from supplies.stations.paper_settings import PurposeName
from supplies.views.likely_duplicates import find_likely_duplicates
from supplies.views.movements import list_movements
from supplies.views.needs import list_needs
from supplies.views.pagination import Warned
from supplies.views.stock import get_stock, list_balances
from supplies.views.stock_warnings import find_unexpired_write_offs, find_unexplained_surplus
from supplies_service.pages.command_forms import CommandForm, render_form, submit
from supplies_service.pages.layout import render_page, render_page_of
from supplies_service.pages.named_records import code_filter
from supplies_service.pages.new_records import NewRecord
from supplies_service.pages.page_roles import READERS, STAFF
from supplies_service.request_context import Context, RequestContext

ROWS = 100
"""Number of lots on a page of the list."""


FORMS: Mapping[str, type[Command]] = {
    "move": Move,
    "hand-out": HandOut,
    "write-off": WriteOff,
    "issue": IssueGoods,
    "lend": LendGoods,
    "repack": Convert,
    "return": ReturnGoods,
    "take-back": TakeBack,
    "found": FindAgain,
    "arrival": RecordArrival,
    "opening": OpenStock,
}
"""The command of each form, by name. The name is the last part of the form's URL."""

NEW_RECORDS: Mapping[str, Sequence[tuple[str, type[NewRecord], str]]] = {
    "arrival": (("/party", Donor, "/new_party"), ("/campaign", Campaign, "/new_campaign")),
    "lend": (("/borrower", Donor, "/new_party"),),
    "hand-out": (("/recipient", Recipient, "/new_recipient"),),
    "issue": (("/purpose", PurposeName, "/new_purpose"),),
}
"""For each form that can also register records: the arguments of `CommandForm.allow_new`.

A form has a tuple of arguments for each record that it can register.
"""

ARRIVALS = ("arrival", "opening", "take-back", "found")
"""The names of the forms that add goods to the stock."""


class StockPages(Controller):
    """Routes of the pages about stock."""

    path = "/stock"
    include_in_schema = False

    @get(opt=READERS)
    async def stock(
        self,
        context: Context,
        item: FromQuery[str | None] = None,
        location: FromQuery[str | None] = None,
        after: FromQuery[str | None] = None,
    ) -> Response[bytes]:
        """Show the stock now, by place, item and lot."""
        today = context.ledger.today()
        with context.reading() as books:
            item = code_filter(books, Item, item, "/item")
            location = code_filter(books, Location, location, "/location")
            page = get_stock(books, item=item, location=location, after=after, limit=ROWS)
            return render_page(
                context.request,
                "stock.html",
                page=page,
                filters={"item": item, "location": location},
                forms=list(FORMS),
                today=today,
            )

    @get("/items/{item:str}", opt=READERS)
    async def item(self, context: Context, item: FromPath[str]) -> Response[bytes]:
        """Show where the goods of an item are, lot by lot, and its open needs."""
        return await context.read_in_thread(lambda books: _stock_card(context, books, item))

    @get("/movements", opt=READERS)
    async def movements(
        self,
        context: Context,
        account: FromQuery[str],
        item: FromQuery[str],
        lot: FromQuery[str | None] = None,
        after: FromQuery[str | None] = None,
    ) -> Response[bytes]:
        """Show the movements of an item in an account, with the balance after each.

        For the account of a location, the goods of the item that are set aside there are shown too.
        """
        return await context.read_in_thread(
            lambda books: _movements(context, books, account, item, lot or None, after)
        )

    @get("/new/{kind:str}", opt=STAFF)
    async def new(
        self,
        context: Context,
        kind: FromPath[str],
        item: FromQuery[str | None] = None,
        lot: FromQuery[str | None] = None,
        location: FromQuery[str | None] = None,
    ) -> Response[bytes]:
        """Show the form of a command that moves goods.

        Args:
            kind: The name of the form in `FORMS`.
            item, lot, location: Initial codes in these fields. If a code is None, its field is
                empty.
        """
        form = CommandForm[Any](_form(kind))
        place = "/from" if kind == "move" else "/location"
        line = "/consumed/0" if kind == "repack" else "/lines/0"
        given = {f"{line}/item": item, f"{line}/lot": lot, place: location}
        form.fields = {pointer: code for pointer, code in given.items() if code}
        return _show(context, kind, form)

    @post("/new/{kind:str}", opt=STAFF)
    async def record(self, context: Context, kind: FromPath[str]) -> Response[bytes]:
        """Record the command of a form. If that is refused, show the form with the errors."""
        form = await CommandForm[Any].read(context.request, _form(kind))
        for allowed in NEW_RECORDS.get(kind, ()):
            form.allow_new(*allowed)
        return await submit(
            context,
            form,
            lambda: _show(context, kind, form),
            address=lambda recorded: f"/entries/{recorded.seq}",
            warnings=_warnings,
        )


def _stock_card(context: RequestContext, books: Books, item: str) -> Response[bytes]:
    return render_page_of(
        books,
        context.request,
        "stock_item.html",
        item=books.item(item),
        rows=get_stock(books, item=item, limit=None).items,
        needs=context.redacted(list_needs(books, item=item, status="open", limit=ROWS)),
        forms=[name for name in FORMS if name not in ARRIVALS],
        today=context.ledger.today(),
    )


def _movements(
    context: RequestContext,
    books: Books,
    account: str,
    item: str,
    lot: str | None,
    after: str | None,
) -> Response[bytes]:
    moves = list_movements(books, account, item, lot=lot, after=after, limit=ROWS)
    filters = {"account": account, "item": item, "lot": lot}
    shelf = keys_of(account)[0] if kind_of(account) is STOCK else None
    next_page = urlencode({k: v for k, v in {**filters, "after": moves.next}.items() if v})
    return render_page_of(
        books,
        context.request,
        "movements.html",
        moves=context.redacted(moves),
        next=f"/stock/movements?{next_page}" if moves.next else None,
        set_aside=[
            one
            for one in (list_balances(books, ALLOCATED.prefix) if shelf else [])
            if one.item == item and keys_of(one.account)[1] == shelf and lot in (None, one.lot)
        ],
    )


def _form(kind: str) -> type[Command]:
    """Return the command of the form with this name.

    Raises:
        NotFound: no form has this name.
    """
    found = FORMS.get(kind)
    if found is None:
        raise NotFound(Sentence("unknown form {kind}; see the page about stock", kind=kind[:64]))
    return found


def _warnings(books: Books, recorded: Recorded) -> list[Warned]:
    return [
        *find_likely_duplicates(books, recorded.document, recorded.seq),
        *find_unexplained_surplus(books, recorded.document),
        *find_unexpired_write_offs(books, recorded.document),
    ]


def _show(context: RequestContext, kind: str, form: CommandForm[Any]) -> Response[bytes]:
    with context.reading() as books:
        form.find_records(books)
        command = _form(kind).__name__
        return render_form(context, "stock_form.html", form, kind=kind, command=command)
