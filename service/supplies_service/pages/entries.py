"""Pages about entries: their transfers and authors, reversal, and the resolution of conflicts."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery

from supplies.books.reader import Books
from supplies.domain.commands import ResolveConflict, Reverse
from supplies.errors import NotFound, SuppliesError
from supplies.ledger.ledger import Ledger
from supplies.views.deliveries import StopView, get_delivery
from supplies.views.entries import (
    ConflictView,
    EntryView,
    get_conflict,
    get_entry,
    list_conflicts,
    list_entries,
)
from supplies_service.pages.command_forms import CommandForm, Saved, render_form
from supplies_service.pages.forms import redirect
from supplies_service.pages.layout import render_page
from supplies_service.pages.page_roles import COORDINATORS, READERS
from supplies_service.request_bodies import parse_number
from supplies_service.request_context import Context, RequestContext

ROWS = 50
"""Number of entries on a page of the list."""


class EntryPages(Controller):
    """The pages about entries."""

    path = "/entries"
    include_in_schema = False

    @get(opt=READERS)
    async def entries(
        self,
        context: Context,
        kind: FromQuery[str | None] = None,
        document: FromQuery[str | None] = None,
        after: FromQuery[str | None] = None,
    ) -> Response[bytes]:
        """List entries, the newest first."""
        with context.reading() as books:
            page = list_entries(
                books, kind=kind, document=document, after=after, limit=ROWS, newest_first=True
            )
            filters = {"kind": kind, "document": document}
            return render_page(
                context.request,
                "entries.html",
                page=context.redacted(page),
                kind=kind,
                document_id=document,
                filters={name: value for name, value in filters.items() if value is not None},
            )

    @get("/conflicts", opt=READERS)
    async def conflicts(
        self, context: Context, after: FromQuery[str | None] = None
    ) -> Response[bytes]:
        """List reported facts that contradict the books and are not resolved yet."""
        with context.reading() as books:
            page = context.redacted(list_conflicts(books, after=after, limit=ROWS))
            return render_page(context.request, "conflicts.html", page=page)

    @get("/{entry:str}", opt=READERS)
    async def entry(self, context: Context, entry: FromPath[str]) -> Response[bytes]:
        """Show an entry."""
        return _show(context, parse_number(entry))

    @post("/{entry:str}/reverse", opt=COORDINATORS)
    async def reverse(self, context: Context, entry: FromPath[str]) -> Response[bytes]:
        """Reverse the command of an entry. If that is refused, show the entry with the error."""
        form = await CommandForm.read(context.request, Reverse)
        form.fields["/entry"] = str(parse_number(entry))
        return await _record(context, parse_number(entry), form)

    @post("/{entry:str}/resolve", opt=COORDINATORS)
    async def resolve(self, context: Context, entry: FromPath[str]) -> Response[bytes]:
        """Resolve a conflict. If that is refused, show the conflict with the error."""
        form = await CommandForm.read(context.request, ResolveConflict)
        form.fields["/conflict"] = str(parse_number(entry))
        return await _record(context, parse_number(entry), form)


async def _record(
    context: RequestContext, seq: int, form: CommandForm[Reverse] | CommandForm[ResolveConflict]
) -> Response[bytes]:
    """Record the reversal or resolution that a form contains, and show the new entry.

    Args:
        seq: Number of the entry to reverse, or of the conflict to resolve.
    """
    if not form.is_save:
        return _show(context, seq, form)
    try:
        with context.reading() as books:
            command = form.command(books)

        def job(ledger: Ledger, id: str) -> Saved:
            recorded = ledger.record(command, by=context.by, id=id)
            return Saved(f"/entries/{recorded.seq}", recorded.seq)

        return redirect(await form.record(context, job))
    except SuppliesError as error:
        form.refuse(error)
        return _show(context, seq, form)


def _show(
    context: RequestContext,
    seq: int,
    form: CommandForm[Reverse] | CommandForm[ResolveConflict] | None = None,
) -> Response[bytes]:
    with context.reading() as books:
        entry = context.redacted(get_entry(books, seq))
        conflict = context.redacted(get_conflict(books, seq)) if _is_conflict(entry) else None
        if form is None:
            form = CommandForm(Reverse) if conflict is None else CommandForm(ResolveConflict)
        return render_form(
            context,
            "entry.html",
            form,
            entry=entry,
            conflict=conflict,
            stated=None if conflict is None else _stated(conflict),
            recorded_stop=None if conflict is None else _recorded_stop(books, conflict),
            last=books.head()[0],
        )


def _is_conflict(entry: EntryView) -> bool:
    return entry.kind == "conflict_noted"


def _stated(conflict: ConflictView) -> dict[str, Any]:
    """Return the command of a conflict as it was reported."""
    stated: dict[str, Any] = msgspec.json.decode(conflict.stated)
    return stated


def _recorded_stop(books: Books, conflict: ConflictView) -> StopView | None:
    """Return the stop that a conflict is about, as in the books, or None if there is none."""
    stated = _stated(conflict)
    try:
        delivery = get_delivery(books, conflict.document)
    except NotFound:
        return None
    return next(
        (stop for stop in delivery.stops if stop.allocation == stated.get("allocation")), None
    )
