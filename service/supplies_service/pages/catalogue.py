"""Pages of the catalogue: items, places, donors, recipients, teams, communities and campaigns.

All kinds of record have the same pages: a list, a page for each record that also lists related
documents, and the forms, which are in `catalogue_forms`.
"""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery, QueryParameter

from supplies.access.record_changes import RecordChange, list_record_changes
from supplies.books.merged_codes import codes_of_person
from supplies.books.reader import Books
from supplies.domain.accounts import RECEIVED
from supplies.domain.catalogue_records import (
    Campaign,
    CatalogueRecord,
    Community,
    Donor,
    Item,
    Location,
    Recipient,
    Team,
)
from supplies.domain.commands import PersonKind
from supplies.domain.fields import StrictStruct
from supplies.errors import Sentence, SuppliesError
from supplies.ledger.ledger import Ledger
from supplies.views.allocations import list_allocations
from supplies.views.campaign_report import list_campaign_arrivals
from supplies.views.catalogue import get_record, list_records
from supplies.views.deliveries import list_deliveries
from supplies.views.donations import list_donations
from supplies.views.merges import get_merge, other_codes
from supplies.views.needs import list_needs
from supplies.views.pagination import check_choice, invalid_cursor
from supplies.views.periods import get_period_of_donor
from supplies.views.stock import get_stock, list_balances
from supplies_service.pages.catalogue_forms import change_pages, registration_pages
from supplies_service.pages.command_forms import CommandForm, Saved, render_form
from supplies_service.pages.forms import redirect
from supplies_service.pages.layout import render_page
from supplies_service.pages.papers import frameable
from supplies_service.pages.period_filter import parse_day
from supplies_service.pages.reports import parse_form
from supplies_service.request_bodies import Changes
from supplies_service.request_context import Context, RequestContext
from supplies_service.routes.catalogue import PERSONAL_KINDS, change_record, sees_names
from supplies_service.routes.statements import donor_statement_pdf, download_donor_statement
from supplies_service.security.authorization import allow_roles

KINDS: tuple[type[CatalogueRecord], ...] = (
    Donor,
    Recipient,
    Item,
    Location,
    Team,
    Community,
    Campaign,
)
"""The kinds of record that have pages, in the order in which the lists are linked."""

ROWS = 50
"""Number of records on a page of a list, and of rows in each table on the page of a record."""

RETIRED = {"": False, "yes": True, "all": None}
"""The values of the filter: True for retired records, False for records in use, None for both."""

READERS = {"page": True} | allow_roles("coordinator", "recorder", "auditor")


class Retiring(StrictStruct, frozen=True, kw_only=True):
    """The form that retires a record, or puts a retired record back in use."""

    retired: bool


class CataloguePages(Controller):
    """Route of the page of the catalogue, with links to the lists of all kinds of record."""

    path = "/catalogue"
    include_in_schema = False

    @get(opt=READERS)
    async def catalogue(self, context: Context) -> Response[bytes]:
        """Show links to the lists of all kinds of record."""
        return render_page(context.request, "catalogue.html", tables=[kind.table for kind in KINDS])


class DonorStatementPages(Controller):
    """Route of the statement of a donor."""

    path = "/donors/{code:str}/statement"
    include_in_schema = False

    @get(opt={"page": True} | allow_roles("coordinator", "recorder", personal=True))
    async def statement(
        self,
        context: Context,
        code: FromPath[str],
        first: Annotated[str, QueryParameter(name="from")] = "",
        last: Annotated[str, QueryParameter(name="to")] = "",
        as_of: FromQuery[str] = "",
        form: FromQuery[str] = "pdf",
    ) -> Response[bytes]:
        """Return the statement as a file.

        Args:
            context: The request.
            code: Code of the donor.
            first, last: The period. If `first` is empty, it begins with the donor's first donation.
                If `last` is empty, it ends today.
            as_of: Entries after this day do not count; "" means that all entries count.
            form: "pdf", "csv" or "xlsx".
        """
        chosen, day = parse_form(form), parse_day(as_of, "/as_of")
        with context.reading() as books:
            get_record(books, Donor, code)
            begin, end = get_period_of_donor(books, code)
        period = parse_day(first, "/from") or begin, parse_day(last, "/to") or end, day
        if chosen == "pdf":
            return frameable(await donor_statement_pdf(context, code, *period))
        return await download_donor_statement(context, code, chosen, *period)


def record_pages(kind: type[CatalogueRecord]) -> type[Controller]:
    """Return the controller for the pages of one kind of record: the list and each record."""
    # The page of a campaign names the donors whose goods arrived.
    names_people = kind in (*PERSONAL_KINDS, Campaign)
    staff = {"page": True} | allow_roles("coordinator", "recorder", personal=names_people)
    page = _open_to_auditors(personal=names_people)

    class RecordPages(Controller):
        path = f"/{kind.table}"
        include_in_schema = False

        @get(opt=_open_to_auditors(personal=kind in PERSONAL_KINDS))
        async def records(
            self,
            context: Context,
            q: FromQuery[str | None] = None,
            retired: FromQuery[str | None] = None,
            after: FromQuery[str | None] = None,
        ) -> Response[bytes]:
            """List records by code. By default, retired records are left out."""
            return await _show_list(context, kind, q, retired, after)

        @get("/{code:str}", opt=page)
        async def record(
            self, context: Context, code: FromPath[str], after: FromQuery[str | None] = None
        ) -> Response[bytes]:
            """Show a record and the documents about it.

            Args:
                after: The cursor of the page of the list of documents.
            """
            return _show_record(context, kind, code, CommandForm(Retiring), after=after)

        @post("/{code:str}/retire", opt=staff)
        async def retire(self, context: Context, code: FromPath[str]) -> Response[bytes]:
            """Retire the record, or put it back in use."""
            form = await CommandForm.read(context.request, Retiring)
            return await _retire(context, kind, code, form)

    RecordPages.__name__ = RecordPages.__qualname__ = f"{kind.__name__}Pages"
    return RecordPages


def _open_to_auditors(*, personal: bool) -> dict[str, Any]:
    """Return the options of a page that auditors may read too.

    Args:
        personal: Whether the page has personal data.
    """
    return {"page": True} | allow_roles("coordinator", "recorder", "auditor", personal=personal)


async def _show_list(
    context: RequestContext,
    kind: type[CatalogueRecord],
    q: str | None,
    retired: str | None,
    after: str | None,
) -> Response[bytes]:
    """Return the list of the records of a kind.

    Args:
        context: The request.
        kind: The kind of record.
        q: A part of a name, alias, telephone or code; None or blank for all records.
        retired: A key of `RETIRED`.
        after: The cursor of the page.

    Raises:
        Forbidden: an auditor searches for people by name.
        InvalidField: `retired` or the cursor is invalid.
    """
    personal = kind in PERSONAL_KINDS
    named, wanted = sees_names(context), (q or "").strip() or None
    if wanted is not None and personal and not named:
        await context.forbid(Sentence("auditors see codes: people are not searched for by name"))
    check_choice("retired", retired or None, [name for name in RETIRED if name])
    with context.reading() as books:
        page = list_records(
            books, kind, wanted, after, ROWS, retired=RETIRED[retired or ""], personal=named
        )
        return render_page(
            context.request,
            "records.html",
            table=kind.table,
            page=page,
            filters={"q": wanted, "retired": retired},
            searches=named or not personal,
        )


async def _retire(
    context: RequestContext, kind: type[CatalogueRecord], code: str, form: CommandForm[Retiring]
) -> Response[bytes]:
    """Retire a record or put it back in use, as the form says."""
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
            merged=_merged(books, record),
            changes=_history(context, books, record),
        )


def _history(context: RequestContext, books: Books, record: CatalogueRecord) -> list[RecordChange]:
    """Return who registered and changed the record, newest first."""
    return list_record_changes(context.access(books), type(record), record.code, limit=ROWS)


def _merged(books: Books, record: CatalogueRecord) -> dict[str, Any]:
    """Return the merges of a donor's or recipient's code.

    The key `into` has the merge of this code into another one, or None. The key `codes` has the
    merges of other codes into this one.
    """
    found: dict[str, Any] = {"into": None, "codes": []}
    if isinstance(record, Donor | Recipient):
        kind: PersonKind = "donor" if isinstance(record, Donor) else "recipient"
        if record.code in books.catalogue.merged_codes(kind):
            found["into"] = get_merge(books, kind, record.code)
        else:
            others = other_codes(books, kind, record.code)
            found["codes"] = [get_merge(books, kind, code) for code in others]
    return found


def _about(
    context: RequestContext, books: Books, record: CatalogueRecord, after: str | None
) -> dict[str, Any]:
    """Return the documents and balances of a record, by the name of the table that shows them.

    Args:
        after: The cursor of the page, for the one table that may have several pages.
    """
    code = record.code
    match record:
        case Donor():
            page = list_donations(books, donor=code, limit=ROWS, newest_first=True, after=after)
            return {"donations": context.redacted(page)}
        case Recipient():
            return {
                "received": [
                    balance
                    for each in codes_of_person(books, "recipient", code)
                    for balance in list_balances(books, RECEIVED(each))
                ],
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
        case Campaign():
            arrivals = list_campaign_arrivals(books, code, limit=ROWS, after=after)
            return {"arrivals": arrivals}
    if after is not None:
        raise invalid_cursor(after)
    return {}


CATALOGUE_PAGES: list[type[Controller]] = [
    CataloguePages,
    DonorStatementPages,
    *(record_pages(kind) for kind in KINDS),
    *(registration_pages(kind) for kind in KINDS),
    *(change_pages(kind) for kind in KINDS),
]
