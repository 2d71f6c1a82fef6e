"""Pages about records that may be registered twice: their list, and the form that merges codes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

import msgspec
from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery

from supplies.books.reader import Books
from supplies.domain.catalogue_records import Donor, Recipient
from supplies.domain.commands import MergeCodes, PersonKind
from supplies.domain.fields import Code, Reason, StrictStruct
from supplies.errors import SuppliesError
from supplies.ledger.ledger import Ledger
from supplies.views.catalogue import get_record
from supplies.views.look_alikes import list_look_alikes
from supplies.views.merges import DocumentCounts, count_documents, find_merge_warnings
from supplies.views.pagination import check_codes
from supplies_service.pages.command_forms import CommandForm, Saved, render_form
from supplies_service.pages.forms import redirect
from supplies_service.pages.layout import render_page
from supplies_service.pages.page_roles import COORDINATORS, READERS
from supplies_service.request_context import Context, RequestContext
from supplies_service.security.audit import log_access

ROWS = 50
"""Number of groups on a page of the list."""


class DonorToMerge(StrictStruct, frozen=True, kw_only=True):
    """The form that merges a donor into another.

    Attributes:
        donor: The code that stays.
    """

    donor: Code
    reason: Reason


class RecipientToMerge(StrictStruct, frozen=True, kw_only=True):
    """The form that merges a recipient into another.

    Attributes:
        recipient: The code that stays.
    """

    recipient: Code
    reason: Reason


class LookAlikePages(Controller):
    """Route of the list of records that look alike."""

    path = "/catalogue/look-alikes"
    include_in_schema = False

    @get(opt=READERS)
    async def look_alikes(
        self,
        context: Context,
        kind: FromQuery[Literal["donors", "recipients", "items"]] = "recipients",
        after: FromQuery[str | None] = None,
    ) -> Response[bytes]:
        """List records with the same name, telephone number or address."""
        page = await context.read_in_thread(
            lambda books: list_look_alikes(books, kind, after=after, limit=ROWS)
        )
        with context.reading():
            return render_page(
                context.request, "look_alikes.html", table=kind, page=context.redacted(page)
            )


def merge_pages(kind: type[Donor | Recipient]) -> type[Controller]:
    """Return the controller of the page that merges a donor or recipient into another."""
    person: PersonKind = "donor" if kind is Donor else "recipient"
    form_kind = DonorToMerge if kind is Donor else RecipientToMerge

    class MergePages(Controller):
        path = f"/{kind.table}/{{code:str}}/merge"
        include_in_schema = False
        opt = COORDINATORS

        @get()
        async def form(
            self, context: Context, code: FromPath[str], into: FromQuery[str | None] = None
        ) -> Response[bytes]:
            """Show the form. If it names the code that stays, show both records too."""
            with context.reading() as books:
                check_codes(books, **{person: into})
            fields = {f"/{person}": into} if into else {}
            return await _merge_page(
                context, kind, person, code, CommandForm[Any](form_kind, fields)
            )

        @post()
        async def merge(self, context: Context, code: FromPath[str]) -> Response[bytes]:
            """Merge the codes or, before the user confirms it, show both records."""
            form = await CommandForm[Any].read(context.request, form_kind)
            if not form.is_save:
                return await _merge_page(context, kind, person, code, form)
            try:
                with context.reading() as books:
                    stated = form.command(books)
                into = str(getattr(stated, person))
                command = MergeCodes(kind=person, code=code, into=into, reason=stated.reason)

                def job(ledger: Ledger, id: str) -> Saved:
                    form.confirm(find_merge_warnings(ledger.books, person, code, into))
                    recorded = ledger.record(command, by=context.by, id=id)
                    return Saved(f"/{kind.table}/{into}", recorded.seq)

                return redirect(await form.record(context, job))
            except SuppliesError as error:
                error.faults = tuple(
                    replace(fault, pointer=f"/{person}") if fault.pointer == "/into" else fault
                    for fault in error.faults
                )
                form.refuse(error)
                return await _merge_page(context, kind, person, code, form)

    MergePages.__name__ = MergePages.__qualname__ = f"{kind.__name__}MergePages"
    return MergePages


MERGE_PAGES = [merge_pages(Donor), merge_pages(Recipient)]


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """One of two records that are compared before their codes are merged.

    Attributes:
        counts: How many documents of each kind are about the record.
    """

    record: Donor | Recipient
    counts: DocumentCounts


async def _merge_page(
    context: RequestContext,
    kind: type[Donor | Recipient],
    person: PersonKind,
    code: str,
    form: CommandForm[Any],
) -> Response[bytes]:
    """Return the page with the form. If it shows both records, the access log names both people."""
    with context.reading() as books:
        record = get_record(books, kind, code)
        form.find_records(books)
        into = books.catalogue.get(kind, form.value(f"/{person}"))
        compared = [] if into is None else [record, into]
        page = render_form(
            context,
            "merge.html",
            form,
            table=kind.table,
            person=person,
            record=record,
            compared=[_compared(books, person, each) for each in compared],
        )
    if into is not None:
        await log_access(context.request, context.caller, into.code)
    return page


def _compared(books: Books, person: PersonKind, record: Donor | Recipient) -> Compared:
    return Compared(record=record, counts=count_documents(books, person, record.code))
