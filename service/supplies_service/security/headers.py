"""Security headers of every response. A route may set its own values."""

from __future__ import annotations

from collections.abc import Mapping

from litestar.types import ASGIApp, Message, Receive, Scope, Send

PAGE_POLICY = (
    "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
"""Content security policy of pages.

Pages load everything from the service and contain no inline scripts or styles. So an injected
script does not run.
"""

API_POLICY = "default-src 'none'; frame-ancestors 'none'"

HEADERS: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Browsers must not send the address to other sites, because it may contain a link's secret.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}

TLS_HEADERS = {"Strict-Transport-Security": "max-age=31536000"}


class SecurityHeadersMiddleware:
    """Adds security headers to each response, except those that the response already has.

    The middleware wraps the whole application, so that responses for unknown routes have the
    headers too.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._page, self._api = _encoded(PAGE_POLICY), _encoded(API_POLICY)
        self._tls = [_pair(*pair) for pair in TLS_HEADERS.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request, and add the headers to its response."""
        is_api = str(scope.get("path", "")).startswith("/api")
        headers = self._api if is_api else self._page
        if scope.get("scheme") == "https":
            headers = [*headers, *self._tls]

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                present = [(name.lower(), value) for name, value in message["headers"]]
                names = {name for name, _ in present}
                message["headers"] = [*present, *(pair for pair in headers if pair[0] not in names)]
            await send(message)

        await self._app(scope, receive, send_with_headers)


def _encoded(policy: str) -> list[tuple[bytes, bytes]]:
    headers = {"Content-Security-Policy": policy, **HEADERS}
    return [_pair(*pair) for pair in headers.items()]


def _pair(name: str, value: str) -> tuple[bytes, bytes]:
    return name.lower().encode(), value.encode()
