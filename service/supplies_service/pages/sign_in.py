"""Coming in and going out: sign in, set a password by a one-time address, sign out."""

from __future__ import annotations

from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery

from supplies.access import access_log as log
from supplies.access import credentials, passwords, users
from supplies.access import rate_limits as attempts
from supplies.access.access_context import Gate
from supplies.errors import InvalidField
from supplies_service.pages import STYLE, page, slowly
from supplies_service.pages.forms import fields, go, sealed, session_cookie
from supplies_service.problems import RateLimited
from supplies_service.request_context import Context, RequestContext
from supplies_service.security.audit import log_anonymous_refusal
from supplies_service.security.authentication import SESSION_COOKIE
from supplies_service.security.authorization import PUBLIC
from supplies_service.security.rate_limits import check_rate_limit, client_address

WORKING_DAY = int(credentials.LASTING["session"].total_seconds())

WRONG = "This login and this password do not belong together. 登录名与密码不符。"
GONE = "This address led here once, or its time is over. Ask for another. 此链接已用过或已过期。"
NOT_THE_SAME = "The two passwords were not the same. 两次输入的密码不同。"


class GatePages(Controller):
    """The pages before the gate."""

    path = "/"
    include_in_schema = False
    opt = {"roles": PUBLIC}  # noqa: RUF012  # Litestar reads it so

    @get("/style.css")
    async def style(self) -> Response[bytes]:
        """How the pages look."""
        return Response(STYLE, media_type="text/css; charset=utf-8")

    @get("/sign-in")
    async def sign_in_page(self, context: Context, station: FromQuery[str] = "") -> Response[bytes]:
        """Where people sign in. station: filled in already, where there are several."""
        return _sign_in_page(context, station=station[:64])

    @post("/sign-in")
    async def sign_in(self, context: Context) -> Response[bytes]:
        """Let somebody in by login and password, and not too many who guess."""
        address, login, station = client_address(context.request), "", ""
        try:
            await check_rate_limit(context.request, attempts.SIGN_IN_FROM_ADDRESS, address)
            sent = await fields(context.request, ("login", "password", "station"))
            login, station = sent["login"].strip(), sent["station"].strip()
            service = context.stations.find(station or None)
            if service is not None:
                context = context.at(service)
            await check_rate_limit(context.request, attempts.SIGN_IN_AS_FROM, f"{login} {address}")
            await check_rate_limit(context.request, attempts.SIGN_IN_AS, login)
        except RateLimited as error:
            answer = _sign_in_page(
                context, status=429, login=login, station=station, told=error.detail
            )
            answer.headers["Retry-After"] = str(error.retry_after)
            return answer
        found = None
        if service is not None:
            with context.reading() as books:
                found = users.password_of(context.gate(books), login)
        right = await slowly(passwords.matches, found and found[1], sent["password"])
        if found is None or not right:
            await self._note(context, None if found is None else found[0], "refused", "/sign-in")
            return _sign_in_page(context, status=401, login=login, station=station, told=WRONG)
        return await self._let_in(context, found[0], login, found[1])

    @get("/invitation/{shown:str}")
    async def invitation_page(self, context: Context, shown: FromPath[str]) -> Response[bytes]:
        """Where a password is set, once."""
        context, user = self._invited(context, shown)
        if user is None:
            await log_anonymous_refusal(context.request)
            return page("lost", status=404, told=GONE)
        return page("invitation", login=user.login, shortest=passwords.SHORTEST, told=None)

    @post("/invitation/{shown:str}")
    async def accept(self, context: Context, shown: FromPath[str]) -> Response[bytes]:
        """Set the password, and come in."""
        sent = await fields(context.request, ("password", "again"))
        context, user = self._invited(context, shown)
        if user is None:
            await log_anonymous_refusal(context.request)
            return page("lost", status=404, told=GONE)
        try:
            if sent["password"] != sent["again"]:
                raise InvalidField(NOT_THE_SAME)
            kept = await slowly(passwords.hashed, sent["password"], user.login)
        except InvalidField as error:
            return page(
                "invitation",
                status=422,
                login=user.login,
                shortest=passwords.SHORTEST,
                told=error.detail,
            )

        def set_once(gate: Gate) -> bool:
            # Asked again within the transaction: of two who hold the address, one comes in.
            still = _invited(gate, shown)
            if still is not None:
                users.set_password(gate, still.code, kept, tokens_too=True)
            return still is not None

        if not await context.station.admin_write(set_once):
            return page("lost", status=404, told=GONE)
        return await self._let_in(context, user.code, user.login, kept)

    def _invited(
        self, context: RequestContext, shown: str
    ) -> tuple[RequestContext, users.User | None]:
        """The context of the station that an invitation names, and whom it is for."""
        service = context.stations.find(credentials.station_of(shown))
        if service is None:
            return context, None
        context = context.at(service)
        with context.reading() as books:
            return context, _invited(context.gate(books), shown)

    @post("/sign-out")
    async def sign_out(self, context: Context) -> Response[bytes]:
        """Go out: the session ends here too, not in the browser alone."""
        await sealed(context.request, ())
        shown = context.request.cookies.get(SESSION_COOKIE, "")

        def end(gate: Gate) -> None:
            admitted = credentials.admit(gate, shown, ("session",))
            if admitted is not None:
                credentials.revoke(gate, admitted[0].credential)

        service = context.stations.find(credentials.station_of(shown))
        if service is not None:
            await service.admin_write(end)
        return go("/sign-in", session_cookie(context.request, "", 0))

    async def _let_in(
        self, context: RequestContext, code: str, login: str, kept: str | None
    ) -> Response[bytes]:
        address = client_address(context.request)

        def begin(gate: Gate) -> str | None:
            # The password may have been changed while it was compared.
            if users.password_of(gate, login) != (code, kept):
                return None
            attempts.forgive(gate, attempts.SIGN_IN_AS, login)
            user = users.get(gate, code)
            made, shown = credentials.issue(
                gate, kind="session", role=user.role, by=code, holder=code
            )
            log.write(
                gate,
                method="POST",
                route="/sign-in",
                outcome="signed-in",
                who=code,
                role=user.role,
                credential=made.id,
                address=address,
            )
            return shown

        shown = await context.station.admin_write(begin)
        if shown is None:
            return _sign_in_page(
                context, status=401, login=login, station=context.station.code, told=WRONG
            )
        return go("/", session_cookie(context.request, shown, WORKING_DAY))

    async def _note(
        self, context: RequestContext, who: str | None, outcome: str, route: str
    ) -> None:
        address = client_address(context.request)
        await context.station.admin_write(
            lambda gate: log.write(
                gate, method="POST", route=route, outcome=outcome, who=who, address=address
            )
        )


def _sign_in_page(
    context: RequestContext,
    *,
    status: int = 200,
    login: str = "",
    station: str = "",
    told: str | None = None,
) -> Response[bytes]:
    """The page; it asks which station only where there are several."""
    several = context.stations.several()
    return page("sign_in", status=status, login=login, station=station, several=several, told=told)


def _invited(gate: Gate, shown: str) -> users.User | None:
    """Whom an invitation is for; None where it was used or its time is over."""
    admitted = credentials.admit(gate, shown, ("invitation",))
    if admitted is None or admitted[0].user is None:
        return None
    return users.get(gate, admitted[0].user)
