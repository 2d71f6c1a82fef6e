"""Pages about links for people without an account: donors, and teams that carry deliveries."""

from __future__ import annotations

from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery

from supplies.access import phones
from supplies.access.access_context import AccessContext
from supplies.access.credentials import DEFAULT_LIFETIMES
from supplies.books.reader import Books
from supplies.domain.catalogue_records import Donor, Team
from supplies.errors import SuppliesError
from supplies.ledger.ledger import Ledger
from supplies.stations.public_address import is_local_address
from supplies.views.catalogue import get_record
from supplies_service.pages.command_forms import CommandForm, Saved, render_form
from supplies_service.pages.forms import redirect
from supplies_service.pages.page_roles import COORDINATORS, STAFF
from supplies_service.pages.qr_codes import qr_code
from supplies_service.pages.shown_once import full_address, save_and_show
from supplies_service.request_bodies import EmptyBody
from supplies_service.request_context import Context, RequestContext
from supplies_service.routes.links import (
    LinkMade,
    LinkOwner,
    NewLink,
    end_phones,
    log,
    make_link,
    revoke_link,
)
from supplies_service.routes.tokens import credentials_page

ROWS = 50
"""Number of links on a page of a list."""


class LinkPages(Controller):
    """Route of the list of all links."""

    path = "/admin/links"
    include_in_schema = False

    @get(opt=COORDINATORS)
    async def links(self, context: Context, after: FromQuery[str | None] = None) -> Response[bytes]:
        """List the links of all donors and teams, newest first."""
        with context.reading() as books:
            access = context.access(books)
            return render_form(
                context,
                "links.html",
                CommandForm(EmptyBody),
                page=credentials_page(access, after, ROWS, kinds=("link",)),
                now=access.now,
            )


def link_pages(owner: LinkOwner) -> type[Controller]:
    """Return the controller of the pages about links of donors, or about links of teams."""

    class OwnersLinkPages(Controller):
        path = f"/{owner}s/{{code:str}}/links"
        include_in_schema = False
        opt = STAFF

        @get()
        async def links(
            self,
            context: Context,
            code: FromPath[str],
            after: FromQuery[str | None] = None,
        ) -> Response[bytes]:
            """List the links, and show the form of a new one."""
            return _page(context, owner, code, CommandForm(NewLink, _defaults()), after=after)

        @post()
        async def make(self, context: Context, code: FromPath[str]) -> Response[bytes]:
            """Create a link, and show its URL once."""
            form = await CommandForm.read(context.request, NewLink)
            if not form.is_save:
                return _page(context, owner, code, form)
            try:
                with context.reading() as books:
                    new = form.command(books)

                def make(ledger: Ledger) -> tuple[LinkMade, str]:
                    access = AccessContext(ledger.books, ledger.clock())
                    made = make_link(access, owner, code, new, context.by).content
                    log(context, access, "made", made.link.id)
                    return made, f"/{owner}s/{code}/links"

                def show(made: LinkMade) -> Response[bytes]:
                    empty = CommandForm(NewLink, _defaults())
                    return _page(context, owner, code, empty, made=made)

                return await save_and_show(context, form, make, show)
            except SuppliesError as error:
                form.refuse(error)
                return _page(context, owner, code, form)

        @post("/{link:str}/end")
        async def end(
            self, context: Context, code: FromPath[str], link: FromPath[str]
        ) -> Response[bytes]:
            """Revoke a link, and with `phones=yes` also the phones that joined by it."""
            form = await CommandForm.read(context.request, EmptyBody)

            def job(ledger: Ledger, _: str) -> Saved:
                access = AccessContext(ledger.books, ledger.clock())
                ended = revoke_link(access, owner, code, link)
                log(context, access, "revoked", ended.id)
                if owner == "team" and form.extra.get("phones") == "yes":
                    end_phones(context, access, code, ended.id)
                return Saved(f"/{owner}s/{code}/links")

            return redirect(await form.record(context, job))

    name = f"{owner.capitalize()}LinkListPages"
    OwnersLinkPages.__name__ = OwnersLinkPages.__qualname__ = name
    return OwnersLinkPages


OWNERS_LINK_PAGES = [link_pages("donor"), link_pages("team")]


def _defaults() -> dict[str, str]:
    return {"/days": str(DEFAULT_LIFETIMES["link"].days)}


def _address_for_phones(books: Books, shown: str, path: str) -> str:
    """Return the URL at which phones open a link.

    The result is usually `shown`. But if `shown` works only on this computer, and the station has a
    public web address, the result is that web address followed by `path`.

    Args:
        shown: The URL of the link with the host that the coordinator's browser uses.
        path: The path of the link.
    """
    host = books.station.host
    if is_local_address(shown) and not is_local_address(host):
        return f"{host.rstrip('/')}{path}"
    return shown


def _page(
    context: RequestContext,
    owner: LinkOwner,
    code: str,
    form: CommandForm[NewLink],
    *,
    after: str | None = None,
    made: LinkMade | None = None,
) -> Response[bytes]:
    """Return the page about the links of a donor or team.

    Args:
        context: The request.
        owner: The kind of owner of the links: a donor or a team.
        code: The code of the donor or team.
        form: The form of a new link.
        after: The cursor of the page.
        made: A link that was just made, to show its secret once.
    """
    with context.reading() as books:
        record = get_record(books, Donor if owner == "donor" else Team, code)
        access = context.access(books)
        shown = None
        if made is not None and made.address:
            shown = full_address(context, made.address)
            if owner == "team":
                shown = _address_for_phones(books, shown, made.address)
        return render_form(
            context,
            "owners_links.html",
            form,
            owner=owner,
            record=record,
            page=credentials_page(access, after, ROWS, kinds=("link",), **{owner: code}),
            now=access.now,
            shown=shown,
            opens_elsewhere=shown is not None and not is_local_address(shown),
            qr_code=qr_code(shown) if shown else None,
            ending=CommandForm(EmptyBody),
            joined=phones.joined_by(access, code) if owner == "team" else {},
        )
