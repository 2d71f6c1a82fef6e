"""Shipments: goods sent between stations."""

from __future__ import annotations

from functools import partial

from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery

from supplies.books.reader import Books
from supplies.domain.commands import AcknowledgeShipment, ReceiveShipment, SendShipment
from supplies.ledger.recorded import Recorded
from supplies.views.entries import EntryView, get_entry
from supplies.views.likely_duplicates import find_likely_duplicates
from supplies.views.pagination import Page, View, Warned
from supplies.views.shipments import (
    ShipmentView,
    get_shipment,
    list_shipments,
    warn_of_unknown_destination,
)
from supplies.views.stock_warnings import find_unexplained_surplus
from supplies_service.idempotency import Outcome
from supplies_service.request_bodies import Body
from supplies_service.request_context import Context
from supplies_service.responses import CreatedResponse
from supplies_service.routes.parameters import DEFAULT_LIMIT, After, Limit
from supplies_service.security.authorization import allow_roles


class ShipmentEntered(View, frozen=True, kw_only=True):
    """The response to a command about a shipment: the recorded entry and the shipment.

    Attributes:
        warnings: Warnings of likely duplicates, of goods that a stock count probably recorded
            before, of goods that a team still carries, and of a destination that is not a station
            in this database.
    """

    entry: EntryView
    shipment: ShipmentView
    warnings: list[Warned]


def show_shipment(
    books: Books, recorded: Recorded, *, sent: bool = False
) -> Outcome[ShipmentEntered]:
    """Build the response to a command about a shipment.

    Args:
        sent: Whether the command sent the shipment. If so, warn of an unknown destination.
    """
    found = get_shipment(books, str(recorded.document))
    warnings = find_likely_duplicates(books, found.id, recorded.seq)
    warnings += find_unexplained_surplus(books, found.id)
    if sent:
        warnings += warn_of_unknown_destination(books, found)
    return Outcome(
        f"/api/shipments/{found.id}",
        ShipmentEntered(
            entry=get_entry(books, recorded.seq),
            shipment=found,
            warnings=warnings,
        ),
    )


class ShipmentController(Controller):
    """Shipments: goods sent to other stations, or received from them."""

    path = "/api/shipments"
    tags = ("shipments",)

    @post(operation_id="sendShipment", opt=allow_roles("coordinator", "recorder"))
    async def send(
        self, context: Context, payload: Body[SendShipment]
    ) -> CreatedResponse[ShipmentEntered]:
        """Send unallocated goods to another station.

        Without `lots`, the lots that expire first are taken.
        """
        return await context.record(payload, partial(show_shipment, sent=True))

    @get(operation_id="listShipments", opt=allow_roles("coordinator", "recorder", "auditor"))
    async def shipments(
        self,
        context: Context,
        way: FromQuery[str | None] = None,
        after: After = None,
        limit: Limit = DEFAULT_LIMIT,
    ) -> Response[Page[ShipmentView]]:
        """List the shipments that this station has sent or received.

        `way=out` lists only sent shipments, and `way=in` only received ones. `way=awaited` lists
        shipments that are on their way to this station, which are left out otherwise.
        """
        return context.page(lambda books: list_shipments(books, way=way, after=after, limit=limit))

    @get(
        "/{shipment:str}",
        operation_id="getShipment",
        opt=allow_roles("coordinator", "recorder", "auditor"),
    )
    async def shipment(self, context: Context, shipment: FromPath[str]) -> ShipmentView:
        """Get a shipment, with an `entry` that the other station can store as evidence."""
        return context.show(lambda books: get_shipment(books, shipment))

    @post(
        "/{shipment:str}/receive",
        operation_id="receiveShipment",
        opt=allow_roles("coordinator", "recorder"),
    )
    async def receive(
        self, context: Context, payload: Body[ReceiveShipment]
    ) -> CreatedResponse[ShipmentEntered]:
        """Receive goods from another station: all goods, or only those of the given lines."""
        return await context.record(payload, show_shipment)

    @post(
        "/{shipment:str}/acknowledge",
        operation_id="acknowledgeShipment",
        opt=allow_roles("coordinator", "recorder"),
    )
    async def acknowledge(
        self, context: Context, payload: Body[AcknowledgeShipment]
    ) -> CreatedResponse[ShipmentEntered]:
        """Record which goods arrived at the other station. The rest is booked as lost.

        The request contains the other station's entry as evidence.
        """
        return await context.record(payload, show_shipment)
