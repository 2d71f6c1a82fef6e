"""Group commit: waiting requests are written together in one durable transaction.

A worker thread has its own ledger with its own connection. It takes the queued jobs of one station,
runs each job in a savepoint of one transaction, commits, and returns the results. While the thread
waits for the disk, further jobs enter the queue. So the busier the service is, the more jobs share
a commit. Stations take turns. The batches are in `write_batches.py`. For a database file, most jobs
run in a process of their own instead, see `writer_process.py`.
"""

from __future__ import annotations

import asyncio
import threading
import uuid
from time import monotonic
from typing import Any, NamedTuple, TypeVar

from supplies.domain.commands import Command
from supplies.errors import Busy, Sentence, StoreError, Uncertain
from supplies.ledger.ledger import Ledger
from supplies.ledger.recorded import Recorded
from supplies_service.write_batches import (
    MAX_BATCH,
    BatchWriter,
    CommitObserver,
    Job,
    StationQueues,
)

T = TypeVar("T")

MAX_QUEUED = 1024
"""Maximum number of jobs in a queue. Further jobs are refused with `Busy`."""

TIMEOUT_SECONDS = 30.0
"""Maximum number of seconds that a request waits for its commit.

The database's own timeout for locks is shorter, so a write that waits for a lock fails before its
request times out.
"""


class _Queued(NamedTuple):
    """A queued job, the future for its result, and the future's event loop."""

    job: Job[Any]
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Any]


class GroupCommitQueue:
    """A queue of jobs, and the worker thread that runs them until `stop` is called.

    Args:
        ledger: The ledger of one station. Those of other stations share its connection.
        observer: Receives the size and duration of each commit; None if nobody needs them.
        max_queued: The maximum number of jobs in the queue.
        max_batch: The maximum number of jobs in one commit.
        timeout: Maximum number of seconds that `run` waits for a durable result.

    Attributes:
        ledger: Used only by the worker thread, which closes it at the end.
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
        self.ledger = ledger
        self._writer = BatchWriter(ledger, observer)
        self._max_queued, self._max_batch, self._timeout = max_queued, max_batch, timeout
        self._queued: StationQueues[_Queued] = StationQueues()
        self._changed = threading.Condition()
        self._stopping = False
        self._in_batch = 0
        self._thread = threading.Thread(target=self._run_worker, name="group commit", daemon=True)
        self._thread.start()

    @property
    def pending(self) -> int:
        """The number of accepted jobs that have no result yet."""
        return len(self._queued) + self._in_batch

    def idle_seconds(self) -> float:
        """Seconds since the last durable commit, or infinity before the first commit."""
        return monotonic() - self._writer.committed_at

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
        station = station or self.ledger.station_code
        loop = asyncio.get_running_loop()
        queued = _Queued(job, loop, loop.create_future())
        with self._changed:
            if self._stopping:
                raise is_stopping()
            if len(self._queued) >= self._max_queued:
                raise is_full(len(self._queued))
            self._queued.add(station, queued)
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
            if not self._queued.remove(station, queued):
                return is_uncertain()
        return Busy(Sentence("the database does not answer; nothing was recorded, try again"))

    async def stop(self) -> None:
        """Refuse new jobs, run all queued jobs, and close the ledger."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        await asyncio.to_thread(self._thread.join)
        self._writer.close()

    # --- in the worker thread ------------------------------------------------------------------

    def _run_worker(self) -> None:
        while True:
            with self._changed:
                while not self._queued and not self._stopping:
                    self._changed.wait()
                if not self._queued:
                    return
                station, batch = self._queued.take(self._max_batch)
                self._in_batch = len(batch)
            results = self._writer.run(station, [queued.job for queued in batch])
            for loop in {queued.loop for queued in batch}:
                loop_results = [
                    (queued.future, result)
                    for queued, result in zip(batch, results, strict=True)
                    if queued.loop is loop
                ]
                loop.call_soon_threadsafe(_set_results, loop_results)
            self._in_batch = 0


def _set_results(results: list[tuple[asyncio.Future[Any], Any]]) -> None:
    for future, result in results:
        if future.done():  # The caller cancelled the job.
            continue
        if isinstance(result, BaseException):
            future.set_exception(result)
        else:
            future.set_result(result)


def is_stopping() -> Busy:
    """Return the error for a job that comes after the service began to stop."""
    return Busy(Sentence("the service is stopping; nothing was recorded, try again"))


def is_full(count: int) -> Busy:
    """Return the error for a job that finds `count` other jobs in the queue."""
    return Busy(Sentence("the write queue is full ({count} requests); try again", count=count))


def is_uncertain() -> Uncertain:
    """Return the error for a job that has started, and whose end is not known."""
    return Uncertain(Sentence("the database did not confirm in time whether this was recorded"))
