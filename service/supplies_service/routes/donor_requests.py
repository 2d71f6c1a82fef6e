"""Requests by donors about their own personal data."""

from __future__ import annotations

from litestar import Controller, Response, get, post
from litestar.params import FromPath

from supplies.access import donor_requests, rate_limits
from supplies.access.access_context import AccessContext
from supplies.access.donor_requests import Answer, DonorRequest, NewRequest
from supplies.books.reader import Books
from supplies.views.pagination import Page, make_page, parse_cursor, rows_to_fetch
from supplies_service.idempotency import Outcome
from supplies_service.request_bodies import Body, parse_number
from supplies_service.request_context import Context
from supplies_service.responses import CreatedResponse
from supplies_service.routes.parameters import DEFAULT_LIMIT, After, Limit
from supplies_service.security import ownership
from supplies_service.security.authorization import allow_roles
from supplies_service.security.rate_limit_checks import check_rate_limit


class DonorRequestController(Controller):
    """Donors' requests to correct, hide or erase their name."""

    path = "/api/donors/{donor:str}/requests"
    tags = ("donors",)

    @post(operation_id="askAsDonor", opt=allow_roles("donor"))
    async def make_request(
        self, context: Context, donor: FromPath[str], payload: Body[NewRequest]
    ) -> CreatedResponse[DonorRequest]:
        """Ask the station, as a donor, to correct, hide or erase your own name."""
        await ownership.check_donor(context, donor)
        if not context.is_repeat:
            await check_rate_limit(context.request, rate_limits.DONOR_REQUESTS, donor)

        def operation(access: AccessContext) -> Outcome[DonorRequest]:
            request = donor_requests.add(access, donor, payload)
            return Outcome(f"/api/donors/{donor}/requests/{request.id}", request)

        return await context.run_admin_idempotent(
            operation, lambda access, seq: donor_requests.get(access, donor, int(seq))
        )

    @get(
        operation_id="listDonorRequests",
        opt=allow_roles("coordinator", "recorder", personal=True),
    )
    async def requests(
        self,
        context: Context,
        donor: FromPath[str],
        after: After = None,
        limit: Limit = DEFAULT_LIMIT,
    ) -> Response[Page[DonorRequest]]:
        """List a donor's requests, oldest first."""

        def read(books: Books) -> Page[DonorRequest]:
            found = donor_requests.list_requests(
                context.access(books), donor, after=parse_cursor(after), limit=rows_to_fetch(limit)
            )
            return make_page([(request.id, request) for request in found], limit)

        return context.page(read)

    @get(
        "/{request_id:str}",
        operation_id="getDonorRequest",
        opt=allow_roles("coordinator", "recorder", personal=True),
    )
    async def request(
        self, context: Context, donor: FromPath[str], request_id: FromPath[str]
    ) -> DonorRequest:
        """Get one request of a donor."""
        number = parse_number(request_id)
        return context.show(lambda books: donor_requests.get(context.access(books), donor, number))

    @post(
        "/{request_id:str}/answer",
        operation_id="answerDonorRequest",
        opt=allow_roles("coordinator", "recorder"),
    )
    async def answer(
        self,
        context: Context,
        donor: FromPath[str],
        request_id: FromPath[str],
        payload: Body[Answer],
    ) -> CreatedResponse[DonorRequest]:
        """Answer a donor's request. The text of the request is erased."""
        number, by = parse_number(request_id), context.by

        def operation(access: AccessContext) -> Outcome[DonorRequest]:
            answered = donor_requests.answer(access, donor, number, payload, by=by)
            return Outcome(f"/api/donors/{donor}/requests/{number}", answered)

        return await context.run_admin_idempotent(
            operation, lambda access, _: donor_requests.get(access, donor, number)
        )
