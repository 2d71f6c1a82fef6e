"""A writer: what waits is written together in one durable commit, and only then answered.

A thread with a ledger, and so a connection, of its own takes everything that waits for a station,
carries each out as a part of one transaction, commits, and hands the outcomes back. While it waits
for the disk the next requests queue up; the busier the service, the more share a commit. Stations
take turns.
"""

from __future__ import annotations

import asyncio
import math
import threading
import uuid
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from time import monotonic, perf_counter
from typing import Any, NamedTuple, Protocol, TypeVar

from supplies.domain.commands import Command
from supplies.errors import Busy, DiskFull, Gone, ReadOnly, StoreError, Uncertain
from supplies.ledger.ledger import Ledger, Recorded
from supplies.storage.idempotency import KEPT_FOR

T = TypeVar("T")

MOST_WAITING = 1024
"""Requests in the queue; who comes then is told to come again."""

MOST_TOGETHER = 64
"""Requests in one commit: a bound on how long the first of them waits for the last."""

_LEDGERS_KEPT = 1000
"""Stations whose ledger, and what it has read of their catalogue, a writer keeps."""

MOST_SECONDS = 30.0
"""How long a request waits to become durable: longer than a lock is waited for."""

_TIDIED_EVERY = timedelta(hours=1)
"""By the ledger's clock: how often answers that were kept long enough are erased."""

Job = Callable[[Ledger], T]
"""Something to write. It may be carried out a second time where its first commit failed."""


class Watcher(Protocol):
    """Whoever wants to know of each commit."""

    def count_commit(self, requests: int, seconds: float) -> None:
        """So many requests shared a commit that took so long; called from the writer's thread."""


class _Waiting(NamedTuple):
    """A request that waits, and where its outcome is awaited."""

    job: Job[Any]
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Any]


class GroupWriter:
    """The queue, and the thread behind it. `stop` it: until then its thread lives."""

    def __init__(
        self,
        ledger: Ledger,
        *,
        watcher: Watcher | None = None,
        most_waiting: int = MOST_WAITING,
        most_together: int = MOST_TOGETHER,
        most_seconds: float = MOST_SECONDS,
    ) -> None:
        self._ledger, self._watcher = ledger, watcher
        self._most_waiting, self._most_together = most_waiting, most_together
        self._most_seconds = most_seconds
        self._queues: dict[str, deque[_Waiting]] = {}
        """What waits for each station; the one whose turn is next stands first."""
        self._queued = 0
        self._ledgers = {ledger.station_code: ledger}
        self._changed = threading.Condition()
        self._stopping = False
        self._tidied: dict[str, datetime] = {}
        self._committed_at = -math.inf
        self._carrying = 0
        self._thread = threading.Thread(target=self._work, name="writer", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """How many requests were accepted and are not yet answered."""
        return self._queued + self._carrying

    def idle_seconds(self) -> float:
        """For how long nothing was made durable; infinite where nothing was yet."""
        return monotonic() - self._committed_at

    # --- for the event loop --------------------------------------------------------------------

    async def record(
        self, command: Command, *, by: str, id: str | uuid.UUID | None = None
    ) -> Recorded:
        """As `Ledger.record`, in a commit that is shared with others."""
        return await self.run(lambda ledger: ledger.record(command, by=by, id=id))

    async def run(self, job: Job[T], *, at: str | None = None) -> T:
        """Carry out a job in a station's next commit; its outcome, once that is durable.

        at: the station; None: the one that the writer's own ledger is of. Where the job raises,
        what it wrote is undone, and that alone. What was accepted is carried out even if nobody
        awaits it any more. Raises Busy where the queue is full, or the job's turn did not come in
        time; Uncertain where it came and is not durable in time.
        """
        station = at or self._ledger.station_code
        loop = asyncio.get_running_loop()
        waiting = _Waiting(job, loop, loop.create_future())
        with self._changed:
            if self._stopping:
                raise Busy("the service is being stopped; nothing was recorded, try again")
            if self._queued >= self._most_waiting:
                raise Busy("more is waiting to be written than may wait; try again")
            self._queues.setdefault(station, deque()).append(waiting)
            self._queued += 1
            self._changed.notify()
        try:
            async with asyncio.timeout(self._most_seconds):
                returned: T = await waiting.future
                return returned
        except TimeoutError as error:
            raise self._given_up(station, waiting) from error

    def _given_up(self, station: str, waiting: _Waiting) -> StoreError:
        """What to say to a request that waited long enough, for a server that does not answer."""
        with self._changed:
            queue = self._queues.get(station, deque())
            if waiting not in queue:
                return Uncertain("the database has not said in time whether this was recorded")
            queue.remove(waiting)
            self._queued -= 1
            if not queue:
                del self._queues[station]
        return Busy("the database does not answer; nothing was recorded, try again")

    async def stop(self) -> None:
        """Take no more, carry out what was accepted, and let go of the books."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        await asyncio.to_thread(self._thread.join)
        self._ledger.close()

    # --- the thread ------------------------------------------------------------------------------

    def _work(self) -> None:
        while True:
            with self._changed:
                while not self._queued and not self._stopping:
                    self._changed.wait()
                if not self._queued:
                    return
                station, group = self._next_group()
            outcomes = self._outcomes(station, group)
            for loop in {waiting.loop for waiting in group}:
                mine = [
                    (waiting.future, outcome)
                    for waiting, outcome in zip(group, outcomes, strict=True)
                    if waiting.loop is loop
                ]
                loop.call_soon_threadsafe(_hand_back, mine)
            self._carrying = 0

    def _next_group(self) -> tuple[str, list[_Waiting]]:
        """The station whose turn it is, and what waits for it; what is too much waits again."""
        station = next(iter(self._queues))
        queue = self._queues.pop(station)
        group = [queue.popleft() for _ in range(min(len(queue), self._most_together))]
        if queue:
            self._queues[station] = queue
        self._queued -= len(group)
        self._carrying = len(group)
        return station, group

    def _at(self, station: str) -> Ledger:
        if station not in self._ledgers:
            if len(self._ledgers) > _LEDGERS_KEPT:
                self._ledgers = {self._ledger.station_code: self._ledger}
            self._ledgers[station] = self._ledger.at(station)
        return self._ledgers[station]

    def _outcomes(self, station: str, group: list[_Waiting]) -> list[Any]:
        """What became of each: what its job returned, or the error that it raised."""
        try:
            return self._commit(self._at(station), group)
        except (Busy, DiskFull, Gone, ReadOnly, Uncertain) as error:
            # Nobody's fault; and what may be recorded already must not be done a second time.
            return [error] * len(group)
        except StoreError as error:
            # Somebody's statement that the engine refuses takes nobody else's down with it.
            if len(group) == 1:
                return [error]
            return [outcome for waiting in group for outcome in self._outcomes(station, [waiting])]
        except BaseException as error:  # whoever waits is told, and the thread lives on
            return [error] * len(group)

    def _commit(self, ledger: Ledger, group: list[_Waiting]) -> list[Any]:
        begin = perf_counter()
        outcomes: list[Any] = []
        with ledger.together():
            self._tidy(ledger)
            for waiting in group:
                try:
                    with ledger.part():
                        outcomes.append(waiting.job(ledger))
                except StoreError:
                    raise
                except Exception as error:
                    outcomes.append(error)
        self._committed_at = monotonic()
        if self._watcher is not None:
            self._watcher.count_commit(len(group), perf_counter() - begin)
        return outcomes

    def _tidy(self, ledger: Ledger) -> None:
        """Erase the bytes of answers that were kept long enough."""
        now, last = ledger.clock(), self._tidied.get(ledger.station_code)
        if last is None or not timedelta() <= now - last < _TIDIED_EVERY:
            ledger.answers.erase(before=now - KEPT_FOR)
            self._tidied[ledger.station_code] = now


def _hand_back(outcomes: list[tuple[asyncio.Future[Any], Any]]) -> None:
    for future, outcome in outcomes:
        if future.done():  # whoever waited has gone away
            continue
        if isinstance(outcome, BaseException):
            future.set_exception(outcome)
        else:
            future.set_result(outcome)
