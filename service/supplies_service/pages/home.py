"""The first page of who signed in: what there is to look at, and their own tokens."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from anyio.to_thread import run_sync
from litestar import Controller, Response, get, post
from litestar.params import FromPath
from supplies_receipts import station_report as draw_report

from supplies.access import credentials, passwords, users
from supplies.access import rate_limits as attempts
from supplies.access.access_context import Gate
from supplies.access.roles import MAY_GRANT
from supplies.books.reader import Books
from supplies.domain.validation import convert
from supplies.errors import InvalidField, NotFound, SuppliesError
from supplies.views.entries import entries
from supplies.views.station_report import station_report_paper
from supplies_service.pages import page, slowly
from supplies_service.pages.forms import go, seal_of, sealed
from supplies_service.request_context import ADesk, Desk, paper
from supplies_service.routes.tokens import NewToken, make, revoke
from supplies_service.security.audit import log_refusal
from supplies_service.security.rate_limits import check_rate_limit


class HomePages(Controller):
    """What somebody sees who signed in."""

    path = "/"
    include_in_schema = False
    opt = {"roles": "CRTA", "page": True}  # noqa: RUF012  # Litestar reads it so

    @get()
    async def home(self, desk: ADesk) -> Response[bytes]:
        """Where to look."""
        return home(desk)

    @get("/report", opt={"roles": "CRA"})
    async def report(self, desk: ADesk) -> Response[bytes]:
        """The station report over all days that were booked on, as a paper."""
        now = desk.ledger.clock()
        with desk.reading() as books:
            first, last = _days(books)
        shown = await desk.apart(
            lambda books: station_report_paper(books, first, last, printed_at=now)
        )
        return paper(await run_sync(draw_report, shown), f"station-report-{first}-{last}")

    @post("/tokens")
    async def make(self, desk: ADesk) -> Response[bytes]:
        """Make a token of one's own; the page that answers shows it, once."""
        sent = await sealed(desk.request, ("label", "role", "days"))
        code = str(desk.caller.user)
        try:
            days = int(sent["days"]) if re.fullmatch("[0-9]{1,4}", sent["days"]) else 0
            asked = {"user": code, "label": sent["label"], "role": sent["role"], "days": days}
            new = convert(NewToken, asked)
            made = await desk.station.admin_write(lambda gate: make(gate, new, code))
        except InvalidField as error:
            return home(desk, status=422, told=error.detail)
        return home(desk, secret=made.secret)

    @post("/tokens/{token:str}/revoke")
    async def revoke(self, desk: ADesk, token: FromPath[str]) -> Response[bytes]:
        """End a token of one's own."""
        await sealed(desk.request, ())
        code = desk.caller.user
        await desk.station.admin_write(lambda gate: revoke(gate, token, holder=code))
        return go("/")

    @post("/password")
    async def password(self, desk: ADesk) -> Response[bytes]:
        """Change the own password; every session ends with it, this one too."""
        sent = await sealed(desk.request, ("now", "password", "again"))
        try:
            kept = await self._new_password(desk, sent)
        except SuppliesError as error:
            return home(desk, status=422, told=error.detail)
        code = str(desk.caller.user)
        await desk.station.admin_write(lambda gate: users.set_password(gate, code, kept))
        return go("/sign-in")

    async def _new_password(self, desk: Desk, sent: dict[str, str]) -> str:
        with desk.reading() as books:
            gate = desk.gate(books)
            login = users.get(gate, str(desk.caller.user)).login
            found = users.password_of(gate, login)
        await check_rate_limit(desk.request, attempts.SIGN_IN_AS, login)
        if not await slowly(passwords.matches, found and found[1], sent["now"]):
            await log_refusal(desk.request, desk.caller)
            raise InvalidField("this is not your password now; nothing was changed")
        if sent["password"] != sent["again"]:
            raise InvalidField("the two new passwords were not the same; nothing was changed")
        return await slowly(passwords.hashed, sent["password"], login)


def home(
    desk: Desk, *, status: int = 200, told: str | None = None, secret: str | None = None
) -> Response[bytes]:
    """The page. secret: a token just made. told: what was wrong."""
    with desk.reading() as books:
        shown = _shown(desk, books)
    return page(
        "home", status=status, told=told, secret=secret, seal=seal_of(desk.request), **shown
    )


def _shown(desk: Desk, books: Books) -> dict[str, Any]:
    gate: Gate = desk.gate(books)
    user = users.get(gate, str(desk.caller.user))
    seq = books.head()[0]
    mine = credentials.listed(gate, kinds=("token",), holder=user.code)
    return {
        "station": books.station,
        "user": user,
        "grants": MAY_GRANT[user.role],
        "entries": seq,
        "days": _days(books) if seq else None,
        "tokens": [one for one in mine if one.revoked_at is None and one.expires_at > gate.now],
    }


def _days(books: Books) -> tuple[date, date]:
    """The first and the last day that was booked on."""
    first = entries(books, limit=1).items
    if not first:
        raise NotFound("nothing was booked yet that a report could tell of")
    return first[0].booked_on, date.fromisoformat(str(books.head()[2]))
