"""Run long reads and draw papers in threads, with limits.

These jobs must not block the event loop, and no caller may use all threads.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from anyio import CapacityLimiter, Lock, fail_after
from anyio.to_thread import run_sync

from supplies.errors import Sentence
from supplies_service.problems import Overloaded, RateLimited

T = TypeVar("T")

MAX_PER_CALLER = 4
"""Maximum number of long reads and papers for which one caller may wait at a time."""

RETRY_SECONDS = 2
"""Number of seconds after which a caller with too many long reads should try again."""

MAX_DRAWN = 2
"""Maximum number of papers drawn at the same time. A long one takes up to 100 MB of memory."""

MAX_WAITING_TO_DRAW = 16
"""Maximum number of papers that may wait to be drawn. Further ones are refused."""

DRAWING_TIMEOUT_SECONDS = 60.0
"""Maximum number of seconds that a paper waits to be drawn. Then it is refused."""


class LongWork:
    """Runs functions in threads, at most `MAX_PER_CALLER` at a time for each caller.

    All calls must come from the same event loop.
    """

    def __init__(self) -> None:
        self._of_caller: Counter[str] = Counter()
        self._drawing = CapacityLimiter(MAX_DRAWN)
        self._waiting_to_draw = 0
        self._exporting = Lock()

    async def run(self, caller: str, function: Callable[[], T]) -> T:
        """Run a function in a thread.

        Args:
            caller: The code of the caller, or the network address of an unknown one.

        Raises:
            RateLimited: the caller is already waiting for `MAX_PER_CALLER` results.
        """
        with self._counted(caller):
            return await run_sync(function)

    async def draw(self, caller: str, function: Callable[[], bytes]) -> bytes:
        """Draw a paper in a thread. At most `MAX_DRAWN` papers are drawn at a time; others wait.

        Raises:
            RateLimited: the caller is already waiting for `MAX_PER_CALLER` results.
            Overloaded: too many papers wait to be drawn, or this one waited too long.
        """
        with self._counted(caller):
            if self._waiting_to_draw >= MAX_WAITING_TO_DRAW:
                raise Overloaded(Sentence("too many papers wait to be drawn; try again later"))
            self._waiting_to_draw += 1
            try:
                with fail_after(DRAWING_TIMEOUT_SECONDS):
                    await self._drawing.acquire()
            except TimeoutError:
                raise Overloaded(
                    Sentence("the paper waited too long to be drawn; try again later")
                ) from None
            finally:
                self._waiting_to_draw -= 1
            try:
                return await run_sync(function)
            finally:
                self._drawing.release()

    async def export(self, caller: str, function: Callable[[], T]) -> T:
        """Write an export in a thread. Only one export is written at a time; others wait.

        Raises:
            RateLimited: the caller is already waiting for `MAX_PER_CALLER` results.
        """
        with self._counted(caller):
            async with self._exporting:
                return await run_sync(function)

    @contextmanager
    def _counted(self, caller: str) -> Iterator[None]:
        """Count a request of a caller as waiting while the `with` block runs."""
        if self._of_caller[caller] >= MAX_PER_CALLER:
            raise RateLimited(
                Sentence(
                    "{count} of your long requests are being answered; wait for one of them",
                    count=MAX_PER_CALLER,
                ),
                retry_after=RETRY_SECONDS,
            )
        self._of_caller[caller] += 1
        try:
            yield
        finally:
            self._of_caller[caller] -= 1
            if not self._of_caller[caller]:
                del self._of_caller[caller]
