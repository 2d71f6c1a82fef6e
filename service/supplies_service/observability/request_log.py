"""Around every request: its id, how long it took, what it was answered; into log and metrics."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping
from time import perf_counter
from typing import Any

from litestar.types import ASGIApp, Message, Receive, Scope, Send

from supplies.access.credentials import Caller
from supplies_service.observability.logs import FIELDS, LOGGER
from supplies_service.observability.metrics import Metrics

_REQUEST, _BY = "supplies_request", "supplies_by"
"""Where a request's scope holds its id, and the code of its caller."""

UNKNOWN = "unknown"
"""The route of an address that leads nowhere."""

_METHODS = frozenset(("GET", "HEAD", "POST", "PATCH", "PUT", "DELETE", "OPTIONS"))

_log = logging.getLogger(LOGGER)


def request_id(scope: Mapping[str, Any]) -> str:
    """The id under which the log knows a request: a UUID."""
    return str(scope.get(_REQUEST) or uuid.uuid4())


def called_by(scope: Any, caller: Caller, *, at_one_station: bool) -> None:
    """Say by their code who makes a request, so that the log can.

    at_one_station: whether the service serves no other, whose people have the same codes.
    """
    scope[_BY] = caller.who if at_one_station else f"{caller.station}/{caller.who}"


class Watched:
    """The application, watched: nothing is answered that is neither logged nor counted."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request and say so."""
        begin, status = perf_counter(), 0
        name = str(uuid.uuid4())
        request: Any = scope
        request[_REQUEST] = name

        async def sent(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                named = (b"x-request-id", name.encode())
                message["headers"] = [*message["headers"], named]
            await send(message)

        try:
            await self._app(scope, receive, sent)
        finally:
            seconds = perf_counter() - begin
            method = request.get("method", "")
            method = method if method in _METHODS else "other"
            route = str(request.get("path_template") or UNKNOWN)
            # Nothing was sent where the caller went away before.
            self._metrics.answered(method, route, status, seconds)
            if _log.isEnabledFor(logging.INFO):
                fields = {
                    "request": name,
                    "method": method,
                    "route": route,
                    "status": status,
                    "ms": round(seconds * 1000, 2),
                    "by": request.get(_BY),
                }
                _log.info("answered", extra={FIELDS: fields})
