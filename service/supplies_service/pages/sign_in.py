"""Sign in, set a password after an invitation, and sign out."""

from __future__ import annotations

from importlib.resources import files

from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Template

from supplies.access import access_log, credentials, passwords, rate_limits, users
from supplies.access.access_context import AccessContext
from supplies.access.logins import login_key
from supplies.errors import InvalidField
from supplies_service.pages.forms import (
    PASSWORDS_DIFFER,
    form_fields,
    redirect,
    session_cookie,
)
from supplies_service.problems import RateLimited
from supplies_service.request_context import Context, RequestContext
from supplies_service.security.audit import log_anonymous_refusal
from supplies_service.security.authentication import SESSION_COOKIE
from supplies_service.security.authorization import allow_anyone
from supplies_service.security.hashing import hash_in_thread
from supplies_service.security.rate_limit_checks import check_rate_limit, client_address

SESSION_SECONDS = int(credentials.DEFAULT_LIFETIMES["session"].total_seconds())

WRONG_LOGIN = "The login or the password is wrong. 登录名或密码不正确。"
EXPIRED_INVITATION = (
    "This invitation was already used or has expired. Ask a coordinator for another. "
    "此邀请已使用或已过期，请向协调员索取新的邀请。"
)

STYLE = (files("supplies_service.pages") / "templates" / "style.css").read_bytes()


class SignInPages(Controller):
    """Pages for which no session is needed."""

    path = "/"
    include_in_schema = False
    opt = allow_anyone()  # Litestar reads it so

    @get("/style.css")
    async def style(self) -> Response[bytes]:
        """Return the style sheet of all pages."""
        return Response(STYLE, media_type="text/css")

    @get("/sign-in")
    async def sign_in_page(self, context: Context, station: FromQuery[str] = "") -> Response[bytes]:
        """Show the sign-in form. station: code to fill in."""
        return _sign_in_page(context, station=station[:64])

    @post("/sign-in")
    async def sign_in(self, context: Context) -> Response[bytes]:
        """Check login and password, and start a session. The number of attempts is limited."""
        address, login, station = client_address(context.request), "", ""
        try:
            await check_rate_limit(context.request, rate_limits.SIGN_IN_BY_ADDRESS, address)
            sent = await form_fields(context.request, ("login", "password", "station"))
            login, station = sent["login"].strip(), sent["station"].strip()
            key = login_key(login)
            service = context.stations.find(station or None)
            if service is not None:
                context = context.for_station(service)
            await check_rate_limit(
                context.request, rate_limits.SIGN_IN_BY_LOGIN_AND_ADDRESS, f"{key} {address}"
            )
            await check_rate_limit(context.request, rate_limits.SIGN_IN_BY_LOGIN, key)
        except RateLimited as error:
            answer = _sign_in_page(
                context, status=429, login=login, station=station, error=error.detail
            )
            answer.headers["Retry-After"] = str(error.retry_after)
            return answer
        found = None
        if service is not None:
            with context.reading() as books:
                found = users.find_password(context.access(books), login)
        # Make an unknown login take as long as a wrong password.
        is_right = await hash_in_thread(
            passwords.verify_password, found and found.password_hash, sent["password"]
        )
        if found is None or not is_right:
            await self._log_refusal(context, found and found.user)
            return _sign_in_page(
                context, status=401, login=login, station=station, error=WRONG_LOGIN
            )
        return await self._start_session(context, login, found)

    @get("/invitation/{secret:str}")
    async def invitation_page(self, context: Context, secret: FromPath[str]) -> Response[bytes]:
        """Show the form to set a password. An invitation works once."""
        context, user = _find_invited_user(context, secret)
        if user is None:
            await log_anonymous_refusal(context.request)
            return _expired_page()
        return _invitation_page(user)

    @post("/invitation/{secret:str}")
    async def accept_invitation(self, context: Context, secret: FromPath[str]) -> Response[bytes]:
        """Set the password and start a session."""
        sent = await form_fields(context.request, ("password", "repeat"))
        context, user = _find_invited_user(context, secret)
        if user is None:
            await log_anonymous_refusal(context.request)
            return _expired_page()
        try:
            if sent["password"] != sent["repeat"]:
                raise InvalidField(PASSWORDS_DIFFER)
            password_hash = await hash_in_thread(
                passwords.hash_password, sent["password"], user.login
            )
        except InvalidField as error:
            return _invitation_page(user, status=422, error=error.detail)

        def set_once(access: AccessContext) -> bool:
            # Check again in the transaction, so that an invitation is used only once.
            invited = _invited_user(access, secret)
            if invited is not None:
                users.set_password(access, invited.code, password_hash, revoke_tokens=True)
            return invited is not None

        if not await context.station.admin_write(set_once):
            return _expired_page()
        return await self._start_session(
            context, user.login, users.StoredPassword(user.code, password_hash)
        )

    @post("/sign-out")
    async def sign_out(self, context: Context) -> Response[bytes]:
        """End the session in the database, and delete its cookie."""
        secret = context.request.cookies.get(SESSION_COOKIE, "")

        def end(access: AccessContext) -> None:
            found = credentials.authenticate(access, secret, ("session",))
            if found is not None:
                credentials.revoke(access, found.caller.credential)

        service = context.stations.find(credentials.station_of(secret))
        if service is not None:
            await service.admin_write(end)
        return redirect("/sign-in", session_cookie(context.request, "", 0))

    async def _start_session(
        self, context: RequestContext, login: str, password: users.StoredPassword
    ) -> Response[bytes]:
        """Start a session, unless the password was changed after `password` was verified."""
        address = client_address(context.request)

        def begin(access: AccessContext) -> str | None:
            if users.find_password(access, login) != password:
                return None
            rate_limits.reset(access, rate_limits.SIGN_IN_BY_LOGIN, login_key(login))
            user = users.get(access, password.user)
            session, secret = credentials.issue(
                access, kind="session", role=user.role, by=user.code, holder=user.code
            )
            access_log.add_line(
                access,
                method="POST",
                route="/sign-in",
                outcome="signed-in",
                who=user.code,
                role=user.role,
                credential=session.id,
                address=address,
            )
            return secret

        secret = await context.station.admin_write(begin)
        if secret is None:
            return _sign_in_page(
                context, status=401, login=login, station=context.station.code, error=WRONG_LOGIN
            )
        return redirect("/", session_cookie(context.request, secret, SESSION_SECONDS))

    async def _log_refusal(self, context: RequestContext, who: str | None) -> None:
        """Log a refused sign-in. who: code of the user; None if there is no such login."""
        address = client_address(context.request)
        await context.station.admin_write(
            lambda access: access_log.add_line(
                access, method="POST", route="/sign-in", outcome="refused", who=who, address=address
            )
        )


def _sign_in_page(
    context: RequestContext,
    *,
    status: int = 200,
    login: str = "",
    station: str = "",
    error: str | None = None,
) -> Template:
    """Return the sign-in form. It asks for the station only if the service has several."""
    values = {
        "login": login,
        "station": station,
        "several_stations": context.stations.has_several(),
        "error": error,
    }
    return Template("sign_in.html", status_code=status, context=values)


def _invitation_page(user: users.User, *, status: int = 200, error: str | None = None) -> Template:
    values = {"login": user.login, "min_length": passwords.MIN_LENGTH, "error": error}
    return Template("invitation.html", status_code=status, context=values)


def _expired_page() -> Template:
    return Template("invalid_link.html", status_code=404, context={"error": EXPIRED_INVITATION})


def _find_invited_user(
    context: RequestContext, secret: str
) -> tuple[RequestContext, users.User | None]:
    """Return the context at the station that sent an invitation, and the invited user.

    The user is None if the invitation is not valid.
    """
    service = context.stations.find(credentials.station_of(secret))
    if service is None:
        return context, None
    context = context.for_station(service)
    with context.reading() as books:
        return context, _invited_user(context.access(books), secret)


def _invited_user(access: AccessContext, secret: str) -> users.User | None:
    """Return the user of an invitation. Return None if it was used or has expired."""
    found = credentials.authenticate(access, secret, ("invitation",))
    if found is None or found.caller.user is None:
        return None
    return users.get(access, found.caller.user)
