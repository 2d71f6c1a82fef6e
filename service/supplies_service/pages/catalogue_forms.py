"""Forms of the catalogue: register a record, and change a record.

All kinds of record have the same forms, with the fields of their kind.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from functools import cache
from typing import Annotated, Any, NamedTuple

import msgspec
from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery
from msgspec import Meta

from supplies.books.reader import Books
from supplies.domain.catalogue_records import CatalogueRecord, Item
from supplies.domain.fields import MAX_QUANTITY, BarcodeText, Code, Count, Label, StrictStruct
from supplies.domain.validation import convert
from supplies.errors import AlreadyDone, InvalidField, Sentence, SuppliesError
from supplies.ledger.ledger import Ledger
from supplies.stations.paper_settings import paper_settings, unit_words
from supplies.views.catalogue import get_record
from supplies.views.look_alikes import find_look_alikes
from supplies_service.pages.age_words import AgeBandText, age_band_of, text_of_age_band
from supplies_service.pages.command_forms import CommandForm, Saved, render_form
from supplies_service.pages.forms import redirect
from supplies_service.pages.item_words import (
    category_of,
    pack_of,
    packs_of_barcode,
    store_new_packs,
)
from supplies_service.pages.typed_values import fields_of
from supplies_service.phone_warnings import find_counter_warnings
from supplies_service.request_bodies import Changes
from supplies_service.request_context import Context, RequestContext
from supplies_service.routes.catalogue import PERSONAL_KINDS, change_record, log_registration
from supplies_service.security.authorization import allow_roles


class PackSize(StrictStruct, frozen=True, kw_only=True):
    """A line in the form of an item: a pack and its size in base units."""

    pack: Label
    size: Annotated[int, Meta(ge=1, le=MAX_QUANTITY)]


class BarcodeLine(StrictStruct, frozen=True, kw_only=True):
    """A line in the form of an item: a barcode and the pack on which it is printed."""

    code: BarcodeText
    pack: Label | None = None


class AgeBand(StrictStruct, frozen=True, kw_only=True):
    """A line in the form of a recipient: an age band and its number of people."""

    ages: AgeBandText
    persons: Count


class Lines(NamedTuple):
    """How a form shows a field that maps names to numbers, such as packs to their sizes.

    The form has a line for each pair.

    Attributes:
        line: The struct of a line.
        name, number: The names of the two fields of `line`.
    """

    line: type[StrictStruct]
    name: str
    number: str


LINES = {
    "packs": Lines(PackSize, "pack", "size"),
    "age_bands": Lines(AgeBand, "ages", "persons"),
}
"""The fields of records that map names to numbers. A form shows them as lines."""


def registration_pages(kind: type[CatalogueRecord]) -> type[Controller]:
    """Return the controller of the form that registers a record."""
    staff, form_kind = _staff_only(kind), form_struct(kind)

    class RegistrationPages(Controller):
        path = f"/{kind.table}"
        include_in_schema = False

        @get("/new", opt=staff)
        async def new(
            self, context: Context, saved: FromQuery[str | None] = None, name: FromQuery[str] = ""
        ) -> Response[bytes]:
            """Show an empty form with the next free code.

            Args:
                saved: Code of the record that was registered just before, for a message.
                name: The name of the item, if it was typed into another form.
            """
            # Names of people do not belong into addresses.
            given = {"/name": name[:200], "/unit": "piece"} if kind is Item else None
            form = CommandForm(form_kind, given)
            return _show_new(context, kind, form, saved=saved)

        @post("/new", opt=staff)
        async def register(self, context: Context) -> Response[bytes]:
            """Register the record, or show the form again."""
            form = await CommandForm.read(context.request, form_kind)
            if not form.is_save:
                return _show_new(context, kind, form)
            try:
                with context.reading() as books:
                    stated = stated_fields(form, books)
                location = await form.record(context, _registering(context, kind, form, stated))
            except SuppliesError as error:
                form.refuse(error)
                return _show_new(context, kind, form)
            if form.do == "save-next":
                return redirect(f"/{kind.table}/new?saved={location.rpartition('/')[2]}")
            return redirect(location)

    RegistrationPages.__name__ = RegistrationPages.__qualname__ = (
        f"{kind.__name__}RegistrationPages"
    )
    return RegistrationPages


def change_pages(kind: type[CatalogueRecord]) -> type[Controller]:
    """Return the controller of the form that changes a record."""
    staff, form_kind = _staff_only(kind), form_struct(kind)

    class ChangePages(Controller):
        path = f"/{kind.table}"
        include_in_schema = False

        @get("/{code:str}/change", opt=staff)
        async def change_form(self, context: Context, code: FromPath[str]) -> Response[bytes]:
            """Show the form that changes a record, filled in with the record's values."""
            form = CommandForm(form_kind)
            with context.reading() as books:
                record = get_record(books, kind, code)
                if getattr(record, "name", None) is not None:
                    form.fields = fields_of_record(record)
                form.extra["seen"] = digest(record)
            return _show_change(context, kind, form, code)

        @post("/{code:str}/change", opt=staff)
        async def change(self, context: Context, code: FromPath[str]) -> Response[bytes]:
            """Change the record, or show the form again."""
            form = await CommandForm.read(context.request, form_kind)
            form.fields["/code"] = code
            if not form.is_save:
                return _show_change(context, kind, form, code)
            try:
                with context.reading() as books:
                    stated = stated_fields(form, books)
                del stated["code"], stated["retired"]

                def job(ledger: Ledger, _: str) -> Saved:
                    before = get_record(ledger.books, kind, code)
                    if digest(before) != form.extra.get("seen"):
                        raise AlreadyDone(
                            Sentence(
                                "{code} was changed meanwhile; open its page and change it again",
                                code=code,
                            )
                        )
                    fields = store_new_packs(ledger.books, stated) if kind is Item else stated
                    after = change_record(context, ledger, kind, code, Changes(fields))
                    form.confirm(find_counter_warnings(context.access(ledger.books), before, after))
                    return Saved(f"/{kind.table}/{code}")

                return redirect(await form.record(context, job))
            except SuppliesError as error:
                form.refuse(error)
                return _show_change(context, kind, form, code)

    ChangePages.__name__ = ChangePages.__qualname__ = f"{kind.__name__}ChangePages"
    return ChangePages


def _staff_only(kind: type[CatalogueRecord]) -> dict[str, Any]:
    """Return the `opt` of a form's route: coordinators and recorders may use the form."""
    personal = kind in PERSONAL_KINDS
    return {"page": True} | allow_roles("coordinator", "recorder", personal=personal)


# --- records and the fields of their forms --------------------------------------------------------


@cache
def form_struct(kind: type[CatalogueRecord]) -> type[msgspec.Struct]:
    """Create the struct that a form fills in, for one kind of record.

    The struct has the fields of the record. The name is required, and fields in `LINES` are lists
    of lines. The code may be left empty, and is then the next free code.
    """
    lines: list[tuple[str, Any, Any]] = [
        (name, list[each.line] | None, None)  # type: ignore[name-defined]  # made while it runs
        for name, each in LINES.items()
        if name in kind.__struct_fields__
    ]
    if kind is Item:
        lines.append(("barcodes", list[BarcodeLine], []))
    return msgspec.defstruct(
        f"{kind.__name__}Form",
        [("name", Label), ("code", Code | None, None), *lines],
        bases=(kind,),
        namespace={"__doc__": f"The form of a {kind.__name__.lower()}."},
        kw_only=True,
        frozen=True,
    )


def fields_of_record(record: CatalogueRecord) -> dict[str, str]:
    """Return the texts that a form shows for the fields of a record, by JSON pointer."""
    fields = msgspec.to_builtins(record)
    for name, (_, first, second) in LINES.items():
        if fields.get(name) is not None:
            fields[name] = [{first: key, second: number} for key, number in fields[name].items()]
    shown = fields_of(convert(form_struct(type(record)), fields))
    for pointer in [name for name in shown if re.fullmatch(r"/age_bands/\d+/ages", name)]:
        shown[pointer] = text_of_age_band(shown[pointer])
    return shown


def stated_fields(form: CommandForm[Any], books: Books) -> dict[str, Any]:
    """Return what the user typed into a form, as a dict from field name to value.

    The packs of an item are a dict too. Its keys are codes of packs, or words that the user typed
    for a new pack; `store_new_packs` replaces these words by codes.

    Raises:
        InvalidField: fields are wrong, or two lines of the form name the same pack or unit.
    """
    _replace_age_bands(form)
    fields: dict[str, Any] = msgspec.to_builtins(form.command(books))
    if issubclass(form.kind, Item):
        _find_words_of_item(form, books, fields)
    for field, (_, name, number) in LINES.items():
        if field not in fields:
            continue
        by_name: dict[str, int] = {}
        for at, line in zip(_typed_lines(form, field), fields[field] or [], strict=True):
            if line[name] in by_name:
                rule = Sentence("{text} has another line already", text=line[name])
                raise InvalidField.at(f"/{field}/{at}/{name}", rule)
            by_name[line[name]] = line[number]
        fields[field] = by_name or ({} if field == "packs" else None)
    return fields


def _typed_lines(form: CommandForm[Any], field: str) -> list[int]:
    """Return the indexes of the lines of a list in the form, without empty lines."""
    return [at for at in form.lines(f"/{field}", 0) if form.has_text(f"/{field}/{at}")]


def _find_words_of_item(form: CommandForm[Any], books: Books, fields: dict[str, Any]) -> None:
    """Replace the typed words for packs and for the category by their codes, in `fields`.

    Raises:
        InvalidField: the pack of a barcode is unknown, or several packs have this word.
    """
    units = unit_words(paper_settings(books))
    packs: list[str] = []
    for line in fields["packs"] or []:
        line["pack"] = pack_of(line["pack"], line["size"], units, packs)
        packs.append(line["pack"])
    for at, line in zip(_typed_lines(form, "barcodes"), fields["barcodes"], strict=True):
        if line.get("pack") is None:  # Left out for the barcode of a single unit.
            continue
        found = packs_of_barcode(line["pack"], units, packs)
        if len(found) != 1:
            rule = (
                Sentence("{text} is the name of several; choose one", text=line["pack"])
                if found
                else Sentence("{text} is not one of the packs above", text=line["pack"])
            )
            raise InvalidField.at(f"/barcodes/{at}/pack", rule)
        line["pack"] = found[0]
    if fields["category"] is not None:
        fields["category"] = category_of(fields["category"])


def _replace_age_bands(form: CommandForm[Any]) -> None:
    """Replace age bands such as 0～6岁 by their codes, in the fields of a form."""
    for at in form.lines("/age_bands"):
        pointer = f"/age_bands/{at}/ages"
        form.fields[pointer] = age_band_of(form.value(pointer))


def digest(record: CatalogueRecord) -> str:
    """Return a hash of a record, to notice when somebody else has changed the record."""
    return hashlib.sha256(msgspec.json.encode(record)).hexdigest()[:32]


def _registering(
    context: RequestContext,
    kind: type[CatalogueRecord],
    form: CommandForm[Any],
    stated: dict[str, Any],
) -> Callable[[Ledger, str], Saved]:
    """Return the job that registers a record.

    If the user did not change the code that the form proposed, the job uses the next free code,
    because another record may have got the proposed code meanwhile.
    """

    def job(ledger: Ledger, _: str) -> Saved:
        is_proposed = stated["code"] in (None, form.extra.get("proposed"))
        code = ledger.next_code(kind) if is_proposed else stated["code"]
        fields = store_new_packs(ledger.books, stated) if kind is Item else stated
        new = convert(kind, {**fields, "code": code})
        ledger.register(new)
        log_registration(context, ledger, code)
        form.confirm(find_look_alikes(ledger.books, new))
        return Saved(f"/{kind.table}/{code}")

    return job


# --- pages ---------------------------------------------------------------------------------------


def _show_new(
    context: RequestContext,
    kind: type[CatalogueRecord],
    form: CommandForm[Any],
    *,
    saved: str | None = None,
) -> Response[bytes]:
    with context.reading() as books:
        if saved:
            get_record(books, kind, saved)
        if "proposed" not in form.extra:
            form.extra["proposed"] = books.catalogue.next_code(kind)
            form.fields.setdefault("/code", form.extra["proposed"])
        return render_form(
            context,
            "record_form.html",
            form,
            table=kind.table,
            code=None,
            saved=saved,
        )


def _show_change(
    context: RequestContext, kind: type[CatalogueRecord], form: CommandForm[Any], code: str
) -> Response[bytes]:
    with context.reading() as books:
        get_record(books, kind, code)
        return render_form(
            context,
            "record_form.html",
            form,
            table=kind.table,
            code=code,
            saved=None,
        )
