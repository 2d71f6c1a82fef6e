"""Cache what is computed from a route handler."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TypeVar

from litestar.handlers import BaseRouteHandler

T = TypeVar("T")


def cached_by_handler(function: Callable[[BaseRouteHandler], T]) -> Callable[[BaseRouteHandler], T]:
    """Compute the result of a function once for each route handler.

    The result is stored in the handler's `opt`. `functools.cache` would keep each handler for ever,
    and with it the application.
    """
    name = f"{function.__module__}.{function.__qualname__}"

    @wraps(function)
    def cached(handler: BaseRouteHandler) -> T:
        if name not in handler.opt:
            handler.opt[name] = function(handler)
        result: T = handler.opt[name]
        return result

    return cached
