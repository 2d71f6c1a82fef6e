"""Protection against cross-site request forgery (CSRF) for the forms of the pages.

A browser reports the site from which a form comes in the headers `Sec-Fetch-Site` and `Origin`.
Scripts of a page cannot change these headers. A form is accepted only if the browser sends at least
one of them, and each one names the service itself. This also protects the sign-in form, which is
sent before there is a session. In addition, the cookies are `SameSite=Lax`.

The API (`/api`) needs no such check if the secret is in a header. It accepts one cookie, that of a
phone. Requests with that cookie are checked in the same way as forms.

Source: W3C Fetch Metadata; OWASP Cross-Site Request Forgery Prevention Cheat Sheet.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from litestar.datastructures import Headers

from supplies.errors import Sentence
from supplies_service.problems import Forbidden
from supplies_service.security.audit import log_anonymous_refusal
from supplies_service.security.authentication import PHONE_COOKIE
from supplies_service.stations import Connection

_SAFE_METHODS = frozenset(("GET", "HEAD", "OPTIONS"))

_OWN_SITE = frozenset(("same-origin", "none"))
"""Accepted values of `Sec-Fetch-Site`. `none` means that the user started the request directly."""


async def check_origin(connection: Connection) -> None:
    """Refuse a form from another site, and a form whose site the browser does not state.

    Raises:
        Forbidden: the form does not come from a page of the service.
        RateLimited: too many requests from one network address were refused.
    """
    if connection.scope.get("method") in _SAFE_METHODS or not _uses_cookie(connection):
        return
    if not is_same_origin(connection.headers):
        await log_anonymous_refusal(connection)
        raise Forbidden(
            Sentence(
                "this form does not come from a page of this service; open the page here and "
                "send it again, with a browser that sends `Origin` or `Sec-Fetch-Site`"
            )
        )


def _uses_cookie(connection: Connection) -> bool:
    """Return whether a request is authenticated by a cookie, as on all pages."""
    if not connection.scope["path"].startswith("/api/"):
        return True
    return "authorization" not in connection.headers and PHONE_COOKIE in connection.cookies


def is_same_origin(headers: Headers) -> bool:
    """Return whether, according to the browser, a request comes from a page of the service."""
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is None and origin is None:
        return False
    if site is not None and site not in _OWN_SITE:
        return False
    return origin is None or _host(origin) == headers.get("host", "").lower()


def _host(origin: str) -> str | None:
    """Return the host and port in an `Origin` header.

    Return "" if the origin is `null`, and None if it is invalid.
    """
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return None
