"""Sign in, set a password after an invitation, try the demo without a password, and sign out.

A session may end while a user fills in a form. The sign-in form then contains the typed fields.
After the user has signed in, a page sends the fields back to the form.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, NamedTuple
from urllib.parse import urlencode

from litestar import Controller, Request, Response, get, post
from litestar.datastructures import Cookie
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery, QueryParameter

from supplies.access import (
    access_log,
    credentials,
    demo_people,
    devices,
    passwords,
    rate_limits,
    users,
)
from supplies.access.access_context import AccessContext
from supplies.access.logins import login_key
from supplies.errors import InvalidField, Sentence
from supplies.views.first_steps import get_first_steps
from supplies_service.pages.forms import (
    device_cookie,
    form_fields,
    local_path,
    parse_form,
    redirect,
    safe_path,
    session_cookie,
)
from supplies_service.pages.layout import render_page
from supplies_service.problems import Malformed, RateLimited
from supplies_service.request_context import Context, RequestContext
from supplies_service.security.audit import log_anonymous_refusal
from supplies_service.security.authentication import SESSION_COOKIE
from supplies_service.security.authorization import allow_anyone, is_directly_from_loopback
from supplies_service.security.hashing import hash_in_thread
from supplies_service.security.rate_limit_checks import check_rate_limit, client_address
from supplies_service.stations import served_stations

SESSION_SECONDS = int(credentials.DEFAULT_LIFETIMES["session"].total_seconds())


class SignInForm(NamedTuple):
    """The fields of the sign-in form, without the password.

    Attributes:
        next: Path of the page to show after signing in.
        typed: Body of a form that was sent without a session; "" if there is none.
    """

    login: str = ""
    station: str = ""
    next: str = "/"
    typed: str = ""


class SignInPages(Controller):
    """Routes of the pages that need no session."""

    path = "/"
    include_in_schema = False
    opt = allow_anyone()  # Litestar reads it so

    @get("/sign-in")
    async def sign_in_page(
        self,
        context: Context,
        station: FromQuery[str] = "",
        next_path: Annotated[str, QueryParameter(name="next")] = "/",
    ) -> Response[bytes]:
        """Show the sign-in form.

        Args:
            station: Code with which the field of the station is filled in.
            next_path: Path of the page to show after signing in.
        """
        form = SignInForm(station=station[:64], next=safe_path(next_path))
        return _sign_in_page(context.request, form)

    @post("/sign-in")
    async def sign_in(self, context: Context) -> Response[bytes]:
        """Check login and password, and start a session. The number of attempts is limited."""
        sent = await form_fields(context.request, ("password", *SignInForm._fields))
        form = SignInForm(
            sent["login"].strip(), sent["station"].strip(), safe_path(sent["next"]), sent["typed"]
        )
        service = context.stations.find(form.station or None)
        found = device = None
        if service is not None:
            with service.ledger.reading() as books:
                access = context.access(books)
                found = users.find_password(access, form.login)
                device = found and _known_device(context, access, found)
        try:
            if device is None:
                # Counted for all stations together.
                await check_rate_limit(
                    context.request,
                    rate_limits.SIGN_IN_BY_ADDRESS,
                    client_address(context.request),
                )
            if service is not None:
                context = context.for_station(service)
            await _check_attempts(context, login_key(form.login), device)
        except RateLimited as error:
            answer = _sign_in_page(context.request, form, status=429, wait=error.retry_after)
            answer.headers["Retry-After"] = str(error.retry_after)
            return answer
        # Make an unknown login take as long as a wrong password.
        is_right = await hash_in_thread(
            passwords.verify_password, found and found.password_hash, sent["password"]
        )
        if found is None or not is_right:
            await self._log_refusal(context, found and found.user)
            return _sign_in_page(context.request, form, status=401, is_wrong=True)
        return await self._start_session(context, form, found, device=device)

    @get("/invitation/{secret:str}")
    async def invitation_page(self, context: Context, secret: FromPath[str]) -> Response[bytes]:
        """Show the form to set a password. An invitation works once."""
        context, user = _find_invited_user(context, secret)
        if user is None:
            await log_anonymous_refusal(context.request)
            return _expired_page(context)
        return _invitation_page(context, user)

    @post("/invitation/{secret:str}")
    async def accept_invitation(self, context: Context, secret: FromPath[str]) -> Response[bytes]:
        """Set the password and start a session."""
        sent = await form_fields(context.request, ("password", "repeat"))
        context, user = _find_invited_user(context, secret)
        if user is None:
            await log_anonymous_refusal(context.request)
            return _expired_page(context)
        if sent["password"] != sent["repeat"]:
            return _invitation_page(context, user, status=422, differ=True)
        try:
            password_hash = await hash_in_thread(
                passwords.hash_password, sent["password"], user.login
            )
        except InvalidField as error:
            return _invitation_page(context, user, status=422, error=error.detail)

        def set_once(access: AccessContext) -> bool:
            # Check again in the transaction, so that an invitation is used only once.
            invited = _invited_user(access, secret)
            if invited is not None:
                users.set_password(access, invited.code, password_hash, revoke_tokens=True)
            return invited is not None

        if not await context.station.admin_write(set_once):
            return _expired_page(context)
        return await self._start_session(
            context,
            SignInForm(user.login, context.station.code, next=_first_page(context, user)),
            users.StoredPassword(user.code, password_hash),
        )

    @post("/tour/{user:str}")
    async def tour(self, context: Context, user: FromPath[str]) -> Response[bytes]:
        """Start a session of a user of the demo, without a password.

        Raises:
            NotFoundException: these are not the demo's books, the demo has no such user,
                or the request does not come directly from this machine.
            RateLimited: too many people signed in from this address.
        """
        person = next((one for one in _tour_people(context.request) if one.code == user), None)
        if person is None:
            raise NotFoundException
        address = client_address(context.request)
        await check_rate_limit(context.request, rate_limits.SIGN_IN_BY_ADDRESS, address)
        context = context.for_station(context.stations.default)
        with context.reading() as books:
            password = users.find_password(context.access(books), person.login)
        if password is None:  # disabled a moment ago
            raise NotFoundException
        return await self._start_session(
            context, SignInForm(person.login), password, route="/tour/{user}"
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
        self,
        context: RequestContext,
        form: SignInForm,
        password: users.StoredPassword,
        *,
        route: str = "/sign-in",
        device: str | None = None,
    ) -> Response[bytes]:
        """Start a session, unless the password was changed after `password` was verified.

        Args:
            route: The route that the access log names.
            device: The name of the device if it is known.
        """
        address, login = client_address(context.request), form.login

        def begin(access: AccessContext) -> tuple[Cookie, Cookie] | None:
            if users.find_password(access, login) != password:
                return None
            # A known device must not give strangers new attempts.
            limit = rate_limits.SIGN_IN_BY_DEVICE if device else rate_limits.SIGN_IN_BY_LOGIN
            rate_limits.reset(access, limit, device or login_key(login))
            user = users.get(access, password.user)
            session, secret = credentials.issue(
                access, kind="session", role=user.role, by=user.code, holder=user.code
            )
            access_log.add_line(
                access,
                method="POST",
                route=route,
                outcome="signed-in",
                who=user.code,
                role=user.role,
                credential=session.id,
                address=address,
            )
            return (
                session_cookie(context.request, secret, SESSION_SECONDS),
                device_cookie(context.request, access, password, device),
            )

        cookies = await context.station.admin_write(begin)
        if cookies is None:
            form = form._replace(station=context.station.code)
            return _sign_in_page(context.request, form, status=401, is_wrong=True)
        if not form.typed:
            return redirect(form.next, *cookies)
        answer = _continue_page(context.request, form)
        answer.cookies.extend(cookies)
        return answer

    async def _log_refusal(self, context: RequestContext, who: str | None) -> None:
        """Log a refused sign-in.

        Args:
            who: Code of the user. None means that no user has the typed login.
        """
        address = client_address(context.request)
        await context.station.admin_write(
            lambda access: access_log.add_line(
                access, method="POST", route="/sign-in", outcome="refused", who=who, address=address
            )
        )


def _known_device(
    context: RequestContext, access: AccessContext, password: users.StoredPassword
) -> str | None:
    """Return the name of the device that sent the request, if the user has signed in there."""
    cookie = context.request.cookies.get(devices.cookie_name(access, password.user))
    return devices.known_device(access, password, cookie)


async def _check_attempts(context: RequestContext, login: str, device: str | None) -> None:
    """Count an attempt to sign in to a station.

    A known device has attempts of its own. All other devices share those of the login.

    Raises:
        RateLimited: there were too many attempts.
    """
    request, address = context.request, client_address(context.request)
    if device is not None:
        await check_rate_limit(request, rate_limits.SIGN_IN_BY_DEVICE, device)
        return
    await check_rate_limit(request, rate_limits.SIGN_IN_BY_LOGIN_AND_ADDRESS, f"{login} {address}")
    await check_rate_limit(request, rate_limits.SIGN_IN_BY_LOGIN, login)


def _first_page(context: RequestContext, user: users.User) -> str:
    """Return the page for a user who set a password: the guide, if the station is new."""
    with context.reading() as books:
        steps = get_first_steps(books)
    is_new = not steps.entries and not (steps.place and steps.items)
    return "/start" if is_new and user.role == "coordinator" else "/"


def sign_in_again(
    request: Request[Any, Any, Any], typed: Sequence[tuple[str, str]]
) -> Response[bytes]:
    """Return the sign-in form for a request that sent a form after its session had ended.

    Args:
        request: The request that sent the form.
        typed: The names and values of its fields.
    """
    form = SignInForm(next=safe_path(local_path(request)), typed=urlencode(typed))
    return _sign_in_page(request, form, status=401)


def _sign_in_page(
    request: Request[Any, Any, Any],
    form: SignInForm,
    *,
    status: int = 200,
    is_wrong: bool = False,
    wait: int = 0,
) -> Response[bytes]:
    """Return the sign-in form. It has a field for the station only if the service has several.

    Args:
        is_wrong: Whether the login or the password was wrong.
        wait: Seconds until the next attempt. 0 means that no wait is needed.
    """
    return render_page(
        request,
        "sign_in.html",
        status=status,
        form=form,
        is_wrong=is_wrong,
        wait=wait,
        several_stations=served_stations(request).has_several(),
        # A tour would lose what was typed into a form.
        tour_people=[] if form.typed else _tour_people(request),
    )


def _tour_people(request: Request[Any, Any, Any]) -> list[users.User]:
    """Return the users as whom a visitor can sign in without a password.

    There are some only if the first station has the books of the demo, and if the request comes
    directly from this machine.
    """
    if not is_directly_from_loopback(request):
        return []
    ledger = served_stations(request).default.ledger
    with ledger.read_without_transaction() as books:
        return demo_people.list_people(AccessContext(books, ledger.clock()))


def _continue_page(request: Request[Any, Any, Any], form: SignInForm) -> Response[bytes]:
    """Return a page that sends typed fields back to their form.

    The form is only shown again; nothing is recorded.

    Raises:
        Malformed: the fields cannot be read.
    """
    try:
        typed = parse_form(form.typed)
    except ValueError:
        raise Malformed(
            Sentence("the form cannot be read; open the page and send it again")
        ) from None
    return render_page(request, "continue.html", form=form, typed=typed)


def _invitation_page(
    context: RequestContext,
    user: users.User,
    *,
    status: int = 200,
    differ: bool = False,
    error: str | None = None,
) -> Response[bytes]:
    """Return the form to set a password.

    Args:
        user: The invited user.
        differ: Whether the two typed passwords were not the same.
        error: A message to show.
    """
    return render_page(
        context.request,
        "invitation.html",
        status=status,
        login=user.login,
        min_length=passwords.MIN_LENGTH,
        differ=differ,
        error=error,
    )


def _expired_page(context: RequestContext) -> Response[bytes]:
    return render_page(context.request, "invalid_link.html", status=404, link="invitation")


def _find_invited_user(
    context: RequestContext, secret: str
) -> tuple[RequestContext, users.User | None]:
    """Return the request context for the station that issued an invitation, and the invited user.

    The user is None if the invitation is not valid.
    """
    service = context.stations.find(credentials.station_of(secret))
    if service is None:
        return context, None
    context = context.for_station(service)
    with context.reading() as books:
        return context, _invited_user(context.access(books), secret)


def _invited_user(access: AccessContext, secret: str) -> users.User | None:
    """Return the user whom an invitation is for. Return None if it was used or has expired."""
    found = credentials.authenticate(access, secret, ("invitation",))
    if found is None or found.caller.user is None:
        return None
    return users.get(access, found.caller.user)
