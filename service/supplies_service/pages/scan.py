"""Scanned barcodes: find the item for a form, or add an unknown barcode to an item.

The script `scan.js` sends the requests. It fills in the form that is open.
"""

from __future__ import annotations

from urllib.parse import urlencode

import msgspec
from litestar import Controller, Response, get, post
from litestar.params import FromQuery

from supplies.domain.catalogue_records import Item
from supplies.domain.fields import BarcodeText, Code, StrictStruct
from supplies.errors import SuppliesError, UnknownBarcode
from supplies.ledger.ledger import Ledger
from supplies.views.barcodes import ScannedItem, find_barcode
from supplies.views.catalogue import get_record
from supplies_service.pages.command_forms import CommandForm, Saved, render_form
from supplies_service.pages.forms import redirect
from supplies_service.pages.page_roles import STAFF
from supplies_service.request_bodies import Changes
from supplies_service.request_context import Context, RequestContext
from supplies_service.routes.catalogue import change_record


class NewBarcode(StrictStruct, frozen=True, kw_only=True):
    """The form that adds a scanned barcode to an item.

    Attributes:
        barcode: The barcode to add, without the batch and expiry of a GS1 code.
        scanned: The whole scanned code.
        pack: The pack on which the barcode is printed; None means a single base unit.
    """

    barcode: BarcodeText
    scanned: str
    item: Code
    pack: Code | None = None


class ScanPages(Controller):
    """Routes for forms with lines of goods that a barcode scanner fills in."""

    path = "/scan"
    include_in_schema = False
    opt = STAFF

    @get()
    async def scanned(self, context: Context, code: FromQuery[str] = "") -> Response[bytes]:
        """Return the item, pack, batch and expiry of a scanned code.

        If no item has the barcode, return a form that adds the barcode to an item.

        Raises:
            InvalidField: the code is blank or too long.
        """
        form = CommandForm(NewBarcode)
        with context.reading() as books:
            try:
                return _show(context, form, find_barcode(books, code))
            except UnknownBarcode as error:
                form.fields = {"/barcode": error.barcode, "/scanned": code}
        return _show(context, form)

    @post()
    async def add_barcode(self, context: Context) -> Response[bytes]:
        """Add the barcode to the chosen item, or show the form again."""
        form = await CommandForm.read(context.request, NewBarcode)
        if not form.is_save:
            return _show(context, form)
        try:
            with context.reading() as books:
                new = form.command(books)

            def job(ledger: Ledger, _: str) -> Saved:
                item = get_record(ledger.books, Item, new.item)
                added = {"code": new.barcode, "pack": new.pack}
                barcodes = [*msgspec.to_builtins(item.barcodes), added]
                change_record(context, ledger, Item, item.code, Changes({"barcodes": barcodes}))
                return Saved(f"/scan?{urlencode({'code': new.scanned})}")

            return redirect(await form.record(context, job))
        except SuppliesError as error:
            form.refuse(error)
            return _show(context, form)


def _show(
    context: RequestContext, form: CommandForm[NewBarcode], found: ScannedItem | None = None
) -> Response[bytes]:
    form.id_prefix = "scanned-"
    with context.reading() as books:
        form.find_records(books)
        return render_form(context, "scanned.html", form, scanned=found)
