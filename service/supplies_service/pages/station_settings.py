"""The page of the station's settings, with a preview of a receipt."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Annotated, Any, Literal

import msgspec
from litestar import Controller, Response, get, post
from litestar.params import FromQuery
from msgspec import Meta
from msgspec.structs import asdict
from supplies_receipts import draw_receipt

from supplies.books.reader import Books
from supplies.domain.fields import Code, Label, StrictStruct
from supplies.errors import AlreadyDone, InvalidField, Sentence, SuppliesError
from supplies.ledger.ledger import Ledger
from supplies.papers.common import Languages, UnitWords
from supplies.stations.paper_settings import (
    MAX_PURPOSES,
    MAX_UNITS,
    PurposeName,
    StationWithSettings,
    amend_station,
    check_amendment,
    next_purpose_code,
    next_unit_code,
    purpose_names,
    station_with_settings,
)
from supplies.stations.retention import Retention
from supplies.views.receipt_preview import preview_receipt
from supplies_service.pages.command_forms import CommandForm, Saved, render_form
from supplies_service.pages.forms import redirect
from supplies_service.pages.page_roles import COORDINATORS
from supplies_service.pages.papers import frameable
from supplies_service.pages.typed_values import fields_of
from supplies_service.request_context import Context, RequestContext
from supplies_service.responses import PDFResponse

ZONES = ("Asia/Shanghai", "Asia/Urumqi", "Asia/Hong_Kong", "Asia/Taipei", "Asia/Singapore", "UTC")
"""Time zones that the form offers. Users can type other ones."""


class UnitLine(UnitWords, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A line of the form: the words for a unit, and its code; None for the next free code."""

    code: Code | None = None


class PurposeLine(PurposeName, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A line of the form: the name of a purpose, and its code; None for the next free code."""

    code: Code | None = None


class PaperForm(StrictStruct, frozen=True, kw_only=True):
    """The settings of papers as users type them into a form."""

    languages: Languages = "zh+en"
    values: Literal["never", "evidenced"] = "never"
    statement: str | None = None
    statement_en: str | None = None
    thanks: str | None = None
    thanks_en: str | None = None
    logo: str | None = None
    units: Annotated[list[UnitLine], Meta(max_length=MAX_UNITS)] | None = None
    purposes: Annotated[list[PurposeLine], Meta(max_length=MAX_PURPOSES)] | None = None


class StationForm(StrictStruct, frozen=True, kw_only=True):
    """The settings of a station as users type them into a form.

    An empty field means None or the default.
    """

    name: Label
    name_en: Label | None = None
    zone: str = "Asia/Shanghai"
    series: str = "JZ"
    credit_code: Label | None = None
    address: Label | None = None
    phone: Label | None = None
    host: Label
    papers: PaperForm = PaperForm()
    retention: Retention = Retention()


class StationPages(Controller):
    """Routes of the page of the station's settings."""

    path = "/admin/station"
    include_in_schema = False
    opt = COORDINATORS

    @get()
    async def settings(self, context: Context, saved: FromQuery[str] = "") -> Response[bytes]:
        """Show the form, filled in with the current settings.

        Args:
            saved: "yes" shows a message that the settings were changed.
        """
        form = CommandForm(StationForm)
        with context.reading() as books:
            shown = station_with_settings(books)
            form.fields, form.extra["seen"] = _fields(shown), _digest(shown)
        return _page(context, form, saved=saved == "yes")

    @post()
    async def amend(self, context: Context) -> Response[bytes]:
        """Store the settings, or show the form again."""
        form = await CommandForm.read(context.request, StationForm)
        if not form.is_save:
            return _page(context, form)
        try:
            with context.reading() as books:
                changes = _changes(form, books)

            def job(ledger: Ledger, _: str) -> Saved:
                before = station_with_settings(ledger.books)
                if _digest(before) != form.extra.get("seen"):
                    raise AlreadyDone(
                        Sentence("somebody changed the settings meanwhile; open the page again")
                    )
                amend_station(ledger.books, changes)
                return Saved("/admin/station?saved=yes")

            return redirect(await form.record(context, job))
        except SuppliesError as error:
            form.refuse(error)
            return _page(context, form)

    @post("/preview")
    async def preview(self, context: Context) -> Response[bytes] | PDFResponse:
        """Show a receipt with the settings as typed. Nothing is stored."""
        form = await CommandForm.read(context.request, StationForm)
        try:
            with context.reading() as books:
                shown = check_amendment(books, _changes(form, books))
        except SuppliesError as error:
            form.refuse(error)
            return _page(context, form)
        paper = preview_receipt(shown, context.ledger.today())
        return frameable(await context.draw(lambda: draw_receipt(paper), "preview"))


def _fields(shown: StationWithSettings) -> dict[str, str]:
    fields = fields_of(shown)
    lists: dict[str, Mapping[str, UnitWords | PurposeName]] = {
        "/papers/units": dict(shown.papers.units or {}),
        "/papers/purposes": purpose_names(shown.papers),
    }
    for pointer, words_by_code in lists.items():
        for name in [name for name in fields if name.startswith(f"{pointer}/")]:
            del fields[name]
        for at, (code, words) in enumerate(words_by_code.items()):
            fields |= fields_of(words, f"{pointer}/{at}") | {f"{pointer}/{at}/code": code}
    return fields


def _changes(form: CommandForm[StationForm], books: Books) -> dict[str, Any]:
    """Return the typed settings as JSON values, as the REST API takes them.

    Raises:
        InvalidField: fields are wrong.
    """
    stated = form.command(books)
    changed = {
        "units": _by_code(form, "/papers/units", stated.papers.units or [], next_unit_code),
        "purposes": _by_code(
            form,
            "/papers/purposes",
            stated.papers.purposes or [],
            lambda taken: next_purpose_code(books, taken),
        ),
    }
    return asdict(stated) | {
        "papers": asdict(stated.papers) | changed,
        "retention": asdict(stated.retention),
    }


def _by_code(
    form: CommandForm[StationForm],
    pointer: str,
    lines: Sequence[UnitLine | PurposeLine],
    next_code: Callable[[Collection[str]], str],
) -> dict[str, Any]:
    """Return the lines of a list in the form, by the code in each line.

    The value is a dict of the line's other fields.

    Args:
        pointer: JSON pointer to the list, for errors.
        lines: The lines that are not empty.
        next_code: Returns a code for a line without one; its argument is the codes in use.

    Raises:
        InvalidField: two lines have the same code.
    """
    found: dict[str, Any] = {}
    places = [at for at in form.lines(pointer, 0) if form.has_text(f"{pointer}/{at}")]
    for at, line in zip(places, lines, strict=True):
        code = line.code or next_code({*found, *(one.code for one in lines if one.code)})
        if code in found:
            rule = Sentence("{text} has another line already", text=code)
            raise InvalidField.at(f"{pointer}/{at}/code", rule)
        found[code] = {name: value for name, value in asdict(line).items() if name != "code"}
    return found


def _digest(shown: StationWithSettings) -> str:
    """Return a hash of the settings, to notice when somebody else has changed the settings."""
    return hashlib.sha256(msgspec.json.encode(shown)).hexdigest()[:32]


def _page(
    context: RequestContext, form: CommandForm[StationForm], *, saved: bool = False
) -> Response[bytes]:
    return render_form(context, "station_settings.html", form, zones=ZONES, saved=saved)
