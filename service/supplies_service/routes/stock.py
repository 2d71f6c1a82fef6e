"""Stock: the goods at each location, and the commands that change them."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from litestar import Controller, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromQuery

from supplies.domain import commands as c
from supplies.views.stock import StockView, get_stock
from supplies_service.request_bodies import Body
from supplies_service.request_context import Context, show_entry
from supplies_service.responses import CreatedOrConflict, CreatedResponse, EntryRecorded
from supplies_service.routes.parameters import DEFAULT_LIMIT, After, Limit
from supplies_service.security.authorization import allow_roles

_STAFF = allow_roles("coordinator", "recorder")

if TYPE_CHECKING:
    # What the annotation of the handlers below names; each route says which command it is.
    StockCommand = c.Command


def _records_entry(
    path: str,
    operation_id: str,
    command: type[c.Command],
    summary: str,
    *,
    roles: dict[str, Any] = _STAFF,
) -> HTTPRouteHandler:
    """Return the route that records one command and answers with its entry."""

    async def record(
        self: Controller, context: Context, payload: Body[StockCommand]
    ) -> CreatedResponse[EntryRecorded]:
        return await context.record(payload, show_entry)

    record.__doc__ = summary
    route = post(
        path,
        operation_id=operation_id,
        opt=roles,
        signature_namespace={"StockCommand": command},
    )
    return route(record)


class StockController(Controller):
    """Goods in stock. A command answers with its entry, whose `document` is what it created."""

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
        """List stock: now, at the end of a day (`as_of`), or as known at an entry (`at_seq`)."""
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

    open_stock = _records_entry(
        "/openings", "openStock", c.OpenStock, "Record the stock from before these books began."
    )
    record_arrival = _records_entry(
        "/arrivals", "recordArrival", c.RecordArrival, "Record goods bought, made or borrowed."
    )
    move = _records_entry(
        "/moves", "moveGoods", c.Move, "Move free goods from one location to another."
    )
    open_count_sheet = _records_entry(
        "/count-sheets", "openCountSheet", c.OpenCountSheet, "Begin a stock count."
    )
    issue = _records_entry(
        "/issues", "issueGoods", c.IssueGoods, "Issue free goods for the station's own use."
    )
    return_issue = _records_entry(
        "/issues/{issue:str}/return", "returnIssue", c.ReturnIssue, "Return issued goods to stock."
    )
    write_off = _records_entry(
        "/write-offs", "writeOff", c.WriteOff, "Write off expired, damaged or missing goods."
    )
    find_again = _records_entry(
        "/found", "findAgain", c.FindAgain, "Record that goods written off were found."
    )
    take_back = _records_entry(
        "/take-backs", "takeBack", c.TakeBack, "Take goods back from a recipient."
    )
    return_goods = _records_entry(
        "/returns", "returnGoods", c.ReturnGoods, "Return free goods to the donor or lender."
    )
    lend = _records_entry("/loans", "lendGoods", c.LendGoods, "Lend free goods.")
    return_loan = _records_entry(
        "/loans/{loan:str}/return", "returnLoan", c.ReturnLoan, "Record the return of lent goods."
    )
    hand_out = _records_entry(
        "/hand-outs", "handOut", c.HandOut, "Hand free goods over at the counter, or to a group."
    )
    convert = _records_entry("/conversions", "convertGoods", c.Convert, "Repack goods.")
    settle = _records_entry(
        "/settlements",
        "settle",
        c.Settle,
        "Explain what a count or a late report left unexplained.",
        roles=allow_roles("coordinator"),
    )

    @post(
        "/count-sheets/{sheet:str}/count",
        operation_id="countStock",
        opt=allow_roles("coordinator", "recorder"),
    )
    async def count(
        self, context: Context, payload: Body[c.CountStock]
    ) -> CreatedOrConflict[EntryRecorded]:
        """Record a stock count; 202 if it contradicts the books, as a conflict."""
        return await context.record(payload, show_entry)
