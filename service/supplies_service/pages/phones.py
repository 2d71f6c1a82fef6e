"""Pages about the phones of delivery teams: the list, revoking, and taking over unsent records."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import msgspec
from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery
from msgspec import Meta

from supplies.access import credentials
from supplies.access.access_context import AccessContext
from supplies.access.phones import Phone
from supplies.domain.catalogue_records import Team
from supplies.errors import SuppliesError
from supplies.ledger.ledger import Ledger
from supplies.views.conflict_sides import Side, side_of_report
from supplies_service.pages.command_forms import CommandForm, Saved, render_form
from supplies_service.pages.forms import redirect
from supplies_service.pages.layout import render_page
from supplies_service.pages.named_records import code_filter
from supplies_service.pages.page_roles import STAFF
from supplies_service.request_bodies import EmptyBody
from supplies_service.request_context import Context, RequestContext
from supplies_service.rescue import ReadRecord, RescuedRecord, read_records
from supplies_service.routes.links import LINK_PREFIX, is_valid
from supplies_service.routes.phones import phones_page, rescue_records, revoke_phone

ROWS = 50
"""Number of phones on a page of the list."""


class TypedText(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The text of unsent records that was pasted or scanned into a form."""

    text: Annotated[str, Meta(min_length=1)]


class PhonePages(Controller):
    """Routes of the pages about phones."""

    path = "/phones"
    include_in_schema = False
    opt = STAFF

    @get()
    async def phones(
        self,
        context: Context,
        team: FromQuery[str | None] = None,
        after: FromQuery[str | None] = None,
    ) -> Response[bytes]:
        """List the phones of all teams or of one team, newest first."""
        with context.reading() as books:
            access, chosen = context.access(books), code_filter(books, Team, team, "/team")
            page = phones_page(access, after, ROWS, team=chosen)
            return render_page(
                context.request,
                "phones.html",
                page=page,
                joinable=_joinable(access, page.items),
                team=chosen,
                now=access.now,
                revoking=CommandForm(EmptyBody),
            )

    @post("/{phone:str}/revoke")
    async def revoke(self, context: Context, phone: FromPath[str]) -> Response[bytes]:
        """Revoke a phone, for example one that was lost."""
        form = await CommandForm.read(context.request, EmptyBody)

        def job(ledger: Ledger, _: str) -> Saved:
            revoke_phone(context, AccessContext(ledger.books, ledger.clock()), phone)
            return Saved("/phones")

        return redirect(await form.record(context, job))

    @get("/rescue")
    async def rescue_page(self, context: Context) -> Response[bytes]:
        """Show the field into which the unsent records of a phone are pasted or scanned."""
        return _rescue_page(context, CommandForm(TypedText))

    @post("/rescue")
    async def rescue(self, context: Context) -> Response[bytes]:
        """Show the unsent records in a text, or record them and show the result for each."""
        form = await CommandForm.read(context.request, TypedText)
        try:
            with context.reading() as books:
                text = form.command(books).text
            waiting = [] if form.is_save else read_records(context, text)
            done = await rescue_records(context, text) if form.is_save else []
        except SuppliesError as error:
            form.refuse(error)
            return _rescue_page(context, form)
        shown = CommandForm(TypedText) if done else form
        return _rescue_page(context, shown, waiting=waiting, done=done)


def _joinable(access: AccessContext, shown: Sequence[Phone]) -> set[str]:
    """Return those links of the shown phones that other phones can still use to join.

    A link is given by its code, as in `Phone.joined_by`.

    Args:
        shown: The phones on the page.
    """
    links = {phone.joined_by for phone in shown if phone.joined_by.startswith(LINK_PREFIX)}
    return {
        link
        for link in links
        if is_valid(access, credentials.get(access, link.removeprefix(LINK_PREFIX)))
    }


def _rescue_page(
    context: RequestContext,
    form: CommandForm[TypedText],
    *,
    waiting: Sequence[ReadRecord] = (),
    done: Sequence[tuple[ReadRecord, RescuedRecord]] = (),
) -> Response[bytes]:
    """Return the page into which users paste records that a phone could not send.

    If the form is sent again, nothing is recorded twice, because each record has a key.

    Args:
        waiting: Records in the pasted text that are not recorded yet. The page shows them first.
        done: Records that were recorded, with the result of each.
    """
    with context.reading() as books:

        def side(read: ReadRecord) -> Side | None:
            return None if read.report is None else side_of_report(books, read.report.command)

        return render_form(
            context,
            "phone_rescue.html",
            form,
            waiting=[(read, side(read)) for read in waiting],
            done=[(read, side(read), result) for read, result in done],
        )
