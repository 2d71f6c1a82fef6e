"""Deliveries: dispatch a team, change its stops, report outcomes, print slips, and close."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Annotated, Literal

import msgspec
from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery, QueryParameter
from supplies_receipts import draw_delivery_slips, draw_run_sheet

from supplies.access import run_codes
from supplies.access.access_context import AccessContext
from supplies.access.phone_reports import correct_clock, take_reason_from_note
from supplies.books.reader import Books
from supplies.domain.commands import (
    AddStopPhoto,
    CloseDelivery,
    ConfirmHandOver,
    Dispatch,
    MoveStops,
    ReassignDelivery,
    ReportOutcome,
    UndoDispatch,
)
from supplies.ledger.recorded import Recorded
from supplies.papers.run_sheet import RunSheet
from supplies.views.deliveries import DeliveryView, get_delivery, list_deliveries
from supplies.views.delivery_proofs import (
    SignatureView,
    StopCodesView,
    get_photo,
    get_signature,
    get_stop_codes,
)
from supplies.views.delivery_slips import build_delivery_slips, build_run_sheet
from supplies.views.entries import EntryView, get_entry
from supplies.views.pagination import Page, View, Warned
from supplies_service.closing_warnings import (
    find_closing_warnings,
    find_move_warnings,
    find_undo_warnings,
)
from supplies_service.idempotency import Outcome
from supplies_service.request_bodies import Body, parse_number
from supplies_service.request_context import Context, RequestContext
from supplies_service.responses import (
    CreatedOrConflict,
    CreatedResponse,
    PDFResponse,
    PhotoResponse,
)
from supplies_service.routes.parameters import DEFAULT_LIMIT, After, Limit
from supplies_service.security import ownership
from supplies_service.security.authorization import allow_roles
from supplies_service.sent_at import clock_offset, clock_warnings

PaperSize = Annotated[
    Literal["roll", "a5"],
    QueryParameter(name="format", description="the paper: `roll`, 80 mm wide, or `a5`"),
]


class DeliveryEntered(View, frozen=True, kw_only=True):
    """The response to a command about a delivery: the recorded entry and the delivery.

    Attributes:
        repeated: True if a phone reported an outcome that had been recorded before. `entry` is then
            the entry that recorded it. Otherwise, `repeated` is left out.
        warnings: Left out if there are none. There is a warning if the clock of a phone is wrong,
            if moving or undoing stops closed the delivery, if a closed delivery has open conflicts
            or phones with unsent records, and if a team still carries goods that were dispatched
            again.
    """

    entry: EntryView
    delivery: DeliveryView
    repeated: bool | msgspec.UnsetType = msgspec.UNSET
    warnings: list[Warned] | msgspec.UnsetType = msgspec.UNSET


def show_own_stop(
    allocation: str, offset: timedelta | None, books: Books, recorded: Recorded
) -> Outcome[DeliveryEntered]:
    """Build the response to a courier, with only the reported stop.

    The other stops are left out, because the courier may not read them after the delivery has
    ended.

    Args:
        allocation: The allocation of the reported stop.
        offset: How far the station's clock is ahead of the phone's; None if it is unknown.
    """
    outcome = show_outcome(offset, books, recorded)
    found = outcome.content.delivery
    own = [stop for stop in found.stops if stop.allocation == allocation]
    delivery = msgspec.structs.replace(found, stops=own, note=None, remarks=[])
    content = msgspec.structs.replace(
        outcome.content, delivery=delivery, repeated=recorded.repeated or msgspec.UNSET
    )
    return outcome._replace(content=content)


def show_outcome(
    offset: timedelta | None, books: Books, recorded: Recorded
) -> Outcome[DeliveryEntered]:
    """Build the response to an outcome: the delivery, and a warning if the phone's clock is wrong.

    Args:
        offset: How far the station's clock is ahead of the phone's; None if it is unknown.
    """
    outcome = show_delivery(books, recorded)
    content = msgspec.structs.replace(
        outcome.content,
        warnings=clock_warnings(str(recorded.document), offset) or msgspec.UNSET,
    )
    return outcome._replace(content=content)


def show_delivery(books: Books, recorded: Recorded) -> Outcome[DeliveryEntered]:
    """Build the response to a command about a delivery."""
    found = get_delivery(books, str(recorded.document))
    return Outcome(
        f"/api/deliveries/{found.id}",
        DeliveryEntered(entry=get_entry(books, recorded.seq), delivery=found),
    )


def _show_with_warnings(
    find: Callable[[AccessContext, str], list[Warned]],
    delivery: str,
    now: datetime,
    books: Books,
    recorded: Recorded,
) -> Outcome[DeliveryEntered]:
    """Build the response to a command, with warnings about a delivery.

    Args:
        find: Returns the warnings about a delivery.
        delivery: The delivery to which the warnings apply.
        now: The time of the request.
    """
    outcome = show_delivery(books, recorded)
    found = find(AccessContext(books, now), delivery)
    content = msgspec.structs.replace(outcome.content, warnings=found or msgspec.UNSET)
    return outcome._replace(content=content)


async def slips_paper(context: RequestContext, delivery: str, size: PaperSize) -> PDFResponse:
    """Return the slips for all stops of a delivery as PDF, if the caller may see the delivery."""
    await ownership.check_delivery(context, delivery)
    slips = await context.read_in_thread(lambda books: build_delivery_slips(books, delivery))
    return await context.draw(lambda: draw_delivery_slips(slips, size), f"slips-{delivery}")


async def run_sheet_paper(context: RequestContext, delivery: str) -> PDFResponse:
    """Return the run sheet of a delivery as PDF, if the caller may see the delivery."""
    await ownership.check_delivery(context, delivery)
    with context.reading() as books:
        has_key = run_codes.read_key(books) is not None
    if not has_key:
        await context.station.admin_write(run_codes.ensure_key)

    def read(books: Books) -> tuple[RunSheet, str | None]:
        return build_run_sheet(books, delivery), run_codes.join_address(books, delivery)

    sheet, join = await context.read_in_thread(read)
    return await context.draw(lambda: draw_run_sheet(sheet, join), f"run-sheet-{delivery}")


async def photo_response(context: RequestContext, delivery: str, entry: str) -> PhotoResponse:
    """Return the photo that was added to a stop, by the number of the entry that added it."""
    number = parse_number(entry)
    return PhotoResponse(
        await context.read_in_thread(lambda books: get_photo(books, delivery, number))
    )


class DeliveryController(Controller):
    """Deliveries: teams bring allocated goods to recipients."""

    path = "/api/deliveries"
    tags = ("deliveries",)

    @post(operation_id="dispatchDelivery", opt=allow_roles("coordinator", "recorder"))
    async def dispatch(
        self, context: Context, payload: Body[Dispatch]
    ) -> CreatedResponse[DeliveryEntered]:
        """Dispatch a team with all goods that are still set aside in the given allocations."""
        return await context.record(payload, show_delivery)

    @get(
        operation_id="listDeliveries",
        opt=allow_roles("coordinator", "recorder", "auditor", "courier"),
    )
    async def deliveries(
        self,
        context: Context,
        team: FromQuery[str | None] = None,
        status: FromQuery[str | None] = None,
        after: After = None,
        limit: Limit = DEFAULT_LIMIT,
    ) -> Response[Page[DeliveryView]]:
        """List deliveries, oldest first. Couriers see only the open deliveries of their team."""
        team, status = await ownership.restrict_to_own_deliveries(context, team, status)
        return context.page(
            lambda books: list_deliveries(books, team=team, status=status, after=after, limit=limit)
        )

    @get(
        "/{delivery:str}",
        operation_id="getDelivery",
        opt=allow_roles("coordinator", "recorder", "auditor", "courier"),
    )
    async def delivery(self, context: Context, delivery: FromPath[str]) -> DeliveryView:
        """Get a delivery."""
        await ownership.check_delivery(context, delivery)
        return context.show(lambda books: get_delivery(books, delivery))

    @get(
        "/{delivery:str}/slips/pdf",
        operation_id="printSlips",
        opt=allow_roles("coordinator", "recorder", "courier", personal=True),
    )
    async def slips(
        self, context: Context, delivery: FromPath[str], size: PaperSize = "roll"
    ) -> PDFResponse:
        """Print the delivery slips as PDF, one for each stop, for an 80 mm roll or on A5."""
        return await slips_paper(context, delivery, size)

    @get(
        "/{delivery:str}/run-sheet",
        operation_id="getRunSheet",
        opt=allow_roles("coordinator", "recorder", "courier", personal=True),
    )
    async def run_sheet(self, context: Context, delivery: FromPath[str]) -> RunSheet:
        """Get the run sheet: the goods to load, and the stops with their goods and addresses."""
        await ownership.check_delivery(context, delivery)
        return await context.show_in_thread(lambda books: build_run_sheet(books, delivery))

    @get(
        "/{delivery:str}/run-sheet/pdf",
        operation_id="printRunSheet",
        opt=allow_roles("coordinator", "recorder", "courier", personal=True),
    )
    async def run_sheet_pdf(self, context: Context, delivery: FromPath[str]) -> PDFResponse:
        """Print the run sheet as PDF on A4: goods to load, stops, and space for signatures."""
        return await run_sheet_paper(context, delivery)

    @post(
        "/{delivery:str}/outcomes",
        operation_id="reportOutcome",
        opt={**allow_roles("coordinator", "recorder", "courier"), "phones_share_keys": True},
    )
    async def report(
        self, context: Context, delivery: FromPath[str], payload: Body[ReportOutcome]
    ) -> CreatedOrConflict[DeliveryEntered]:
        """Report the outcome of one stop.

        An outcome that contradicts the books is recorded as a conflict, with status 202. The header
        `Sent-At` can state the time of the sender's clock when the request is sent. `happened_at`
        is then corrected by the difference to the station's clock. All phones of the station share
        one set of idempotency keys, because a phone may get another id before it repeats a request.
        """
        await ownership.check_report(context, delivery)
        offset = clock_offset(context.request, context.ledger.clock())
        command = correct_clock(payload, offset)
        if context.caller.role == "courier":
            command = take_reason_from_note(command)
            return await context.record(command, partial(show_own_stop, payload.allocation, offset))
        return await context.record(command, partial(show_outcome, offset))

    @post(
        "/{delivery:str}/stops/{allocation:str}/photo",
        operation_id="addStopPhoto",
        opt={
            **allow_roles("coordinator", "recorder", "courier"),
            "file_field": "photo",
            "phones_share_keys": True,
        },
    )
    async def add_photo(
        self, context: Context, delivery: FromPath[str], payload: Body[AddStopPhoto]
    ) -> CreatedResponse[DeliveryEntered]:
        """Add a photo of a stop: as the body of the request, or as base64 in a JSON body.

        JPEG and WebP are accepted, up to 300 KB. Metadata, such as the place, is not stored.
        """
        await ownership.check_report(context, delivery)
        if context.caller.role == "courier":
            return await context.record(payload, partial(show_own_stop, payload.allocation, None))
        return await context.record(payload, show_delivery)

    @post(
        "/{delivery:str}/stops/{allocation:str}/confirmation",
        operation_id="confirmHandOver",
        opt=allow_roles("coordinator"),
    )
    async def confirm(
        self, context: Context, payload: Body[ConfirmHandOver]
    ) -> CreatedResponse[DeliveryEntered]:
        """Record that a household confirmed a hand-over afterwards, by telephone or on paper.

        Use it after a wrong code. The alert about the code then ends. `withdrawn` takes the
        confirmation back.
        """
        return await context.record(payload, show_delivery)

    @get(
        "/{delivery:str}/codes",
        operation_id="getStopCodes",
        opt=allow_roles("coordinator", "recorder", personal=True),
    )
    async def codes(self, context: Context, delivery: FromPath[str]) -> StopCodesView:
        """Get the confirmation codes of the stops, each with a text to send to the household.

        A household tells the courier its code when it has received the goods.
        """
        return context.show(lambda books: get_stop_codes(books, delivery))

    @get(
        "/{delivery:str}/photos/{entry:str}",
        operation_id="getStopPhoto",
        opt=allow_roles("coordinator", "recorder", personal=True),
    )
    async def photo(
        self, context: Context, delivery: FromPath[str], entry: FromPath[str]
    ) -> PhotoResponse:
        """Get the photo that was added to a stop, by the number of the entry that added it."""
        return await photo_response(context, delivery, entry)

    @get(
        "/{delivery:str}/signatures/{entry:str}",
        operation_id="getStopSignature",
        opt=allow_roles("coordinator", "recorder", personal=True),
    )
    async def signature(
        self, context: Context, delivery: FromPath[str], entry: FromPath[str]
    ) -> SignatureView:
        """Get the signature for a stop as strokes, by the number of the entry that recorded it."""
        number = parse_number(entry)
        return context.show(lambda books: get_signature(books, delivery, number))

    @post(
        "/{delivery:str}/close",
        operation_id="closeDelivery",
        opt=allow_roles("coordinator", "recorder"),
    )
    async def close(
        self, context: Context, payload: Body[CloseDelivery]
    ) -> CreatedResponse[DeliveryEntered]:
        """Close a delivery. This is refused while goods are in transit.

        The response has warnings about open conflicts, and about phones that may have unsent
        records. Conflicts can still be resolved after the delivery is closed, and phones can still
        send their records.
        """
        return await context.record(
            payload,
            partial(
                _show_with_warnings, find_closing_warnings, payload.delivery, context.ledger.clock()
            ),
        )

    @post(
        "/{delivery:str}/reassign",
        operation_id="reassignDelivery",
        opt=allow_roles("coordinator", "recorder"),
    )
    async def reassign(
        self, context: Context, payload: Body[ReassignDelivery]
    ) -> CreatedResponse[DeliveryEntered]:
        """Give an open delivery to another team."""
        return await context.record(payload, show_delivery)

    @post(
        "/{delivery:str}/undo",
        operation_id="undoDispatch",
        opt=allow_roles("coordinator", "recorder"),
    )
    async def undo(
        self, context: Context, payload: Body[UndoDispatch]
    ) -> CreatedResponse[DeliveryEntered]:
        """Take stops off a delivery if the team did not start. The goods stay set aside.

        If the delivery has other stops but none of them is open, the delivery is closed, and the
        response says so in `warnings`.
        """
        return await context.record(
            payload,
            partial(
                _show_with_warnings, find_undo_warnings, payload.delivery, context.ledger.clock()
            ),
        )

    @post(
        "/{delivery:str}/move-stops",
        operation_id="moveStops",
        opt=allow_roles("coordinator", "recorder"),
    )
    async def move_stops(
        self, context: Context, payload: Body[MoveStops]
    ) -> CreatedResponse[DeliveryEntered]:
        """Move stops to a new delivery by another team, or to an existing open delivery.

        The response shows the delivery to which the stops were moved. If their former delivery has
        no open stop left, it is closed, and the response says so in `warnings`.
        """
        return await context.record(
            payload,
            partial(
                _show_with_warnings, find_move_warnings, payload.delivery, context.ledger.clock()
            ),
        )
