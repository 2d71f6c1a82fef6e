"""Build all receipts of a period, for printing as one document."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date

from supplies.books.reader import Books
from supplies.errors import InvalidField, Sentence
from supplies.papers.receipt import DonationReceipt, Proof, ReceiptPaper
from supplies.views.receipts import ReceiptView, list_receipts

CheckCodeOf = Callable[[ReceiptView], str]
"""A function that returns the check code of a receipt."""


MAX_LINES = 10_000
"""Maximum number of lines of all receipts in one document that the service draws.

Drawing so many lines takes about 250 MB of memory.
"""

_RECEIPTS_READ = 50
"""Number of receipts to read at a time. Each may have up to 500 lines."""


def build_receipt_papers(
    books: Books, first: date, last: date, code: CheckCodeOf, *, max_lines: int | None = None
) -> list[ReceiptPaper]:
    """Return the valid receipts of a period, without a mark such as "copy", ordered by number.

    The first and the last day of issue are included. Receipts whose content was erased are left
    out.

    Args:
        max_lines: Maximum number of lines of all receipts together. None means no limit.

    Raises:
        InvalidField: `last` is before `first`, or the receipts have too many lines.
    """
    if last < first:
        raise InvalidField.at("/to", Sentence("{last} is before {first}", last=last, first=first))
    papers, lines = list[ReceiptPaper](), 0
    for receipt in _receipts(books, first, last):
        if receipt.status != "issued" or receipt.document is None:
            continue
        lines += len(receipt.document.lines)
        if max_lines is not None and lines > max_lines:
            raise InvalidField.at(
                "/to",
                Sentence(
                    "the receipts of this period have more than {max_lines} lines, the most for "
                    "one document; name fewer days",
                    max_lines=max_lines,
                ),
            )
        papers.append(_paper(receipt, receipt.document, code(receipt)))
    return papers


def _receipts(books: Books, first: date, last: date) -> Iterator[ReceiptView]:
    """Yield the receipts of a period in the order of issue, with only a few in memory at a time."""
    after = None
    while True:
        page = list_receipts(books, first=first, last=last, after=after, limit=_RECEIPTS_READ)
        yield from page.items
        if page.next is None:
            return
        after = page.next


def _paper(receipt: ReceiptView, document: DonationReceipt, code: str) -> ReceiptPaper:
    proof = Proof(
        seq=receipt.entry.seq,
        hash=receipt.entry.hash,
        digest=receipt.document_digest,
        check_code=code,
        url=f"{document.station.host}/v/{receipt.number}?c={code}",
    )
    return ReceiptPaper(document=document, proof=proof)
