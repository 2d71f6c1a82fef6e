"""Activities: work that moves no goods."""

from __future__ import annotations

from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery

from supplies.books.reader import Books
from supplies.domain.commands import RecordActivity
from supplies.ledger.recorded import Recorded
from supplies.views.activities import ActivityView
from supplies.views.activities import activities as activities_view
from supplies.views.activities import activity as activity_view
from supplies.views.entries import EntryView, entry
from supplies.views.pagination import Page, View
from supplies_service.openapi.schema import gives, takes
from supplies_service.request_context import Context
from supplies_service.routes.parameters import DEFAULT_LIMIT, After, Limit


class ActivityEntered(View, frozen=True, kw_only=True):
    """The entry that was made, and the activity."""

    entry: EntryView
    activity: ActivityView


def shown(books: Books, done: Recorded) -> tuple[str, ActivityEntered]:
    """The activity that an entry states."""
    found = activity_view(books, str(done.document))
    where = f"/api/activities/{found.id}"
    return where, ActivityEntered(entry=entry(books, done.seq), activity=found)


class ActivityController(Controller):
    """Visits, telephone calls, checks; the station report counts them."""

    path = "/api/activities"
    tags = ("activities",)

    @post(operation_id="recordActivity", opt=takes(RecordActivity, ActivityEntered, roles="CR"))
    async def record(self, context: Context) -> Response[bytes]:
        """Record work that was done."""
        return await context.record(RecordActivity, shown)

    @get(operation_id="listActivities", opt=gives(Page[ActivityView], roles="CRA"))
    async def activities(
        self,
        context: Context,
        kind: FromQuery[str | None] = None,
        after: After = None,
        limit: Limit = DEFAULT_LIMIT,
    ) -> Response[bytes]:
        """Activities, oldest first."""
        return context.page(
            lambda books: activities_view(books, kind=kind, after=after, limit=limit)
        )

    @get("/{activity:str}", operation_id="getActivity", opt=gives(ActivityView, roles="CRA"))
    async def activity(self, context: Context, activity: FromPath[str]) -> Response[bytes]:
        """An activity as it is stated now."""
        return context.show(lambda books: activity_view(books, activity))
