"""Merge two codes of one donor or recipient, and list merged codes."""

from __future__ import annotations

from litestar import Controller, Response, get, post

from supplies.domain.commands import MergeCodes
from supplies.views.merges import MergeView, list_merges
from supplies.views.pagination import Page
from supplies_service.recording_jobs import show_entry
from supplies_service.request_bodies import Body
from supplies_service.request_context import Context
from supplies_service.responses import CreatedResponse, EntryRecorded
from supplies_service.routes.parameters import DEFAULT_LIMIT, After, Limit
from supplies_service.security.authorization import allow_roles


class MergeController(Controller):
    """Merged codes of donors and recipients who were registered twice."""

    path = "/api/merges"
    tags = ("merges",)

    @get(operation_id="listMerges", opt=allow_roles("coordinator", "recorder", "auditor"))
    async def merges(
        self, context: Context, after: After = None, limit: Limit = DEFAULT_LIMIT
    ) -> Response[Page[MergeView]]:
        """List merged codes in the order in which they were merged.

        Reversed merges are left out.
        """
        return context.page(lambda books: list_merges(books, after=after, limit=limit))

    @post(operation_id="mergeCodes", opt=allow_roles("coordinator"))
    async def merge(
        self, context: Context, payload: Body[MergeCodes]
    ) -> CreatedResponse[EntryRecorded]:
        """Merge a code of a donor or recipient into another code of the same person.

        Lists, statements and reports then count both codes as one person. Papers stay valid.
        Reverse the recorded entry to separate the codes.
        """
        return await context.record(payload, show_entry)
