"""Pages about needs: the list, the needs of a recipient, each need, and the forms."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Annotated, Any, get_args

from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery
from msgspec import Meta

from supplies.books.reader import Books
from supplies.domain.catalogue_records import Item, Recipient
from supplies.domain.commands import EndNeed, EndReason, GoodsLine, NoteNeed, Urgency
from supplies.domain.fields import MAX_LINES, Code, StrictStruct, Text
from supplies.errors import SuppliesError
from supplies.ledger.ledger import Ledger
from supplies.ledger.recorded import Recorded
from supplies.views.catalogue import get_record
from supplies.views.entries import list_entries
from supplies.views.likely_duplicates import find_likely_duplicates
from supplies.views.needs import (
    STAGES,
    find_goods_of_ended_need,
    get_need,
    list_needs,
)
from supplies.views.pagination import Warned
from supplies_service.pages.command_forms import CommandForm, Saved, render_form, submit
from supplies_service.pages.forms import redirect
from supplies_service.pages.layout import render_page
from supplies_service.pages.named_records import code_filter
from supplies_service.pages.page_roles import READERS, STAFF
from supplies_service.request_context import Context, RequestContext

ROWS = 50
"""Number of needs on a page of the list."""

ALL = "all"
"""The value of the status filter that selects needs of every status."""


class NeededLine(GoodsLine, frozen=True, kw_only=True):
    """A line of the form: an item that a recipient needs, and its quantity."""

    urgency: Urgency = "normal"


class NeedsOfRecipient(StrictStruct, frozen=True, kw_only=True):
    """The form for the needs of one recipient. Each line becomes a need."""

    recipient: Code
    happened_on: date | None = None
    or_earlier: bool = False
    needed_by: date | None = None
    note: Text | None = None
    lines: Annotated[list[NeededLine], Meta(min_length=1, max_length=MAX_LINES)]


class NeedPages(Controller):
    """Routes of the pages about needs."""

    path = "/needs"
    include_in_schema = False

    @get(opt=READERS)
    async def needs(
        self,
        context: Context,
        status: FromQuery[str | None] = None,
        recipient: FromQuery[str | None] = None,
        item: FromQuery[str | None] = None,
        urgency: FromQuery[str | None] = None,
        community: FromQuery[str | None] = None,
        after: FromQuery[str | None] = None,
    ) -> Response[bytes]:
        """List needs, the oldest first.

        Args:
            status: The status of the needs to list. If it is None, only open needs are listed. But
                if `recipient` is given, None lists needs of every status.
            recipient: Code or name of a recipient.
            item: Code or name of an item.
            urgency: One of the values of `Urgency`.
            community: Code of a community.
            after: The cursor of the page.
        """
        chosen = status or (ALL if recipient else "open")
        with context.reading() as books:
            filters: dict[str, Any] = {
                "status": None if chosen == ALL else chosen,
                "recipient": code_filter(books, Recipient, recipient, "/recipient"),
                "item": code_filter(books, Item, item, "/item"),
                "urgency": urgency or None,
                "community": community or None,
            }
            page = context.redacted(list_needs(books, **filters, after=after, limit=ROWS))
            return render_page(
                context.request,
                "needs.html",
                page=page,
                filters={**filters, "status": chosen},
                statuses=(*STAGES, ALL),
                urgencies=get_args(Urgency),
            )

    @get("/new", opt=STAFF)
    async def new(
        self,
        context: Context,
        recipient: FromQuery[str | None] = None,
        saved: FromQuery[str | None] = None,
    ) -> Response[bytes]:
        """Show the form for the needs of a recipient.

        Args:
            recipient: Initial code in the field of the recipient. If None, the field is empty.
            saved: Code of the recipient whose needs were recorded just before, for a message. If
                None, no message is shown.
        """
        form = CommandForm(NeedsOfRecipient, {"/recipient": recipient} if recipient else None)
        return _show_new(context, form, saved=saved)

    @post("/new", opt=STAFF)
    async def note(self, context: Context) -> Response[bytes]:
        """Record the needs in the form. If that is refused, show the form with the errors."""
        form = await CommandForm.read(context.request, NeedsOfRecipient)
        form.allow_new("/recipient", Recipient, "/new_recipient")
        if not form.is_save:
            return _show_new(context, form)
        try:
            with context.reading() as books:
                stated = form.command(books)
            location = await form.record(context, _noting(context, form, stated))
        except SuppliesError as error:
            form.refuse(error)
            return _show_new(context, form)
        if form.do == "save-next":
            return redirect(f"/needs/new?saved={location.rpartition('=')[2]}")
        return redirect(location)

    @get("/{need:str}", opt=READERS)
    async def need(self, context: Context, need: FromPath[str]) -> Response[bytes]:
        """Show a need."""
        return _show_need(context, need, CommandForm(EndNeed))

    @post("/{need:str}/end", opt=STAFF)
    async def end(self, context: Context, need: FromPath[str]) -> Response[bytes]:
        """End a need. If that is refused, show the need with the errors."""
        form = await CommandForm.read(context.request, EndNeed)
        form.fields["/need"] = need
        return await submit(
            context,
            form,
            lambda: _show_need(context, need, form),
            address=lambda _: f"/needs/{need}",
            warnings=_goods_of_ended_need,
        )


def _noting(
    context: RequestContext, form: CommandForm[NeedsOfRecipient], stated: NeedsOfRecipient
) -> Callable[[Ledger, str], Saved]:
    """Return the job that records one need for each line. Either all are recorded, or none.

    The job also registers the recipient if the form describes a new one.
    """

    def job(ledger: Ledger, id: str) -> Saved:
        recipient, warnings = form.register_new(context, ledger, stated)
        for at, line in enumerate(stated.lines):
            command = NoteNeed(
                recipient=recipient.recipient,
                item=line.item,
                quantity=line.quantity,
                pack=line.pack,
                pack_size=line.pack_size,
                urgency=line.urgency,
                needed_by=stated.needed_by,
                note=stated.note,
                happened_on=stated.happened_on,
                or_earlier=stated.or_earlier,
            )
            try:
                recorded = ledger.record(command, by=context.by, id=id if at == 0 else None)
            except SuppliesError as error:
                error.faults = tuple(
                    replace(fault, pointer=_pointer_in_form(form, at, fault.pointer))
                    for fault in error.faults
                )
                raise
            warnings += find_likely_duplicates(ledger.books, recorded.document)
        form.confirm(warnings)
        return Saved(f"/needs?recipient={recipient.recipient}", recorded.seq)

    return job


def _pointer_in_form(form: CommandForm[NeedsOfRecipient], at: int, pointer: str) -> str:
    """Convert the pointer to a field of a need to the pointer to that field in the form.

    Args:
        at: Number of the need among the lines that are not empty, from 0.
        pointer: JSON pointer to the field in the need.
    """
    if pointer.removeprefix("/") not in NeededLine.__struct_fields__:
        return pointer
    typed = [line for line in form.lines("/lines") if form.has_text(f"/lines/{line}")]
    return f"/lines/{typed[at]}{pointer}"


def _goods_of_ended_need(books: Books, recorded: Recorded) -> list[Warned]:
    return find_goods_of_ended_need(books, str(recorded.document))


def _show_new(
    context: RequestContext, form: CommandForm[NeedsOfRecipient], *, saved: str | None = None
) -> Response[bytes]:
    with context.reading() as books:
        if saved:
            get_record(books, Recipient, saved)
        form.find_records(books)
        recipient = form.value("/recipient")
        open_needs = []
        if recipient and books.catalogue.get(Recipient, recipient) is not None:
            open_needs = list_needs(books, status="open", recipient=recipient, limit=ROWS).items
        return render_form(
            context,
            "need_form.html",
            form,
            urgencies=get_args(Urgency),
            open_needs=open_needs,
            saved=saved,
        )


def _show_need(context: RequestContext, name: str, form: CommandForm[EndNeed]) -> Response[bytes]:
    with context.reading() as books:
        return render_form(
            context,
            "need.html",
            form,
            need=context.redacted(get_need(books, name)),
            entries=list_entries(books, document=name, limit=None).items,
            reasons=get_args(EndReason),
        )
