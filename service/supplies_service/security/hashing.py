"""Password hashing in threads, so that the event loop is not blocked."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TypeVar

from anyio import CapacityLimiter
from anyio.to_thread import run_sync

T = TypeVar("T")

_CONCURRENT = 2
"""Number of passwords hashed at once. Each takes one core and 64 MiB for a while."""


async def hash_in_thread(function: Callable[..., T], *arguments: object) -> T:
    """Run a function that hashes or checks a password in a thread.

    At most two such functions run at a time.
    """
    return await run_sync(function, *arguments, limiter=_limiter())


@cache
def _limiter() -> CapacityLimiter:
    return CapacityLimiter(_CONCURRENT)
