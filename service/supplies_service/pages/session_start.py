"""Start the session of a user who has been authenticated, and render the sign-in form.

A session may end while a user fills in a form. The sign-in form then contains the typed fields.
After the user has signed in, a page sends the fields back to the form.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple
from urllib.parse import urlencode

from litestar import Request, Response
from litestar.datastructures import Cookie

from supplies.access import (
    access_log,
    credentials,
    demo_people,
    devices,
    one_time_codes,
    password_proofs,
    rate_limits,
    users,
)
from supplies.access.access_context import AccessContext
from supplies.access.logins import login_key
from supplies.errors import Sentence
from supplies_service.pages.forms import (
    device_cookie,
    local_path,
    parse_form,
    redirect,
    safe_path,
    session_cookie,
)
from supplies_service.pages.layout import render_page
from supplies_service.problems import Malformed
from supplies_service.request_context import RequestContext
from supplies_service.security.authorization import is_directly_from_loopback
from supplies_service.security.rate_limit_checks import client_address
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


async def start_session(
    context: RequestContext,
    form: SignInForm,
    password: users.StoredPassword,
    *,
    device: str | None = None,
    needs_code: bool = True,
) -> Response[bytes]:
    """Start a session, and show the page that the user asked for.

    If the user's password was changed since it was verified, return the sign-in form instead. If
    the user must still type a one-time code, return the page that asks for the code.

    Args:
        password: The user, with the password hash that was stored when the password was verified.
        device: The name of the device if the user has signed in on it before; otherwise None.
        needs_code: Whether a user with one-time codes must type one. False if the user did so, or
            signed in with a passkey.
    """
    address, login = client_address(context.request), form.login

    def begin(access: AccessContext) -> tuple[Cookie, Cookie] | str | None:
        if users.find_password(access, login) != password:
            return None
        if needs_code and one_time_codes.is_on(access, password.user):
            return password_proofs.make_proof(access, password)
        # Signing in on a known device must not give strangers on other devices new attempts.
        rate_limits.reset(access, rate_limits.ONE_TIME_CODES, device or password.user)
        limit = rate_limits.SIGN_IN_BY_DEVICE if device else rate_limits.SIGN_IN_BY_LOGIN
        rate_limits.reset(access, limit, device or login_key(login))
        user = users.get(access, password.user)
        session, secret = credentials.issue(
            access, kind="session", role=user.role, by=user.code, holder=user.code
        )
        access_log.add_line(
            access,
            method="POST",
            route=str(context.request.scope["path_template"]),
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
    form = form._replace(station=context.station.code)
    if cookies is None:
        return sign_in_page(context.request, form, status=401, is_wrong=True)
    if isinstance(cookies, str):
        return code_page(context.request, form, cookies)
    if not form.typed:
        return redirect(form.next, *cookies)
    answer = continue_page(context.request, form)
    answer.cookies.extend(cookies)
    return answer


async def log_refused_sign_in(context: RequestContext, who: str | None) -> None:
    """Log a refused sign-in.

    Args:
        who: Code of the user. None means that no user has the typed login.
    """
    address = client_address(context.request)
    await context.station.admin_write(
        lambda access: access_log.add_line(
            access,
            method="POST",
            route=str(context.request.scope["path_template"]),
            outcome="refused",
            who=who,
            address=address,
        )
    )


def known_device(
    context: RequestContext, access: AccessContext, password: users.StoredPassword
) -> str | None:
    """Return the name of the device that sent a request, if the user has signed in on it before."""
    cookie = context.request.cookies.get(devices.cookie_name(access, password.user))
    return devices.known_device(access, password, cookie)


def sign_in_again(
    request: Request[Any, Any, Any], typed: Sequence[tuple[str, str]]
) -> Response[bytes]:
    """Return the sign-in form for a request that sent a form after its session had ended.

    Args:
        request: The request that sent the form.
        typed: The names and values of its fields.
    """
    form = SignInForm(next=safe_path(local_path(request)), typed=urlencode(typed))
    return sign_in_page(request, form, status=401)


def sign_in_page(
    request: Request[Any, Any, Any],
    form: SignInForm,
    *,
    status: int = 200,
    is_wrong: bool = False,
    is_late: bool = False,
    passkey_is_wrong: bool = False,
    wait: int = 0,
) -> Response[bytes]:
    """Return the sign-in form. It has a field for the station only if the service has several.

    Args:
        is_wrong: Whether the login or the password was wrong.
        is_late: Whether a one-time code came too long after the password.
        passkey_is_wrong: Whether a passkey was refused.
        wait: Seconds until the next attempt. 0 means that no wait is needed.
    """
    return render_page(
        request,
        "sign_in.html",
        status=status,
        form=form,
        is_wrong=is_wrong,
        is_late=is_late,
        passkey_is_wrong=passkey_is_wrong,
        wait=wait,
        several_stations=served_stations(request).has_several(),
        # A tour would lose what was typed into a form.
        tour_people=[] if form.typed else tour_people(request),
    )


def code_page(
    request: Request[Any, Any, Any],
    form: SignInForm,
    proof: str,
    *,
    status: int = 200,
    is_wrong: bool = False,
    wait: int = 0,
) -> Response[bytes]:
    """Return the form for the one-time code of a user who typed the right password.

    Args:
        proof: The proof that the password was right.
        is_wrong: Whether the last code was wrong.
        wait: Seconds until the next attempt. 0 means that no wait is needed.
    """
    return render_page(
        request,
        "sign_in_code.html",
        status=status,
        form=form,
        proof=proof,
        is_wrong=is_wrong,
        wait=wait,
    )


def tour_people(request: Request[Any, Any, Any]) -> list[users.User]:
    """Return the users of the demo, as whom a visitor can sign in without a password.

    The list is empty unless the first station has the books of the demo and the request comes
    directly from this machine.
    """
    if not is_directly_from_loopback(request):
        return []
    ledger = served_stations(request).default.ledger
    with ledger.read_without_transaction() as books:
        return demo_people.list_people(AccessContext(books, ledger.clock()))


def continue_page(request: Request[Any, Any, Any], form: SignInForm) -> Response[bytes]:
    """Return a page that sends typed fields back to their form after signing in.

    This shows the form with its fields; nothing is recorded.

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
