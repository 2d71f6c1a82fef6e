"""Authentication: find out who sends a request.

The API (`/api`) accepts the secret of a token, link or phone in the `Authorization` header. It also
accepts the cookie of a phone, which `csrf` protects, and no other cookie. The pages accept no
header, only a cookie: the donor cookie under `/my`, and the session cookie elsewhere.

Each secret contains the code of its station. The request then reads and writes that station's
books.
"""

from __future__ import annotations

from typing import Any

from litestar.handlers import BaseRouteHandler
from litestar.types import Scope

from supplies.access import credentials, phones
from supplies.access.access_context import AccessContext
from supplies.access.credentials import Authenticated, Caller, CallerKind
from supplies_service.observability.request_log import set_logged_caller
from supplies_service.problems import Unauthenticated
from supplies_service.response_cache import allow_reuse, version_at_arrival
from supplies_service.security.audit import log_anonymous_refusal
from supplies_service.security.authorization import serves_anonymous
from supplies_service.security.known_callers import KnownCallers, SentSecret
from supplies_service.stations import Connection, served_stations, set_current_station

SESSION_COOKIE, DONOR_COOKIE = "supplies_session", "supplies_donor"

PHONE_COOKIE = "supplies_phone"

SIGN_IN = (
    "a valid token is required: send it as `Authorization: Bearer …`; "
    "`supplies user token` makes one"
)

_API_KINDS: tuple[CallerKind, ...] = ("token", "link", "phone")


async def authenticate(connection: Connection, handler: BaseRouteHandler) -> Caller | None:
    """Return the caller of a request, and select the books of the caller's station.

    Sets `user` of the request to its caller. Sets `auth` to whether the request must be stored as
    the last use of the caller's credential. Both are None for a request without a caller.

    A request for a page without a valid cookie has no caller, but raises no error.
    `RequestChecksMiddleware` refuses the request later, because it can read the sent form.

    Raises:
        Unauthenticated: a request to the API has no valid token.
        RateLimited: too many requests with an invalid secret came from one network address.
    """
    scope: Any = connection.scope
    scope["user"] = scope["auth"] = None
    if serves_anonymous(connection, handler):
        return None
    is_page = handler.opt.get("page", False)
    secret, kinds = _page_secret(connection) if is_page else _api_secret(connection)
    found = _find_caller(connection, secret, kinds)
    if found is None:
        await _refuse(connection, is_page=is_page, secret=secret)
        return None
    scope["user"], scope["auth"], same_until = found
    if handler.opt.get("cacheable", False):
        allow_reuse(scope, same_until)
    one_station = served_stations(connection).only is not None
    set_logged_caller(scope, found.caller, one_station=one_station)
    return found.caller


def caller_of(scope: Scope) -> Caller | None:
    """Return the authenticated caller of a request, or None if it has none."""
    caller: Caller | None = scope.get("user")
    return caller


def _find_caller(
    connection: Connection, secret: str, kinds: tuple[CallerKind, ...]
) -> Authenticated | None:
    """Return the caller to whom a secret belongs, or None if the secret is not valid.

    Args:
        kinds: The kinds of credential that the route accepts.
    """
    if not secret:
        return None
    service = served_stations(connection).find(credentials.station_of(secret))
    if service is None:
        return None
    known: KnownCallers = connection.app.state.known_callers
    sent, version = SentSecret(secret, kinds), version_at_arrival(connection.scope)
    now = service.ledger.clock()
    found = known.find(version, sent, now)
    if found is None:
        # Each of these is a single query, which needs no transaction.
        with service.ledger.read_without_transaction() as books:
            access = AccessContext(books, now)
            found = credentials.authenticate(access, secret, kinds)
            if found is None and "phone" in kinds:
                found = phones.authenticate(access, secret)
        if found is None:
            return None
        known.add(version, sent, found)
    set_current_station(connection, service)
    return found


async def _refuse(connection: Connection, *, is_page: bool, secret: str) -> None:
    """Log that a secret is invalid or missing. For a request to the API, raise an error."""
    if secret or not is_page:
        await log_anonymous_refusal(connection)
    if not is_page:
        raise Unauthenticated(SIGN_IN)


def _bearer(connection: Connection) -> str:
    scheme, _, secret = connection.headers.get("authorization", "").partition(" ")
    return secret.strip() if scheme.lower() == "bearer" else ""


def _page_secret(connection: Connection) -> tuple[str, tuple[CallerKind, ...]]:
    """Return the secret in a page's cookie, and the kinds of credential that it may belong to.

    Without the cookie, the secret is "".
    """
    if _is_donor_page(connection):
        return connection.cookies.get(DONOR_COOKIE, ""), ("link",)
    return connection.cookies.get(SESSION_COOKIE, ""), ("session",)


def _api_secret(connection: Connection) -> tuple[str, tuple[CallerKind, ...]]:
    """Return the secret of a request to the API, and the kinds of credential that it may belong to.

    Without the header `Authorization`, it is the secret in a phone's cookie, or "".
    """
    if "authorization" in connection.headers:
        return _bearer(connection), _API_KINDS
    return connection.cookies.get(PHONE_COOKIE, ""), ("phone",)


def _is_donor_page(connection: Connection) -> bool:
    return connection.url.path.startswith("/my")
