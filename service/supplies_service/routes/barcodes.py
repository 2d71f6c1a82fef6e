"""Barcodes: find the item that has a scanned barcode."""

from __future__ import annotations

from typing import Annotated

from litestar import Controller, get
from litestar.params import QueryParameter

from supplies.views.barcodes import ScannedItem, find_barcode
from supplies_service.request_context import Context
from supplies_service.security.authorization import allow_roles

ScannedText = Annotated[
    str,
    QueryParameter(
        description="the barcode as scanned: an item number, a GS1 code with batch and expiry, "
        "or any other text"
    ),
]


class BarcodeController(Controller):
    """Barcodes of items."""

    path = "/api/barcodes"
    tags = ("items",)

    @get(operation_id="findBarcode", opt=allow_roles("coordinator", "recorder", "auditor"))
    async def barcode(self, context: Context, code: ScannedText) -> ScannedItem:
        """Find the item with a scanned barcode. A GS1 code also gives the batch and expiry.

        If no item has the barcode, the status is 404, and `scanned` has the parts of the barcode.
        """
        return context.show(lambda books: find_barcode(books, code))
