"""Pages about donations: record a donation with its receipt, show, correct and reverse it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal, TypeVar

from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery, QueryParameter

from supplies.books.reader import Books
from supplies.domain.catalogue_records import Campaign, Donor, Location
from supplies.domain.commands import Command, Correct, RecordDonation, Reverse
from supplies.errors import NotFound, Sentence, SuppliesError
from supplies.ledger.ledger import Ledger
from supplies.views.catalogue import list_records
from supplies.views.donation_warnings import (
    find_beside_pledge,
    find_missing_labels,
)
from supplies.views.donations import (
    find_last_donation,
    get_donation,
    list_donations,
)
from supplies.views.entries import list_entries
from supplies.views.likely_duplicates import find_likely_duplicates
from supplies.views.pagination import Warned
from supplies.views.receipts import get_receipt
from supplies.views.stated_donation import stated_donation
from supplies.views.stock_warnings import find_unexpired_write_offs, find_unexplained_surplus
from supplies_service.pages.command_forms import CommandForm, Saved, render_form
from supplies_service.pages.forms import redirect
from supplies_service.pages.layout import render_page
from supplies_service.pages.page_roles import READERS, STAFF
from supplies_service.pages.papers import frameable
from supplies_service.pages.typed_values import fields_of
from supplies_service.request_context import Context, RequestContext
from supplies_service.responses import PDFResponse
from supplies_service.routes.donations import current_entry
from supplies_service.routes.receipts import receipt_pdf
from supplies_service.security import ownership

ROWS = 50
"""Number of donations on a page of the list."""


class DonationPages(Controller):
    """Routes of the pages about donations."""

    path = "/donations"
    include_in_schema = False

    @get(opt=READERS)
    async def donations(
        self,
        context: Context,
        donor: FromQuery[str | None] = None,
        after: FromQuery[str | None] = None,
    ) -> Response[bytes]:
        """List donations, the newest first."""
        with context.reading() as books:
            page = context.redacted(
                list_donations(books, donor=donor, after=after, limit=ROWS, newest_first=True)
            )
            return render_page(context.request, "donations.html", page=page, donor=donor)

    @get("/new", opt=STAFF)
    async def new(
        self,
        context: Context,
        donor: FromQuery[str | None] = None,
        saved: FromQuery[str | None] = None,
    ) -> Response[bytes]:
        """Show the form of a donation.

        The location and the handler (the person who accepted the goods) are filled in from the last
        donation that the signed-in user recorded.

        Args:
            donor: Initial code in the field of the donor. If None, the field is empty.
            saved: Id of the donation that was recorded just before, for a message. If None, no
                message is shown.
        """
        form = CommandForm(RecordDonation)
        with context.reading() as books:
            form.fields = _remembered(books, context.by)
        if donor is not None:
            form.fields["/donor"] = donor
        return _show_new(context, form, saved=saved)

    @post("/new", opt=STAFF)
    async def record(self, context: Context) -> Response[bytes]:
        """Record the donation. If that is refused, show the form with the errors."""
        form = await CommandForm.read(context.request, RecordDonation)
        form.allow_new("/donor", Donor, "/new_donor")
        form.allow_new("/campaign", Campaign, "/new_campaign")
        if form.do == "same-as-last":
            with context.reading() as books:
                found = _fill_in_last_lines(books, form, context.by)
            return _show_new(context, form, no_last=not found)
        if not form.is_save:
            return _show_new(context, form)
        try:
            with context.reading() as books:
                command = form.command(books)

            def job(ledger: Ledger, id: str) -> Saved:
                stated, warnings = form.register_new(context, ledger, command)
                recorded = ledger.record(stated, by=context.by, id=id)
                form.confirm([*warnings, *warnings_of(ledger.books, str(recorded.document))])
                return Saved(f"/donations/{recorded.document}", recorded.seq)

            location = await form.record(context, job)
        except SuppliesError as error:
            form.refuse(error)
            return _show_new(context, form)
        if form.do == "save-next":
            return redirect(f"/donations/new?saved={location.rpartition('/')[2]}")
        return redirect(f"{location}?print=receipt" if form.do == "save-print" else location)

    @get("/{donation:str}", opt=READERS)
    async def donation(
        self,
        context: Context,
        donation: FromPath[str],
        printed: Annotated[Literal["receipt"] | None, QueryParameter(name="print")] = None,
    ) -> Response[bytes]:
        """Show a donation.

        Args:
            printed: "receipt" opens the print dialog of the browser for the receipt. None does not.
        """
        return _show_donation(context, donation, CommandForm(Reverse), print_now=bool(printed))

    @get("/{donation:str}/correct", opt=STAFF)
    async def correction(self, context: Context, donation: FromPath[str]) -> Response[bytes]:
        """Show the form of a correction, filled in with the latest version of the donation."""
        form = CommandForm(Correct)
        with context.reading() as books:
            form.fields = fields_of(stated_donation(books, donation), "/command")
            form.fields["/entry"] = str(current_entry(books, donation))
        return _show_correction(context, form, donation)

    @post("/{donation:str}/correct", opt=STAFF)
    async def correct(self, context: Context, donation: FromPath[str]) -> Response[bytes]:
        """Record the correction. If that is refused, show the form with the errors."""
        form = await CommandForm.read(context.request, Correct)
        return await _change(context, donation, form, _show_correction)

    @post("/{donation:str}/reverse", opt=STAFF)
    async def reverse(self, context: Context, donation: FromPath[str]) -> Response[bytes]:
        """Reverse the donation. If that is refused, show the donation with the errors."""
        form = await CommandForm.read(context.request, Reverse)
        return await _change(
            context, donation, form, lambda context, form, name: _show_donation(context, name, form)
        )


class ReceiptPages(Controller):
    """Route of the receipts that pages show in a frame for printing."""

    path = "/receipts"
    include_in_schema = False
    opt = STAFF

    @get("/{number:str}/pdf")
    async def receipt(self, context: Context, number: FromPath[str]) -> PDFResponse:
        """Return the original of a receipt as a PDF that pages may show in a frame."""
        return frameable(await receipt_pdf(context, number, None))


F = TypeVar("F", bound=Command)


async def _change(
    context: RequestContext,
    donation: str,
    form: CommandForm[F],
    show: Callable[[RequestContext, CommandForm[F], str], Response[bytes]],
) -> Response[bytes]:
    """Correct or reverse a donation. If that is refused, show the form with the errors.

    The form contains the number of the entry that the user saw. If the donation was changed after
    that entry, the form is refused.

    Args:
        show: Returns the page with the form and its errors.
    """
    if not form.is_save:
        return show(context, form, donation)
    try:
        await ownership.check_recorded_today(context, donation)
        with context.reading() as books:
            command = form.command(books)

        def job(ledger: Ledger, id: str) -> Saved:
            recorded = ledger.record(command, by=context.by, id=id)
            if recorded.document != donation:
                raise NotFound(
                    Sentence(
                        "entry {entry} is not about donation {donation}",
                        entry=recorded.seq,
                        donation=donation,
                    )
                )
            return Saved(f"/donations/{donation}", recorded.seq)

        return redirect(await form.record(context, job))
    except SuppliesError as error:
        form.refuse(error)
        return show(context, form, donation)


def warnings_of(books: Books, donation: str) -> list[Warned]:
    """Return the warnings of the REST API about a donation.

    The warning about a local web address is left out.
    """
    with books.cache_queries():
        return [
            *find_likely_duplicates(books, donation),
            *find_unexplained_surplus(books, donation),
            *find_unexpired_write_offs(books, donation),
            *find_beside_pledge(books, donation),
            *find_missing_labels(books, donation),
        ]


# --- forms ---------------------------------------------------------------------------------------


def _remembered(books: Books, by: str) -> dict[str, str]:
    """Return form fields with the location and handler of the last donation that a user recorded.

    If the user has recorded no donation, return the station's location if it has only one, and
    otherwise no fields.

    Args:
        by: Code of the user.
    """
    last = find_last_donation(books, recorded_by=by)
    if last is not None:
        return {"/location": last.location, "/handled_by": last.handled_by or ""}
    places = list_records(books, Location, limit=2).items
    return {"/location": places[0].code} if len(places) == 1 else {}


def _fill_in_last_lines(books: Books, form: CommandForm[RecordDonation], by: str) -> bool:
    """Replace the form's lines by the lines of the last donation from the typed donor.

    If no donor is typed, use the last donation that the user recorded. Leave batches and expiry
    days empty, because they differ from donation to donation. Return False, and leave the lines
    unchanged, if no such donation was recorded.

    Args:
        by: Code of the user.
    """
    form.find_records(books)
    donor = form.value("/donor").strip()
    if donor and books.catalogue.get(Donor, donor) is None:
        return False
    last = find_last_donation(books, donor=donor or None, recorded_by=None if donor else by)
    if last is None:
        return False
    form.fields = {
        name: text for name, text in form.fields.items() if not name.startswith("/lines/")
    }
    for at, line in enumerate(last.lines):
        form.fields[f"/lines/{at}/item"] = line.item
        stated = line.stated
        form.fields[f"/lines/{at}/quantity"] = str(stated.quantity if stated else line.quantity)
        form.fields[f"/lines/{at}/pack"] = stated.pack if stated else ""
    return True


def _show_new(
    context: RequestContext,
    form: CommandForm[RecordDonation],
    *,
    saved: str | None = None,
    no_last: bool = False,
) -> Response[bytes]:
    """Show the form.

    Args:
        saved: Id of the donation that was recorded just before. If None, no message names it.
        no_last: Whether to say that no earlier donation was found.
    """
    with context.reading() as books:
        form.find_records(books)
        before = get_donation(books, saved) if saved else None
        return render_form(
            context, "donation_form.html", form, start="", saved=before, no_last=no_last
        )


def _show_correction(
    context: RequestContext, form: CommandForm[Correct], donation: str
) -> Response[bytes]:
    with context.reading() as books:
        form.find_records(books)
        stated = get_donation(books, donation)
        return render_form(
            context, "donation_correction.html", form, start="/command", donation=stated
        )


def _show_donation(
    context: RequestContext, name: str, form: CommandForm[Reverse], *, print_now: bool = False
) -> Response[bytes]:
    with context.reading() as books:
        donation = context.redacted(get_donation(books, name))
        form.fields.setdefault("/entry", str(current_entry(books, name)))
        receipt = None
        if donation.receipt is not None:
            receipt = context.redacted(get_receipt(books, donation.receipt))
        return render_form(
            context,
            "donation.html",
            form,
            donation=donation,
            receipt=receipt,
            entries=list_entries(books, document=name, limit=None).items,
            print_now=print_now,
        )
