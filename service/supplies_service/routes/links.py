"""Links without an account: a donor's to their own receipts, a team's to its open deliveries."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from litestar import Controller, Response, delete, get, post
from litestar.params import FromPath

from supplies.access import credentials
from supplies.access.access_context import AccessContext
from supplies.access.credentials import Credential
from supplies.access.roles import Role
from supplies.domain.fields import Label
from supplies.errors import NotFound
from supplies.views.pagination import Page, View
from supplies_service.idempotency import Outcome
from supplies_service.request_bodies import Body
from supplies_service.request_context import Context
from supplies_service.responses import CreatedResponse
from supplies_service.routes.parameters import DEFAULT_LIMIT, After, Limit
from supplies_service.routes.tokens import Days, credentials_page
from supplies_service.security.authorization import allow_roles

LinkHolder = Literal["donor", "team"]
"""Whom a link is for. Also the name of the column and part of the address."""


class NewLink(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A link to create. days: how long it is valid. label: the telephone or letter it is for."""

    days: Days = credentials.DEFAULT_LIFETIMES["link"].days
    label: Label | None = None


class LinkMade(View, frozen=True, kw_only=True):
    """A link and its secret.

    secret: None in the response to a repeat. address: the page that the link opens; None for a
    team,
    whose program sends the secret.
    """

    link: Credential
    secret: str | None
    address: str | None


class LinksRevoked(View, frozen=True, kw_only=True):
    """The number of links that were revoked."""

    revoked: int


def make_link(
    access: AccessContext, whose: LinkHolder, code: str, new: NewLink, by: str
) -> Outcome[LinkMade]:
    """Create a link for a donor or team.

    Raises:
        NotFound: the donor or team is unknown.
    """
    role: Role = "donor" if whose == "donor" else "courier"
    if whose == "donor":
        access.books.donor(code)
    else:
        access.books.team(code)
    made, shown = credentials.issue(
        access,
        kind="link",
        role=role,
        by=by,
        donor=code if whose == "donor" else None,
        team=code if whose == "team" else None,
        label=new.label,
        lifetime=timedelta(days=new.days),
    )
    address = f"/my/{shown}" if whose == "donor" else None
    link = LinkMade(link=made, secret=shown, address=address)
    return Outcome(f"/api/{whose}s/{code}/link/{made.id}", link)


def show_without_secret(access: AccessContext, name: str) -> LinkMade:
    """Return the response to a repeat, without the secret."""
    return LinkMade(link=credentials.get(access, name), secret=None, address=None)


def revoke_link(access: AccessContext, whose: LinkHolder, code: str, name: str) -> Credential:
    """Revoke one link of this donor or team.

    Raises:
        NotFound: they have no such link.
    """
    found = credentials.get(access, name)
    if found.kind != "link" or getattr(found, whose) != code:
        raise NotFound(f"{whose} {code} has no such link; see the list of their links")
    return credentials.revoke(access, name)


def link_controller(whose: LinkHolder) -> type[Controller]:
    """Return the controller of the links of donors, or of teams."""
    title = whose.capitalize()

    class LinkController(Controller):
        path = f"/api/{whose}s/{{code:str}}/link"
        tags = (f"{whose}s",)

        @post(operation_id=f"link{title}", opt=allow_roles("coordinator", "recorder"))
        async def link(
            self, context: Context, code: FromPath[str], payload: Body[NewLink]
        ) -> CreatedResponse[LinkMade]:
            """Create a link: to a donor's own receipts, or to a team's open deliveries."""
            by = context.by
            return await context.run_admin_idempotent(
                lambda access: make_link(access, whose, code, payload, by),
                show_without_secret,
                is_secret=True,
            )

        @get(operation_id=f"list{title}Links", opt=allow_roles("coordinator", "recorder"))
        async def links(
            self,
            context: Context,
            code: FromPath[str],
            after: After = None,
            limit: Limit = DEFAULT_LIMIT,
        ) -> Response[Page[Credential]]:
            """List links, newest first, including ended ones."""
            return context.page(
                lambda books: credentials_page(
                    context.access(books), after, limit, kinds=("link",), **{whose: code}
                )
            )

        @delete(
            operation_id=f"unlink{title}",
            status_code=200,
            opt=allow_roles("coordinator", "recorder"),
        )
        async def unlink(self, context: Context, code: FromPath[str]) -> LinksRevoked:
            """Revoke all links at once."""
            ended = await context.station.admin_write(
                lambda access: credentials.revoke_all(access, kinds=("link",), **{whose: code})
            )
            return LinksRevoked(revoked=ended)

        @delete(
            "/{link:str}",
            operation_id=f"end{title}Link",
            status_code=200,
            opt=allow_roles("coordinator", "recorder"),
        )
        async def end(
            self, context: Context, code: FromPath[str], link: FromPath[str]
        ) -> Credential:
            """Revoke one link at once, for example that of a lost telephone."""
            return await context.station.admin_write(
                lambda access: revoke_link(access, whose, code, link)
            )

    LinkController.__name__ = LinkController.__qualname__ = f"{title}LinkController"
    return LinkController


LINK_CONTROLLERS = [link_controller("donor"), link_controller("team")]
