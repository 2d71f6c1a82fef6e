"""Pledges (promises of goods by donors): record, list, cancel and lapse them."""

from __future__ import annotations

import msgspec
from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery

from supplies.books.reader import Books
from supplies.domain.commands import CancelPledge, ClaimNeeds, LapsePledge, MakePledge
from supplies.ledger.recorded import Recorded
from supplies.views.entries import EntryView, get_entry
from supplies.views.likely_duplicates import find_likely_duplicates
from supplies.views.pagination import Page, View, Warned
from supplies.views.pledges import PledgeView, get_pledge, list_pledges
from supplies_service.idempotency import Outcome
from supplies_service.request_bodies import Body
from supplies_service.request_context import Context
from supplies_service.responses import CreatedResponse
from supplies_service.routes.parameters import DEFAULT_LIMIT, After, Limit
from supplies_service.security import ownership
from supplies_service.security.authorization import allow_roles


class PledgeEntered(View, frozen=True, kw_only=True):
    """The response to a command about a pledge: the recorded entry and the pledge.

    Attributes:
        warnings: Warnings of likely duplicates; left out if there are none.
    """

    entry: EntryView
    pledge: PledgeView
    warnings: list[Warned] | msgspec.UnsetType = msgspec.UNSET


def show_pledge(books: Books, recorded: Recorded) -> Outcome[PledgeEntered]:
    """Build the response to a command about a pledge."""
    found = get_pledge(books, str(recorded.document))
    entry = get_entry(books, recorded.seq)
    warnings = find_likely_duplicates(books, found.id) if entry.kind == "pledge_made" else []
    return Outcome(
        f"/api/pledges/{found.id}",
        PledgeEntered(entry=entry, pledge=found, warnings=warnings or msgspec.UNSET),
    )


class PledgeController(Controller):
    """Pledges: promises of goods by donors."""

    path = "/api/pledges"
    tags = ("pledges",)

    @post(operation_id="makePledge", opt=allow_roles("coordinator", "recorder"))
    async def make(
        self, context: Context, payload: Body[MakePledge]
    ) -> CreatedResponse[PledgeEntered]:
        """Record a pledge of goods. Its lines can promise the goods to needs."""
        return await context.record(payload, show_pledge)

    @get(operation_id="listPledges", opt=allow_roles("coordinator", "recorder", "auditor", "donor"))
    async def pledges(
        self,
        context: Context,
        donor: FromQuery[str | None] = None,
        status: FromQuery[str | None] = None,
        campaign: FromQuery[str | None] = None,
        after: After = None,
        limit: Limit = DEFAULT_LIMIT,
    ) -> Response[Page[PledgeView]]:
        """List pledges, oldest first."""
        donor = await ownership.restrict_to_own_donor(context, donor)
        return context.page(
            lambda books: list_pledges(
                books, donor=donor, status=status, campaign=campaign, after=after, limit=limit
            )
        )

    @get(
        "/{pledge:str}",
        operation_id="getPledge",
        opt=allow_roles("coordinator", "recorder", "auditor", "donor"),
    )
    async def pledge(self, context: Context, pledge: FromPath[str]) -> PledgeView:
        """Get a pledge."""
        await ownership.check_pledge(context, pledge)
        return context.show(lambda books: get_pledge(books, pledge))

    @post(
        "/{pledge:str}/claims",
        operation_id="claimNeeds",
        opt=allow_roles("coordinator", "recorder"),
    )
    async def claim(
        self, context: Context, payload: Body[ClaimNeeds]
    ) -> CreatedResponse[PledgeEntered]:
        """Promise goods of a pledge to needs, or withdraw such promises.

        Only goods that are not yet claimed can be promised.
        """
        return await context.record(payload, show_pledge)

    @post(
        "/{pledge:str}/cancel",
        operation_id="cancelPledge",
        opt=allow_roles("coordinator", "recorder"),
    )
    async def cancel(
        self, context: Context, payload: Body[CancelPledge]
    ) -> CreatedResponse[PledgeEntered]:
        """Cancel the goods of a pledge that have not arrived: all, or those of the given lines."""
        return await context.record(payload, show_pledge)

    @post(
        "/{pledge:str}/lapse",
        operation_id="lapsePledge",
        opt=allow_roles("coordinator", "recorder"),
    )
    async def lapse(
        self, context: Context, payload: Body[LapsePledge]
    ) -> CreatedResponse[PledgeEntered]:
        """End a pledge whose goods did not arrive: all such goods, or those of the given lines."""
        return await context.record(payload, show_pledge)
