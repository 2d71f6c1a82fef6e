"""Stock: what stands on the shelves, and all that happens to it there."""

from __future__ import annotations

from datetime import date

from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery

from supplies.domain import commands as c
from supplies.views.stock import StockView
from supplies.views.stock import stock as stock_view
from supplies_service.openapi.schema import gives, takes
from supplies_service.request_context import Context, Entered, entered
from supplies_service.routes.parameters import DEFAULT_LIMIT, After, Limit


class StockController(Controller):
    """Goods on the shelf. What is done to them answers with the entry, whose document names it."""

    path = "/api/stock"
    tags = ("stock",)

    @get(operation_id="getStock", opt=gives(StockView, roles="CRA"))
    async def stock(
        self,
        context: Context,
        as_of: FromQuery[date | None] = None,
        at_seq: FromQuery[int | None] = None,
        location: FromQuery[str | None] = None,
        item: FromQuery[str | None] = None,
        after: After = None,
        limit: Limit = DEFAULT_LIMIT,
    ) -> Response[bytes]:
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

    @post("/openings", operation_id="openStock", opt=takes(c.OpenStock, Entered, roles="CR"))
    async def open(self, context: Context) -> Response[bytes]:
        """Enter what stood on the shelf before these books began."""
        return await context.record(c.OpenStock, entered)

    @post(
        "/arrivals", operation_id="recordArrival", opt=takes(c.RecordArrival, Entered, roles="CR")
    )
    async def arrive(self, context: Context) -> Response[bytes]:
        """Enter goods bought, made or borrowed."""
        return await context.record(c.RecordArrival, entered)

    @post("/moves", operation_id="moveGoods", opt=takes(c.Move, Entered, roles="CR"))
    async def move(self, context: Context) -> Response[bytes]:
        """Carry free goods from one place to another."""
        return await context.record(c.Move, entered)

    @post(
        "/count-sheets",
        operation_id="openCountSheet",
        opt=takes(c.OpenCountSheet, Entered, roles="CR"),
    )
    async def open_count_sheet(self, context: Context) -> Response[bytes]:
        """Begin a stock-take."""
        return await context.record(c.OpenCountSheet, entered)

    @post(
        "/count-sheets/{sheet:str}/count",
        operation_id="countStock",
        opt=takes(c.CountStock, Entered, contradicted=True, roles="CR"),
    )
    async def count(self, context: Context, sheet: FromPath[str]) -> Response[bytes]:
        """Say what was counted. A fact: where the books contradict it, it is kept (202)."""
        return await context.record(c.CountStock, entered, sheet=sheet)

    @post("/issues", operation_id="issueGoods", opt=takes(c.IssueGoods, Entered, roles="CR"))
    async def issue(self, context: Context) -> Response[bytes]:
        """Draw free goods for the station's own use."""
        return await context.record(c.IssueGoods, entered)

    @post(
        "/issues/{issue:str}/return",
        operation_id="returnIssue",
        opt=takes(c.ReturnIssue, Entered, roles="CR"),
    )
    async def return_issue(self, context: Context, issue: FromPath[str]) -> Response[bytes]:
        """Bring back what was drawn and not used."""
        return await context.record(c.ReturnIssue, entered, issue=issue)

    @post("/write-offs", operation_id="writeOff", opt=takes(c.WriteOff, Entered, roles="CR"))
    async def write_off(self, context: Context) -> Response[bytes]:
        """Write off what is expired, damaged or missing."""
        return await context.record(c.WriteOff, entered)

    @post("/found", operation_id="findAgain", opt=takes(c.FindAgain, Entered, roles="CR"))
    async def find(self, context: Context) -> Response[bytes]:
        """Enter what was written off and is there after all."""
        return await context.record(c.FindAgain, entered)

    @post("/take-backs", operation_id="takeBack", opt=takes(c.TakeBack, Entered, roles="CR"))
    async def take_back(self, context: Context) -> Response[bytes]:
        """Take goods back from a recipient."""
        return await context.record(c.TakeBack, entered)

    @post("/returns", operation_id="returnGoods", opt=takes(c.ReturnGoods, Entered, roles="CR"))
    async def give_back(self, context: Context) -> Response[bytes]:
        """Give free goods back to the donor or lender of each lot."""
        return await context.record(c.ReturnGoods, entered)

    @post("/loans", operation_id="lendGoods", opt=takes(c.LendGoods, Entered, roles="CR"))
    async def lend(self, context: Context) -> Response[bytes]:
        """Lend free goods."""
        return await context.record(c.LendGoods, entered)

    @post(
        "/loans/{loan:str}/return",
        operation_id="returnLoan",
        opt=takes(c.ReturnLoan, Entered, roles="CR"),
    )
    async def return_loan(self, context: Context, loan: FromPath[str]) -> Response[bytes]:
        """Bring back what was lent."""
        return await context.record(c.ReturnLoan, entered, loan=loan)

    @post("/hand-outs", operation_id="handOut", opt=takes(c.HandOut, Entered, roles="CR"))
    async def hand_out(self, context: Context) -> Response[bytes]:
        """Hand free goods over at the counter, or to a group."""
        return await context.record(c.HandOut, entered)

    @post("/conversions", operation_id="convertGoods", opt=takes(c.Convert, Entered, roles="CR"))
    async def convert(self, context: Context) -> Response[bytes]:
        """Repack goods."""
        return await context.record(c.Convert, entered)

    @post("/settlements", operation_id="settle", opt=takes(c.Settle, Entered, roles="C"))
    async def settle(self, context: Context) -> Response[bytes]:
        """Explain what a count or a late fact left unexplained."""
        return await context.record(c.Settle, entered)
