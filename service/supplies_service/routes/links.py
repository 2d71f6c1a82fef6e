"""Links for people without an account.

A donor's link opens the page with the donor's receipts. A team's link lets phones join the team.
With the secret of a team's link, a program can also read the team's open deliveries and report
their outcomes, without joining as a phone.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

import msgspec
from litestar import Controller, Response, delete, get, post
from litestar.params import FromPath

from supplies.access import access_log, credentials, phones
from supplies.access.access_context import AccessContext
from supplies.access.credentials import Credential
from supplies.access.phones import Phone
from supplies.access.roles import Role
from supplies.books.merged_codes import codes_of_person
from supplies.domain.fields import Label
from supplies.errors import NotFound, Sentence
from supplies.views.pagination import Page, View, Warned
from supplies_service.idempotency import Outcome
from supplies_service.request_bodies import Body
from supplies_service.request_context import Context, RequestContext
from supplies_service.responses import CreatedResponse
from supplies_service.routes.parameters import DEFAULT_LIMIT, After, Limit
from supplies_service.routes.phones import revoke_phone
from supplies_service.routes.tokens import Days, credentials_page
from supplies_service.security.audit import access_line
from supplies_service.security.authorization import allow_roles

LinkOwner = Literal["donor", "team"]
"""The kind of owner of a link: a donor or a team.

The value is also the name of a database column. With an "s" added, it is a part of the path.
"""


LINK_PREFIX = "link."
"""Prefix of the id of a link in the access log and in the record of a phone."""


class NewLink(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of a request to create a link.

    Attributes:
        days: How many days the link is valid.
        label: A note on where the link is used, such as on a telephone or in a letter.
    """

    days: Days = credentials.DEFAULT_LIFETIMES["link"].days
    label: Label | None = None


class LinkMade(View, frozen=True, kw_only=True):
    """A link that was created, with its secret.

    Attributes:
        secret: The secret; None in the response to a repeated request.
        address: The URL of the page that the link opens; None in the response to a repeated
            request.
    """

    link: Credential
    secret: str | None
    address: str | None


class LinkEnded(Credential, frozen=True, kw_only=True):
    """A link that was revoked.

    Attributes:
        joined_phones: The ids of the phones that joined the team by the link and still have access.
            Left out for a donor.
    """

    joined_phones: list[str] | msgspec.UnsetType = msgspec.UNSET


class LinksRevoked(View, frozen=True, kw_only=True):
    """The response after all links of a donor or team were revoked, with the number of links.

    Attributes:
        joined_phones: The ids of the phones that joined the team by one of the links and still have
            access. Left out for a donor.
    """

    revoked: int
    joined_phones: list[str] | msgspec.UnsetType = msgspec.UNSET


class PhonesRevoked(View, frozen=True, kw_only=True):
    """The response after phones were revoked, with these phones.

    Attributes:
        warnings: A warning that other phones can still join by the link; left out if the link has
            ended.
    """

    phones: list[Phone]
    warnings: list[Warned] | msgspec.UnsetType = msgspec.UNSET


def make_link(
    access: AccessContext, owner: LinkOwner, code: str, new: NewLink, by: str
) -> Outcome[LinkMade]:
    """Create a link for a donor or team.

    Raises:
        NotFound: the donor or team is unknown.
    """
    role: Role = "donor" if owner == "donor" else "courier"
    if owner == "donor":
        access.books.donor(code)
    else:
        access.books.team(code)
    link, secret = credentials.issue(
        access,
        kind="link",
        role=role,
        by=by,
        donor=code if owner == "donor" else None,
        team=code if owner == "team" else None,
        label=new.label,
        lifetime=timedelta(days=new.days),
    )
    address = f"/my/{secret}" if owner == "donor" else f"/run/join/{secret}"
    made = LinkMade(link=link, secret=secret, address=address)
    return Outcome(f"/api/{owner}s/{code}/link/{link.id}", made)


def show_without_secret(access: AccessContext, link_id: str) -> LinkMade:
    """Build the response to a repeated request to create a link, without the secret."""
    return LinkMade(link=credentials.get(access, link_id), secret=None, address=None)


def find_link(access: AccessContext, owner: LinkOwner, code: str, link_id: str) -> Credential:
    """Return a link of this donor or team.

    If codes of the donor were merged, the links of all merged codes are searched.

    Raises:
        NotFound: the donor or team has no such link.
    """
    found = credentials.get(access, link_id)
    codes = [code]
    if owner == "donor":
        codes = codes_of_person(access.books, "donor", code)
    if found.kind != "link" or getattr(found, owner) not in codes:
        raise NotFound(Sentence("{code} has no such link; see the list of their links", code=code))
    return found


def revoke_link(access: AccessContext, owner: LinkOwner, code: str, link_id: str) -> Credential:
    """Revoke one link of this donor or team.

    If codes of the donor were merged, the link may belong to any of the merged codes.

    Raises:
        NotFound: the donor or team has no such link.
    """
    return credentials.revoke(access, find_link(access, owner, code, link_id).id)


def joined_phones(access: AccessContext, team: str, link: str | None = None) -> list[str]:
    """Return the ids of the phones that joined a team by a link and still have access.

    Args:
        link: The id of the link. None means any link of the team.
    """
    return [
        phone.id
        for invitation, joined in phones.joined_by(access, team).items()
        if (
            invitation.startswith(LINK_PREFIX)
            if link is None
            else invitation == f"{LINK_PREFIX}{link}"
        )
        for phone in joined
    ]


def end_phones(context: RequestContext, access: AccessContext, team: str, link: str) -> list[Phone]:
    """Revoke the phones that joined a team by a link. Add a line to the access log.

    Raises:
        NotFound: the team has no such link.
    """
    find_link(access, "team", team, link)
    return [revoke_phone(context, access, phone) for phone in joined_phones(access, team, link)]


def is_valid(access: AccessContext, link: Credential) -> bool:
    """Return whether a link was neither revoked nor has expired."""
    return link.revoked_at is None and link.expires_at > access.now


def _warn_of_valid_link(access: AccessContext, link: Credential) -> list[Warned]:
    """Return a warning if phones can still join by a link. If the link has ended, return []."""
    if not is_valid(access, link):
        return []
    detail = (
        "the link is still valid, so phones can join by it again; revoke it with "
        f"DELETE /api/teams/{link.team}/link/{link.id}"
    )
    return [Warned(warning="link-valid", detail=detail, about=link.id)]


def log(context: RequestContext, access: AccessContext, outcome: str, link_id: str | None) -> None:
    """Add a line to the access log, saying that a link was made or revoked.

    The line contains the code of the link. Lines about personal data that somebody reads with the
    link contain the same code.

    Args:
        link_id: The id of the link. None means all links of the donor or team.
    """
    named = "all links" if link_id is None else f"{LINK_PREFIX}{link_id}"
    line = access_line(context.request, context.caller, outcome, detail=named)
    access_log.add_line(access, **line)


def link_controller(owner: LinkOwner) -> type[Controller]:
    """Return the controller for links of donors, or the controller for links of teams."""
    title = owner.capitalize()

    class LinkController(Controller):
        path = f"/api/{owner}s/{{code:str}}/link"
        tags = (f"{owner}s",)

        @post(operation_id=f"link{title}", opt=allow_roles("coordinator", "recorder"))
        async def link(
            self, context: Context, code: FromPath[str], payload: Body[NewLink]
        ) -> CreatedResponse[LinkMade]:
            """Create a link to a donor's own receipts, or to a team's open deliveries."""
            by = context.by

            def make(access: AccessContext) -> Outcome[LinkMade]:
                made = make_link(access, owner, code, payload, by)
                log(context, access, "made", made.content.link.id)
                return made

            return await context.run_admin_idempotent(make, show_without_secret, is_secret=True)

        @get(operation_id=f"list{title}Links", opt=allow_roles("coordinator", "recorder"))
        async def links(
            self,
            context: Context,
            code: FromPath[str],
            after: After = None,
            limit: Limit = DEFAULT_LIMIT,
        ) -> Response[Page[Credential]]:
            """List links, newest first, including links that have ended."""
            return context.page(
                lambda books: credentials_page(
                    context.access(books), after, limit, kinds=("link",), **{owner: code}
                )
            )

        @delete(
            operation_id=f"unlink{title}",
            status_code=200,
            opt=allow_roles("coordinator", "recorder"),
        )
        async def unlink(self, context: Context, code: FromPath[str]) -> LinksRevoked:
            """Revoke all links of this donor or team at once.

            Phones that joined a team by its links keep their access. The response names them.
            """

            def revoke(access: AccessContext) -> LinksRevoked:
                ended = credentials.revoke_all(access, kinds=("link",), **{owner: code})
                log(context, access, "revoked", None)
                return LinksRevoked(
                    revoked=ended,
                    joined_phones=msgspec.UNSET
                    if owner == "donor"
                    else joined_phones(access, code),
                )

            return await context.station.admin_write(revoke)

        @delete(
            "/{link:str}",
            operation_id=f"end{title}Link",
            status_code=200,
            opt=allow_roles("coordinator", "recorder"),
        )
        async def end(
            self, context: Context, code: FromPath[str], link: FromPath[str]
        ) -> LinkEnded:
            """Revoke one link at once, for example a link that others have seen.

            Phones that joined a team by the link keep their access. The response names them.
            """

            def revoke(access: AccessContext) -> LinkEnded:
                ended = revoke_link(access, owner, code, link)
                log(context, access, "revoked", ended.id)
                return LinkEnded(
                    **msgspec.structs.asdict(ended),
                    joined_phones=msgspec.UNSET
                    if owner == "donor"
                    else joined_phones(access, code, ended.id),
                )

            return await context.station.admin_write(revoke)

    LinkController.__name__ = LinkController.__qualname__ = f"{title}LinkController"
    return LinkController


class LinkPhoneController(Controller):
    """Phones that joined a team by one of its links."""

    path = "/api/teams/{code:str}/link/{link:str}/phones"
    tags = ("teams",)

    @delete(
        operation_id="endPhonesOfLink",
        status_code=200,
        opt=allow_roles("coordinator", "recorder"),
    )
    async def end_phones(
        self, context: Context, code: FromPath[str], link: FromPath[str]
    ) -> PhonesRevoked:
        """Revoke the phones that joined by this link. The link itself is not changed.

        The response has a warning if phones can still join by the link.
        """

        def end(access: AccessContext) -> PhonesRevoked:
            ended = end_phones(context, access, code, link)
            warnings = _warn_of_valid_link(access, credentials.get(access, link))
            return PhonesRevoked(phones=ended, warnings=warnings or msgspec.UNSET)

        return await context.station.admin_write(end)


LINK_CONTROLLERS = [link_controller("donor"), link_controller("team"), LinkPhoneController]
