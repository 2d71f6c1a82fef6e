"""Receipts: issue, list, print, reprint, void and replace them."""

from __future__ import annotations

from datetime import date
from functools import partial

from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery
from supplies_receipts import draw_receipts, draw_signed_receipt

from supplies.books.reader import Books
from supplies.domain.commands import IssueReceipt, ReplaceReceipt, ReprintReceipt, VoidReceipt
from supplies.domain.entry_rows import Reprint
from supplies.ledger.recorded import Recorded
from supplies.signing.station_keys import StationKeys
from supplies.views.entries import EntryView, get_entry
from supplies.views.pagination import Page, View
from supplies.views.receipt_batches import MAX_LINES, build_receipt_papers
from supplies.views.receipt_papers import build_receipt_record, issued_receipt, with_signature
from supplies.views.receipts import ReceiptView, get_receipt, list_receipts
from supplies_service.idempotency import Outcome
from supplies_service.request_bodies import Body, parse_number
from supplies_service.request_context import Context, RequestContext
from supplies_service.responses import CreatedResponse, PDFResponse
from supplies_service.routes.parameters import (
    DEFAULT_LIMIT,
    After,
    First,
    FirstOrNone,
    Last,
    LastOrNone,
    Limit,
)
from supplies_service.security import ownership
from supplies_service.security.authorization import allow_roles


class ReceiptEntered(View, frozen=True, kw_only=True):
    """The response to a command about a receipt: the recorded entry and the receipt."""

    entry: EntryView
    receipt: ReceiptView


def get_signed_receipt(station_keys: StationKeys, books: Books, number: str) -> ReceiptView:
    """Return a receipt with its check code and signature."""
    return with_signature(books, get_receipt(books, number), station_keys.sign)


def show_receipt(
    station_keys: StationKeys, books: Books, recorded: Recorded
) -> Outcome[ReceiptEntered]:
    """Build the response to a command about a receipt."""
    found = get_signed_receipt(station_keys, books, str(recorded.document))
    return Outcome(
        f"/api/receipts/{found.number}",
        ReceiptEntered(entry=get_entry(books, recorded.seq), receipt=found),
    )


def show_copy(
    station_keys: StationKeys, books: Books, recorded: Recorded
) -> Outcome[ReceiptEntered]:
    """Build the response after a numbered copy was recorded. `Location` is the copy's URL."""
    receipt = show_receipt(station_keys, books, recorded)
    reprint = books.rows(Reprint, seq=recorded.seq)[0]
    return receipt._replace(location=f"{receipt.location}/copies/{reprint.copy}/pdf")


class ReceiptController(Controller):
    """Receipts for donations."""

    path = "/api/receipts"
    tags = ("receipts",)

    @post(
        operation_id="issueReceipt",
        opt=allow_roles("coordinator", "recorder", personal=True),
    )
    async def issue(
        self, context: Context, payload: Body[IssueReceipt]
    ) -> CreatedResponse[ReceiptEntered]:
        """Issue one receipt for several donations. It replaces their earlier receipts."""
        return await context.record(payload, partial(show_receipt, context.station_keys))

    @get(
        operation_id="listReceipts",
        opt=allow_roles("coordinator", "recorder", "auditor", "donor", personal=True),
    )
    async def receipts(
        self,
        context: Context,
        donor: FromQuery[str | None] = None,
        first: FirstOrNone = None,
        last: LastOrNone = None,
        after: After = None,
        limit: Limit = DEFAULT_LIMIT,
    ) -> Response[Page[ReceiptView]]:
        """List receipts in the order of issue."""
        donor = await ownership.restrict_to_own_donor(context, donor)

        def read(books: Books) -> Page[ReceiptView]:
            page = list_receipts(
                books, donor=donor, first=first, last=last, after=after, limit=limit
            )
            return Page(
                items=[
                    with_signature(books, view, context.station_keys.sign) for view in page.items
                ],
                next=page.next,
            )

        return await context.page_in_thread(read)

    @get(
        "/batch/pdf",
        operation_id="printReceipts",
        opt=allow_roles("coordinator", "recorder", personal=True),
    )
    async def batch(self, context: Context, first: First, last: Last) -> PDFResponse:
        """Print all valid receipts of a period as one PDF."""
        return await receipts_pdf(context, first, last)

    @get(
        "/{number:str}",
        operation_id="getReceipt",
        opt=allow_roles("coordinator", "recorder", "auditor", "donor", personal=True),
    )
    async def receipt(self, context: Context, number: FromPath[str]) -> ReceiptView:
        """Get a receipt, with its content as issued."""
        await ownership.check_receipt(context, number)
        return context.show(lambda books: get_signed_receipt(context.station_keys, books, number))

    @get(
        "/{number:str}/pdf",
        operation_id="printReceipt",
        opt=allow_roles("coordinator", "recorder", "donor", personal=True),
    )
    async def pdf(self, context: Context, number: FromPath[str]) -> PDFResponse:
        """Print the original of a receipt as PDF. Its bytes are always the same."""
        await ownership.check_receipt(context, number)
        return await receipt_pdf(context, number, None)

    @get(
        "/{number:str}/copies/{copy:str}/pdf",
        operation_id="printReceiptCopy",
        opt=allow_roles("coordinator", "recorder", personal=True),
    )
    async def copy(
        self, context: Context, number: FromPath[str], copy: FromPath[str]
    ) -> PDFResponse:
        """Print a copy of a receipt as PDF. The paper is marked as a copy, with its number."""
        return await receipt_pdf(context, number, parse_number(copy))

    @post(
        "/{number:str}/reprint",
        operation_id="reprintReceipt",
        opt=allow_roles("coordinator", "recorder", personal=True),
    )
    async def reprint(
        self, context: Context, payload: Body[ReprintReceipt]
    ) -> CreatedResponse[ReceiptEntered]:
        """Record a numbered copy of a receipt. `Location` is the URL of its PDF."""
        return await context.record(payload, partial(show_copy, context.station_keys))

    @post(
        "/{number:str}/void",
        operation_id="voidReceipt",
        opt=allow_roles("coordinator", personal=True),
    )
    async def void(
        self, context: Context, payload: Body[VoidReceipt]
    ) -> CreatedResponse[ReceiptEntered]:
        """Void a receipt. Its number is not used again."""
        return await context.record(payload, partial(show_receipt, context.station_keys))

    @post(
        "/{number:str}/replace",
        operation_id="replaceReceipt",
        opt=allow_roles("coordinator", personal=True),
    )
    async def replace(
        self, context: Context, payload: Body[ReplaceReceipt]
    ) -> CreatedResponse[ReceiptEntered]:
        """Void a receipt, and issue another one for the same donations from the present books."""
        return await context.record(payload, partial(show_receipt, context.station_keys))


async def receipt_pdf(context: RequestContext, number: str, copy: int | None) -> PDFResponse:
    """Return a receipt as PDF. It is drawn in a thread, so that it does not block the event loop.

    Args:
        copy: The number of the copy to draw. None draws the original.
    """
    with context.reading() as books:
        record = build_receipt_record(
            books, number, context.station_keys.sign, copy=copy, original=copy is None
        )
    name = number if copy is None else f"{number}-copy-{copy}"
    return await context.draw(lambda: draw_signed_receipt(record), name)


async def receipts_pdf(context: RequestContext, first: date, last: date) -> PDFResponse:
    """Return all valid receipts of a period as one PDF.

    The receipts are read only when drawing begins, so that waiting requests need no memory for
    receipts.
    """

    def draw() -> bytes:
        with context.station.thread_ledger.reading() as books:

            def check_code(receipt: ReceiptView) -> str:
                return context.station_keys.sign(issued_receipt(books, receipt)).check_code

            papers = build_receipt_papers(books, first, last, check_code, max_lines=MAX_LINES)
        return draw_receipts(papers)

    return await context.draw(draw, f"receipts-{first}-{last}")
