"""All receipts of a period, for printing as one document."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from supplies.books.reader import Books
from supplies.errors import InvalidField, Sentence
from supplies.papers.receipt import DonationReceipt, Proof, ReceiptPaper
from supplies.views.receipts import ReceiptView, list_receipts

CheckCodeOf = Callable[[ReceiptView], str]
"""Function that returns the check code of a receipt, for the QR code."""


def build_receipt_papers(
    books: Books, first: date, last: date, code: CheckCodeOf
) -> list[ReceiptPaper]:
    """Return the originals of valid receipts issued from first to last, ordered by number.

    Receipts of forgotten donors are left out.

    Raises:
        InvalidField: `last` is before `first`.
    """
    if last < first:
        raise InvalidField.at("/to", Sentence("{last} is before {first}", last=last, first=first))
    found = list_receipts(books, first=first, last=last, limit=None).items
    issued = [receipt for receipt in found if receipt.status == "issued"]
    return [
        _paper(receipt, receipt.document, code(receipt))
        for receipt in issued
        if receipt.document is not None
    ]


def _paper(receipt: ReceiptView, document: DonationReceipt, code: str) -> ReceiptPaper:
    proof = Proof(
        seq=receipt.entry.seq,
        hash=receipt.entry.hash,
        digest=receipt.document_digest,
        check_code=code,
        url=f"{document.station.host}/v/{receipt.number}?c={code}",
    )
    return ReceiptPaper(document=document, proof=proof)
