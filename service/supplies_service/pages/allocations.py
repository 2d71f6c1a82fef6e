"""Pages about allocations: the list, the proposal to adjust and record, and each allocation."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any, get_args

from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery
from msgspec import Meta

from supplies.books.merged_codes import code_that_stays
from supplies.domain.catalogue_records import Location, Recipient
from supplies.domain.commands import Allocate, AllocationLine, CollectAllocation, Release
from supplies.domain.fields import MAX_LINES, Code, Count, StrictStruct
from supplies.errors import InvalidField, Sentence, SuppliesError
from supplies.ledger.ledger import Ledger
from supplies.views.allocation_proposal import propose_allocations
from supplies.views.allocations import (
    AllocationFilter,
    find_counts,
    get_allocation,
    list_allocations,
)
from supplies.views.deliveries import find_deliveries
from supplies.views.entries import get_entry, list_entries
from supplies.views.goods_with_teams import find_goods_with_teams
from supplies.views.pagination import Warned
from supplies_service.pages.command_forms import CommandForm, Saved, render_form, submit
from supplies_service.pages.forms import redirect
from supplies_service.pages.layout import render_page
from supplies_service.pages.named_records import code_filter
from supplies_service.pages.page_roles import READERS, STAFF
from supplies_service.pages.papers import frameable
from supplies_service.request_context import Context, RequestContext
from supplies_service.responses import PDFResponse
from supplies_service.routes.allocations import collection_slip_paper

ROWS = 50
"""Number of allocations on a page of the list, and in a proposal."""

ALL = "all"
"""The value of the status filter that selects allocations of every status."""


class ProposedPart(StrictStruct, frozen=True, kw_only=True):
    """A line of the form: the quantity of an item that is proposed for one need; 0 for none."""

    recipient: Code
    location: Code
    item: Code
    need: Code
    quantity: Count = 0


class Proposal(StrictStruct, frozen=True, kw_only=True):
    """A form that proposes several allocations. Either all of them are recorded, or none."""

    lines: Annotated[list[ProposedPart], Meta(min_length=1, max_length=MAX_LINES)]


class AllocationPages(Controller):
    """Routes of the pages about allocations."""

    path = "/allocations"
    include_in_schema = False

    @get(opt=READERS)
    async def allocations(
        self,
        context: Context,
        status: FromQuery[str | None] = None,
        recipient: FromQuery[str | None] = None,
        after: FromQuery[str | None] = None,
    ) -> Response[bytes]:
        """List allocations, the oldest first.

        Args:
            status: The status of the allocations to list. If it is None, only allocations with
                goods that are still set aside are listed. But if `recipient` is given, None lists
                allocations of every status.
            recipient: Code or name of a recipient.
            after: The cursor of the page.
        """
        chosen = status or (ALL if recipient else "waiting")
        with context.reading() as books:
            filters = {
                "status": None if chosen == ALL else chosen,
                "recipient": code_filter(books, Recipient, recipient, "/recipient"),
            }
            page = context.redacted(list_allocations(books, **filters, after=after, limit=ROWS))
            return render_page(
                context.request,
                "allocations.html",
                page=page,
                filters={**filters, "status": chosen},
                statuses=(*get_args(AllocationFilter), ALL),
            )

    @get("/proposal", opt=STAFF)
    async def proposal(
        self, context: Context, location: FromQuery[str | None] = None
    ) -> Response[bytes]:
        """Show which unallocated goods could be allocated to which open needs.

        Args:
            location: Code or name of a location. Only its goods are proposed. If None, goods of all
                locations are proposed.
        """
        form = CommandForm(Proposal)
        with context.reading() as books:
            place = code_filter(books, Location, location, "/location")
        today = context.ledger.today()
        found = await context.read_in_thread(
            lambda books: propose_allocations(books, today, location=place, limit=ROWS).items
        )
        at = 0
        for allocation in found:
            for line in allocation.lines:
                start = f"/lines/{at}"
                form.fields |= {
                    f"{start}/recipient": allocation.recipient,
                    f"{start}/location": allocation.location,
                    f"{start}/item": line.item,
                    f"{start}/need": line.need,
                    f"{start}/quantity": str(line.quantity),
                }
                form.extra[f"proposed:{at}"] = str(line.quantity)
                at += 1
        return _show_proposal(context, form)

    @post("/proposal", opt=STAFF)
    async def book(self, context: Context) -> Response[bytes]:
        """Record the allocations of a proposal. If that is refused, show the proposal again."""
        form = await CommandForm.read(context.request, Proposal)
        if not form.is_save:
            return _show_proposal(context, form)
        try:
            with context.reading() as books:
                stated = form.command(books)
            return redirect(await form.record(context, _booking(context, form, stated)))
        except SuppliesError as error:
            form.refuse(error)
            return _show_proposal(context, form)

    @get("/new", opt=STAFF)
    async def new(
        self, context: Context, recipient: FromQuery[str | None] = None
    ) -> Response[bytes]:
        """Show the form of one allocation.

        Args:
            recipient: Initial code in the field of the recipient. If None, the field is empty.
        """
        return _show_new(
            context, CommandForm(Allocate, {"/recipient": recipient} if recipient else None)
        )

    @post("/new", opt=STAFF)
    async def allocate(self, context: Context) -> Response[bytes]:
        """Record an allocation. If that is refused, show the form with the errors."""
        form = await CommandForm.read(context.request, Allocate)
        return await submit(
            context,
            form,
            lambda: _show_new(context, form),
            address=lambda recorded: f"/allocations/{recorded.document}",
        )

    @get("/{allocation:str}", opt=READERS)
    async def allocation(self, context: Context, allocation: FromPath[str]) -> Response[bytes]:
        """Show an allocation."""
        return _show_allocation(context, allocation, CommandForm(Release))

    @post("/{allocation:str}/release", opt=STAFF)
    async def release(self, context: Context, allocation: FromPath[str]) -> Response[bytes]:
        """Release the goods of an allocation. If that is refused, show its page with the errors."""
        form = await CommandForm.read(context.request, Release)
        form.fields["/allocation"] = allocation
        return await submit(
            context,
            form,
            lambda: _show_allocation(context, allocation, form),
            address=lambda _: f"/allocations/{allocation}",
        )

    @get("/{allocation:str}/slip/pdf", opt=STAFF)
    async def slip(self, context: Context, allocation: FromPath[str]) -> PDFResponse:
        """Return the collection slip as a PDF that pages of this service may show in a frame."""
        return frameable(await collection_slip_paper(context, allocation))

    @post("/{allocation:str}/collect", opt=STAFF)
    async def collect(self, context: Context, allocation: FromPath[str]) -> Response[bytes]:
        """Record that the household fetched the goods. If that is refused, show the errors."""
        form = await CommandForm.read(context.request, CollectAllocation)
        form.fields["/allocation"] = allocation
        drop_empty_lines(form, "/lines")
        return await submit(
            context,
            form,
            lambda: _show_allocation(context, allocation, form),
            address=lambda _: f"/allocations/{allocation}",
        )


def drop_empty_lines(form: CommandForm[Any], pointer: str) -> None:
    """Remove the lines of a form whose quantity is empty or 0."""
    for at in form.lines(pointer, least=0):
        if form.value(f"{pointer}/{at}/quantity").strip() in ("", "0"):
            for name in ("line", "quantity"):
                form.fields.pop(f"{pointer}/{at}/{name}", None)


def _booking(
    context: RequestContext, form: CommandForm[Proposal], stated: Proposal
) -> Callable[[Ledger, str], Saved]:
    """Return the job that records the allocations of a proposal.

    It records one allocation for each recipient and location.
    """

    def job(ledger: Ledger, id: str) -> Saved:
        groups = _allocations_of(stated)
        if not groups:
            raise InvalidField(Sentence("every quantity is 0; nothing would be set aside"))
        seq, warnings = None, list[Warned]()
        for numbers in groups:
            parts = [stated.lines[at] for at in numbers]
            lines = [
                AllocationLine(item=part.item, quantity=part.quantity, need=part.need)
                for part in parts
            ]
            first = parts[0]
            command = Allocate(recipient=first.recipient, location=first.location, lines=lines)
            try:
                recorded = ledger.record(command, by=context.by, id=id if seq is None else None)
            except SuppliesError as error:
                error.faults = tuple(
                    replace(fault, pointer=_pointer_in_form(form, numbers, fault.pointer))
                    for fault in error.faults
                )
                raise
            warnings += find_goods_with_teams(ledger.books, recorded.seq, recorded.last)
            seq = recorded.seq
        form.confirm(warnings)
        return Saved("/allocations", seq)

    return job


def _allocations_of(stated: Proposal) -> list[list[int]]:
    """Divide a proposal into allocations. Return the positions of the lines of each allocation.

    An allocation is for one recipient at one location. If two lines are for different needs for the
    same item, they go into two allocations, because a lot in an allocation is for a single need.
    """
    groups: defaultdict[tuple[str, str, int], list[int]] = defaultdict(list)
    items = Counter[tuple[str, str, str]]()
    for at, part in enumerate(stated.lines):
        if part.quantity:
            before = items[part.recipient, part.location, part.item]
            groups[part.recipient, part.location, before].append(at)
            items[part.recipient, part.location, part.item] += 1
    return list(groups.values())


def _pointer_in_form(form: CommandForm[Proposal], numbers: list[int], pointer: str) -> str:
    """Convert the pointer to a field of an allocation to the pointer to that field in the form.

    Args:
        numbers: For each line of the allocation, its position in the proposal.
        pointer: JSON pointer to the field in the allocation.
    """
    _, lines, at, *rest = [*pointer.split("/"), "", ""]
    if lines != "lines" or not at.isdecimal():
        return pointer
    line = form.lines("/lines")[numbers[int(at)]]
    return f"/lines/{line}/{rest[0] or 'quantity'}"


def _show_proposal(context: RequestContext, form: CommandForm[Proposal]) -> Response[bytes]:
    with context.reading() as books:
        households: defaultdict[str, list[int]] = defaultdict(list)
        for at in form.lines("/lines", 0):
            code = form.value(f"/lines/{at}/recipient")
            households[code_that_stays(books, "recipient", code)].append(at)
        return render_form(
            context, "allocation_proposal.html", form, households=list(households.items())
        )


def _show_new(context: RequestContext, form: CommandForm[Allocate]) -> Response[bytes]:
    with context.reading() as books:
        form.find_records(books)
        return render_form(context, "allocation_form.html", form)


def _show_allocation(context: RequestContext, name: str, form: CommandForm[Any]) -> Response[bytes]:
    with context.reading() as books:
        release, collect = (
            form if form.kind is kind else CommandForm(kind)
            for kind in (Release, CollectAllocation)
        )
        collect.id_prefix = "collect-"
        return render_form(
            context,
            "allocation.html",
            form,
            allocation=context.redacted(get_allocation(books, name)),
            deliveries=find_deliveries(books, name),
            release=release,
            collect=collect,
            entries=sorted(
                [
                    *list_entries(books, document=name, limit=None).items,
                    *(get_entry(books, seq) for seq in find_counts(books, name)),
                ],
                key=lambda entry: entry.seq,
            ),
        )
