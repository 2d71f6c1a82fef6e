"""Find the item with a scanned barcode."""

from __future__ import annotations

from datetime import date

import msgspec

from supplies.books.reader import Books
from supplies.domain.barcodes import parse_barcode
from supplies.domain.catalogue_records import Item
from supplies.errors import Sentence, UnknownBarcode
from supplies.views.pagination import View


class ScannedItem(View, frozen=True, kw_only=True):
    """The item with a scanned barcode, and what else the barcode contains.

    Attributes:
        barcode: The barcode as registered with the item.
        pack: The pack that has this barcode; None means the base unit.
        quantity: Number of base units in one such pack.
        batch, expires_on: Batch and expiry in a GS1 code; None if the code contains none.
        expires_month: The month of expiry, such as 2027-05, if the code contains no day; otherwise
            absent.
    """

    item: Item
    barcode: str
    pack: str | None
    quantity: int
    batch: str | None
    expires_on: date | None
    expires_month: str | msgspec.UnsetType = msgspec.UNSET


def find_barcode(books: Books, code: str) -> ScannedItem:
    """Return the item with a scanned barcode, and the batch and expiry in a GS1 code.

    A retired item is found only if no other item has the barcode.

    Raises:
        InvalidField: the code is blank or too long.
        UnknownBarcode: no item has the barcode. The error contains what was read from the code.
    """
    scanned = parse_barcode(code)
    item = books.catalogue.item_of_barcode(scanned.barcode)
    if item is None:
        raise UnknownBarcode(
            Sentence(
                "no item has the barcode {barcode}; add it to the barcodes of its item",
                barcode=scanned.barcode,
            ),
            barcode=scanned.barcode,
            batch=scanned.batch,
            expires_on=scanned.expires_on,
            expires_month=scanned.expires_month or None,
        )
    pack = next(one.pack for one in item.barcodes if one.code == scanned.barcode)
    return ScannedItem(
        item=item,
        barcode=scanned.barcode,
        pack=pack,
        quantity=1 if pack is None else item.packs[pack],
        batch=scanned.batch,
        expires_on=scanned.expires_on,
        expires_month=scanned.expires_month,
    )
