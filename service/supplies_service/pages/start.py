"""The guide that sets up a new station: its settings, the first place, items and users.

Each step may be skipped and done later. Which steps are done is read from the books.
"""

from __future__ import annotations

from typing import Any

from litestar import Controller, Response, get, post
from msgspec.structs import asdict

from supplies.books.reader import Books
from supplies.domain.catalogue_records import Location
from supplies.domain.fields import Label, StrictStruct
from supplies.errors import SuppliesError
from supplies.ledger.ledger import Ledger
from supplies.papers.common import Languages
from supplies.stations.paper_settings import amend_station, station_with_settings
from supplies.stations.relief_goods import new_relief_goods, relief_goods
from supplies.views.first_steps import get_first_steps
from supplies_service.pages.command_forms import CommandForm, Saved, render_form
from supplies_service.pages.forms import redirect
from supplies_service.pages.layout import render_page
from supplies_service.pages.page_roles import COORDINATORS
from supplies_service.pages.station_settings import ZONES
from supplies_service.pages.typed_values import fields_of
from supplies_service.request_bodies import EmptyBody
from supplies_service.request_context import Context, RequestContext


class FirstPapers(StrictStruct, frozen=True, kw_only=True):
    """The part of the guide's form that sets the languages of papers."""

    languages: Languages = "zh+en"


class FirstSettings(StrictStruct, frozen=True, kw_only=True):
    """The form in which the guide asks for the settings of the station."""

    name: Label
    name_en: Label | None = None
    host: Label
    zone: str = "Asia/Shanghai"
    papers: FirstPapers = FirstPapers()


class FirstPlace(StrictStruct, frozen=True, kw_only=True):
    """The form in which the guide asks for the first place where goods are stored."""

    name: Label
    name_en: Label | None = None


class StartPages(Controller):
    """Routes of the guide that sets up a new station."""

    path = "/start"
    include_in_schema = False
    opt = COORDINATORS

    @get()
    async def start(self, context: Context) -> Response[bytes]:
        """Show the steps of the guide, and which of them are done."""
        with context.reading() as books:
            return render_page(context.request, "start.html", steps=get_first_steps(books))

    @get("/station")
    async def station(self, context: Context) -> Response[bytes]:
        """Show the form for the settings of the station."""
        form = CommandForm(FirstSettings)
        with context.reading() as books:
            form.fields = fields_of(station_with_settings(books))
        return _station_page(context, form)

    @post("/station")
    async def save_station(self, context: Context) -> Response[bytes]:
        """Store the settings, and redirect to the page that registers the first location."""
        form = await CommandForm.read(context.request, FirstSettings)
        if not form.is_save:
            return _station_page(context, form)
        try:
            with context.reading() as books:
                stated = form.command(books)
            changes: dict[str, Any] = asdict(stated) | {"papers": asdict(stated.papers)}

            def job(ledger: Ledger, _: str) -> Saved:
                amend_station(ledger.books, changes)
                return Saved("/start/place")

            return redirect(await form.record(context, job))
        except SuppliesError as error:
            form.refuse(error)
            return _station_page(context, form)

    @get("/place")
    async def place(self, context: Context) -> Response[bytes]:
        """Show the form for the first place."""
        return _place_page(context, CommandForm(FirstPlace))

    @post("/place")
    async def save_place(self, context: Context) -> Response[bytes]:
        """Register the location, and redirect to the list of items to register."""
        form = await CommandForm.read(context.request, FirstPlace)
        if not form.is_save:
            return _place_page(context, form)
        try:
            with context.reading() as books:
                stated = form.command(books)

            def job(ledger: Ledger, _: str) -> Saved:
                code = ledger.next_code(Location)
                ledger.register(Location(code=code, name=stated.name, name_en=stated.name_en))
                return Saved("/start/items")

            return redirect(await form.record(context, job))
        except SuppliesError as error:
            form.refuse(error)
            return _place_page(context, form)

    @get("/items")
    async def items(self, context: Context) -> Response[bytes]:
        """Show the list of common relief goods to tick."""
        return _items_page(context, CommandForm(EmptyBody))

    @post("/items")
    async def save_items(self, context: Context) -> Response[bytes]:
        """Register the ticked items, and redirect to the next setup step, where users are added."""
        form = await CommandForm.read(context.request, EmptyBody)
        ticked = {name.removeprefix("/") for name in form.fields}
        try:

            def job(ledger: Ledger, _: str) -> Saved:
                for item in new_relief_goods(ledger.books, ticked):
                    ledger.register(item)
                return Saved("/start/users")

            return redirect(await form.record(context, job))
        except SuppliesError as error:
            form.refuse(error)
            return _items_page(context, form)

    @get("/users")
    async def users(self, context: Context) -> Response[bytes]:
        """Show how to add users, with a link to the home page."""
        return render_page(context.request, "start_users.html")


def _station_page(context: RequestContext, form: CommandForm[FirstSettings]) -> Response[bytes]:
    return render_form(context, "start_station.html", form, zones=ZONES)


def _place_page(context: RequestContext, form: CommandForm[FirstPlace]) -> Response[bytes]:
    with context.reading() as books:
        return render_form(
            context, "start_place.html", form, has_place=get_first_steps(books).place
        )


def _items_page(context: RequestContext, form: CommandForm[EmptyBody]) -> Response[bytes]:
    with context.reading() as books:
        return render_form(
            context,
            "start_items.html",
            form,
            goods=relief_goods(),
            known=_known_codes(books),
        )


def _known_codes(books: Books) -> set[str]:
    """Return the codes of the common relief goods that the station has already registered."""
    codes = {item.code for item in relief_goods()}
    return codes - {item.code for item in new_relief_goods(books, codes)}
