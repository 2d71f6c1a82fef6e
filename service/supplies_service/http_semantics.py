"""Rules of HTTP that apply to every route."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from litestar import Request
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from supplies_service.problems import MEDIA_TYPE

_NOT_ASCII = re.compile(rb"[\x80-\xff]")


class HttpSemanticsMiddleware:
    """Answers HEAD as GET without a body, and percent-encodes non-ASCII characters in queries.

    If the response is sent before the whole body of the request was read, the connection is closed.
    Otherwise, the server would read the rest of the body as the next request, or wait for it.

    Source: RFC 9110, 9.3.2 (HEAD); RFC 9112, 9.6 (close).
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request as the description of the class says."""
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        request: Any = scope
        is_head = request["method"] == "HEAD"
        query = _NOT_ASCII.sub(lambda found: b"%%%02X" % found[0][0], request["query_string"])
        request["query_string"] = query
        if is_head:
            request["method"] = "GET"
        is_unread = _has_body(request["headers"])

        async def receive_body() -> Any:
            nonlocal is_unread
            message = await receive()
            if message["type"] == "http.request" and not message.get("more_body", False):
                is_unread = False
            return message

        async def send_response(message: Message) -> None:
            if message["type"] == "http.response.body":
                if is_head:
                    message["body"] = b""
            elif is_unread and message["type"] == "http.response.start":
                others = [pair for pair in message["headers"] if pair[0].lower() != b"connection"]
                message["headers"] = [*others, (b"connection", b"close")]
            await send(message)

        try:
            await self._app(scope, receive_body, send_response)
        finally:
            if is_head:
                request["method"] = "HEAD"  # For the log.


def prefers_html(request: Request[Any, Any, Any]) -> bool:
    """Return whether the caller is a web browser, to which an error is shown as a page.

    A browser that opens a page lists HTML first in `Accept`.
    """
    try:
        best = request.accept.best_match([MEDIA_TYPE, "application/json", "text/html"])
    except (ValueError, OverflowError):  # The weight is invalid, such as `q=1e999`.
        return False
    return best == "text/html"


def allowed_methods(methods: Iterable[str]) -> str:
    """Return the header `Allow` for a URL with handlers of these methods.

    HEAD is allowed wherever GET is.
    """
    names = {*methods}
    return ", ".join(sorted(names | {"HEAD"} if "GET" in names else names))


def _has_body(headers: list[tuple[bytes, bytes]]) -> bool:
    found = {name.lower(): value for name, value in headers}
    return b"transfer-encoding" in found or found.get(b"content-length", b"0") != b"0"
