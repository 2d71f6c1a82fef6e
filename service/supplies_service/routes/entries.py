"""Entries: list, correct and reverse them, and resolve conflicts."""

from __future__ import annotations

from typing import Annotated

from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery, QueryParameter

from supplies.domain.commands import Correct, ForgetText, ResolveConflict, Reverse
from supplies.views.entries import ConflictView, EntryView, get_entry, list_conflicts, list_entries
from supplies.views.pagination import Page
from supplies_service.recording_jobs import show_entry
from supplies_service.request_bodies import Body, parse_number
from supplies_service.request_context import Context
from supplies_service.responses import CreatedResponse, EntryRecorded
from supplies_service.routes.parameters import DEFAULT_LIMIT, After, Limit
from supplies_service.security.authorization import allow_roles

OpenOnly = Annotated[
    bool, QueryParameter(name="open", description="only conflicts that are not resolved yet")
]


class EntryController(Controller):
    """Entries of the books. An entry never changes. A correction is a further entry."""

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
        """List entries, oldest first."""
        return context.page(
            lambda books: list_entries(
                books, kind=kind, document=document, after=after, limit=limit
            )
        )

    @get(
        "/conflicts",
        operation_id="listConflicts",
        opt=allow_roles("coordinator", "recorder", "auditor"),
    )
    async def conflicts(
        self,
        context: Context,
        open_only: OpenOnly = True,
        after: After = None,
        limit: Limit = DEFAULT_LIMIT,
    ) -> Response[Page[ConflictView]]:
        """List reported facts that contradict the books, oldest first."""
        return context.page(
            lambda books: list_conflicts(books, open_only=open_only, after=after, limit=limit)
        )

    @post(
        "/conflicts/{conflict:str}/resolve",
        operation_id="resolveConflict",
        opt=allow_roles("coordinator"),
    )
    async def resolve(
        self, context: Context, payload: Body[ResolveConflict]
    ) -> CreatedResponse[EntryRecorded]:
        """Resolve a conflict: book the reported fact, or keep the books as they are.

        With `correct`, the fact replaces the recorded outcome. With `unexplained`, missing goods
        are taken from the account `unexplained`. With `keep`, nothing is booked. To change a
        resolution, name its entry as `replaces`: if another coordinator has resolved the conflict
        meanwhile, the status is 409 with `already-done`.
        """
        return await context.record(payload, show_entry)

    @get(
        "/{entry:str}",
        operation_id="getEntry",
        opt=allow_roles("coordinator", "recorder", "auditor"),
    )
    async def entry(self, context: Context, entry: FromPath[str]) -> EntryView:
        """Get an entry, with the exact bytes that its hash covers."""
        return context.show(lambda books: get_entry(books, parse_number(entry)))

    @post("/{entry:str}/reverse", operation_id="reverseEntry", opt=allow_roles("coordinator"))
    async def reverse(
        self, context: Context, payload: Body[Reverse]
    ) -> CreatedResponse[EntryRecorded]:
        """Reverse the command of an entry. This is refused if its goods have been moved."""
        return await context.record(payload, show_entry)

    @post("/{entry:str}/forget", operation_id="forgetText", opt=allow_roles("coordinator"))
    async def forget(
        self, context: Context, payload: Body[ForgetText]
    ) -> CreatedResponse[EntryRecorded]:
        """Erase the notes and reasons of an entry, such as a note that names a person."""
        return await context.record(payload, show_entry)

    @post("/{entry:str}/correct", operation_id="correctEntry", opt=allow_roles("coordinator"))
    async def correct(
        self, context: Context, payload: Body[Correct]
    ) -> CreatedResponse[EntryRecorded]:
        """Correct the command of an entry: send the whole command as it should have been.

        The difference is booked.
        """
        return await context.record(payload, show_entry)
