"""What is cached for a route handler keeps no application in memory."""

from __future__ import annotations

import gc
from collections.abc import Iterator

from litestar import Litestar
from litestar.handlers import BaseRouteHandler
from litestar.routes import HTTPRoute
from supplies_service.app import create_app
from supplies_service.handler_cache import cached_by_handler
from supplies_service.request_bodies import body_type


def applications() -> int:
    gc.collect()
    return sum(isinstance(each, Litestar) for each in gc.get_objects())


def handlers() -> Iterator[BaseRouteHandler]:
    for route in create_app("books.db", "lx").routes:
        if isinstance(route, HTTPRoute):
            yield from route.route_handlers


def ask_all_handlers() -> None:
    assert {body_type(handler) for handler in handlers()} > {None}


def test_an_application_is_freed_although_results_of_its_handlers_were_cached() -> None:
    ask_all_handlers()  # Litestar itself keeps the last application.
    before = applications()
    for _ in range(3):
        ask_all_handlers()
    assert applications() == before


def test_a_result_is_computed_once_for_each_handler() -> None:
    asked = []

    @cached_by_handler
    def times_asked(handler: BaseRouteHandler) -> int:
        asked.append(handler)
        return len(asked)

    one, other = (next(iter(handlers())) for _ in range(2))
    assert [times_asked(each) for each in (one, one, other)] == [1, 1, 2]
