"""The application: the only place where its parts are wired together."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any

from litestar import Litestar, Request
from litestar.datastructures import State
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.handlers import BaseRouteHandler
from litestar.routes import HTTPRoute

from supplies.errors import SuppliesError
from supplies.ledger.ledger import Clock, system_clock
from supplies_service import problems
from supplies_service.group_commit import MOST_TOGETHER
from supplies_service.observability.metrics import Metrics
from supplies_service.observability.request_log import Watched
from supplies_service.openapi import schema as openapi
from supplies_service.request_bodies import MAX_BODY
from supplies_service.request_context import Desk
from supplies_service.routes import CONTROLLERS
from supplies_service.routes.parameters import known_parameters
from supplies_service.security.authentication import Connection, at_the_gate, refuse_unmarked
from supplies_service.security.headers import Guarded
from supplies_service.security.trusted_hosts import Names, behind, known_host
from supplies_service.stations import Offices


def create_app(
    database: str,
    station: str | None,
    *,
    clock: Clock = system_clock,
    hosts: Sequence[str] = (),
    proxies: Sequence[str] = (),
    most_together: int = MOST_TOGETHER,
) -> Litestar:
    """The service over books and keys that are there already: one station's, or (None) of all.

    clock: gives the moment now, aware; tests set it. hosts: names it answers to, beside loopback's
    and that of the station's papers. proxies: addresses and networks that may say who calls.
    most_together: requests in one commit.
    """
    metrics = Metrics()

    @asynccontextmanager
    async def books_open(app: Litestar) -> AsyncIterator[None]:
        offices = Offices(
            database, only=station, clock=clock, metrics=metrics, most_together=most_together
        )
        app.state.offices = offices
        app.state.names = Names(*hosts, of_papers=offices.hosts)
        try:
            yield
        finally:
            await offices.stop()

    app = Litestar(
        route_handlers=CONTROLLERS,
        lifespan=[books_open],
        dependencies={"desk": Provide(desk, sync_to_thread=False)},
        guards=[way_in],
        exception_handlers={
            problems.SignInFirst: problems.lead_to_sign_in,
            SuppliesError: problems.answer_refusal,
            HTTPException: problems.answer_http,
            Exception: problems.answer_failure,
        },
        openapi_config=openapi.config(version("supplies")),
        request_max_body_size=MAX_BODY,
        logging_config=None,
    )
    refuse_unmarked(
        handler
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
        if handler.fn.__module__.startswith("supplies_service.")
    )
    metrics.show(
        "supplies_writer_waiting",
        "Requests that were accepted and are not yet durable",
        lambda: app.state.offices.waiting(),
    )
    app.asgi_handler = behind(Guarded(Watched(app.asgi_handler, metrics)), proxies)
    return app


async def way_in(connection: Connection, handler: BaseRouteHandler) -> None:
    """What stands before every handler.

    One guard, and async: Litestar copies the handler for each at every request, and would send a
    sync one through a thread.
    """
    await known_host(connection, handler)
    await at_the_gate(connection, handler)
    await known_parameters(connection, handler)


def desk(request: Request[Any, Any, State]) -> Desk:
    """The desk that a request stands at."""
    return Desk(request)
