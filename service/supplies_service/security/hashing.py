"""Password hashing in threads, so that the event loop is not blocked."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TypeVar

from anyio import CapacityLimiter
from anyio.to_thread import run_sync

T = TypeVar("T")

_CONCURRENT = 1
"""Number of passwords hashed at the same time.

Hashing one takes four threads and 64 MiB for a tenth of a second. If two were hashed at once,
strangers who guess passwords would slow down all other requests on a small machine.
"""


async def hash_in_thread(function: Callable[..., T], *arguments: object) -> T:
    """Run a function that hashes or checks a password in a thread.

    Only one such function runs at a time; others wait.
    """
    return await run_sync(function, *arguments, limiter=_limiter())


@cache
def _limiter() -> CapacityLimiter:
    return CapacityLimiter(_CONCURRENT)
