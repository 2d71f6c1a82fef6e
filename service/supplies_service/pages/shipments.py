"""Pages about shipments: goods that are sent to other stations or received from them."""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec
from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery

from supplies.books.reader import Books
from supplies.domain.commands import (
    AcknowledgeShipment,
    CitedEntry,
    ReceiveShipment,
    SendShipment,
)
from supplies.domain.validation import convert
from supplies.errors import InvalidField, Sentence, SuppliesError
from supplies.ledger.recorded import Recorded
from supplies.ledger.rules.shipment_citations import read_cited_shipment
from supplies.stations.organisation import StationLine, sister_stations
from supplies.views.entries import list_entries
from supplies.views.likely_duplicates import find_likely_duplicates
from supplies.views.pagination import Warned
from supplies.views.shipments import (
    Citation,
    get_shipment,
    list_awaited_shipments,
    list_shipments,
    list_unacknowledged_shipments,
    warn_of_unknown_destination,
)
from supplies.views.stock_warnings import find_unexplained_surplus
from supplies_service.pages.command_forms import CommandForm, render_form, submit
from supplies_service.pages.layout import render_page
from supplies_service.pages.page_roles import READERS, STAFF
from supplies_service.request_context import Context, RequestContext

ROWS = 50
"""Number of shipments on a page of the list."""


class SentLine(NamedTuple):
    """A line of a shipment that is about to be received, in base units of the sender."""

    line: int
    item: str
    quantity: int
    batch: str | None


class ShipmentPages(Controller):
    """Routes of the pages about shipments."""

    path = "/shipments"
    include_in_schema = False

    @get(opt=READERS)
    async def shipments(
        self, context: Context, after: FromQuery[str | None] = None
    ) -> Response[bytes]:
        """List shipments that are on their way here or to other stations, and all shipments."""
        with context.reading() as books:
            awaited = list_awaited_shipments(books, limit=None).items if after is None else []
            under_way = list_unacknowledged_shipments(books) if after is None else []
            return render_page(
                context.request,
                "shipments.html",
                awaited=awaited,
                under_way=[context.redacted(one) for one in under_way],
                page=context.redacted(list_shipments(books, after=after, limit=ROWS)),
            )

    @get("/new", opt=STAFF)
    async def new(
        self,
        context: Context,
        item: FromQuery[str | None] = None,
        location: FromQuery[str | None] = None,
        station: FromQuery[str | None] = None,
    ) -> Response[bytes]:
        """Show the form that sends goods to another station.

        Args:
            context: The request.
            item, location, station: Initial codes in the fields of the item, the place and the
                receiving station. If a code is None, its field is empty.
        """
        given = {"/to": station, "/location": location, "/lines/0/item": item}
        fields = {pointer: code for pointer, code in given.items() if code}
        return _show_new(context, CommandForm(SendShipment, fields))

    @post("/new", opt=STAFF)
    async def send(self, context: Context) -> Response[bytes]:
        """Record that goods were sent. If that is refused, show the form with the errors."""
        form = await CommandForm.read(context.request, SendShipment)
        return await submit(
            context,
            form,
            lambda: _show_new(context, form),
            address=lambda recorded: f"/shipments/{recorded.document}",
            warnings=_warnings_of_sending,
        )

    @get("/receive", opt=STAFF)
    async def receiving(
        self, context: Context, shipment: FromQuery[str | None] = None
    ) -> Response[bytes]:
        """Show the form that receives a shipment.

        Args:
            context: The request.
            shipment: Id of the shipment, if the books of its sender are in the same database. If
                None, the form asks for the entry of the other station.
        """
        form = CommandForm(ReceiveShipment, {"/shipment": shipment} if shipment else None)
        return _show_receive(context, form)

    @post("/receive", opt=STAFF)
    async def receive(self, context: Context) -> Response[bytes]:
        """Record that a shipment arrived. If that is refused, show the form with the errors."""
        form = await CommandForm.read(context.request, ReceiveShipment)
        _take_apart(form, "/sent")
        return await submit(
            context,
            form,
            lambda: _show_receive(context, form),
            address=lambda recorded: f"/shipments/{recorded.document}",
            warnings=_warnings,
        )

    @get("/{shipment:str}", opt=READERS)
    async def shipment(self, context: Context, shipment: FromPath[str]) -> Response[bytes]:
        """Show a shipment that this station sent or received."""
        return _show(context, shipment, CommandForm(AcknowledgeShipment))

    @post("/{shipment:str}/acknowledge", opt=STAFF)
    async def acknowledge(self, context: Context, shipment: FromPath[str]) -> Response[bytes]:
        """Record what arrived at the other station. If that is refused, show the errors."""
        form = await CommandForm.read(context.request, AcknowledgeShipment)
        form.fields["/shipment"] = shipment
        _take_apart(form, "/received")
        return await submit(
            context,
            form,
            lambda: _show(context, shipment, form),
            address=lambda _: f"/shipments/{shipment}",
        )


def _take_apart(form: CommandForm[Any], pointer: str) -> None:
    """Split a pasted entry of another station into the fields `previous`, `body` and `hash`.

    A text that is not an entry is left unchanged. It is refused later, with an error at its field.

    Args:
        pointer: JSON pointer to the field into which the entry was pasted.
    """
    text = form.value(pointer).strip()
    try:
        found = msgspec.json.decode(text or "null", type=dict[str, str] | None)
    except msgspec.DecodeError:
        return
    if found is None or found.keys() != set(CitedEntry.__struct_fields__):
        return
    del form.fields[pointer]
    form.fields |= {f"{pointer}/{name}": value for name, value in found.items()}


def _pasted_entry(form: CommandForm[Any], pointer: str) -> CitedEntry | None:
    """Return the entry of another station that was pasted into a form, or None if there is none.

    Raises:
        InvalidField: the fields do not form an entry.
    """
    names = CitedEntry.__struct_fields__
    fields = {name: form.value(f"{pointer}/{name}") for name in names}
    return convert(CitedEntry, fields) if any(fields.values()) else None


def _warnings(books: Books, recorded: Recorded) -> list[Warned]:
    return [
        *find_likely_duplicates(books, recorded.document, recorded.seq),
        *find_unexplained_surplus(books, recorded.document),
    ]


def _warnings_of_sending(books: Books, recorded: Recorded) -> list[Warned]:
    shipment = get_shipment(books, str(recorded.document))
    return [*_warnings(books, recorded), *warn_of_unknown_destination(books, shipment)]


def _show_new(context: RequestContext, form: CommandForm[SendShipment]) -> Response[bytes]:
    with context.reading() as books:
        form.find_records(books)
        stations: list[StationLine] = sister_stations(books)
        return render_form(context, "shipment_form.html", form, stations=stations)


def _show_receive(context: RequestContext, form: CommandForm[ReceiveShipment]) -> Response[bytes]:
    with context.reading() as books:
        lines: list[SentLine] = []
        try:
            lines = _lines_to_receive(books, form)
        except SuppliesError as error:
            if form.failed is None and (form.value("/shipment") or form.do):
                form.refuse(error)
        for at, line in enumerate(lines):
            form.fields.setdefault(f"/lines/{at}/arrived", str(line.quantity))
            form.fields.setdefault(f"/lines/{at}/item", line.item)
        form.find_records(books)
        return render_form(context, "shipment_receipt.html", form, lines=lines)


def _lines_to_receive(books: Books, form: CommandForm[ReceiveShipment]) -> list[SentLine]:
    """Return the lines of the shipment that a form receives. Fill in the shipment's id in the form.

    Raises:
        InvalidField: the pasted text is not an entry that sends a shipment.
        NotFound: no entry was pasted, and no shipment of this id is on its way here.
    """
    pasted = _pasted_entry(form, "/sent")
    if pasted is None and form.value("/sent"):
        raise InvalidField.at(
            "/sent", Sentence("this is not an entry; copy the whole text from the other station")
        )
    if pasted is None:
        return [
            SentLine(line.line, line.item, line.quantity, line.batch)
            for line in get_shipment(books, form.value("/shipment")).lines
        ]
    shipment, rows = read_cited_shipment(pasted, "/sent")
    form.fields["/shipment"] = shipment.shipment
    return [SentLine(row.line, row.item, row.quantity, row.batch) for row in rows]


def _show(
    context: RequestContext, name: str, form: CommandForm[AcknowledgeShipment]
) -> Response[bytes]:
    with context.reading() as books:
        shipment = get_shipment(books, name)
        recorded = []
        if shipment.way != "awaited":  # This station has no entry about it yet.
            recorded = list_entries(books, document=name, limit=None).items
        return render_form(
            context,
            "shipment.html",
            form,
            shipment=context.redacted(shipment),
            evidence=_entry_as_text(shipment.entry),
            entries=recorded,
        )


def _entry_as_text(entry: Citation | None) -> str | None:
    """Return the entry of a shipment as text, to be pasted into the form of the other station."""
    return None if entry is None else msgspec.json.encode(entry).decode()
