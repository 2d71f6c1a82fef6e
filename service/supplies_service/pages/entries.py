"""Pages about entries: their transfers and authors, reversal, and the resolution of conflicts."""

from __future__ import annotations

from collections import Counter
from typing import Any, NamedTuple

from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery

from supplies.books.free_text import free_text_in_command
from supplies.books.reader import Books
from supplies.domain.commands import Correct, ResolveConflict, Reverse
from supplies.domain.entry_rows import Merge
from supplies.ledger.recorded import recorded_result
from supplies.views.conflict_reasons import reason_of_conflict
from supplies.views.conflict_sides import ConflictSides, get_conflict_sides
from supplies.views.deliveries import StopLineView, get_delivery
from supplies.views.delivery_proofs import read_signatures
from supplies.views.entries import (
    ConflictView,
    EntryView,
    get_conflict,
    get_entry,
    list_conflicts,
    list_entries,
    list_entries_of_command,
)
from supplies.views.stated_commands import CORRECTABLE_KINDS, stated_command
from supplies_service.pages.command_forms import CommandForm, render_form, submit
from supplies_service.pages.layout import render_page
from supplies_service.pages.page_roles import COORDINATORS, READERS
from supplies_service.pages.typed_values import fields_of
from supplies_service.request_bodies import parse_number
from supplies_service.request_context import Context, RequestContext

ROWS = 50
"""Number of entries on a page of the list."""


class EntryPages(Controller):
    """Routes of the pages about entries."""

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

    @get("/{entry:str}/correct", opt=COORDINATORS)
    async def correction(self, context: Context, entry: FromPath[str]) -> Response[bytes]:
        """Show the form of a correction, filled in with the latest version of the command."""
        form = CommandForm(Correct)
        with context.reading() as books:
            stated = stated_command(books, parse_number(entry))
        form.fields = fields_of(stated.command, "/command")
        form.fields["/entry"] = str(stated.entry)
        return _show_correction(context, parse_number(entry), form)

    @post("/{entry:str}/correct", opt=COORDINATORS)
    async def correct(self, context: Context, entry: FromPath[str]) -> Response[bytes]:
        """Record the correction, and show what it changed. If that is refused, show the form."""
        form = await CommandForm.read(context.request, Correct)
        return await submit(
            context,
            form,
            lambda: _show_correction(context, parse_number(entry), form),
            address=lambda recorded: f"/entries/{recorded.seq}",
        )

    @post("/{entry:str}/reverse", opt=COORDINATORS)
    async def reverse(self, context: Context, entry: FromPath[str]) -> Response[bytes]:
        """Reverse the command of an entry. If that is refused, show the entry with the error."""
        form = await CommandForm.read(context.request, Reverse)
        form.fields["/entry"] = str(parse_number(entry))
        return await _record(context, parse_number(entry), form)

    @post("/{entry:str}/resolve", opt=COORDINATORS)
    async def resolve(self, context: Context, entry: FromPath[str]) -> Response[bytes]:
        """Resolve a conflict. If that is refused, show the conflict with the error.

        It is also refused if somebody else has resolved the conflict since the form was shown.
        """
        form, seq = await CommandForm.read(context.request, ResolveConflict), parse_number(entry)
        form.fields["/conflict"] = str(seq)
        return await _record(context, seq, form)


async def _record(
    context: RequestContext,
    seq: int,
    form: CommandForm[Reverse] | CommandForm[ResolveConflict],
) -> Response[bytes]:
    """Record the reversal or resolution that a form contains, and show the new entry.

    Args:
        seq: Number of the entry to reverse, or of the conflict to resolve.
    """
    return await submit(
        context,
        form,
        lambda: _show(context, seq, form),
        address=lambda recorded: f"/entries/{recorded.seq}",
    )


def _show_correction(
    context: RequestContext, seq: int, form: CommandForm[Correct]
) -> Response[bytes]:
    with context.reading() as books:
        form.find_records(books)
        return render_form(
            context,
            "entry_correction.html",
            form,
            entry=get_entry(books, seq),
            loaded=_loaded(books, form),
        )


def _loaded(books: Books, form: CommandForm[Correct]) -> list[StopLineView]:
    """Return the loaded lines of the stop whose outcome the form corrects.

    If the form corrects another command, return no lines.
    """
    name, allocation = form.value("/command/delivery"), form.value("/command/allocation")
    if form.value("/command/type") != "ReportOutcome":
        return []
    stops = get_delivery(books, name).stops
    return next((stop.lines for stop in stops if stop.allocation == allocation), [])


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
            **({} if conflict is None else _conflict_values(context, books, conflict)),
            last=books.last_entry().seq,
            command=list_entries_of_command(books, seq),
            warnings=recorded_result(books, seq).warnings if _is_first(books, seq) else [],
            changed=_changed_fields(books, entry, with_texts=context.caller.role != "auditor"),
            merge=next(iter(books.rows_of_entry(Merge, seq)), None),
        )


def _is_first(books: Books, seq: int) -> bool:
    return books.body(seq).part == 0


class ChangedField(NamedTuple):
    """A field that a correction changed, with its value before and after; "" if it was empty.

    Attributes:
        pointer: JSON pointer to the field in the command.
    """

    pointer: str
    before: str
    after: str


def _changed_fields(books: Books, entry: EntryView, *, with_texts: bool) -> list[ChangedField]:
    """Return the fields that a correction changed.

    The list is empty if the entry is a reversal, corrects a donation, or corrects nothing.

    Args:
        with_texts: Whether to list changed free texts too, such as notes. Auditors do not see them.
    """
    if entry.supersedes is None or entry.kind not in CORRECTABLE_KINDS - {"donation_received"}:
        return []
    commands = [
        stated_command(books, seq, latest=False).command for seq in (entry.supersedes, entry.seq)
    ]
    before, after = map(fields_of, commands)
    texts = {f"/{path}" for command in commands for path in free_text_in_command(command)}
    return [
        ChangedField(pointer, before.get(pointer, ""), after.get(pointer, ""))
        for pointer in {**before, **after}
        if before.get(pointer) != after.get(pointer) and (with_texts or pointer not in texts)
    ]


def _is_conflict(entry: EntryView) -> bool:
    return entry.kind == "conflict_noted"


def _conflict_values(
    context: RequestContext, books: Books, conflict: ConflictView
) -> dict[str, Any]:
    """Return the values that the template `conflict.html` shows."""
    sides = context.redacted(get_conflict_sides(books, conflict))
    is_stop = sides.recorded is not None and context.caller.role != "auditor"
    team = sides.reported.team
    return {
        "reason": reason_of_conflict(books, conflict),
        "sides": sides,
        "signatures": read_signatures(books, str(sides.reported.delivery)) if is_stop else {},
        "counter": None if team is None else books.team(team).counter,
        "has_goods": _has_goods(sides),
    }


def _has_goods(sides: ConflictSides) -> bool:
    """Return whether all goods of a reported hand-out are free at its location now.

    Args:
        sides: The reported hand-out, and the free goods in the books.
    """
    asked: Counter[str] = Counter()
    for line in sides.reported.lines:
        if line.pack is not None and line.pack_size is None:
            return False
        asked[line.item] += line.quantity * (line.pack_size or 1)
    return all(asked[goods.item] <= goods.now for goods in sides.free)
