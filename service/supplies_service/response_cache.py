"""Response cache: send the same response to the same request until something is written.

SQLite counts the commits of all connections and processes. Each write, even the revocation of a
token, changes this count, and so the cache is emptied. PostgreSQL has no such count, so nothing is
cached there.

Only routes with `cacheable` in their `opt` are cached. Their responses depend on the books and on
the request, but not on the time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from supplies_service.observability.request_log import LOGGED

MAX_CACHED_BYTES = 16 * 2**20
"""Maximum total size of the cached responses. The cache is emptied when it is reached."""

_VERSION = "supplies_database_version"
"""The key in a request's ASGI scope for the database version at the request's arrival."""

_USED_UNTIL = "supplies_response_used_until"
"""The key in a request's ASGI scope for the time at which its cached response expires."""

_BYTES_PER_RESPONSE = 1024
"""Approximate memory of a cached response, without its body."""


class _Cached(NamedTuple):
    """A cached response with status 200.

    Attributes:
        used_until: The time from which the cached response must not be used.
        logged: The values that the request log needs, from the request's ASGI scope.
    """

    headers: list[tuple[bytes, bytes]]
    body: bytes
    used_until: datetime
    logged: dict[str, Any]

    async def send(self, send: Send) -> None:
        # A copy of the list, because middlewares add headers.
        await send({"type": "http.response.start", "status": 200, "headers": [*self.headers]})
        await send({"type": "http.response.body", "body": self.body, "more_body": False})


def allow_reuse(scope: Scope, until: datetime) -> None:
    """Allow the cache to send the response to this request to equal requests.

    Args:
        scope: The ASGI scope of this request.
        until: The time at which the caller's credential must be checked again. The cached response
            is not used from then on.
    """
    request: Any = scope
    request[_USED_UNTIL] = until


def version_at_arrival(scope: Scope) -> object:
    """Return the version of the database when a request arrived. Each commit changes the version.

    Return None if the database engine has no such version.
    """
    request: Any = scope
    return request.get(_VERSION)


def _digest(request: Any) -> bytes:
    """Return a hash of a request. Equal requests have equal hashes.

    The cache keeps only the hash, so that it keeps no secret in memory.
    """
    sent = request["scheme"], request["path"], request["query_string"], [*request["headers"]]
    return hashlib.sha256(repr(sent).encode()).digest()


class ResponseCacheMiddleware:
    """Sends the cached response to a GET request if an equal request was answered before.

    Two requests are equal if their paths, queries and headers are equal. Equal requests have the
    same caller. A write to the database empties the cache.

    Args:
        app: The application.
        clock: Returns the current time.
        read_version: Returns the version of the database, which each commit changes, or None if the
            database engine has no such version.
    """

    def __init__(
        self, app: ASGIApp, clock: Callable[[], datetime], read_version: Callable[[], object]
    ) -> None:
        self._app, self._clock, self._read_version = app, clock, read_version
        self._version: object = None
        self._cached: dict[bytes, _Cached] = {}
        self._size = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send a cached response, or call the next application."""
        request: Any = scope
        version = self._read_version() if scope["type"] == ScopeType.HTTP else None
        request[_VERSION] = version
        if version is None or request["method"] != "GET":
            await self._app(scope, receive, send)
            return
        if version != self._version:
            self._empty()
            self._version = version
        key = _digest(request)
        cached = self._cached.get(key)
        if cached is not None and self._clock() < cached.used_until:
            request.update(cached.logged)
            await cached.send(send)
            return
        headers: list[tuple[bytes, bytes]] | None = None
        bodies: list[bytes] = []

        async def send_and_note(message: Message) -> None:
            nonlocal headers
            if message["type"] == "http.response.start" and message["status"] == 200:
                headers = [*message["headers"]]
            elif message["type"] == "http.response.body":
                bodies.append(message["body"])
            await send(message)

        await self._app(scope, receive, send_and_note)
        until = request.get(_USED_UNTIL)
        # If somebody wrote meanwhile, the response may be out of date.
        if until is not None and headers is not None and version == self._version:
            logged = {name: request[name] for name in LOGGED if name in request}
            self._add(key, _Cached(headers, b"".join(bodies), until, logged))

    def _add(self, key: bytes, cached: _Cached) -> None:
        size = len(cached.body) + _BYTES_PER_RESPONSE
        if self._size + size > MAX_CACHED_BYTES:
            self._empty()
        self._cached[key] = cached
        self._size += size

    def _empty(self) -> None:
        self._cached.clear()
        self._size = 0
