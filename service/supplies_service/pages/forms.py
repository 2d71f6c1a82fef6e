"""What forms send: read strictly, from our own pages only; and the cookies that come with them."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from litestar import Request, Response
from litestar.datastructures import Cookie

from supplies_service.problems import Forbidden, Malformed, TooLarge, WrongMediaType
from supplies_service.request_bodies import whole
from supplies_service.security.audit import log_anonymous_refusal
from supplies_service.security.authentication import DONOR_COOKIE, SESSION_COOKIE

MAX_FORM, MAX_FIELDS = 16 * 1024, 20
"""Bytes and fields: the longest wish takes less than half of it."""

_ELSEWHERE = "this form was sent from another site; open the page here and send it again"


async def fields(request: Request[Any, Any, Any], names: Sequence[str]) -> dict[str, str]:
    """The fields of a form, each once, empty where it was not filled in.

    Raises Forbidden for a form that comes from another site: browsers name it in `Origin`.
    """
    if not _from_here(request):
        await log_anonymous_refusal(request)
        raise Forbidden(_ELSEWHERE)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise WrongMediaType("send the form of the page")
    try:
        body = await whole(request)
        if len(body) > MAX_FORM:
            raise TooLarge("a form is never so large; open the page and send it again")
        sent = dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MAX_FIELDS))
    except (UnicodeDecodeError, ValueError):
        raise Malformed("the form cannot be read; open the page and send it again") from None
    return {name: sent.get(name, "") for name in names}


def seal_of(request: Request[Any, Any, Any], cookie: str = SESSION_COOKIE) -> str:
    """What each form of a signed-in page carries: only who has the cookie can know it."""
    shown = request.cookies.get(cookie, "")
    return hmac.new(shown.encode(), b"this form is mine", hashlib.sha256).hexdigest()


async def sealed(
    request: Request[Any, Any, Any], names: Sequence[str], cookie: str = SESSION_COOKIE
) -> dict[str, str]:
    """The fields of a form on a signed-in page, which carries its seal."""
    sent = await fields(request, (*names, "seal"))
    if not hmac.compare_digest(sent.pop("seal").encode(), seal_of(request, cookie).encode()):
        await log_anonymous_refusal(request)
        raise Forbidden(_ELSEWHERE)
    return sent


def _from_here(request: Request[Any, Any, Any]) -> bool:
    """Whether a form comes from a page of ours, as far as a browser says where it comes from."""
    origin = request.headers.get("origin")
    try:
        return origin is None or urlsplit(origin).netloc == request.headers.get("host")
    except ValueError:
        return False


def session_cookie(request: Request[Any, Any, Any], shown: str, seconds: int) -> Cookie:
    """What a browser keeps of a session; no script can read it, no other site can send it."""
    return _cookie(request, SESSION_COOKIE, "/", shown, seconds)


def donor_cookie(request: Request[Any, Any, Any], shown: str, seconds: int) -> Cookie:
    """What a browser keeps of a donor's link, for the donor's pages alone."""
    return _cookie(request, DONOR_COOKIE, "/my", shown, seconds)


def _cookie(
    request: Request[Any, Any, Any], key: str, path: str, shown: str, seconds: int
) -> Cookie:
    return Cookie(
        key=key,
        value=shown,
        path=path,
        max_age=seconds,
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )


def go(where: str, *cookies: Cookie) -> Response[bytes]:
    """On to another page, by GET."""
    return Response(b"", status_code=303, headers={"Location": where}, cookies=list(cookies))
