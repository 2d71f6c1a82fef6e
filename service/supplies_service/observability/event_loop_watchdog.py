"""A watchdog that interrupts a database read when the read blocks the event loop."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from time import monotonic

from supplies.storage.store import Store

MAX_BLOCKED_SECONDS = 10.0
"""Seconds for which a database read may block the event loop. Then it is interrupted."""

_CHECKS = 10
"""How many times the watchdog checks the event loop within `MAX_BLOCKED_SECONDS`."""


class EventLoopWatchdog:
    """A thread that interrupts a database read when the read blocks the event loop.

    The thread runs until `stop` is called. Short reads run on the event loop itself. If the
    database hangs, the loop hangs too. Then no request gets a response, not even one that needs no
    database. The watchdog interrupts the read, and the blocked request gets the error `Busy`.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._ran_at = monotonic()
        self._heartbeat = asyncio.create_task(self._beat())
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)
        self._thread.start()

    async def stop(self) -> None:
        """Stop the thread."""
        self._heartbeat.cancel()
        with suppress(asyncio.CancelledError):
            await self._heartbeat
        self._stopped.set()
        self._thread.join()

    async def _beat(self) -> None:
        while True:
            self._ran_at = monotonic()
            await asyncio.sleep(MAX_BLOCKED_SECONDS / _CHECKS)

    def _watch(self) -> None:
        while not self._stopped.wait(MAX_BLOCKED_SECONDS / _CHECKS):
            if monotonic() - self._ran_at > MAX_BLOCKED_SECONDS:
                self._store.interrupt()
                # After an interruption, the next read may take the full time again.
                self._ran_at = monotonic()
