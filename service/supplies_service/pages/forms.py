"""Read the forms that browsers send, strictly, and set cookies that contain secrets."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl

from litestar import Request
from litestar.datastructures import Cookie
from litestar.response import Redirect
from litestar.status_codes import HTTP_303_SEE_OTHER

from supplies.access import devices
from supplies.access.access_context import AccessContext
from supplies.access.users import StoredPassword
from supplies.errors import InvalidField, Sentence
from supplies_service.problems import Malformed, TooLarge, WrongMediaType
from supplies_service.request_bodies import read_body
from supplies_service.security.authentication import DONOR_COOKIE, PHONE_COOKIE, SESSION_COOKIE

_LONGEST_COOKIE = 400 * 24 * 60 * 60
"""Maximum time in seconds for which browsers keep a cookie."""


class PasswordsDiffer(InvalidField):
    """Raised if the two passwords that a person typed are not the same."""


MAX_FORM_BYTES, MAX_FIELDS = 512 * 1024, 10_000
"""Largest size and largest number of fields of a form.

A form of 500 lines with every field filled in takes about two thirds of each limit.
"""


async def form_fields(request: Request[Any, Any, Any], names: Sequence[str]) -> dict[str, str]:
    """Return the named fields of a form. A field that was not sent is "".

    Raises:
        WrongMediaType, TooLarge, TooSlow, Malformed: as `read_form`.
    """
    sent = dict(await read_form(request))
    return {name: sent.get(name, "") for name in names}


async def read_form(request: Request[Any, Any, Any]) -> list[tuple[str, str]]:
    """Return the names and values of a form, in the order in which they were sent.

    Raises:
        WrongMediaType: the body is not a form.
        TooLarge: the body is larger than `MAX_FORM_BYTES`.
        TooSlow: the body did not arrive in time.
        Malformed: the body is not UTF-8, or has more than `MAX_FIELDS` fields.
    """
    if not is_form(request):
        raise WrongMediaType(Sentence("send the form as application/x-www-form-urlencoded"))
    try:
        body = await read_body(request)
        if len(body) > MAX_FORM_BYTES:
            raise TooLarge(
                Sentence(
                    "a form may have {most} bytes, this one has {count}",
                    most=MAX_FORM_BYTES,
                    count=len(body),
                )
            )
        return parse_form(body.decode())
    except (UnicodeDecodeError, ValueError):
        raise Malformed(
            Sentence("the form cannot be read; open the page and send it again")
        ) from None


def parse_form(text: str) -> list[tuple[str, str]]:
    """Return the names and values in a form's body.

    Raises:
        ValueError: the form has more than `MAX_FIELDS` fields.
    """
    return parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_FIELDS)


def is_form(request: Request[Any, Any, Any]) -> bool:
    """Return whether the body of a request is declared as a form."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind == "application/x-www-form-urlencoded"


async def typed_fields(request: Request[Any, Any, Any]) -> list[tuple[str, str]]:
    """Return the fields of a form that was sent after its session had ended.

    Only forms of commands are kept: their fields are named by JSON pointers. For other forms, such
    as that of a password, the result is empty.

    Raises:
        TooLarge, TooSlow, Malformed: as `read_form`.
    """
    if request.method != "POST" or not is_form(request):
        return []
    sent = await read_form(request)
    return sent if any(name.startswith("/") for name, _ in sent) else []


def local_path(request: Request[Any, Any, Any]) -> str:
    """Return the path and the query of a request."""
    query = request.scope["query_string"].decode("ascii", "ignore")
    return f"{request.url.path}?{query}" if query else request.url.path


def safe_path(text: str) -> str:
    """Return a path of this service to redirect to. If the text is anything else, return "/".

    If the text began with two slashes or contained a backslash, a browser would go to another host.
    """
    is_path = re.fullmatch(r"/(?![/\\])[\x21-\x7e]{0,1000}", text) and "\\" not in text
    return text if is_path else "/"


def session_cookie(request: Request[Any, Any, Any], secret: str, seconds: int) -> Cookie:
    """Return the session cookie, which browsers send to all pages. 0 `seconds` deletes it."""
    return _cookie(request, SESSION_COOKIE, "/", secret, seconds)


def device_cookie(
    request: Request[Any, Any, Any],
    access: AccessContext,
    password: StoredPassword,
    device: str | None = None,
) -> Cookie:
    """Return the cookie with which the sign-in page recognizes a device.

    The cookie is set when a user has signed in on the device.

    Args:
        password: The stored password: its user, and its hash.
        device: The name of the device, if the device was recognized. If None, the device gets a
            new name.
    """
    return _cookie(
        request,
        devices.cookie_name(access, password.user),
        "/sign-in",
        devices.remember(access, password, device),
        int(devices.LIFETIME.total_seconds()),
    )


def donor_cookie(request: Request[Any, Any, Any], secret: str, seconds: int) -> Cookie:
    """Return the cookie with a donor's link, for the donor's pages. 0 `seconds` deletes it."""
    return _cookie(request, DONOR_COOKIE, "/my", secret, seconds)


def phone_cookie(request: Request[Any, Any, Any], secret: str) -> Cookie:
    """Return the cookie of a phone that joined a team, for the page `/run` and for `/api`.

    The browser keeps the cookie for longer than the service accepts it. So a phone that joins a
    second time is recognized as the same phone.
    """
    return _cookie(request, PHONE_COOKIE, "/", secret, _LONGEST_COOKIE)


def _cookie(
    request: Request[Any, Any, Any], key: str, path: str, secret: str, seconds: int
) -> Cookie:
    return Cookie(
        key=key,
        value=secret,
        path=path,
        max_age=seconds,
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )


def redirect(path: str, *cookies: Cookie) -> Redirect:
    """Return a redirect to another page, which the browser requests by GET."""
    return Redirect(path, status_code=HTTP_303_SEE_OTHER, cookies=list(cookies))
