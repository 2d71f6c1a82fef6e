"""Sign in, set a password after an invitation, try the demo without a password, and sign out."""

from __future__ import annotations

from typing import Annotated

from litestar import Controller, Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery, QueryParameter

from supplies.access import (
    credentials,
    one_time_codes,
    password_proofs,
    passwords,
    rate_limits,
    users,
)
from supplies.access.access_context import AccessContext
from supplies.access.logins import login_key
from supplies.access.phones import Invitation
from supplies.errors import InvalidField
from supplies.views.first_steps import get_first_steps
from supplies_service.pages.forms import (
    form_fields,
    phone_cookie,
    redirect,
    safe_path,
    session_cookie,
)
from supplies_service.pages.layout import render_page
from supplies_service.pages.session_start import (
    SignInForm,
    code_page,
    known_device,
    log_refused_sign_in,
    sign_in_page,
    start_session,
    tour_people,
)
from supplies_service.phone_joining import join_team
from supplies_service.problems import RateLimited
from supplies_service.request_context import Context, RequestContext
from supplies_service.security.audit import log_anonymous_refusal
from supplies_service.security.authentication import PHONE_COOKIE, SESSION_COOKIE
from supplies_service.security.authorization import allow_anyone
from supplies_service.security.hashing import hash_in_thread
from supplies_service.security.rate_limit_checks import check_rate_limit, client_address


class SignInPages(Controller):
    """Routes of the pages that need no session."""

    path = "/"
    include_in_schema = False
    opt = allow_anyone()

    @get("/sign-in")
    async def show_form(
        self,
        context: Context,
        station: FromQuery[str] = "",
        next_path: Annotated[str, QueryParameter(name="next")] = "/",
    ) -> Response[bytes]:
        """Show the sign-in form.

        Args:
            station: Initial code in the field of the station.
            next_path: Path of the page to show after signing in.
        """
        form = SignInForm(station=station[:64], next=safe_path(next_path))
        return sign_in_page(context.request, form)

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
                device = found and known_device(context, access, found)
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
            answer = sign_in_page(context.request, form, status=429, wait=error.retry_after)
            answer.headers["Retry-After"] = str(error.retry_after)
            return answer
        # Make an unknown login take as long as a wrong password.
        is_right = await hash_in_thread(
            passwords.verify_password, found and found.password_hash, sent["password"]
        )
        if found is None or not is_right:
            await log_refused_sign_in(context, found and found.user)
            return sign_in_page(context.request, form, status=401, is_wrong=True)
        return await start_session(context, form, found, device=device)

    @post("/sign-in/code")
    async def sign_in_with_code(self, context: Context) -> Response[bytes]:
        """Check the one-time code of a user who typed the right password, and start a session."""
        sent = await form_fields(context.request, ("proof", "code", *SignInForm._fields))
        form = SignInForm("", sent["station"].strip(), safe_path(sent["next"]), sent["typed"])
        service = context.stations.find(form.station or None)
        if service is None:
            return sign_in_page(context.request, form, status=401, is_late=True)
        context = context.for_station(service)
        with context.reading() as books:
            access = context.access(books)
            found = password_proofs.find_password(access, sent["proof"])
            if found is None:
                return sign_in_page(context.request, form, status=401, is_late=True)
            form = form._replace(login=users.get(access, found.user).login)
            device = known_device(context, access, found)
        user = found.user
        try:
            await check_rate_limit(context.request, rate_limits.ONE_TIME_CODES, device or user)
        except RateLimited as error:
            wait = error.retry_after
            answer = code_page(context.request, form, sent["proof"], status=429, wait=wait)
            answer.headers["Retry-After"] = str(wait)
            return answer
        if not await context.station.admin_write(
            lambda access: one_time_codes.use(access, user, sent["code"])
        ):
            await log_refused_sign_in(context, user)
            return code_page(context.request, form, sent["proof"], status=401, is_wrong=True)
        return await start_session(context, form, found, device=device, needs_code=False)

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
        """Set the password of an invited user, and start a session."""
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
        return await start_session(
            context,
            SignInForm(user.login, context.station.code, next=_first_page(context, user)),
            users.StoredPassword(user.code, password_hash),
        )

    @post("/tour/{user:str}")
    async def tour(self, context: Context, user: FromPath[str]) -> Response[bytes]:
        """Start a session of a user of the demo, without a password.

        The browser of a courier also joins the courier's team as a phone, and opens its page.

        Raises:
            NotFoundException: these are not the demo's books, the demo has no such user, or the
                request does not come directly from this machine.
            RateLimited: too many people signed in from this network address.
        """
        person = next((one for one in tour_people(context.request) if one.code == user), None)
        if person is None:
            raise NotFoundException
        address = client_address(context.request)
        await check_rate_limit(context.request, rate_limits.SIGN_IN_BY_ADDRESS, address)
        context = context.for_station(context.stations.default)
        with context.reading() as books:
            password = users.find_password(context.access(books), person.login)
        if password is None:  # disabled a moment ago
            raise NotFoundException
        answer = await start_session(context, SignInForm(person.login), password)
        if person.team is None or not answer.cookies:
            return answer
        invitation = Invitation(team=person.team, joined_by=person.code)
        present = context.request.cookies.get(PHONE_COOKIE, "")
        _, phone = await join_team(context, invitation, label="demo", present_secret=present)
        return redirect("/run", *answer.cookies, phone_cookie(context.request, phone))

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


async def _check_attempts(context: RequestContext, login: str, device: str | None) -> None:
    """Count an attempt to sign in to a station.

    Attempts from a device on which the user signed in before are counted by device. Other attempts
    are counted twice: by login, and by login and network address.

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
    """Return the URL of the first page for a user who has just set a password.

    The first page is the setup guide for a coordinator of a new station, and otherwise the home
    page.
    """
    with context.reading() as books:
        steps = get_first_steps(books)
    is_new = not steps.entries and not (steps.place and steps.items)
    return "/start" if is_new and user.role == "coordinator" else "/"


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
    """Return the user whom an invitation is for; None if it was used or has expired."""
    found = credentials.authenticate(access, secret, ("invitation",))
    if found is None or found.caller.user is None:
        return None
    return users.get(access, found.caller.user)
