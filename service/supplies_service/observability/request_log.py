"""Request log: write a log line for each request, and count it in the metrics."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from time import perf_counter
from typing import Any

from litestar.types import ASGIApp, Message, Receive, Scope, Send

from supplies.access.credentials import Caller
from supplies.domain.uuids import random_uuid
from supplies_service.observability.logs import FIELDS, LOGGER
from supplies_service.observability.metrics import Metrics

_REQUEST_ID, _CALLER = "supplies_request", "supplies_by"
"""The keys under which a request's scope contains its id, and the code of its caller."""

LOGGED = (_CALLER, "path_template")
"""The keys of those values in a request's ASGI scope that the request log shows."""

UNKNOWN_ROUTE = "unknown"

_METHODS = frozenset(("GET", "HEAD", "POST", "PATCH", "PUT", "DELETE", "OPTIONS"))

_log = logging.getLogger(LOGGER)


def request_id(scope: Mapping[str, Any]) -> str:
    """Return the UUID that identifies a request in the log and in error responses."""
    return str(scope.get(_REQUEST_ID) or random_uuid())


def set_logged_caller(scope: Any, caller: Caller, *, one_station: bool) -> None:
    """Set the code that identifies the caller of a request in the log.

    Args:
        one_station: Whether the service serves only one station. If not, the station's code is
            added, because users of two stations may have the same code.
    """
    scope[_CALLER] = caller.code if one_station else f"{caller.station}/{caller.code}"


def log_error(event: str, scope: Mapping[str, Any], error: Exception) -> None:
    """Write details of an error to the log, where only the operator sees them."""
    _log.error(event, extra={FIELDS: {"request": request_id(scope)}}, exc_info=error)


class RequestLogMiddleware:
    """Logs and counts every request, and sends the request's id in the header `X-Request-Id`.

    The middleware wraps the whole application, so that requests for unknown routes are logged too.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request, then log and count it."""
        begin, status = perf_counter(), 0
        name = random_uuid()
        request: Any = scope
        request[_REQUEST_ID] = name

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                header = (b"x-request-id", name.encode())
                message["headers"] = [*message["headers"], header]
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        finally:
            seconds = perf_counter() - begin
            method = request.get("method", "")
            method = method if method in _METHODS else "other"
            route = str(request.get("path_template") or UNKNOWN_ROUTE)
            # The status is 0 if the caller disconnected before a response was sent.
            self._metrics.count_request(method, route, status, seconds)
            if _log.isEnabledFor(logging.INFO):
                fields = {
                    "request": name,
                    "method": method,
                    "route": route,
                    "status": status,
                    "ms": round(seconds * 1000, 2),
                    "by": request.get(_CALLER),
                }
                _log.info("answered", extra={FIELDS: fields})
