"""Pages about deliveries: the list, dispatch, the stops and their outcomes, and closing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, get_args

from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery

from supplies.access.phones import phones_of_delivery
from supplies.books.reader import Books
from supplies.domain.catalogue_records import Team
from supplies.domain.commands import (
    CloseDelivery,
    ConfirmHandOver,
    Dispatch,
    MoveStops,
    Outcome,
    ReassignDelivery,
    ReportOutcome,
    UndoDispatch,
)
from supplies.domain.failure_reasons import REASONS_OF_OUTCOME
from supplies.errors import InvalidField, NotFound, Sentence
from supplies.ledger.recorded import Recorded
from supplies.views.allocations import get_allocation, list_allocations
from supplies.views.conflict_reasons import reason_of_conflict
from supplies.views.deliveries import (
    DeliveryStatus,
    DeliveryView,
    StopLineView,
    get_delivery,
    list_deliveries,
)
from supplies.views.delivery_history import find_end, read_stop_events
from supplies.views.delivery_proofs import get_stop_codes, read_signatures
from supplies.views.entries import list_entries
from supplies.views.goods_with_teams import list_goods_with_teams
from supplies.views.pagination import Warned
from supplies.views.stop_conflicts import list_stop_conflicts
from supplies.views.team_runs import read_time_windows
from supplies_service.closing_warnings import (
    find_closing_warnings,
    find_move_warnings,
    find_undo_warnings,
)
from supplies_service.pages.command_forms import CommandForm, render_form, submit
from supplies_service.pages.layout import render_page
from supplies_service.pages.named_records import code_filter
from supplies_service.pages.page_roles import COORDINATORS, READERS, STAFF
from supplies_service.pages.papers import frameable
from supplies_service.request_context import Context, RequestContext
from supplies_service.responses import PDFResponse, PhotoResponse
from supplies_service.routes.deliveries import (
    PaperSize,
    photo_response,
    run_sheet_paper,
    slips_paper,
)
from supplies_service.security.authorization import allow_roles

ROWS = 50
"""Number of deliveries on a page of the list."""

MAX_CHOICES = 200
"""Maximum number of allocations that the form of a new delivery offers."""

ALL = "all"
"""The value of the status filter that selects deliveries of every status."""


_NEW_TEAM = ("/team", Team, "/new_team")
"""The arguments of `CommandForm.allow_new` for the team of a delivery."""

LIVE = {"page": True} | allow_roles("coordinator", "recorder", "auditor")
"""The `opt` of the route `live`: a part of a delivery's page that browsers reload regularly.

This part names no recipients.
"""


class DeliveryPages(Controller):
    """Routes of the pages about deliveries."""

    path = "/deliveries"
    include_in_schema = False

    @get(opt=READERS)
    async def deliveries(
        self,
        context: Context,
        status: FromQuery[str | None] = None,
        team: FromQuery[str | None] = None,
        after: FromQuery[str | None] = None,
    ) -> Response[bytes]:
        """List deliveries, the oldest first. By default, only those that are out are listed."""
        chosen = status or "out"
        with context.reading() as books:
            filters: dict[str, Any] = {
                "status": None if chosen == ALL else chosen,
                "team": code_filter(books, Team, team, "/team"),
            }
            page = context.redacted(list_deliveries(books, **filters, after=after, limit=ROWS))
            return render_page(
                context.request,
                "deliveries.html",
                page=page,
                filters={**filters, "status": chosen},
                statuses=(*get_args(DeliveryStatus), ALL),
            )

    @get("/new", opt=STAFF)
    async def new(self, context: Context) -> Response[bytes]:
        """Show the form to dispatch a team, with the allocations that are not dispatched yet."""
        return _show_new(context, CommandForm(Dispatch))

    @post("/new", opt=STAFF)
    async def dispatch(self, context: Context) -> Response[bytes]:
        """Dispatch a team. If that is refused, show the form with the errors."""
        form = await CommandForm.read(context.request, Dispatch)
        form.allow_new(*_NEW_TEAM)
        _sort_stops(form)
        with context.reading() as books:
            _fill_in_parts(books, form)
        return await submit(
            context,
            form,
            lambda: _show_new(context, form),
            address=lambda recorded: f"/deliveries/{recorded.document}",
        )

    @get("/{delivery:str}", opt=READERS)
    async def delivery(self, context: Context, delivery: FromPath[str]) -> Response[bytes]:
        """Show a delivery, with a form for the outcome of each stop."""
        return _show_delivery(context, delivery, CommandForm(CloseDelivery))

    @get("/{delivery:str}/run-sheet/pdf", opt=STAFF)
    async def run_sheet(self, context: Context, delivery: FromPath[str]) -> PDFResponse:
        """Return the run sheet as a PDF that pages of this service may show in a frame."""
        return frameable(await run_sheet_paper(context, delivery))

    @get("/{delivery:str}/slips/pdf", opt=STAFF)
    async def slips(
        self, context: Context, delivery: FromPath[str], size: PaperSize = "a5"
    ) -> PDFResponse:
        """Return the delivery slips as a PDF that pages of this service may show in a frame."""
        return frameable(await slips_paper(context, delivery, size))

    @get("/{delivery:str}/photos/{entry:str}", opt=STAFF)
    async def photo(
        self, context: Context, delivery: FromPath[str], entry: FromPath[str]
    ) -> PhotoResponse:
        """Return the photo of a stop, by the number of the entry that added it."""
        return await photo_response(context, delivery, entry)

    @post("/{delivery:str}/outcomes", opt=STAFF)
    async def report(self, context: Context, delivery: FromPath[str]) -> Response[bytes]:
        """Record the outcome of a stop. If that is refused, show the delivery with the errors."""
        form = await CommandForm.read(context.request, ReportOutcome)
        form.fields["/delivery"] = delivery
        try:
            _check_reason(form)
            with context.reading() as books:
                _complete_lines(books, form, delivery)
        except InvalidField as error:
            form.refuse(error)
            return _show_delivery(context, delivery, form)
        return await submit(
            context,
            form,
            lambda: _show_delivery(context, delivery, form),
            address=lambda _: f"/deliveries/{delivery}",
        )

    @post("/{delivery:str}/confirmation", opt=COORDINATORS)
    async def confirm(self, context: Context, delivery: FromPath[str]) -> Response[bytes]:
        """Record that a household confirmed a hand-over, or withdraw this confirmation.

        The form has the stop's allocation as a field. If the form is refused, show the errors.
        """
        form = await CommandForm.read(context.request, ConfirmHandOver)
        return await _change(context, delivery, form)

    @post("/{delivery:str}/reassign", opt=STAFF)
    async def reassign(self, context: Context, delivery: FromPath[str]) -> Response[bytes]:
        """Give a delivery to another team. If that is refused, show its page with the errors."""
        form = await CommandForm.read(context.request, ReassignDelivery)
        form.allow_new(*_NEW_TEAM)
        return await _change(context, delivery, form)

    @post("/{delivery:str}/undo", opt=STAFF)
    async def undo(self, context: Context, delivery: FromPath[str]) -> Response[bytes]:
        """Take stops off a delivery. If that is refused, show the delivery with the errors.

        If stops are left on the delivery but none of them is open, the delivery is closed. In this
        case, ask for confirmation first.
        """
        form = await CommandForm.read(context.request, UndoDispatch)
        return await _change(
            context,
            delivery,
            form,
            warnings=lambda books, _: find_undo_warnings(context.access(books), delivery),
        )

    @post("/{delivery:str}/move-stops", opt=STAFF)
    async def move_stops(self, context: Context, delivery: FromPath[str]) -> Response[bytes]:
        """Move stops to another delivery, and show that delivery.

        If that is refused, show the first delivery with the errors. If no open stop is left on the
        first delivery, it is closed. In this case, ask for confirmation first.
        """
        form = await CommandForm.read(context.request, MoveStops)
        form.allow_new(*_NEW_TEAM)
        form.fields["/delivery"] = delivery
        return await submit(
            context,
            form,
            lambda: _show_delivery(context, delivery, form),
            address=lambda recorded: f"/deliveries/{recorded.document}",
            warnings=lambda books, _: find_move_warnings(context.access(books), delivery),
        )

    @get("/{delivery:str}/live", opt=LIVE)
    async def live(self, context: Context, delivery: FromPath[str]) -> Response[bytes]:
        """Show the part of a delivery's page that changes often: stops, conflicts and phones."""
        with context.reading() as books:
            state = _live_state(context, books, get_delivery(books, delivery))
            return render_page(context.request, "delivery_live.html", **state)

    @post("/{delivery:str}/close", opt=STAFF)
    async def close(self, context: Context, delivery: FromPath[str]) -> Response[bytes]:
        """Close a delivery.

        If a conflict is open or a phone may have unsent records, ask for confirmation first.
        """
        form = await CommandForm.read(context.request, CloseDelivery)
        return await _change(
            context,
            delivery,
            form,
            warnings=lambda books, _: find_closing_warnings(context.access(books), delivery),
        )


async def _change(
    context: RequestContext,
    delivery: str,
    form: CommandForm[Any],
    warnings: Callable[[Books, Recorded], Sequence[Warned]] | None = None,
) -> Response[bytes]:
    form.fields["/delivery"] = delivery
    return await submit(
        context,
        form,
        lambda: _show_delivery(context, delivery, form),
        address=lambda _: f"/deliveries/{delivery}",
        warnings=warnings,
    )


def _sort_stops(form: CommandForm[Dispatch]) -> None:
    """Sort the chosen allocations by the stop numbers that the user typed beside them.

    Allocations without a number come last, in the order of the form.
    """

    def order(pointer: str) -> tuple[int, int]:
        typed = form.extra.get(f"order:{form.fields[pointer]}", "").strip()
        is_number = typed.isdecimal() and len(typed) < 6
        return int(typed) if is_number else 10**6, int(pointer.rpartition("/")[2])

    chosen = [
        pointer
        for pointer in form.fields
        if pointer.startswith("/allocations/") and pointer.rpartition("/")[2].isdecimal()
    ]
    codes = [form.fields[pointer] for pointer in sorted(chosen, key=order)]
    for pointer in chosen:
        del form.fields[pointer]
    form.fields |= {f"/allocations/{at}": code for at, code in enumerate(codes)}


def _fill_in_parts(books: Books, form: CommandForm[Dispatch]) -> None:
    """Fill in the field `parts`: allocations from which the team takes only some goods.

    For such an allocation, the user typed quantities beside its lines. If a quantity is empty, the
    team takes the whole line. If it is 0, the team leaves the line behind.
    """
    parts = 0
    for at in form.lines("/allocations", least=0):
        code = form.value(f"/allocations/{at}")
        named = (name for name in form.extra if name.startswith(f"part:{code}:"))
        if not any(form.extra[name].strip() for name in named):
            continue
        with suppress(NotFound):
            rest = [line for line in get_allocation(books, code).lines if line.allocated]
            typed = [form.extra.get(f"part:{code}:{line.line}", "").strip() for line in rest]
            taken = [
                (line.line, quantity or line.allocated)
                for line, quantity in zip(rest, typed, strict=True)
                if quantity != "0"
            ]
            pointer = f"/parts/{parts}"
            form.fields[f"{pointer}/allocation"] = code
            for index, (line, quantity) in enumerate(taken):
                form.fields[f"{pointer}/lines/{index}/line"] = str(line)
                form.fields[f"{pointer}/lines/{index}/quantity"] = str(quantity)
            parts += 1


def _check_reason(form: CommandForm[ReportOutcome]) -> None:
    """Check that the chosen reason is one that the form offers for the chosen outcome.

    Raises:
        InvalidField: the form does not offer this reason for this outcome.
    """
    why, outcome = form.value("/why"), form.value("/outcome")
    offered = {name: reasons for name, reasons in REASONS_OF_OUTCOME.items() if name == outcome}
    if form.is_save and why and not any(why in reasons for reasons in offered.values()):
        raise InvalidField.at(
            "/why", Sentence("this reason does not fit the outcome; choose another, or none")
        )


def _complete_lines(books: Books, form: CommandForm[ReportOutcome], delivery: str) -> None:
    """Complete the lines of an outcome that was typed into a form.

    If goods were received in part, fill in each empty quantity brought back: the loaded quantity
    minus the quantities received and lost. For any other outcome, remove the lines.

    Raises:
        InvalidField: goods were received in part, but no quantity was typed.
    """
    lines = [name for name in form.fields if name.startswith("/lines/")]
    if form.value("/outcome") != "partly":
        for name in lines:
            del form.fields[name]
        return
    allocation = form.value("/allocation")
    stops = [one for one in get_delivery(books, delivery).stops if one.allocation == allocation]
    if stops and form.is_save and not any(_has_quantity(form, line) for line in stops[0].lines):
        raise InvalidField.at(
            f"/lines/{stops[0].lines[0].line}/received",
            Sentence("say of at least one item how much was received or lost"),
        )
    for line in stops[0].lines if stops else []:
        start = f"/lines/{line.line}"
        form.fields[f"{start}/line"] = str(line.line)
        if not form.value(f"{start}/brought_back").strip():
            typed = [form.value(f"{start}/{name}").strip() or "0" for name in ("received", "lost")]
            if all(text.isdecimal() and len(text) < 18 for text in typed):
                rest = line.loaded - sum(int(text) for text in typed)
                form.fields[f"{start}/brought_back"] = str(max(rest, 0))


def _has_quantity(form: CommandForm[ReportOutcome], line: StopLineView) -> bool:
    names = ("received", "brought_back", "lost")
    return any(form.value(f"/lines/{line.line}/{name}").strip() for name in names)


def _live_state(context: RequestContext, books: Books, delivery: DeliveryView) -> dict[str, Any]:
    """Return the values that the template `delivery_live.html` shows.

    Auditors do not see phones, because their labels may be names.
    """
    sees_phones = context.caller.role != "auditor" and delivery.status == "out"
    found = phones_of_delivery(context.access(books), delivery.id) if sees_phones else []
    numbers = {stop.allocation: stop.stop for stop in delivery.stops}
    bring_back = Counter[str]()
    for one in list_goods_with_teams(books):
        if one.delivery == delivery.id:
            bring_back[one.item] += one.quantity
    return {
        "bring_back": bring_back,
        "reported": sum(stop.outcome is not None for stop in delivery.present_stops),
        "all_stops": len(delivery.present_stops),
        "conflicts": [
            (
                numbers.get(one.report.allocation),
                one.conflict,
                reason_of_conflict(books, one.conflict),
            )
            for one in list_stop_conflicts(books)
            if delivery.id in (one.delivery, one.conflict.document)
        ],
        "unsent": sum(phone.unsent or 0 for phone in found),
        "phones": found,
    }


def _show_new(context: RequestContext, form: CommandForm[Dispatch]) -> Response[bytes]:
    with context.reading() as books:
        form.find_records(books)
        page = list_allocations(books, status="waiting", limit=MAX_CHOICES)
        chosen = [form.value(f"/allocations/{at}") for at in form.lines("/allocations", least=0)]
        return render_form(
            context,
            "delivery_form.html",
            form,
            allocations=page.items,
            chosen=chosen,
            windows=read_time_windows(books, {one.recipient for one in page.items}),
        )


def _show_delivery(context: RequestContext, name: str, form: CommandForm[Any]) -> Response[bytes]:
    with context.reading() as books:
        delivery = context.redacted(get_delivery(books, name))
        stops = []
        for stop in delivery.stops:
            is_own = form.value("/allocation") == stop.allocation
            report, confirm = (
                form if form.kind is kind and is_own else CommandForm(kind)
                for kind in (ReportOutcome, ConfirmHandOver)
            )
            for each in (report, confirm):
                each.id_prefix = f"{stop.allocation}-"
            stops.append((stop, report, confirm))
        staff = context.caller.role != "auditor"
        changes = {
            kind.__name__: form if form.kind is kind else CommandForm(kind)
            for kind in (CloseDelivery, ReassignDelivery, UndoDispatch, MoveStops)
        }
        for kind, change in changes.items():
            change.id_prefix = f"{kind}-"
        others = list_deliveries(books, status="out", limit=MAX_CHOICES).items
        return render_form(
            context,
            "delivery.html",
            form,
            delivery=delivery,
            stops=stops,
            codes=get_stop_codes(books, name).stops if staff and delivery.status == "out" else [],
            signatures=read_signatures(books, name) if staff else {},
            changes=changes,
            others=[one for one in others if one.id != name],
            outcomes=get_args(Outcome),
            **_live_state(context, books, delivery),
            entries=list_entries(books, document=name, limit=None).items,
            events=read_stop_events(books, name),
            closed_in=find_end(books, name),
        )
