"""Activities: work that moves no goods, such as visits."""

from __future__ import annotations

import msgspec
from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery

from supplies.books.reader import Books
from supplies.domain.commands import RecordActivity
from supplies.ledger.recorded import Recorded
from supplies.views.activities import ActivityView, get_activity, list_activities
from supplies.views.entries import EntryView, get_entry
from supplies.views.likely_duplicates import find_likely_duplicates
from supplies.views.pagination import Page, View, Warned
from supplies_service.idempotency import Outcome
from supplies_service.request_bodies import Body
from supplies_service.request_context import Context
from supplies_service.responses import CreatedResponse
from supplies_service.routes.parameters import DEFAULT_LIMIT, After, Limit
from supplies_service.security.authorization import allow_roles


class ActivityEntered(View, frozen=True, kw_only=True):
    """The response to a recorded activity: the entry and the activity.

    Attributes:
        warnings: Warnings of likely duplicates; left out if there are none.
    """

    entry: EntryView
    activity: ActivityView
    warnings: list[Warned] | msgspec.UnsetType = msgspec.UNSET


def show_activity(books: Books, recorded: Recorded) -> Outcome[ActivityEntered]:
    """Build the response to a recorded activity."""
    found = get_activity(books, str(recorded.document))
    entry = get_entry(books, recorded.seq)
    warnings = find_likely_duplicates(books, found.id)
    return Outcome(
        f"/api/activities/{found.id}",
        ActivityEntered(entry=entry, activity=found, warnings=warnings or msgspec.UNSET),
    )


class ActivityController(Controller):
    """Activities: visits, telephone calls and checks. The station report counts them."""

    path = "/api/activities"
    tags = ("activities",)

    @post(operation_id="recordActivity", opt=allow_roles("coordinator", "recorder"))
    async def record(
        self, context: Context, payload: Body[RecordActivity]
    ) -> CreatedResponse[ActivityEntered]:
        """Record an activity."""
        return await context.record(payload, show_activity)

    @get(operation_id="listActivities", opt=allow_roles("coordinator", "recorder", "auditor"))
    async def activities(
        self,
        context: Context,
        kind: FromQuery[str | None] = None,
        after: After = None,
        limit: Limit = DEFAULT_LIMIT,
    ) -> Response[Page[ActivityView]]:
        """List activities, oldest first."""
        return context.page(
            lambda books: list_activities(books, kind=kind, after=after, limit=limit)
        )

    @get(
        "/{activity:str}",
        operation_id="getActivity",
        opt=allow_roles("coordinator", "recorder", "auditor"),
    )
    async def activity(self, context: Context, activity: FromPath[str]) -> ActivityView:
        """Get an activity, with its latest correction."""
        return context.show(lambda books: get_activity(books, activity))
