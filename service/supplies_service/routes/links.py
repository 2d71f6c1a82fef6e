"""Links without an account: a donor's to the own papers, a team's to its open deliveries."""

from __future__ import annotations

from datetime import timedelta

from litestar import Controller, Response, delete, get, post
from litestar.params import FromPath

from supplies.access import attempts, credentials, wishes
from supplies.access.credentials import Credential
from supplies.access.gate import Gate
from supplies.access.wishes import Answer, DonorRequest, NewRequest
from supplies.books import Books
from supplies.decoding import convert
from supplies.errors import NotFound
from supplies.fields import Label
from supplies.views.shapes import Page, View, cut, one_more
from supplies_service import own
from supplies_service.auth import let_try
from supplies_service.bodies import entry_number
from supplies_service.desk import ADesk, answer
from supplies_service.openapi import gives, takes
from supplies_service.routes.parameters import DEFAULT_LIMIT, After, Limit
from supplies_service.routes.tokens import Days, shown_page


class NewLink(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long it lasts, and what it is called: which telephone, which letter."""

    days: Days = credentials.LASTING["link"].days
    label: Label | None = None


class LinkMade(View, frozen=True, kw_only=True):
    """The link, and what is shown to be let in.

    secret: told once; None in the answer to a repeat. address: the page it leads to on this
    service; None for a team, whose program shows the secret.
    """

    link: Credential
    secret: str | None
    address: str | None


class LinksRevoked(View, frozen=True, kw_only=True):
    """How many links ended."""

    revoked: int


def donors_link(gate: Gate, donor: str, new: NewLink, by: str) -> tuple[str, LinkMade]:
    """A link to what concerns this donor's gifts."""
    gate.books.donor(donor)
    made, shown = credentials.issue(
        gate,
        kind="link",
        role="donor",
        by=by,
        donor=donor,
        label=new.label,
        lasting=timedelta(days=new.days),
    )
    link = LinkMade(link=made, secret=shown, address=f"/my/{shown}")
    return f"/api/donors/{donor}/link/{made.id}", link


def teams_link(gate: Gate, team: str, new: NewLink, by: str) -> tuple[str, LinkMade]:
    """A link to what this team carries."""
    gate.books.team(team)
    made, shown = credentials.issue(
        gate,
        kind="link",
        role="courier",
        by=by,
        team=team,
        label=new.label,
        lasting=timedelta(days=new.days),
    )
    link = LinkMade(link=made, secret=shown, address=None)
    return f"/api/teams/{team}/link/{made.id}", link


def linked_before(gate: Gate, name: str) -> LinkMade:
    """A link once its secret was told."""
    return LinkMade(link=credentials.get(gate, name), secret=None, address=None)


def end_link(gate: Gate, name: str, **whose: str) -> Credential:
    """End one link, of this donor or team."""
    (field, code) = next(iter(whose.items()))
    found = credentials.get(gate, name)
    if found.kind != "link" or getattr(found, field) != code:
        raise NotFound(f"{field} {code} has no such link; see the list of their links")
    return credentials.revoke(gate, name)


class DonorLinkController(Controller):
    """What a donor needs no account for."""

    path = "/api/donors/{donor:str}"
    tags = ("donors",)

    @post("/link", operation_id="linkDonor", opt=takes(NewLink, LinkMade, roles="CR", secret=True))
    async def link(self, desk: ADesk, donor: FromPath[str]) -> Response[bytes]:
        """Make a link to the donor's own pledges, receipts and statement."""
        new, by = convert(NewLink, await desk.body()), desk.by
        return await desk.administer(
            lambda gate: donors_link(gate, donor, new, by), linked_before, secret=True
        )

    @get("/link", operation_id="listDonorLinks", opt=gives(Page[Credential], roles="CR"))
    async def links(
        self,
        desk: ADesk,
        donor: FromPath[str],
        after: After = None,
        limit: Limit = DEFAULT_LIMIT,
    ) -> Response[bytes]:
        """The donor's links, the newest first, those that ended too."""
        return desk.page(
            lambda books: shown_page(desk.gate(books), after, limit, kinds=("link",), donor=donor)
        )

    @delete(
        "/link",
        operation_id="unlinkDonor",
        status_code=200,
        opt=gives(LinksRevoked, roles="CR"),
    )
    async def unlink(self, desk: ADesk, donor: FromPath[str]) -> Response[bytes]:
        """End all links of the donor at once."""
        ended = await desk.office.administer(
            lambda gate: credentials.revoke_all(gate, kinds=("link",), donor=donor)
        )
        return answer(LinksRevoked(revoked=ended))

    @delete(
        "/link/{link:str}",
        operation_id="endDonorLink",
        status_code=200,
        opt=gives(Credential, roles="CR"),
    )
    async def end(self, desk: ADesk, donor: FromPath[str], link: FromPath[str]) -> Response[bytes]:
        """End one link of the donor at once."""
        return answer(await desk.office.administer(lambda gate: end_link(gate, link, donor=donor)))

    @post("/requests", operation_id="askAsDonor", opt=takes(NewRequest, DonorRequest, roles="D"))
    async def ask(self, desk: ADesk, donor: FromPath[str]) -> Response[bytes]:
        """Ask for the own name to be corrected, hidden or forgotten; somebody answers."""
        await own.donor(desk, donor)
        new = convert(NewRequest, await desk.body())
        if not await desk.is_repeat():
            await let_try(desk.request, attempts.ASKED_BY_DONOR, donor)

        def do(gate: Gate) -> tuple[str, DonorRequest]:
            asked = wishes.ask(gate, donor, new)
            return f"/api/donors/{donor}/requests/{asked.id}", asked

        return await desk.administer(do, lambda gate, seq: wishes.get(gate, donor, int(seq)))

    @get(
        "/requests",
        operation_id="listDonorRequests",
        opt=gives(Page[DonorRequest], roles="CR", personal=True),
    )
    async def requests(
        self,
        desk: ADesk,
        donor: FromPath[str],
        after: After = None,
        limit: Limit = DEFAULT_LIMIT,
    ) -> Response[bytes]:
        """What the donor asked, the oldest first."""

        def read(books: Books) -> Page[DonorRequest]:
            place = 0 if after is None else entry_number(after)
            found = wishes.listed(desk.gate(books), donor, after=place, limit=one_more(limit))
            return cut([(one.id, one) for one in found], limit)

        return desk.page(read)

    @get(
        "/requests/{request_id:str}",
        operation_id="getDonorRequest",
        opt=gives(DonorRequest, roles="CR", personal=True),
    )
    async def request(
        self, desk: ADesk, donor: FromPath[str], request_id: FromPath[str]
    ) -> Response[bytes]:
        """One request."""
        number = entry_number(request_id)
        return desk.show(lambda books: wishes.get(desk.gate(books), donor, number))

    @post(
        "/requests/{request_id:str}/answer",
        operation_id="answerDonorRequest",
        opt=takes(Answer, DonorRequest, roles="CR"),
    )
    async def answer(
        self, desk: ADesk, donor: FromPath[str], request_id: FromPath[str]
    ) -> Response[bytes]:
        """Say what was done about a request; what was asked is erased with it."""
        number, said, by = entry_number(request_id), convert(Answer, await desk.body()), desk.by
        where = f"/api/donors/{donor}/requests/{number}"
        return await desk.administer(
            lambda gate: (where, wishes.answered(gate, donor, number, said, by=by)),
            lambda gate, _: wishes.get(gate, donor, number),
        )


class TeamLinkController(Controller):
    """What lets a team's telephone in; a lost one's is ended at once."""

    path = "/api/teams/{team:str}"
    tags = ("teams",)

    @post("/link", operation_id="linkTeam", opt=takes(NewLink, LinkMade, roles="CR", secret=True))
    async def link(self, desk: ADesk, team: FromPath[str]) -> Response[bytes]:
        """Make a link to the team's open deliveries."""
        new, by = convert(NewLink, await desk.body()), desk.by
        return await desk.administer(
            lambda gate: teams_link(gate, team, new, by), linked_before, secret=True
        )

    @get("/link", operation_id="listTeamLinks", opt=gives(Page[Credential], roles="CR"))
    async def links(
        self,
        desk: ADesk,
        team: FromPath[str],
        after: After = None,
        limit: Limit = DEFAULT_LIMIT,
    ) -> Response[bytes]:
        """The team's links, the newest first, those that ended too."""
        return desk.page(
            lambda books: shown_page(desk.gate(books), after, limit, kinds=("link",), team=team)
        )

    @delete(
        "/link", operation_id="unlinkTeam", status_code=200, opt=gives(LinksRevoked, roles="CR")
    )
    async def unlink(self, desk: ADesk, team: FromPath[str]) -> Response[bytes]:
        """End all links of the team at once."""
        ended = await desk.office.administer(
            lambda gate: credentials.revoke_all(gate, kinds=("link",), team=team)
        )
        return answer(LinksRevoked(revoked=ended))

    @delete(
        "/link/{link:str}",
        operation_id="endTeamLink",
        status_code=200,
        opt=gives(Credential, roles="CR"),
    )
    async def end(self, desk: ADesk, team: FromPath[str], link: FromPath[str]) -> Response[bytes]:
        """End one link of the team at once: that of a lost telephone, say."""
        return answer(await desk.office.administer(lambda gate: end_link(gate, link, team=team)))
