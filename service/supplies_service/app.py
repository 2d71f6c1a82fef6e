"""The ASGI application, built from the routes, the security checks and the stations."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from importlib.metadata import version
from typing import Any

from litestar import Litestar, Request
from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.di import Provide
from litestar.enums import HttpMethod
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute
from litestar.types import ASGIApp, Receive, Scope, Send

from supplies.errors import Sentence
from supplies.ledger.clock import Clock, system_clock
from supplies_service.daily_checkpoints import CheckpointPlan, DailyCheckpoints
from supplies_service.http_semantics import HttpSemanticsMiddleware, allowed_methods
from supplies_service.idempotency import answer_repeat
from supplies_service.observability.metrics import Metrics
from supplies_service.observability.request_log import RequestLogMiddleware
from supplies_service.openapi import schema as openapi
from supplies_service.pages.forms import typed_fields
from supplies_service.problem_responses import EXCEPTION_HANDLERS
from supplies_service.problems import SessionRequired, Unauthenticated
from supplies_service.request_bodies import MAX_BODY, decode_body
from supplies_service.request_context import Context, RequestContext
from supplies_service.response_cache import ResponseCacheMiddleware
from supplies_service.responses import JSONResponse
from supplies_service.routes import CONTROLLERS
from supplies_service.routes.parameters import check_parameters
from supplies_service.security.audit import record_use
from supplies_service.security.authentication import authenticate
from supplies_service.security.authorization import check_role, require_roles, serves_anonymous
from supplies_service.security.csrf import check_origin
from supplies_service.security.headers import SecurityHeadersMiddleware
from supplies_service.security.known_callers import KnownCallers
from supplies_service.security.station_selection import select_station
from supplies_service.security.trusted_hosts import (
    TrustedHosts,
    check_host,
    trust_proxies,
)
from supplies_service.settings import BODY_SECONDS
from supplies_service.stations import Connection, Stations, current_station
from supplies_service.write_batches import MAX_BATCH
from supplies_service.writer_process import WriterProcess


def create_app(
    database: str,
    station: str | None,
    *,
    clock: Clock = system_clock,
    hosts: Sequence[str] = (),
    proxies: Sequence[str] = (),
    max_batch: int = MAX_BATCH,
    body_seconds: float = BODY_SECONDS,
    checkpoints: CheckpointPlan | None = None,
    writer: WriterProcess | None = None,
) -> Litestar:
    """Create the application. When it starts, it opens the books and the keys, which must exist.

    Args:
        database: A file or a `postgresql://` URL.
        station: The one station to serve. If None, all stations of the database are served.
        clock: Returns the current time, with a time zone. Tests set it.
        hosts: Further host names of the service, besides loopback names and the web addresses that
            the stations print on their papers.
        proxies: Addresses and networks of trusted proxies.
        max_batch: The maximum number of requests in one commit.
        body_seconds: How many seconds the body of a request may take to arrive.
        checkpoints: Where to write checkpoints once a day; None writes none.
        writer: A process that writes to the same database; None if this process writes by itself.

    Raises:
        LookupError: a route does not name its roles.
    """
    metrics = Metrics()
    open_stations = partial(
        Stations,
        database,
        only=station,
        clock=clock,
        metrics=metrics,
        max_batch=max_batch,
        writer=writer,
    )
    daily = None
    if checkpoints is not None:
        daily = DailyCheckpoints(checkpoints, database, only=station, clock=clock)
    app = Litestar(
        route_handlers=CONTROLLERS,
        lifespan=[partial(_lifespan, open_stations=open_stations, hosts=hosts, daily=daily)],
        state=State(
            {
                "body_seconds": body_seconds,
                "known_callers": KnownCallers(),
                "daily_checkpoints": daily,
            }
        ),
        before_request=answer_repeat,
        dependencies={
            "payload": Provide(provide_body),
            "context": Provide(provide_context, sync_to_thread=False),
        },
        response_class=JSONResponse,
        middleware=[RequestChecksMiddleware],
        exception_handlers=EXCEPTION_HANDLERS,
        openapi_config=openapi.config(version("supplies")),
        request_max_body_size=MAX_BODY,
        logging_config=None,
    )
    require_roles(_own_handlers(app))
    _add_gauges(app, metrics, daily)
    app.asgi_handler = _wrap(app, metrics, clock, proxies)
    return app


def _add_gauges(app: Litestar, metrics: Metrics, daily: DailyCheckpoints | None) -> None:
    """Add the gauges whose values are read from the running application at each scrape."""
    metrics.add_gauge(
        "supplies_writer_waiting",
        "Requests that were accepted and are not yet durable",
        lambda: app.state.stations.count_queued(),
    )
    if daily is not None:
        metrics.add_gauge(
            "supplies_checkpoints_failed",
            "Files and partners whose checkpoints are failing in this worker",
            lambda: daily.failed,
        )


def _wrap(app: Litestar, metrics: Metrics, clock: Clock, proxies: Sequence[str]) -> ASGIApp:
    """Wrap the application in the middlewares that must also see responses of Litestar itself."""
    cached = ResponseCacheMiddleware(
        HttpSemanticsMiddleware(app.asgi_handler),
        clock,
        lambda: app.state.stations.database_version(),
    )
    logged = RequestLogMiddleware(cached, metrics)
    return trust_proxies(SecurityHeadersMiddleware(logged), proxies)


@asynccontextmanager
async def _lifespan(
    app: Litestar,
    *,
    open_stations: Callable[[], Stations],
    hosts: Sequence[str],
    daily: DailyCheckpoints | None,
) -> AsyncIterator[None]:
    """Open the stations when the application starts, and close them when it stops."""
    stations = open_stations()
    await stations.start()
    app.state.stations = stations
    app.state.trusted_hosts = TrustedHosts(*hosts, read_hosts=stations.hosts)
    task = None if daily is None else asyncio.create_task(daily.run())
    try:
        yield
    finally:
        if task is not None:
            task.cancel()
            await asyncio.wait([task])
        await stations.stop()


def _own_handlers(app: Litestar) -> Iterator[HTTPRouteHandler]:
    """Return the route handlers of this package, without the handlers that Litestar adds."""
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            for handler in route.route_handlers:
                if handler.fn.__module__.startswith("supplies_service."):
                    yield handler


class RequestChecksMiddleware:
    """Checks each request before its handler runs.

    One middleware makes all checks, because each middleware calls the next one and costs time.
    Litestar's guards are not used, because Litestar copies the handler for each guard at every
    request, and a copy takes 9 µs.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check host, origin, caller, role, station and parameters, then call the next application.

        Raises:
            Malformed: the `Host` header is not a name of the service.
            RateLimited: too many requests from one network address were refused.
            Unauthenticated: the request has no caller, and the route of the API is not public.
            SessionRequired: the request has no caller, and the route is a web page.
            TooLarge, TooSlow, Malformed: a form was sent without a session and cannot be read.
            Forbidden: a form comes from another site; or the caller may not use the route, or may
                not read the station's books.
            InvalidField: a query parameter is unknown, given twice, or contains a NUL character.
            NotFound: a path parameter contains a NUL character.
        """
        check_host(scope)
        if scope.get("method") == HttpMethod.OPTIONS:
            await _answer_options(scope, send)
            return
        connection: Connection = ASGIConnection(scope)
        handler = connection.route_handler
        await check_origin(connection)
        caller = await authenticate(connection, handler)
        if caller is not None:
            caller_station = current_station(connection)
            await check_role(connection, handler, caller)
            await select_station(connection, handler, caller)
            await record_use(connection, handler, caller, caller_station)
        elif not serves_anonymous(connection, handler):
            if handler.opt.get("page", False):
                raise SessionRequired(await typed_fields(Request(scope, receive, send)))
            raise Unauthenticated(Sentence("sign in first"))
        await check_parameters(connection, handler)
        await self._app(scope, receive, send)


async def _answer_options(scope: Scope, send: Send) -> None:
    """Respond to OPTIONS with the methods that the URL accepts.

    Litestar's own response leaves out methods of handlers that were added to the route later.
    """
    template = scope["path_template"]
    methods = {
        method
        for route in scope["litestar_app"].routes
        if isinstance(route, HTTPRoute) and route.path_format == template
        for method in route.methods
    }
    allow = allowed_methods(methods).encode()
    await send({"type": "http.response.start", "status": 204, "headers": [(b"allow", allow)]})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


def provide_context(request: Request[Any, Any, State]) -> RequestContext:
    """Return the context of a request, for Litestar's dependency injection."""
    return RequestContext(request)


async def provide_body(context: Context) -> Any:
    """Return the decoded body of a request, for Litestar's dependency injection.

    The parameter `context` is unused. It makes this dependency depend on `provide_context`, so
    Litestar calls one after the other. Without it, Litestar would start a task for each, which
    costs 120 µs per request.
    """
    return await decode_body(context.request)
