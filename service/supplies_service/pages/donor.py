"""A donor's own page, behind the link they were given: promises, receipts, where the gifts went."""

from __future__ import annotations

from datetime import date
from typing import Any

from anyio.to_thread import run_sync
from litestar import Controller, Response, get, post
from litestar.params import FromPath
from supplies_receipts import draw_donor_statement

from supplies.access import credentials
from supplies.access import donor_requests as wishes
from supplies.access import rate_limits as attempts
from supplies.access.donor_requests import NewRequest
from supplies.books.reader import Books
from supplies.domain.validation import convert
from supplies.errors import InvalidField, NotFound
from supplies.views.donor_statement import donor_statement_paper
from supplies.views.pagination import MAX_LIMIT
from supplies.views.pledges import pledges
from supplies.views.receipts import receipts
from supplies_service.pages import page
from supplies_service.pages.forms import donor_cookie, go, seal_of, sealed
from supplies_service.problems import RateLimited
from supplies_service.request_context import Context, RequestContext, paper
from supplies_service.routes.receipts import drawn
from supplies_service.security import ownership as own
from supplies_service.security.audit import log_anonymous_refusal
from supplies_service.security.authentication import DONOR_COOKIE
from supplies_service.security.authorization import PUBLIC
from supplies_service.security.rate_limits import check_rate_limit

LOST = (
    "This link has ended or was cut short; ask the station for another. "
    "此链接已失效或不完整，请向工作站索取新的链接。"
)


class DonorDoor(Controller):
    """Where a donor's link leads at first."""

    path = "/my"
    include_in_schema = False
    opt = {"roles": PUBLIC}  # noqa: RUF012  # Litestar reads it so

    @get("/lost")
    async def lost(self) -> Response[bytes]:
        """What is told to whom no link lets in."""
        return page("lost", status=404, told=LOST)

    @get("/{shown:str}")
    async def come_in(self, context: Context, shown: FromPath[str]) -> Response[bytes]:
        """Keep the link in a cookie, so that it stands in no address from here on."""
        admitted = None
        service = context.stations.find(credentials.station_of(shown))
        if service is not None:
            with context.at(service).reading() as books:
                admitted = credentials.admit(context.gate(books), shown, ("link",))
        if admitted is None or admitted[0].donor is None:
            await log_anonymous_refusal(context.request)
            return page("lost", status=404, told=LOST)
        return go("/my", donor_cookie(context.request, shown, 3600))


class DonorPages(Controller):
    """What a donor sees."""

    path = "/my"
    include_in_schema = False
    opt = {"roles": "D", "page": True, "personal": True}  # noqa: RUF012  # Litestar reads it so

    @get()
    async def mine(self, context: Context) -> Response[bytes]:
        """The donor's own promises and papers."""
        await context.note_look()
        return mine(context)

    @get("/receipts/{number:str}")
    async def receipt(self, context: Context, number: FromPath[str]) -> Response[bytes]:
        """The paper of one of the donor's receipts."""
        await own.receipt(context, number)
        return await drawn(context, number, None)

    @get("/statement")
    async def statement(self, context: Context) -> Response[bytes]:
        """Where all the gifts went, from the first to this day, as a paper."""
        donor = str(context.caller.donor)
        await context.note_look()
        now = context.ledger.clock()
        with context.reading() as books:
            first, last = _days(books, donor)
        shown = await context.read_in_thread(
            lambda books: donor_statement_paper(books, donor, first, last, printed_at=now)
        )
        return paper(
            await run_sync(draw_donor_statement, shown), f"statement-{donor}-{first}-{last}"
        )

    @post("/requests")
    async def ask(self, context: Context) -> Response[bytes]:
        """Ask for the own name to be corrected, hidden or forgotten."""
        sent = await sealed(context.request, ("kind", "wish"), DONOR_COOKIE)
        donor = str(context.caller.donor)
        try:
            new = convert(NewRequest, {"kind": sent["kind"], "wish": sent["wish"].strip() or None})
            await check_rate_limit(context.request, attempts.ASKED_BY_DONOR, donor)
            await context.station.admin_write(lambda gate: wishes.ask(gate, donor, new))
        except (InvalidField, RateLimited) as error:
            return mine(context, status=422, told=error.detail)
        return go("/my")


def mine(context: RequestContext, *, status: int = 200, told: str | None = None) -> Response[bytes]:
    """The page. told: what was wrong."""
    with context.reading() as books:
        shown = _shown(context, books)
    seal = seal_of(context.request, DONOR_COOKIE)
    return page("my", status=status, told=told, seal=seal, **shown)


def _shown(context: RequestContext, books: Books) -> dict[str, Any]:
    donor = str(context.caller.donor)
    return {
        "station": books.station,
        "donor": books.donor(donor),
        "items": books.item,
        "pledges": pledges(books, donor=donor, limit=MAX_LIMIT).items,
        "receipts": receipts(books, donor=donor, limit=MAX_LIMIT).items,
        "requests": wishes.listed(context.gate(books), donor, after=0, limit=100),
    }


def _days(books: Books, donor: str) -> tuple[date, date]:
    """From the day of the first gift that a receipt tells of to the last day booked on."""
    issued = receipts(books, donor=donor, limit=1).items
    document = issued[0].document if issued else None
    if document is None:
        raise NotFound("nothing was given yet that a statement could tell of")
    last = date.fromisoformat(str(books.head()[2]))
    return min(document.received_on, last), last
