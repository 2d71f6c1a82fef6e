"""Needs: noted, and ended when they are no longer asked for."""

from __future__ import annotations

from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery

from supplies.books.reader import Books
from supplies.domain.commands import EndNeed, NoteNeed
from supplies.ledger.recorded import Recorded
from supplies.views.entries import EntryView, entry
from supplies.views.needs import NeedView
from supplies.views.needs import need as need_view
from supplies.views.needs import needs as needs_view
from supplies.views.pagination import Page, View
from supplies_service.openapi.schema import gives, takes
from supplies_service.request_context import Context
from supplies_service.routes.parameters import DEFAULT_LIMIT, After, Limit


class NeedEntered(View, frozen=True, kw_only=True):
    """The entry that was made, and the need as it stands."""

    entry: EntryView
    need: NeedView


def shown(books: Books, done: Recorded) -> tuple[str, NeedEntered]:
    """The need that an entry is about."""
    found = need_view(books, str(done.document))
    return f"/api/needs/{found.id}", NeedEntered(entry=entry(books, done.seq), need=found)


class NeedController(Controller):
    """What households lack."""

    path = "/api/needs"
    tags = ("needs",)

    @post(operation_id="noteNeed", opt=takes(NoteNeed, NeedEntered, roles="CR"))
    async def note(self, context: Context) -> Response[bytes]:
        """Note a need."""
        return await context.record(NoteNeed, shown)

    @get(operation_id="listNeeds", opt=gives(Page[NeedView], roles="CRA"))
    async def needs(
        self,
        context: Context,
        status: FromQuery[str | None] = None,
        recipient: FromQuery[str | None] = None,
        item: FromQuery[str | None] = None,
        after: After = None,
        limit: Limit = DEFAULT_LIMIT,
    ) -> Response[bytes]:
        """Needs, oldest first."""
        return context.page(
            lambda books: needs_view(
                books, status=status, recipient=recipient, item=item, after=after, limit=limit
            )
        )

    @get("/{need:str}", operation_id="getNeed", opt=gives(NeedView, roles="CRA"))
    async def need(self, context: Context, need: FromPath[str]) -> Response[bytes]:
        """A need as it stands."""
        return context.show(lambda books: need_view(books, need))

    @post(
        "/{need:str}/end",
        operation_id="endNeed",
        opt=takes(EndNeed, NeedEntered, roles="CR"),
    )
    async def end(self, context: Context, need: FromPath[str]) -> Response[bytes]:
        """End a need that is no longer asked for."""
        return await context.record(EndNeed, shown, need=need)
