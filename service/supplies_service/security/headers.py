"""What every answer tells the browser not to do; an answer may say otherwise of itself."""

from __future__ import annotations

from collections.abc import Mapping

from litestar.types import ASGIApp, Message, Receive, Scope, Send

OF_PAGES = (
    "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
"""Everything comes from here and nothing stands inline: an injected script would not run."""

OF_DATA = "default-src 'none'; frame-ancestors 'none'"

ALWAYS: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Our own pages may know, for forms say by it where they come from; a link's secret leaves not.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}

OVER_TLS = {"Strict-Transport-Security": "max-age=31536000"}


class Guarded:
    """The application, whose answers carry the headers that they do not set themselves."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._pages, self._data = _encoded(OF_PAGES), _encoded(OF_DATA)
        self._over_tls = [_pair(*pair) for pair in OVER_TLS.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        of_data = str(scope.get("path", "")).startswith("/api")
        headers = self._data if of_data else self._pages
        if scope.get("scheme") == "https":
            headers = [*headers, *self._over_tls]

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = [(name.lower(), value) for name, value in message["headers"]]
                names = {name for name, _ in own}
                message["headers"] = [*own, *(pair for pair in headers if pair[0] not in names)]
            await send(message)

        await self._app(scope, receive, sent)


def _encoded(policy: str) -> list[tuple[bytes, bytes]]:
    headers = {"Content-Security-Policy": policy, **ALWAYS}
    return [_pair(*pair) for pair in headers.items()]


def _pair(name: str, value: str) -> tuple[bytes, bytes]:
    return name.lower().encode(), value.encode()
