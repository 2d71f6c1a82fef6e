"""The event loop's watchman: a reading on which everybody waits is ended when it takes too long."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from time import monotonic

from supplies.storage import Store

PATIENCE = 10.0
"""Seconds for which the loop may stand still."""

_LOOKS = 10
"""How often within them it is looked whether it does."""


class Watchman:
    """A thread beside the event loop, which looks whether that still turns.

    What is read shortly is read on the loop itself. Where the database hangs, the loop hangs with
    it and nobody is answered at all, not even with what needs no database: then the store is told
    to give up, and whoever asked is told to come again. `stop` it.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._turned_at = monotonic()
        self._turns = asyncio.create_task(self._turn())
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watchman", daemon=True)
        self._thread.start()

    async def stop(self) -> None:
        """Watch no more."""
        self._turns.cancel()
        with suppress(asyncio.CancelledError):
            await self._turns
        self._stopped.set()
        self._thread.join()

    async def _turn(self) -> None:
        while True:
            self._turned_at = monotonic()
            await asyncio.sleep(PATIENCE / _LOOKS)

    def _watch(self) -> None:
        while not self._stopped.wait(PATIENCE / _LOOKS):
            if monotonic() - self._turned_at > PATIENCE:
                self._store.interrupt()
                # Whatever it does next has as long again.
                self._turned_at = monotonic()
