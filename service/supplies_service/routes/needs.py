"""Needs: record, list and end them."""

from __future__ import annotations

import msgspec
from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery

from supplies.books.reader import Books
from supplies.domain.commands import EndNeed, NoteNeed
from supplies.ledger.recorded import Recorded
from supplies.views.entries import EntryView, get_entry
from supplies.views.likely_duplicates import find_likely_duplicates
from supplies.views.needs import NeedView, find_goods_of_ended_need, get_need, list_needs
from supplies.views.pagination import Page, View, Warned
from supplies_service.idempotency import Outcome
from supplies_service.request_bodies import Body
from supplies_service.request_context import Context
from supplies_service.responses import CreatedResponse
from supplies_service.routes.parameters import DEFAULT_LIMIT, After, Limit
from supplies_service.security.authorization import allow_roles


class NeedEntered(View, frozen=True, kw_only=True):
    """The response to a command about a need: the recorded entry and the need.

    Attributes:
        warnings: Warnings of likely duplicates, or of goods that are still set aside or were handed
            over for a need that was ended; left out if there are none.
    """

    entry: EntryView
    need: NeedView
    warnings: list[Warned] | msgspec.UnsetType = msgspec.UNSET


def show_need(books: Books, recorded: Recorded) -> Outcome[NeedEntered]:
    """Build the response to a command about a need."""
    found = get_need(books, str(recorded.document))
    entry = get_entry(books, recorded.seq)
    return Outcome(
        f"/api/needs/{found.id}",
        NeedEntered(
            entry=entry,
            need=found,
            warnings=_warnings(books, entry) or msgspec.UNSET,
        ),
    )


def _warnings(books: Books, entry: EntryView) -> list[Warned]:
    if entry.kind == "need_ended":
        return find_goods_of_ended_need(books, str(entry.document))
    return find_likely_duplicates(books, entry.document)


class NeedController(Controller):
    """Needs: the quantities of items that recipients lack."""

    path = "/api/needs"
    tags = ("needs",)

    @post(operation_id="noteNeed", opt=allow_roles("coordinator", "recorder"))
    async def note(self, context: Context, payload: Body[NoteNeed]) -> CreatedResponse[NeedEntered]:
        """Record a recipient's need."""
        return await context.record(payload, show_need)

    @get(
        operation_id="listNeeds",
        opt=allow_roles("coordinator", "recorder", "auditor", cacheable=True),
    )
    async def needs(
        self,
        context: Context,
        status: FromQuery[str | None] = None,
        recipient: FromQuery[str | None] = None,
        item: FromQuery[str | None] = None,
        urgency: FromQuery[str | None] = None,
        community: FromQuery[str | None] = None,
        after: After = None,
        limit: Limit = DEFAULT_LIMIT,
    ) -> Response[Page[NeedView]]:
        """List needs, oldest first."""
        return context.page(
            lambda books: list_needs(
                books,
                status=status,
                recipient=recipient,
                item=item,
                urgency=urgency,
                community=community,
                after=after,
                limit=limit,
            )
        )

    @get(
        "/{need:str}",
        operation_id="getNeed",
        opt=allow_roles("coordinator", "recorder", "auditor", cacheable=True),
    )
    async def need(self, context: Context, need: FromPath[str]) -> NeedView:
        """Get a need."""
        return context.show(lambda books: get_need(books, need))

    @post(
        "/{need:str}/end",
        operation_id="endNeed",
        opt=allow_roles("coordinator", "recorder"),
    )
    async def end(self, context: Context, payload: Body[EndNeed]) -> CreatedResponse[NeedEntered]:
        """End a need. `goods` says what happens to goods that are set aside for the need."""
        return await context.record(payload, show_need)
