"""The first page of who signed in: what there is to look at, and their own tokens."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from anyio.to_thread import run_sync
from litestar import Controller, Response, get, post
from litestar.params import FromPath
from supplies_receipts import draw_station_report

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
from supplies_service.request_context import Context, RequestContext, paper
from supplies_service.routes.tokens import NewToken, make, revoke
from supplies_service.security.audit import log_refusal
from supplies_service.security.rate_limits import check_rate_limit


class HomePages(Controller):
    """What somebody sees who signed in."""

    path = "/"
    include_in_schema = False
    opt = {"roles": "CRTA", "page": True}  # noqa: RUF012  # Litestar reads it so

    @get()
    async def home(self, context: Context) -> Response[bytes]:
        """Where to look."""
        return home(context)

    @get("/report", opt={"roles": "CRA"})
    async def report(self, context: Context) -> Response[bytes]:
        """The station report over all days that were booked on, as a paper."""
        now = context.ledger.clock()
        with context.reading() as books:
            first, last = _days(books)
        shown = await context.read_in_thread(
            lambda books: station_report_paper(books, first, last, printed_at=now)
        )
        return paper(await run_sync(draw_station_report, shown), f"station-report-{first}-{last}")

    @post("/tokens")
    async def make(self, context: Context) -> Response[bytes]:
        """Make a token of one's own; the page that answers shows it, once."""
        sent = await sealed(context.request, ("label", "role", "days"))
        code = str(context.caller.user)
        try:
            days = int(sent["days"]) if re.fullmatch("[0-9]{1,4}", sent["days"]) else 0
            asked = {"user": code, "label": sent["label"], "role": sent["role"], "days": days}
            new = convert(NewToken, asked)
            made = await context.station.admin_write(lambda gate: make(gate, new, code))
        except InvalidField as error:
            return home(context, status=422, told=error.detail)
        return home(context, secret=made.secret)

    @post("/tokens/{token:str}/revoke")
    async def revoke(self, context: Context, token: FromPath[str]) -> Response[bytes]:
        """End a token of one's own."""
        await sealed(context.request, ())
        code = context.caller.user
        await context.station.admin_write(lambda gate: revoke(gate, token, holder=code))
        return go("/")

    @post("/password")
    async def password(self, context: Context) -> Response[bytes]:
        """Change the own password; every session ends with it, this one too."""
        sent = await sealed(context.request, ("now", "password", "again"))
        try:
            kept = await self._new_password(context, sent)
        except SuppliesError as error:
            return home(context, status=422, told=error.detail)
        code = str(context.caller.user)
        await context.station.admin_write(lambda gate: users.set_password(gate, code, kept))
        return go("/sign-in")

    async def _new_password(self, context: RequestContext, sent: dict[str, str]) -> str:
        with context.reading() as books:
            gate = context.gate(books)
            login = users.get(gate, str(context.caller.user)).login
            found = users.password_of(gate, login)
        await check_rate_limit(context.request, attempts.SIGN_IN_AS, login)
        if not await slowly(passwords.matches, found and found[1], sent["now"]):
            await log_refusal(context.request, context.caller)
            raise InvalidField("this is not your password now; nothing was changed")
        if sent["password"] != sent["again"]:
            raise InvalidField("the two new passwords were not the same; nothing was changed")
        return await slowly(passwords.hashed, sent["password"], login)


def home(
    context: RequestContext,
    *,
    status: int = 200,
    told: str | None = None,
    secret: str | None = None,
) -> Response[bytes]:
    """The page. secret: a token just made. told: what was wrong."""
    with context.reading() as books:
        shown = _shown(context, books)
    return page(
        "home", status=status, told=told, secret=secret, seal=seal_of(context.request), **shown
    )


def _shown(context: RequestContext, books: Books) -> dict[str, Any]:
    gate: Gate = context.gate(books)
    user = users.get(gate, str(context.caller.user))
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
