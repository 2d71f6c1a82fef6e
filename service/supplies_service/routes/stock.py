"""Stock: what stands on the shelves, and all that happens to it there."""

from __future__ import annotations

from datetime import date

from litestar import Controller, Response, get, post
from litestar.params import FromQuery

from supplies.domain import commands as c
from supplies.views.stock import StockView
from supplies.views.stock import stock as stock_view
from supplies_service.request_bodies import Body
from supplies_service.request_context import Context, show_entry
from supplies_service.responses import CreatedOrConflict, CreatedResponse, EntryRecorded
from supplies_service.routes.parameters import DEFAULT_LIMIT, After, Limit
from supplies_service.security.authorization import allow_roles


class StockController(Controller):
    """Goods on the shelf. What is done to them answers with the entry, whose document names it."""

    path = "/api/stock"
    tags = ("stock",)

    @get(operation_id="getStock", opt=allow_roles("coordinator", "recorder", "auditor"))
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
        """What stands on the shelves: now, at a day's end, or as it was known at an entry."""
        return context.page(
            lambda books: stock_view(
                books,
                as_of=as_of,
                at_seq=at_seq,
                location=location,
                item=item,
                after=after,
                limit=limit,
            )
        )

    @post("/openings", operation_id="openStock", opt=allow_roles("coordinator", "recorder"))
    async def open(
        self, context: Context, payload: Body[c.OpenStock]
    ) -> CreatedResponse[EntryRecorded]:
        """Enter what stood on the shelf before these books began."""
        return await context.record(payload, show_entry)

    @post("/arrivals", operation_id="recordArrival", opt=allow_roles("coordinator", "recorder"))
    async def arrive(
        self, context: Context, payload: Body[c.RecordArrival]
    ) -> CreatedResponse[EntryRecorded]:
        """Enter goods bought, made or borrowed."""
        return await context.record(payload, show_entry)

    @post("/moves", operation_id="moveGoods", opt=allow_roles("coordinator", "recorder"))
    async def move(self, context: Context, payload: Body[c.Move]) -> CreatedResponse[EntryRecorded]:
        """Carry free goods from one place to another."""
        return await context.record(payload, show_entry)

    @post(
        "/count-sheets",
        operation_id="openCountSheet",
        opt=allow_roles("coordinator", "recorder"),
    )
    async def open_count_sheet(
        self, context: Context, payload: Body[c.OpenCountSheet]
    ) -> CreatedResponse[EntryRecorded]:
        """Begin a stock-take."""
        return await context.record(payload, show_entry)

    @post(
        "/count-sheets/{sheet:str}/count",
        operation_id="countStock",
        opt=allow_roles("coordinator", "recorder"),
    )
    async def count(
        self, context: Context, payload: Body[c.CountStock]
    ) -> CreatedOrConflict[EntryRecorded]:
        """Say what was counted. A fact: where the books contradict it, it is kept (202)."""
        return await context.record(payload, show_entry)

    @post("/issues", operation_id="issueGoods", opt=allow_roles("coordinator", "recorder"))
    async def issue(
        self, context: Context, payload: Body[c.IssueGoods]
    ) -> CreatedResponse[EntryRecorded]:
        """Draw free goods for the station's own use."""
        return await context.record(payload, show_entry)

    @post(
        "/issues/{issue:str}/return",
        operation_id="returnIssue",
        opt=allow_roles("coordinator", "recorder"),
    )
    async def return_issue(
        self, context: Context, payload: Body[c.ReturnIssue]
    ) -> CreatedResponse[EntryRecorded]:
        """Bring back what was drawn and not used."""
        return await context.record(payload, show_entry)

    @post("/write-offs", operation_id="writeOff", opt=allow_roles("coordinator", "recorder"))
    async def write_off(
        self, context: Context, payload: Body[c.WriteOff]
    ) -> CreatedResponse[EntryRecorded]:
        """Write off what is expired, damaged or missing."""
        return await context.record(payload, show_entry)

    @post("/found", operation_id="findAgain", opt=allow_roles("coordinator", "recorder"))
    async def find(
        self, context: Context, payload: Body[c.FindAgain]
    ) -> CreatedResponse[EntryRecorded]:
        """Enter what was written off and is there after all."""
        return await context.record(payload, show_entry)

    @post("/take-backs", operation_id="takeBack", opt=allow_roles("coordinator", "recorder"))
    async def take_back(
        self, context: Context, payload: Body[c.TakeBack]
    ) -> CreatedResponse[EntryRecorded]:
        """Take goods back from a recipient."""
        return await context.record(payload, show_entry)

    @post("/returns", operation_id="returnGoods", opt=allow_roles("coordinator", "recorder"))
    async def give_back(
        self, context: Context, payload: Body[c.ReturnGoods]
    ) -> CreatedResponse[EntryRecorded]:
        """Give free goods back to the donor or lender of each lot."""
        return await context.record(payload, show_entry)

    @post("/loans", operation_id="lendGoods", opt=allow_roles("coordinator", "recorder"))
    async def lend(
        self, context: Context, payload: Body[c.LendGoods]
    ) -> CreatedResponse[EntryRecorded]:
        """Lend free goods."""
        return await context.record(payload, show_entry)

    @post(
        "/loans/{loan:str}/return",
        operation_id="returnLoan",
        opt=allow_roles("coordinator", "recorder"),
    )
    async def return_loan(
        self, context: Context, payload: Body[c.ReturnLoan]
    ) -> CreatedResponse[EntryRecorded]:
        """Bring back what was lent."""
        return await context.record(payload, show_entry)

    @post("/hand-outs", operation_id="handOut", opt=allow_roles("coordinator", "recorder"))
    async def hand_out(
        self, context: Context, payload: Body[c.HandOut]
    ) -> CreatedResponse[EntryRecorded]:
        """Hand free goods over at the counter, or to a group."""
        return await context.record(payload, show_entry)

    @post("/conversions", operation_id="convertGoods", opt=allow_roles("coordinator", "recorder"))
    async def convert(
        self, context: Context, payload: Body[c.Convert]
    ) -> CreatedResponse[EntryRecorded]:
        """Repack goods."""
        return await context.record(payload, show_entry)

    @post("/settlements", operation_id="settle", opt=allow_roles("coordinator"))
    async def settle(
        self, context: Context, payload: Body[c.Settle]
    ) -> CreatedResponse[EntryRecorded]:
        """Explain what a count or a late fact left unexplained."""
        return await context.record(payload, show_entry)
