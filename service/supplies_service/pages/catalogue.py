"""Pages of the catalogue: items, places, donors, recipients, teams and communities.

All kinds of record have the same pages: the list, one record with what is about it, the form of a
new record, and the form of a change.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Annotated, Any, NamedTuple, TypeVar

import msgspec
from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery, QueryParameter
from msgspec import Meta

from supplies.books.reader import Books
from supplies.domain.catalogue_records import (
    CatalogueRecord,
    Community,
    Donor,
    Item,
    Location,
    Recipient,
    Team,
)
from supplies.domain.fields import MAX_QUANTITY, Code, Count, Label, StrictStruct
from supplies.domain.validation import convert
from supplies.errors import AlreadyDone, InvalidField, Sentence, SuppliesError
from supplies.ledger.ledger import Ledger
from supplies.views.allocations import list_allocations
from supplies.views.catalogue import get_record, list_records
from supplies.views.deliveries import list_deliveries
from supplies.views.donations import list_donations
from supplies.views.look_alikes import find_look_alikes
from supplies.views.needs import list_needs
from supplies.views.pagination import check_choice, invalid_cursor
from supplies.views.periods import get_period_of_donor
from supplies.views.stock import get_stock
from supplies_service.pages.command_forms import CommandForm, Saved, fields_of, render_form
from supplies_service.pages.forms import redirect
from supplies_service.pages.layout import render_page
from supplies_service.pages.papers import frameable
from supplies_service.pages.period_filter import parse_day
from supplies_service.request_bodies import Changes
from supplies_service.request_context import Context, RequestContext
from supplies_service.responses import PDFResponse
from supplies_service.routes.catalogue import PERSONAL_KINDS, change_record, sees_names
from supplies_service.routes.statements import donor_statement_pdf
from supplies_service.security.authorization import allow_roles

ROWS = 50
"""Number of records on a page of a list, and of rows of a table on the page of a record."""

RETIRED = {"": False, "yes": True, "all": None}
"""What the filter of a list chooses: records in use, retired ones, or both."""

READERS = {"page": True} | allow_roles("coordinator", "recorder", "auditor")

R = TypeVar("R", bound=CatalogueRecord)


class PackSize(StrictStruct, frozen=True, kw_only=True):
    """A pack of an item as a line of the form."""

    pack: Code
    size: Annotated[int, Meta(ge=1, le=MAX_QUANTITY)]


class AgeBand(StrictStruct, frozen=True, kw_only=True):
    """How many people of a household are of which ages, as a line of the form."""

    ages: Code
    persons: Count


class Lines(NamedTuple):
    """How a field with names and numbers is shown in a form: as lines with two fields each."""

    line: type[StrictStruct]
    name: str
    number: str


LINES = {
    "packs": Lines(PackSize, "pack", "size"),
    "age_bands": Lines(AgeBand, "ages", "persons"),
}
"""The fields of records that contain names and numbers."""


class Retiring(StrictStruct, frozen=True, kw_only=True):
    """Whether a record is retired from now on."""

    retired: bool


class CataloguePages(Controller):
    """The page that leads to the lists."""

    path = "/catalogue"
    include_in_schema = False

    @get(opt=READERS)
    async def catalogue(self, context: Context) -> Response[bytes]:
        """Show which lists there are."""
        tables = [kind.table for kind in (Donor, Recipient, Item, Location, Team, Community)]
        return render_page(context.request, "catalogue.html", tables=tables)


class DonorStatementPages(Controller):
    """The statement of a donor."""

    path = "/donors/{code:str}/statement"
    include_in_schema = False

    @get(opt={"page": True} | allow_roles("coordinator", "recorder", personal=True))
    async def statement(
        self,
        context: Context,
        code: FromPath[str],
        first: Annotated[str, QueryParameter(name="from")] = "",
        last: Annotated[str, QueryParameter(name="to")] = "",
    ) -> PDFResponse:
        """Show the statement as PDF. An empty day is that of the first donation, or today."""
        with context.reading() as books:
            get_record(books, Donor, code)
            begin, end = get_period_of_donor(books, code)
        begin, end = parse_day(first, "/from") or begin, parse_day(last, "/to") or end
        return frameable(await donor_statement_pdf(context, code, begin, end))


def record_pages(kind: type[CatalogueRecord]) -> type[Controller]:
    """Return the controller of the pages about one kind of record."""
    personal = kind in PERSONAL_KINDS
    staff = {"page": True} | allow_roles("coordinator", "recorder", personal=personal)
    readers = {"page": True} | allow_roles("coordinator", "recorder", "auditor", personal=personal)
    form_kind = form_struct(kind)

    class RecordPages(Controller):
        path = f"/{kind.table}"
        include_in_schema = False

        @get(opt=readers)
        async def records(
            self,
            context: Context,
            q: FromQuery[str | None] = None,
            retired: FromQuery[str | None] = None,
            after: FromQuery[str | None] = None,
        ) -> Response[bytes]:
            """List records by code, those in use unless others are asked for."""
            named, wanted = sees_names(context), (q or "").strip() or None
            if wanted is not None and personal and not named:
                await context.forbid("auditors see codes: people are not searched for by name")
            check_choice("retired", retired or None, [name for name in RETIRED if name])
            with context.reading() as books:
                page = list_records(
                    books,
                    kind,
                    wanted,
                    after,
                    ROWS,
                    retired=RETIRED[retired or ""],
                    personal=named,
                )
                return render_page(
                    context.request,
                    "records.html",
                    table=kind.table,
                    page=page,
                    filters={"q": wanted, "retired": retired},
                    searches=named or not personal,
                )

        @get("/new", opt=staff)
        async def new(
            self, context: Context, saved: FromQuery[str | None] = None
        ) -> Response[bytes]:
            """Show an empty form with the next free code. saved: the code of the last record."""
            form = CommandForm(form_kind, {"/unit": "piece"} if kind is Item else None)
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
                location = await form.record(context, _registering(kind, form, stated))
            except SuppliesError as error:
                form.refuse(error)
                return _show_new(context, kind, form)
            if form.do == "save-next":
                return redirect(f"/{kind.table}/new?saved={location.rpartition('/')[2]}")
            return redirect(location)

        @get("/{code:str}", opt=readers)
        async def record(
            self, context: Context, code: FromPath[str], after: FromQuery[str | None] = None
        ) -> Response[bytes]:
            """Show a record, and what the books have about it. after: for the next page of that."""
            return _show_record(context, kind, code, CommandForm(Retiring), after=after)

        @get("/{code:str}/change", opt=staff)
        async def change_form(self, context: Context, code: FromPath[str]) -> Response[bytes]:
            """Show the form of a change, filled in."""
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
                    if digest(get_record(ledger.books, kind, code)) != form.extra.get("seen"):
                        raise AlreadyDone(
                            Sentence(
                                "{code} was changed meanwhile; open its page and change it again",
                                code=code,
                            )
                        )
                    change_record(context, ledger, kind, code, Changes(stated))
                    return Saved(f"/{kind.table}/{code}")

                return redirect(await form.record(context, job))
            except SuppliesError as error:
                form.refuse(error)
                return _show_change(context, kind, form, code)

        @post("/{code:str}/retire", opt=staff)
        async def retire(self, context: Context, code: FromPath[str]) -> Response[bytes]:
            """Retire the record, or use it again."""
            form = await CommandForm.read(context.request, Retiring)
            if not form.is_save:
                return _show_record(context, kind, code, form)
            try:
                with context.reading() as books:
                    stated = form.command(books)

                def job(ledger: Ledger, _: str) -> Saved:
                    changes = Changes[CatalogueRecord]({"retired": stated.retired})
                    change_record(context, ledger, kind, code, changes)
                    return Saved(f"/{kind.table}/{code}")

                return redirect(await form.record(context, job))
            except SuppliesError as error:
                form.refuse(error)
                return _show_record(context, kind, code, form)

    RecordPages.__name__ = RecordPages.__qualname__ = f"{kind.__name__}Pages"
    return RecordPages


# --- records and the fields of their forms --------------------------------------------------------


def form_struct(kind: type[CatalogueRecord]) -> type[msgspec.Struct]:
    """Make the struct of a form: that of the record, but with a name, and with lines.

    The code may be empty: the next free one is taken then.
    """
    lines = [
        (name, list[each.line] | None, None)  # type: ignore[name-defined]  # made while it runs
        for name, each in LINES.items()
        if name in kind.__struct_fields__
    ]
    return msgspec.defstruct(
        f"{kind.__name__}Form",
        [("name", Label), ("code", Code | None, None), *lines],
        bases=(kind,),
        namespace={"__doc__": f"The form of a {kind.__name__.lower()}."},
        kw_only=True,
        frozen=True,
    )


def fields_of_record(record: CatalogueRecord) -> dict[str, str]:
    """Return a record as the fields of its form."""
    fields = msgspec.to_builtins(record)
    for name, (_, first, second) in LINES.items():
        if fields.get(name) is not None:
            fields[name] = [{first: key, second: number} for key, number in fields[name].items()]
    return fields_of(convert(form_struct(type(record)), fields))


def stated_fields(form: CommandForm[Any], books: Books) -> dict[str, Any]:
    """Return the fields of a record as a form states them, by name.

    Raises:
        InvalidField: fields are wrong, or a name has two lines.
    """
    fields: dict[str, Any] = msgspec.to_builtins(form.command(books))
    for field, (_, name, number) in LINES.items():
        if field not in fields:
            continue
        by_name: dict[str, int] = {}
        typed = [at for at in form.lines(f"/{field}", 0) if form.has_text(f"/{field}/{at}")]
        for at, line in zip(typed, fields[field] or [], strict=True):
            if line[name] in by_name:
                rule = Sentence("{text} has another line already", text=line[name])
                raise InvalidField.at(f"/{field}/{at}/{name}", rule)
            by_name[line[name]] = line[number]
        fields[field] = by_name or ({} if field == "packs" else None)
    return fields


def digest(record: CatalogueRecord) -> str:
    """Return a text that differs once the record is changed."""
    return hashlib.sha256(msgspec.json.encode(record)).hexdigest()[:32]


def _registering(
    kind: type[CatalogueRecord], form: CommandForm[Any], stated: dict[str, Any]
) -> Callable[[Ledger, str], Saved]:
    """Return the job that registers a record.

    Another record may have got the proposed code meanwhile, so the next free one is taken.
    """

    def job(ledger: Ledger, _: str) -> Saved:
        is_proposed = stated["code"] in (None, form.extra.get("proposed"))
        code = ledger.next_code(kind) if is_proposed else stated["code"]
        new = convert(kind, {**stated, "code": code})
        ledger.register(new)
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
            communities=_communities(books, kind),
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
            communities=_communities(books, kind),
        )


def _communities(books: Books, kind: type[CatalogueRecord]) -> list[Community]:
    """Return the communities to choose from in the form of a recipient."""
    if kind is not Recipient:
        return []
    return list_records(books, Community, limit=200, retired=False).items


def _show_record(
    context: RequestContext,
    kind: type[CatalogueRecord],
    code: str,
    form: CommandForm[Any],
    *,
    after: str | None = None,
) -> Response[bytes]:
    with context.reading() as books:
        record = get_record(books, kind, code, personal=sees_names(context))
        return render_form(
            context,
            "record.html",
            form,
            table=kind.table,
            record=record,
            about=_about(context, books, record, after),
        )


def _about(
    context: RequestContext, books: Books, record: CatalogueRecord, after: str | None
) -> dict[str, Any]:
    """Return what the books have about a record, by the name of its table on the page."""
    code = record.code
    match record:
        case Donor():
            page = list_donations(books, donor=code, limit=ROWS, newest_first=True, after=after)
            return {"donations": context.redacted(page)}
        case Recipient():
            return {
                "needs": context.redacted(
                    list_needs(books, recipient=code, status="open", limit=ROWS)
                ),
                "allocations": context.redacted(
                    list_allocations(books, recipient=code, limit=ROWS, after=after)
                ),
            }
        case Item():
            return {"stock": get_stock(books, item=code, limit=ROWS, after=after)}
        case Location():
            return {"stock": get_stock(books, location=code, limit=ROWS, after=after)}
        case Team():
            page_of_team = list_deliveries(books, team=code, limit=ROWS, after=after)
            return {"deliveries": context.redacted(page_of_team)}
    if after is not None:
        raise invalid_cursor(after)
    return {}


CATALOGUE_PAGES: list[type[Controller]] = [
    CataloguePages,
    DonorStatementPages,
    *(record_pages(kind) for kind in (Donor, Recipient, Item, Location, Team, Community)),
]
