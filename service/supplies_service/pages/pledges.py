"""Pages about pledges: the list, the form, each pledge with its claims, and how to end it."""

from __future__ import annotations

from typing import Any, get_args

from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery

from supplies.books.reader import Books
from supplies.domain.catalogue_records import Campaign, Donor
from supplies.domain.commands import CancelPledge, ClaimNeeds, LapsePledge, MakePledge, Urgency
from supplies.ledger.recorded import Recorded
from supplies.views.entries import list_entries
from supplies.views.likely_duplicates import find_likely_duplicates
from supplies.views.needs import NeedView, list_needs
from supplies.views.pagination import Warned
from supplies.views.pledges import PledgeStatus, get_pledge, list_pledges
from supplies_service.pages.command_forms import CommandForm, render_form, submit
from supplies_service.pages.layout import render_page
from supplies_service.pages.named_records import code_filter
from supplies_service.pages.page_roles import READERS, STAFF
from supplies_service.request_context import Context, RequestContext

ROWS = 50
"""Number of pledges on a page of the list, and of needs that a pledge can claim."""

ALL = "all"
"""The value of the status filter that selects pledges of every status."""


class PledgePages(Controller):
    """Routes of the pages about pledges."""

    path = "/pledges"
    include_in_schema = False

    @get(opt=READERS)
    async def pledges(
        self,
        context: Context,
        status: FromQuery[str | None] = None,
        donor: FromQuery[str | None] = None,
        campaign: FromQuery[str | None] = None,
        after: FromQuery[str | None] = None,
    ) -> Response[bytes]:
        """List pledges, the oldest first.

        By default, only open pledges are listed. If `donor` or `campaign` is given, the pledges of
        every status are listed.
        """
        chosen = status or (ALL if donor or campaign else "open")
        today = context.ledger.today()
        with context.reading() as books:
            filters: dict[str, Any] = {
                "status": None if chosen == ALL else chosen,
                "donor": code_filter(books, Donor, donor, "/donor"),
                "campaign": code_filter(books, Campaign, campaign, "/campaign"),
            }
            page = context.redacted(list_pledges(books, **filters, after=after, limit=ROWS))
            return render_page(
                context.request,
                "pledges.html",
                page=page,
                filters={**filters, "status": chosen},
                statuses=(*get_args(PledgeStatus), ALL),
                today=today,
            )

    @get("/new", opt=STAFF)
    async def new(self, context: Context, donor: FromQuery[str | None] = None) -> Response[bytes]:
        """Show the form of a new pledge.

        Args:
            donor: Initial code in the field of the donor. If None, the field is empty.
        """
        return _show_new(context, CommandForm(MakePledge, {"/donor": donor} if donor else None))

    @post("/new", opt=STAFF)
    async def make(self, context: Context) -> Response[bytes]:
        """Record the pledge. If that is refused, show the form with the errors."""
        form = await CommandForm.read(context.request, MakePledge)
        form.allow_new("/donor", Donor, "/new_donor")
        form.allow_new("/campaign", Campaign, "/new_campaign")
        return await submit(
            context,
            form,
            lambda: _show_new(context, form),
            address=lambda recorded: f"/pledges/{recorded.document}",
            warnings=_likely_duplicates,
        )

    @get("/{pledge:str}", opt=READERS)
    async def pledge(self, context: Context, pledge: FromPath[str]) -> Response[bytes]:
        """Show a pledge, with the needs that it can claim."""
        return _show_pledge(context, pledge, CommandForm(ClaimNeeds))

    @post("/{pledge:str}/claims", opt=STAFF)
    async def claim(self, context: Context, pledge: FromPath[str]) -> Response[bytes]:
        """Promise goods of the pledge to needs.

        If that is refused, show the pledge with the errors.
        """
        form = await CommandForm.read(context.request, ClaimNeeds)
        # A need for which no quantity was typed is not claimed.
        for name in [name for name in form.fields if name.endswith("/need")]:
            if not form.value(name.replace("/need", "/quantity")).strip():
                del form.fields[name]
        return await _change(context, pledge, form)

    @post("/{pledge:str}/cancel", opt=STAFF)
    async def cancel(self, context: Context, pledge: FromPath[str]) -> Response[bytes]:
        """Cancel the goods of a pledge that have not arrived, or show the errors."""
        form = await CommandForm.read(context.request, CancelPledge)
        return await _change(context, pledge, form)

    @post("/{pledge:str}/lapse", opt=STAFF)
    async def lapse(self, context: Context, pledge: FromPath[str]) -> Response[bytes]:
        """End a pledge whose goods did not come. If that is refused, show the errors."""
        form = await CommandForm.read(context.request, LapsePledge)
        return await _change(context, pledge, form)


async def _change(context: RequestContext, pledge: str, form: CommandForm[Any]) -> Response[bytes]:
    """Record the command of a form about a pledge, and show the pledge.

    If the command is refused, show the pledge with the errors.
    """
    form.fields["/pledge"] = pledge
    return await submit(
        context,
        form,
        lambda: _show_pledge(context, pledge, form),
        address=lambda _: f"/pledges/{pledge}",
    )


def _likely_duplicates(books: Books, recorded: Recorded) -> list[Warned]:
    return find_likely_duplicates(books, recorded.document)


def _urgent_first(books: Books, item: str) -> list[NeedView]:
    """Return the first `ROWS` open needs for an item, ordered by urgency and then by age."""
    found = list[NeedView]()
    for urgency in reversed(get_args(Urgency)):
        page = list_needs(books, item=item, status="open", urgency=urgency, limit=ROWS)
        found += page.items
    return found[:ROWS]


def _show_new(context: RequestContext, form: CommandForm[MakePledge]) -> Response[bytes]:
    with context.reading() as books:
        form.find_records(books)
        return render_form(context, "pledge_form.html", form)


def _show_pledge(context: RequestContext, name: str, form: CommandForm[Any]) -> Response[bytes]:
    with context.reading() as books:
        pledge = context.redacted(get_pledge(books, name))
        items = dict.fromkeys(line.item for line in pledge.lines if line.outstanding)
        needs = [need for item in items for need in _urgent_first(books, item)]
        forms: dict[str, CommandForm[Any]] = {
            "claim": CommandForm(ClaimNeeds),
            "cancel": CommandForm(CancelPledge),
            "lapse": CommandForm(LapsePledge),
        }
        for action, own in forms.items():
            forms[action] = form if form.kind is own.kind else own
            forms[action].id_prefix = f"{action}-"
        return render_form(
            context,
            "pledge.html",
            form,
            pledge=pledge,
            needs=[context.redacted(need) for need in needs],
            forms=forms,
            entries=list_entries(books, document=name, limit=None).items,
        )
