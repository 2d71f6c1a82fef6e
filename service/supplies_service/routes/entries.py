"""Entries as they were hashed; mended, and decided on where a fact contradicted the books."""

from __future__ import annotations

from typing import Annotated

from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery, QueryParameter

from supplies.domain.commands import Correct, ResolveConflict, Reverse
from supplies.views.entries import ConflictView, EntryView
from supplies.views.entries import conflicts as conflicts_view
from supplies.views.entries import entries as entries_view
from supplies.views.entries import entry as entry_view
from supplies.views.pagination import Page
from supplies_service.request_bodies import Body, entry_number
from supplies_service.request_context import Context, show_entry
from supplies_service.responses import CreatedResponse, EntryRecorded
from supplies_service.routes.parameters import DEFAULT_LIMIT, After, Limit
from supplies_service.security.authorization import allow_roles

OpenOnly = Annotated[
    bool, QueryParameter(name="open", description="only those that wait to be decided")
]


class EntryController(Controller):
    """What was written down, never to be changed."""

    path = "/api/entries"
    tags = ("entries",)

    @get(operation_id="listEntries", opt=allow_roles("coordinator", "recorder", "auditor"))
    async def entries(
        self,
        context: Context,
        kind: FromQuery[str | None] = None,
        document: FromQuery[str | None] = None,
        after: After = None,
        limit: Limit = DEFAULT_LIMIT,
    ) -> Response[Page[EntryView]]:
        """Entries, oldest first."""
        return context.page(
            lambda books: entries_view(
                books, kind=kind, document=document, after=after, limit=limit
            )
        )

    @get("/conflicts", operation_id="listConflicts", opt=allow_roles("coordinator"))
    async def conflicts(
        self,
        context: Context,
        open_only: OpenOnly = True,
        after: After = None,
        limit: Limit = DEFAULT_LIMIT,
    ) -> Response[Page[ConflictView]]:
        """Facts that the books contradicted, oldest first."""
        return context.page(
            lambda books: conflicts_view(books, open_only=open_only, after=after, limit=limit)
        )

    @post(
        "/conflicts/{conflict:str}/resolve",
        operation_id="resolveConflict",
        opt=allow_roles("coordinator"),
    )
    async def resolve(
        self, context: Context, payload: Body[ResolveConflict]
    ) -> CreatedResponse[EntryRecorded]:
        """Restate the standing outcome, or book what the fact says from `unexplained`."""
        return await context.record(payload, show_entry)

    @get(
        "/{entry:str}",
        operation_id="getEntry",
        opt=allow_roles("coordinator", "recorder", "auditor"),
    )
    async def entry(self, context: Context, entry: FromPath[str]) -> EntryView:
        """An entry, with the exact bytes that were hashed."""
        return context.show(lambda books: entry_view(books, entry_number(entry)))

    @post("/{entry:str}/reverse", operation_id="reverseEntry", opt=allow_roles("coordinator"))
    async def reverse(
        self, context: Context, payload: Body[Reverse]
    ) -> CreatedResponse[EntryRecorded]:
        """Undo an entry's command, as far as its goods have not moved on."""
        return await context.record(payload, show_entry)

    @post("/{entry:str}/correct", operation_id="correctEntry", opt=allow_roles("coordinator"))
    async def correct(
        self, context: Context, payload: Body[Correct]
    ) -> CreatedResponse[EntryRecorded]:
        """State a command as it should have been; the difference is booked."""
        return await context.record(payload, show_entry)
