"""Group commit: waiting requests are written together in one durable transaction.

A worker thread has its own ledger with its own connection. It takes the queued jobs of one station,
runs each job in a savepoint of one transaction, commits, and returns the results. While the thread
waits for the disk, further jobs enter the queue. So the busier the service is, the more jobs share
a commit. Stations take turns.
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
from supplies.errors import Busy, DiskFull, Gone, ReadOnly, Sentence, StoreError, Uncertain
from supplies.ledger.ledger import Ledger
from supplies.ledger.recorded import Recorded
from supplies.stations.clock_check import entries_reach
from supplies.storage.idempotency import RESPONSE_RETENTION

T = TypeVar("T")

MAX_QUEUED = 1024
"""Maximum number of jobs in a queue. Further jobs are refused with `Busy`."""

MAX_BATCH = 64
"""Maximum number of jobs in one commit. It limits how long the first job waits."""

_MAX_LEDGERS = 1000
"""Maximum number of ledgers that a queue keeps. Each one caches a station's catalogue."""

TIMEOUT_SECONDS = 30.0
"""Maximum number of seconds that a request waits for its commit.

The database's own timeout for locks is shorter, so a write that waits for a lock fails before its
request times out.
"""

_ERASE_INTERVAL = timedelta(hours=1)
"""Time between two deletions of expired responses, which are stored for repeated requests."""

Job = Callable[[Ledger], T]
"""A function that writes to a ledger. It may be called again if the commit fails."""


class CommitObserver(Protocol):
    """An object that receives the number of requests and the duration of each commit."""

    def count_commit(self, requests: int, seconds: float) -> None:
        """Count a durable commit. It is called in the worker thread."""


class _Queued(NamedTuple):
    """A queued job, the future for its result, and the future's event loop."""

    job: Job[Any]
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Any]


class GroupCommitQueue:
    """A queue of jobs, and the worker thread that runs them until `stop` is called.

    Args:
        ledger: Used only by the worker thread, which closes it at the end.
        observer: Receives the size and duration of each commit; None if nobody needs them.
        max_queued: The maximum number of jobs in the queue.
        max_batch: The maximum number of jobs in one commit.
        timeout: Maximum number of seconds that `run` waits for a durable result.
    """

    def __init__(
        self,
        ledger: Ledger,
        *,
        observer: CommitObserver | None = None,
        max_queued: int = MAX_QUEUED,
        max_batch: int = MAX_BATCH,
        timeout: float = TIMEOUT_SECONDS,
    ) -> None:
        self._ledger, self._observer = ledger, observer
        self._max_queued, self._max_batch, self._timeout = max_queued, max_batch, timeout
        self._queues: dict[str, deque[_Queued]] = {}
        """The queued jobs by station. The station whose turn is next comes first."""
        self._queued = 0
        self._ledgers = {ledger.station_code: ledger}
        self._changed = threading.Condition()
        self._stopping = False
        self._erased_at: dict[str, datetime] = {}
        self._committed_at = -math.inf
        self._in_batch = 0
        self._thread = threading.Thread(target=self._run_worker, name="group commit", daemon=True)
        self._thread.start()

    @property
    def pending(self) -> int:
        """The number of accepted jobs that have no result yet."""
        return self._queued + self._in_batch

    def idle_seconds(self) -> float:
        """Seconds since the last durable commit, or infinity before the first commit."""
        return monotonic() - self._committed_at

    # --- on the event loop ---------------------------------------------------------------------

    async def record(
        self, command: Command, *, by: str, id: str | uuid.UUID | None = None
    ) -> Recorded:
        """Record a command. Commands that wait at the same time share one commit.

        Args:
            by, id: As in `Ledger.record`.

        Raises:
            Busy: the queue is full, or the command did not start in time. Nothing was recorded.
            Uncertain: it is unknown whether the command was recorded.
            SuppliesError: the ledger refused the command; see `Ledger.record`.
        """
        return await self.run(lambda ledger: ledger.record(command, by=by, id=id))

    async def run(self, job: Job[T], *, station: str | None = None) -> T:
        """Run a job in the next commit of a station. Return its result once the commit is durable.

        An accepted job runs even if its caller is cancelled. If a job raises an error, only its own
        changes are rolled back.

        Args:
            job: The job to run. If it raises an error, this method raises the same error.
            station: The code of the station. None means the station of the queue's ledger.

        Raises:
            Busy: the queue is full or stopping, or the job did not start in time; nothing was
                written.
            Uncertain: the job started but was not durable in time. It may still become durable.
        """
        station = station or self._ledger.station_code
        loop = asyncio.get_running_loop()
        queued = _Queued(job, loop, loop.create_future())
        with self._changed:
            if self._stopping:
                raise Busy(Sentence("the service is stopping; nothing was recorded, try again"))
            if self._queued >= self._max_queued:
                raise Busy(
                    Sentence(
                        "the write queue is full ({count} requests); try again", count=self._queued
                    )
                )
            self._queues.setdefault(station, deque()).append(queued)
            self._queued += 1
        # Requests that the event loop handles at the same time share a commit.
        loop.call_soon(self._wake_worker)
        timer = loop.call_later(self._timeout, self._stop_waiting, station, queued)
        try:
            result: T = await queued.future
            return result
        finally:
            timer.cancel()

    def _wake_worker(self) -> None:
        with self._changed:
            self._changed.notify()

    def _stop_waiting(self, station: str, queued: _Queued) -> None:
        """Raise an error in the caller of a job that has not ended in time."""
        if not queued.future.done():
            queued.future.set_exception(self._timeout_error(station, queued))

    def _timeout_error(self, station: str, queued: _Queued) -> StoreError:
        """Return the error for a job that has not ended in time.

        If the job has not started, it is removed from the queue and will not run.
        """
        with self._changed:
            queue = self._queues.get(station, deque())
            if queued not in queue:
                return Uncertain(
                    Sentence("the database did not confirm in time whether this was recorded")
                )
            queue.remove(queued)
            self._queued -= 1
            if not queue:
                del self._queues[station]
        return Busy(Sentence("the database does not answer; nothing was recorded, try again"))

    async def stop(self) -> None:
        """Refuse new jobs, run all queued jobs, and close the ledger."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        await asyncio.to_thread(self._thread.join)
        self._ledger.close()

    # --- in the worker thread ------------------------------------------------------------------

    def _run_worker(self) -> None:
        while True:
            with self._changed:
                while not self._queued and not self._stopping:
                    self._changed.wait()
                if not self._queued:
                    return
                station, batch = self._next_batch()
            results = self._run_batch(station, batch)
            for loop in {queued.loop for queued in batch}:
                loop_results = [
                    (queued.future, result)
                    for queued, result in zip(batch, results, strict=True)
                    if queued.loop is loop
                ]
                loop.call_soon_threadsafe(_set_results, loop_results)
            self._in_batch = 0

    def _next_batch(self) -> tuple[str, list[_Queued]]:
        """Take the jobs of the next commit off the queue: at most `max_batch`, of one station.

        Return the code of the station, and its jobs.
        """
        station = next(iter(self._queues))
        queue = self._queues.pop(station)
        batch = [queue.popleft() for _ in range(min(len(queue), self._max_batch))]
        if queue:
            self._queues[station] = queue
        self._queued -= len(batch)
        self._in_batch = len(batch)
        return station, batch

    def _ledger_of(self, station: str) -> Ledger:
        if station not in self._ledgers:
            if len(self._ledgers) > _MAX_LEDGERS:
                self._ledgers = {self._ledger.station_code: self._ledger}
            self._ledgers[station] = self._ledger.for_station(station)
        return self._ledgers[station]

    def _run_batch(self, station: str, batch: list[_Queued]) -> list[Any]:
        """Run jobs in one commit. Return the result of each job, or the error it raised."""
        try:
            return self._commit(self._ledger_of(station), batch)
        except (Busy, DiskFull, Gone, ReadOnly, Uncertain) as error:
            # No job caused this error. Jobs that may be recorded already must not run again.
            return [error] * len(batch)
        except StoreError as error:
            # The engine refused a statement of one job. Run the jobs one by one to find it.
            if len(batch) == 1:
                return [error]
            return [result for queued in batch for result in self._run_batch(station, [queued])]
        except BaseException as error:  # Every job gets a result, and the thread continues.
            return [error] * len(batch)

    def _commit(self, ledger: Ledger, batch: list[_Queued]) -> list[Any]:
        begin = perf_counter()
        results: list[Any] = []
        with ledger.transaction():
            self._erase_expired_answers(ledger)
            for queued in batch:
                try:
                    with ledger.savepoint():
                        results.append(queued.job(ledger))
                except StoreError:
                    raise
                except Exception as error:
                    results.append(error)
        self._committed_at = monotonic()
        if self._observer is not None:
            self._observer.count_commit(len(batch), perf_counter() - begin)
        return results

    def _erase_expired_answers(self, ledger: Ledger) -> None:
        now, last = ledger.clock(), self._erased_at.get(ledger.station_code)
        if last is None or not timedelta() <= now - last < _ERASE_INTERVAL:
            ledger.stored_responses.limit_dates(now)
            if entries_reach(ledger.books, ledger.today()):
                ledger.stored_responses.erase(before=now - RESPONSE_RETENTION)
            self._erased_at[ledger.station_code] = now


def _set_results(results: list[tuple[asyncio.Future[Any], Any]]) -> None:
    for future, result in results:
        if future.done():  # The caller cancelled the job.
            continue
        if isinstance(result, BaseException):
            future.set_exception(result)
        else:
            future.set_result(result)
