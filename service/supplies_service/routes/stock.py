"""Stock: the goods at each location, and the commands that change them."""

from __future__ import annotations

from datetime import date
from typing import Annotated, get_args

import msgspec
from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery, QueryParameter
from supplies_receipts import draw_count_sheet

from supplies.books.reader import Books
from supplies.domain.commands import (
    Convert,
    CountStock,
    DescribeLot,
    FindAgain,
    HandOut,
    IssueGoods,
    LendGoods,
    Move,
    OpenCountSheet,
    OpenStock,
    QuarantineBatch,
    RecordArrival,
    ReturnGoods,
    ReturnIssue,
    ReturnLoan,
    Settle,
    TakeBack,
    WriteOff,
)
from supplies.ledger.recorded import Recorded
from supplies.views.count_sheets import (
    CountSheetView,
    build_count_sheet_paper,
    get_count_sheet,
    list_count_sheets,
)
from supplies.views.entries import EntryView
from supplies.views.movements import MovementsView, list_movements
from supplies.views.pagination import Page, View, Warned
from supplies.views.stock import StockView, get_stock
from supplies.views.stock_documents import StockNoun
from supplies_service.idempotency import Outcome
from supplies_service.recording_jobs import show_entry
from supplies_service.request_bodies import Body
from supplies_service.request_context import Context, RequestContext
from supplies_service.responses import (
    CreatedOrConflict,
    CreatedResponse,
    EntryRecorded,
    PDFResponse,
)
from supplies_service.routes.parameters import DEFAULT_LIMIT, After, Limit
from supplies_service.routes.stock_documents import document_routes
from supplies_service.security.authorization import allow_roles

Figures = Annotated[
    bool, QueryParameter(description="whether to print the quantities in the books")
]


class CountRecorded(View, frozen=True, kw_only=True):
    """The response to a stock count: the recorded entry, and the count sheet with its quantities.

    Attributes:
        warnings: Warnings of likely duplicates; left out if there are none.
        recounted: Sheets of later counts whose expected quantities changed, because this count is
            dated before them; left out if there are none.
    """

    entry: EntryView
    sheet: CountSheetView
    warnings: list[Warned] | msgspec.UnsetType = msgspec.UNSET
    recounted: list[str] | msgspec.UnsetType = msgspec.UNSET


def show_count(books: Books, recorded: Recorded) -> Outcome[CountRecorded]:
    """Build the response to a recorded stock count."""
    location, shown, *_ = show_entry(books, recorded)
    sheet = get_count_sheet(books, str(recorded.document))
    return Outcome(
        location,
        CountRecorded(
            entry=shown.entry, sheet=sheet, warnings=shown.warnings, recounted=shown.recounted
        ),
    )


async def count_sheet_paper(context: RequestContext, sheet: str, figures: bool) -> PDFResponse:
    """Return a count sheet as PDF.

    Args:
        figures: Whether to print the quantities that the books expect.
    """
    paper = await context.read_in_thread(
        lambda books: build_count_sheet_paper(books, sheet, blind=not figures)
    )
    return await context.draw(lambda: draw_count_sheet(paper), f"count-sheet-{sheet}")


class StockController(Controller):
    """Stock: the goods at each location, and the commands that change them.

    The response to a command is the recorded entry. The entry's `document` is the id of the
    document that the command created.
    """

    path = "/api/stock"
    tags = ("stock",)

    @get(
        operation_id="getStock",
        opt=allow_roles("coordinator", "recorder", "auditor", cacheable=True),
    )
    async def stock(
        self,
        context: Context,
        as_of: FromQuery[date | None] = None,
        at_seq: FromQuery[int | None] = None,
        location: FromQuery[str | None] = None,
        item: FromQuery[str | None] = None,
        after: After = None,
        limit: Limit = DEFAULT_LIMIT,
    ) -> Response[StockView]:
        """List the stock: now, at the end of a day (`as_of`), or after an entry (`at_seq`)."""
        return context.page(
            lambda books: get_stock(
                books,
                as_of=as_of,
                at_seq=at_seq,
                location=location,
                item=item,
                after=after,
                limit=limit,
            )
        )

    @get(
        "/movements",
        operation_id="listMovements",
        opt=allow_roles("coordinator", "recorder", "auditor"),
    )
    async def movements(
        self,
        context: Context,
        account: FromQuery[str],
        item: FromQuery[str],
        lot: FromQuery[str | None] = None,
        after: After = None,
        limit: Limit = DEFAULT_LIMIT,
    ) -> Response[MovementsView]:
        """List the movements into and out of an account, newest first.

        An example of `account` is `stock:store`. Each movement has the balance after it.
        """
        return await context.page_in_thread(
            lambda books: list_movements(books, account, item, lot=lot, after=after, limit=limit)
        )

    @post("/openings", operation_id="openStock", opt=allow_roles("coordinator", "recorder"))
    async def open_stock(
        self, context: Context, payload: Body[OpenStock]
    ) -> CreatedResponse[EntryRecorded]:
        """Record goods that were in stock before the books of the station began."""
        return await context.record(payload, show_entry)

    @post("/arrivals", operation_id="recordArrival", opt=allow_roles("coordinator", "recorder"))
    async def record_arrival(
        self, context: Context, payload: Body[RecordArrival]
    ) -> CreatedResponse[EntryRecorded]:
        """Record goods bought, made or borrowed."""
        return await context.record(payload, show_entry)

    @post("/moves", operation_id="moveGoods", opt=allow_roles("coordinator", "recorder"))
    async def move(self, context: Context, payload: Body[Move]) -> CreatedResponse[EntryRecorded]:
        """Move unallocated goods from one location to another."""
        return await context.record(payload, show_entry)

    @get(
        "/count-sheets",
        operation_id="listCountSheets",
        opt=allow_roles("coordinator", "recorder", "auditor"),
    )
    async def count_sheets(
        self, context: Context, after: After = None, limit: Limit = DEFAULT_LIMIT
    ) -> Response[Page[CountSheetView]]:
        """List count sheets, oldest first, with the quantities expected and counted."""
        return context.page(lambda books: list_count_sheets(books, after=after, limit=limit))

    @get(
        "/count-sheets/{sheet:str}",
        operation_id="getCountSheet",
        opt=allow_roles("coordinator", "recorder", "auditor"),
    )
    async def count_sheet(self, context: Context, sheet: FromPath[str]) -> CountSheetView:
        """Get a count sheet, with the quantities expected and counted."""
        return context.show(lambda books: get_count_sheet(books, sheet))

    @get(
        "/count-sheets/{sheet:str}/pdf",
        operation_id="printCountSheet",
        opt=allow_roles("coordinator", "recorder"),
    )
    async def count_sheet_pdf(
        self, context: Context, sheet: FromPath[str], figures: Figures = False
    ) -> PDFResponse:
        """Print a count sheet as PDF on A4: the goods at the location, and space to write."""
        return await count_sheet_paper(context, sheet, figures)

    @post(
        "/quarantines", operation_id="quarantineBatch", opt=allow_roles("coordinator", "recorder")
    )
    async def quarantine(
        self, context: Context, payload: Body[QuarantineBatch]
    ) -> CreatedResponse[EntryRecorded]:
        """Move all unallocated goods of a batch to a quarantine, in one entry.

        `GET /api/reports/recall` shows where the other goods of the batch are.
        """
        return await context.record(payload, show_entry)

    @post(
        "/count-sheets", operation_id="openCountSheet", opt=allow_roles("coordinator", "recorder")
    )
    async def open_count_sheet(
        self, context: Context, payload: Body[OpenCountSheet]
    ) -> CreatedResponse[EntryRecorded]:
        """Begin a stock count by opening a count sheet.

        The counted quantities will be compared with the books as they are at this moment.
        """
        return await context.record(payload, show_entry)

    @post("/issues", operation_id="issueGoods", opt=allow_roles("coordinator", "recorder"))
    async def issue(
        self, context: Context, payload: Body[IssueGoods]
    ) -> CreatedResponse[EntryRecorded]:
        """Issue unallocated goods for the station's own use."""
        return await context.record(payload, show_entry)

    @post(
        "/issues/{issue:str}/return",
        operation_id="returnIssue",
        opt=allow_roles("coordinator", "recorder"),
    )
    async def return_issue(
        self, context: Context, payload: Body[ReturnIssue]
    ) -> CreatedResponse[EntryRecorded]:
        """Return to stock goods that were issued and not used."""
        return await context.record(payload, show_entry)

    @post("/write-offs", operation_id="writeOff", opt=allow_roles("coordinator", "recorder"))
    async def write_off(
        self, context: Context, payload: Body[WriteOff]
    ) -> CreatedResponse[EntryRecorded]:
        """Write off expired, damaged or missing goods."""
        return await context.record(payload, show_entry)

    @post("/found", operation_id="findAgain", opt=allow_roles("coordinator", "recorder"))
    async def find_again(
        self, context: Context, payload: Body[FindAgain]
    ) -> CreatedResponse[EntryRecorded]:
        """Record that goods that had been written off were found."""
        return await context.record(payload, show_entry)

    @post("/take-backs", operation_id="takeBack", opt=allow_roles("coordinator", "recorder"))
    async def take_back(
        self, context: Context, payload: Body[TakeBack]
    ) -> CreatedResponse[EntryRecorded]:
        """Record that a recipient gave goods back."""
        return await context.record(payload, show_entry)

    @post("/returns", operation_id="returnGoods", opt=allow_roles("coordinator", "recorder"))
    async def return_goods(
        self, context: Context, payload: Body[ReturnGoods]
    ) -> CreatedResponse[EntryRecorded]:
        """Give unallocated goods back to the donor or lender."""
        return await context.record(payload, show_entry)

    @post("/loans", operation_id="lendGoods", opt=allow_roles("coordinator", "recorder"))
    async def lend(
        self, context: Context, payload: Body[LendGoods]
    ) -> CreatedResponse[EntryRecorded]:
        """Lend unallocated goods to a person or organisation."""
        return await context.record(payload, show_entry)

    @post(
        "/loans/{loan:str}/return",
        operation_id="returnLoan",
        opt=allow_roles("coordinator", "recorder"),
    )
    async def return_loan(
        self, context: Context, payload: Body[ReturnLoan]
    ) -> CreatedResponse[EntryRecorded]:
        """Record that lent goods came back."""
        return await context.record(payload, show_entry)

    @post("/hand-outs", operation_id="handOut", opt=allow_roles("coordinator", "recorder"))
    async def hand_out(
        self, context: Context, payload: Body[HandOut]
    ) -> CreatedResponse[EntryRecorded]:
        """Hand over unallocated goods at a counter or to a group, without a delivery."""
        return await context.record(payload, show_entry)

    @post("/conversions", operation_id="convertGoods", opt=allow_roles("coordinator", "recorder"))
    async def convert(
        self, context: Context, payload: Body[Convert]
    ) -> CreatedResponse[EntryRecorded]:
        """Repack goods: one item goes in, another comes out."""
        return await context.record(payload, show_entry)

    @post("/settlements", operation_id="settle", opt=allow_roles("coordinator"))
    async def settle(
        self, context: Context, payload: Body[Settle]
    ) -> CreatedResponse[EntryRecorded]:
        """Record the cause of a stock difference that was left unexplained."""
        return await context.record(payload, show_entry)

    @post("/lots/{lot:str}/describe", operation_id="describeLot", opt=allow_roles("coordinator"))
    async def describe_lot(
        self, context: Context, payload: Body[DescribeLot]
    ) -> CreatedResponse[EntryRecorded]:
        """Set the batch and expiry of a lot.

        Only lots that a stock count found or that another station sent can be changed.
        """
        return await context.record(payload, show_entry)

    @post(
        "/count-sheets/{sheet:str}/count",
        operation_id="countStock",
        opt=allow_roles("coordinator", "recorder"),
    )
    async def count(
        self, context: Context, payload: Body[CountStock]
    ) -> CreatedOrConflict[CountRecorded]:
        """Record a stock count.

        A count that contradicts the books is recorded as a conflict, with status 202.
        """
        return await context.record(payload, show_count)


# Only one controller may have a path, so the reading routes are added to the writing one.
for _noun in get_args(StockNoun):
    for _handler in document_routes(_noun):
        setattr(StockController, str(_handler.operation_id), _handler)
