"""The page that replaces an item by another one, because the same goods were registered twice.

Each transfer is of one item, so the entries of two items cannot be merged. Instead, the page
repacks the unallocated stock of the replaced item into the other item. It moves the barcodes of the
replaced item to the other item, adds its names there as aliases, and retires the replaced item.
"""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery

from supplies.books.reader import Books
from supplies.domain.accounts import ALLOCATED, CLAIMED, IN_TRANSIT, LENT, NEEDED, PLEDGED
from supplies.domain.catalogue_records import Item
from supplies.domain.commands import Convert, ConvertedLine, LotLine
from supplies.domain.fields import Code, Reason, StrictStruct
from supplies.errors import InvalidField, Sentence, SuppliesError
from supplies.ledger.ledger import Ledger
from supplies.views.balances_at import sum_balances
from supplies.views.catalogue import get_record
from supplies.views.pagination import check_codes
from supplies.views.stock import StockRow, get_stock
from supplies_service.pages.command_forms import CommandForm, Saved, render_form
from supplies_service.pages.forms import redirect
from supplies_service.pages.page_roles import COORDINATORS
from supplies_service.request_bodies import Changes
from supplies_service.request_context import Context, RequestContext
from supplies_service.routes.catalogue import change_record

OPEN = (NEEDED, CLAIMED, PLEDGED, ALLOCATED, IN_TRANSIT, LENT)
"""Kinds of account whose balances stay with the replaced item. The page shows these balances."""


class ItemToReplace(StrictStruct, frozen=True, kw_only=True):
    """The form for replacing an item with another one.

    Attributes:
        item: The code of the other item, which stays in use.
    """

    item: Code
    reason: Reason


class ItemMergePages(Controller):
    """Routes of the page that replaces an item."""

    path = "/items/{code:str}/merge"
    include_in_schema = False
    opt = COORDINATORS

    @get()
    async def form(
        self, context: Context, code: FromPath[str], into: FromQuery[str | None] = None
    ) -> Response[bytes]:
        """Show the form. If the form names the item that stays, show what would happen."""
        with context.reading() as books:
            check_codes(books, item=into)
        return await _show(
            context, code, CommandForm(ItemToReplace, {"/item": into} if into else {})
        )

    @post()
    async def replace(self, context: Context, code: FromPath[str]) -> Response[bytes]:
        """Replace the item or, before the user confirms it, show what would happen."""
        form = await CommandForm.read(context.request, ItemToReplace)
        if not form.is_save:
            return await _show(context, code, form)
        try:
            with context.reading() as books:
                stated = form.command(books)

            def job(ledger: Ledger, _: str) -> Saved:
                entry = _replace(context, ledger, code, stated)
                return Saved(f"/items/{stated.item}", entry)

            return redirect(await form.record(context, job))
        except SuppliesError as error:
            form.refuse(error)
            return await _show(context, code, form)


def _replace(
    context: RequestContext, ledger: Ledger, code: str, stated: ItemToReplace
) -> int | None:
    """Replace an item. Return the number of the last recorded entry.

    Return None if no unallocated goods were in stock, because then no entry is recorded.

    Args:
        code: The code of the replaced item.
        stated: The form, which names the other item.
    """
    old, new = get_record(ledger.books, Item, code), get_record(ledger.books, Item, stated.item)
    _check_pair(old, new)
    entry = None
    for row in _free_stock(ledger.books, code):
        command = Convert(
            location=row.location,
            consumed=[LotLine(item=code, quantity=row.free, lot=row.lot, allow_expired=True)],
            produced=[_same_goods(row, new.code)],
            note=stated.reason,
        )
        entry = ledger.record(command, by=context.by).seq
    names = dict.fromkeys([*new.aliases, old.name, *old.aliases])
    given = {
        "barcodes": [*new.barcodes, *old.barcodes],
        "aliases": [name for name in names if name != new.name],
    }
    change_record(context, ledger, Item, code, Changes({"barcodes": [], "retired": True}))
    change_record(context, ledger, Item, new.code, Changes(msgspec.to_builtins(given)))
    return entry


def _check_pair(old: Item, new: Item) -> None:
    if old.code == new.code:
        raise InvalidField.at("/item", Sentence("give another code than {code}", code=old.code))
    if old.unit != new.unit:
        raise InvalidField.at(
            "/item",
            Sentence(
                "{code} is counted in {unit} and {into} in {other}; repack the goods by hand",
                code=old.code,
                unit=old.unit,
                into=new.code,
                other=new.unit,
            ),
        )
    if new.retired:
        raise InvalidField.at(
            "/item", Sentence("{code} is retired; choose an item that is in use", code=new.code)
        )


def _same_goods(row: StockRow, item: str) -> ConvertedLine:
    month = None if row.expires_month is msgspec.UNSET else row.expires_month
    return ConvertedLine(
        item=item,
        quantity=row.free,
        batch=row.batch,
        expires_on=None if month else row.expires_on,
        expires_month=month,
    )


def _free_stock(books: Books, code: str) -> list[StockRow]:
    return [row for row in get_stock(books, item=code, limit=None).items if row.free]


async def _show(
    context: RequestContext, code: str, form: CommandForm[ItemToReplace]
) -> Response[bytes]:
    def read(books: Books) -> dict[str, Any]:
        sums = sum_balances(books, OPEN)
        return {
            "free": _free_stock(books, code),
            "open": {kind.name: sums[kind.name, code] for kind in OPEN if sums[kind.name, code]},
        }

    shown = await context.read_in_thread(read)
    with context.reading() as books:
        old = get_record(books, Item, code)
        form.find_records(books)
        new = books.catalogue.get(Item, form.value("/item"))
        return render_form(
            context, "item_merge.html", form, table="items", old=old, new=new, **shown
        )
