"""Allocations (goods set aside for recipients): propose, make, list and release them."""

from __future__ import annotations

import msgspec
from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery
from supplies_receipts import draw_collection_slip

from supplies.books.reader import Books
from supplies.domain.commands import Allocate, CollectAllocation, Release
from supplies.ledger.recorded import Recorded
from supplies.views.allocation_proposal import ProposedAllocation, propose_allocations
from supplies.views.allocations import AllocationView, get_allocation, list_allocations
from supplies.views.collection_slips import build_collection_slip
from supplies.views.entries import EntryView, get_entry
from supplies.views.pagination import Page, View, Warned
from supplies_service.idempotency import Outcome
from supplies_service.request_bodies import Body
from supplies_service.request_context import Context, RequestContext
from supplies_service.responses import CreatedResponse, PDFResponse
from supplies_service.routes.parameters import DEFAULT_LIMIT, After, Limit
from supplies_service.security.authorization import allow_roles


class AllocationEntered(View, frozen=True, kw_only=True):
    """The response to a command about an allocation: the entry and the allocation.

    Attributes:
        warnings: Warnings that a team still carries some of the goods; left out if there are none.
    """

    entry: EntryView
    allocation: AllocationView
    warnings: list[Warned] | msgspec.UnsetType = msgspec.UNSET


def show_allocation(books: Books, recorded: Recorded) -> Outcome[AllocationEntered]:
    """Build the response to a command about an allocation."""
    found = get_allocation(books, str(recorded.document))
    return Outcome(
        f"/api/allocations/{found.id}",
        AllocationEntered(entry=get_entry(books, recorded.seq), allocation=found),
    )


async def collection_slip_paper(context: RequestContext, allocation: str) -> PDFResponse:
    """Return the collection slip of an allocation as PDF."""
    slip = await context.read_in_thread(lambda books: build_collection_slip(books, allocation))
    return await context.draw(lambda: draw_collection_slip(slip), f"collection-{allocation}")


class AllocationController(Controller):
    """Allocations: goods set aside for recipients."""

    path = "/api/allocations"
    tags = ("allocations",)

    @post(operation_id="allocate", opt=allow_roles("coordinator", "recorder"))
    async def allocate(
        self, context: Context, payload: Body[Allocate]
    ) -> CreatedResponse[AllocationEntered]:
        """Allocate goods in stock to a recipient: set them aside.

        Without `lots`, the lots that expire first are taken.
        """
        return await context.record(payload, show_allocation)

    @get(
        operation_id="listAllocations",
        opt=allow_roles("coordinator", "recorder", "auditor", cacheable=True),
    )
    async def allocations(
        self,
        context: Context,
        recipient: FromQuery[str | None] = None,
        status: FromQuery[str | None] = None,
        after: After = None,
        limit: Limit = DEFAULT_LIMIT,
    ) -> Response[Page[AllocationView]]:
        """List allocations, oldest first.

        The status `waiting` lists each allocation with goods that are still set aside, even if
        other goods of the allocation are on a delivery or were received.
        """
        return context.page(
            lambda books: list_allocations(
                books, recipient=recipient, status=status, after=after, limit=limit
            )
        )

    @get(
        "/proposal",
        operation_id="proposeAllocations",
        opt=allow_roles("coordinator", "recorder"),
    )
    async def proposal(
        self,
        context: Context,
        item: FromQuery[str | None] = None,
        location: FromQuery[str | None] = None,
        after: After = None,
        limit: Limit = DEFAULT_LIMIT,
    ) -> Response[Page[ProposedAllocation]]:
        """Propose allocations of the unallocated goods. Each proposal can be posted unchanged.

        The most urgent needs come first. Goods are shared evenly between households, and the lots
        that expire first are taken. Each page is computed from the stock at the time of the
        request, so post its proposals before you request the next page.
        """
        today = context.ledger.today()
        return await context.page_in_thread(
            lambda books: propose_allocations(
                books, today, item=item, location=location, after=after, limit=limit
            )
        )

    @get(
        "/{allocation:str}",
        operation_id="getAllocation",
        opt=allow_roles("coordinator", "recorder", "auditor", cacheable=True),
    )
    async def allocation(self, context: Context, allocation: FromPath[str]) -> AllocationView:
        """Get an allocation."""
        return context.show(lambda books: get_allocation(books, allocation))

    @get(
        "/{allocation:str}/slip/pdf",
        operation_id="printCollectionSlip",
        opt=allow_roles("coordinator", "recorder", personal=True),
    )
    async def slip(self, context: Context, allocation: FromPath[str]) -> PDFResponse:
        """Print the slip with which the household fetches the goods, as PDF on A5.

        The slip also lists the goods that the household fetched before, and on which days.
        """
        return await collection_slip_paper(context, allocation)

    @post(
        "/{allocation:str}/collect",
        operation_id="collectAllocation",
        opt=allow_roles("coordinator", "recorder"),
    )
    async def collect(
        self, context: Context, payload: Body[CollectAllocation]
    ) -> CreatedResponse[AllocationEntered]:
        """Record that the household fetched all goods, or those of some lines, at the counter."""
        return await context.record(payload, show_allocation)

    @post(
        "/{allocation:str}/release",
        operation_id="releaseAllocation",
        opt=allow_roles("coordinator", "recorder"),
    )
    async def release(
        self, context: Context, payload: Body[Release]
    ) -> CreatedResponse[AllocationEntered]:
        """Release the goods of an allocation: all goods, or only those of the given lines.

        The goods stay in stock and can be allocated to other recipients.
        """
        return await context.record(payload, show_allocation)
