"""Read the forms that browsers send, strictly, and set cookies that contain secrets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl

from litestar import Request
from litestar.datastructures import Cookie
from litestar.response import Redirect
from litestar.status_codes import HTTP_303_SEE_OTHER

from supplies_service.problems import Malformed, TooLarge, WrongMediaType
from supplies_service.request_bodies import read_body
from supplies_service.security.authentication import DONOR_COOKIE, SESSION_COOKIE

MAX_FORM_BYTES, MAX_FIELDS = 32 * 1024, 20
"""Limits of a form.

The largest is a donor's request of 2,000 characters. If all are Chinese it has 18,000 bytes,
because a form sends each of them as nine bytes, and rare characters as twelve.
"""


PASSWORDS_DIFFER = "The two passwords are not the same. 两次输入的密码不一致。"


async def form_fields(request: Request[Any, Any, Any], names: Sequence[str]) -> dict[str, str]:
    """Return the named fields of a form. A field that was not sent is "".

    Raises:
        WrongMediaType: the body is not a form.
        TooLarge: the body is larger than `MAX_FORM_BYTES`.
        TooSlow: the body did not arrive in time.
        Malformed: the body is not UTF-8, or has more than `MAX_FIELDS` fields.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise WrongMediaType("send the form as application/x-www-form-urlencoded")
    try:
        body = await read_body(request)
        if len(body) > MAX_FORM_BYTES:
            raise TooLarge(f"a form may have {MAX_FORM_BYTES} bytes, this one has {len(body)}")
        sent = dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MAX_FIELDS))
    except (UnicodeDecodeError, ValueError):
        raise Malformed("the form cannot be read; open the page and send it again") from None
    return {name: sent.get(name, "") for name in names}


def session_cookie(request: Request[Any, Any, Any], secret: str, seconds: int) -> Cookie:
    """Return the cookie of a session, for all pages. A `seconds` of 0 deletes it."""
    return _cookie(request, SESSION_COOKIE, "/", secret, seconds)


def donor_cookie(request: Request[Any, Any, Any], secret: str, seconds: int) -> Cookie:
    """Return the cookie with a donor's link, for the donor's pages. A `seconds` of 0 deletes it."""
    return _cookie(request, DONOR_COOKIE, "/my", secret, seconds)


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
