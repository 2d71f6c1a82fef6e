"""A donor's page, opened by a link: pledges, receipts, and the donor statement."""

from __future__ import annotations

from typing import Any

from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery

from supplies.access import credentials, donor_requests, rate_limits
from supplies.access.donor_requests import NewRequest
from supplies.books.merged_codes import code_that_stays
from supplies.books.reader import Books
from supplies.domain.validation import convert
from supplies.errors import InvalidField
from supplies.views.pagination import MAX_LIMIT
from supplies.views.periods import get_period_of_donor
from supplies.views.pledges import list_pledges
from supplies.views.receipts import list_receipts
from supplies_service.pages.forms import donor_cookie, form_fields, redirect
from supplies_service.pages.layout import render_page
from supplies_service.pages.reports import parse_form
from supplies_service.problems import RateLimited
from supplies_service.request_context import Context, RequestContext
from supplies_service.routes.receipts import receipt_pdf
from supplies_service.routes.statements import donor_statement_pdf, download_donor_statement
from supplies_service.security import ownership
from supplies_service.security.audit import log_anonymous_refusal
from supplies_service.security.authorization import allow_anyone, allow_roles
from supplies_service.security.rate_limit_checks import check_rate_limit

COOKIE_SECONDS = 3600


class DonorLinkPages(Controller):
    """Routes of donor links: one signs the donor in, one shows that a link is invalid."""

    path = "/my"
    include_in_schema = False
    opt = allow_anyone()

    @get("/lost")
    async def invalid_link(self, context: Context) -> Response[bytes]:
        """Show that the link is not valid."""
        return _invalid_link_page(context)

    @get("/{secret:str}")
    async def open_link(self, context: Context, secret: FromPath[str]) -> Response[bytes]:
        """Move the secret from the URL to a cookie, so that no later URL contains it."""
        found = None
        service = context.stations.find(credentials.station_of(secret))
        if service is not None:
            with context.for_station(service).reading() as books:
                found = credentials.authenticate(context.access(books), secret, ("link",))
        if found is None or found.caller.donor is None:
            await log_anonymous_refusal(context.request)
            return _invalid_link_page(context)
        return redirect("/my", donor_cookie(context.request, secret, COOKIE_SECONDS))


class DonorPages(Controller):
    """Routes of the pages for a donor."""

    path = "/my"
    include_in_schema = False
    opt = allow_roles("donor", personal=True) | {"page": True}

    @get()
    async def donor(self, context: Context) -> Response[bytes]:
        """Show the donor's pledges and receipts."""
        return await donor_page(context)

    @get("/receipts/{number:str}")
    async def receipt(self, context: Context, number: FromPath[str]) -> Response[bytes]:
        """Show one of the donor's receipts as PDF."""
        await ownership.check_receipt(context, number)
        return await receipt_pdf(context, number, None)

    @get("/statement")
    async def statement(self, context: Context, form: FromQuery[str] = "pdf") -> Response[bytes]:
        """Return the donor statement, from the first donation to today, as PDF, XLSX or CSV."""
        donor, chosen = str(context.caller.donor), parse_form(form)
        await context.log_own_access()
        with context.reading() as books:
            period = get_period_of_donor(books, donor)
        if chosen == "pdf":
            return await donor_statement_pdf(context, donor, *period)
        return await download_donor_statement(context, donor, chosen, *period)

    @post("/requests")
    async def make_request(self, context: Context) -> Response[bytes]:
        """Ask the station to correct, hide or forget the donor's name."""
        sent = await form_fields(context.request, ("kind", "wish"))
        donor = str(context.caller.donor)
        try:
            new = convert(NewRequest, {"kind": sent["kind"], "wish": sent["wish"]})
            await check_rate_limit(context.request, rate_limits.DONOR_REQUESTS, donor)
            await context.station.admin_write(lambda access: donor_requests.add(access, donor, new))
        except (InvalidField, RateLimited) as error:
            return await donor_page(context, status=422, error=error.detail)
        return redirect("/my")


async def donor_page(
    context: RequestContext, *, status: int = 200, error: str | None = None
) -> Response[bytes]:
    """Log that the donor's data is read, and return the donor's page.

    Args:
        context: The request.
        status: The HTTP status.
        error: An error message to show on the page.
    """
    await context.log_own_access()
    with context.reading() as books:
        values = _template_context(context, books)
        return render_page(context.request, "donor.html", status=status, error=error, **values)


def _invalid_link_page(context: RequestContext) -> Response[bytes]:
    return render_page(context.request, "invalid_link.html", status=404, link="donor")


def _template_context(context: RequestContext, books: Books) -> dict[str, Any]:
    donor = code_that_stays(books, "donor", str(context.caller.donor))
    pledged = list_pledges(books, donor=donor, limit=MAX_LIMIT).items
    receipts = list_receipts(books, donor=donor, limit=MAX_LIMIT).items
    items = {line.item for pledge in pledged for line in pledge.lines}
    items |= {line.item for each in receipts if each.given_back for line in each.given_back.lines}
    return {
        "donor": books.donor(donor),
        "item_names": {item: books.item(item).name for item in items},
        "pledges": pledged,
        "receipts": receipts,
        "requests": donor_requests.list_requests(context.access(books), donor, after=0, limit=100),
    }
