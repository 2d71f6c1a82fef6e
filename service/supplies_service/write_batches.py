"""Jobs that write: they queue by station, and run together in one durable transaction."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from time import monotonic, perf_counter
from typing import Any, Generic, Protocol, TypeVar

from supplies.errors import Busy, DiskFull, Gone, ReadOnly, StoreError, Uncertain
from supplies.ledger.ledger import Ledger
from supplies.stations.clock_check import entries_reach
from supplies.storage.idempotency import RESPONSE_RETENTION

T = TypeVar("T")
Q = TypeVar("Q")

MAX_BATCH = 64
"""Maximum number of jobs in one commit. It limits how long the first job waits."""

_MAX_LEDGERS = 1000
"""Maximum number of ledgers to keep. Each one caches a station's catalogue."""

_ERASE_INTERVAL = timedelta(hours=1)
"""Time between two deletions of expired responses, which are stored for repeated requests."""

Job = Callable[[Ledger], T]
"""A function that writes to a ledger. It may be called again if the commit fails."""


class SendableJob(ABC):
    """A job that may run in another process. It changes nothing but the books.

    It is pickled with its attributes, so functions among them must be functions of a module.
    """

    @abstractmethod
    def __call__(self, ledger: Ledger) -> Any:
        """Run the job."""


class CommitObserver(Protocol):
    """An object that receives the number of requests and the duration of each commit."""

    def count_commit(self, requests: int, seconds: float) -> None:
        """Count a durable commit."""


class StationQueues(Generic[Q]):
    """Queued jobs by station. Stations take turns."""

    def __init__(self) -> None:
        self._queues: dict[str, deque[Q]] = {}
        """The queued jobs by station. The station whose turn is next comes first."""
        self._count = 0

    def __len__(self) -> int:
        """Return the number of queued jobs of all stations."""
        return self._count

    def add(self, station: str, queued: Q) -> None:
        """Add a job at the end of a station's queue."""
        self._queues.setdefault(station, deque()).append(queued)
        self._count += 1

    def remove(self, station: str, queued: Q) -> bool:
        """Remove a job from a station's queue. Return False if it is not in the queue."""
        queue = self._queues.get(station, deque())
        if queued not in queue:
            return False
        queue.remove(queued)
        self._count -= 1
        if not queue:
            del self._queues[station]
        return True

    def take(self, limit: int) -> tuple[str, list[Q]]:
        """Remove the jobs of the next commit: at most `limit`, of one station.

        Return the code of the station, and its jobs. Do not call this if no job is queued.
        """
        station = next(iter(self._queues))
        queue = self._queues.pop(station)
        batch = [queue.popleft() for _ in range(min(len(queue), limit))]
        if queue:
            self._queues[station] = queue
        self._count -= len(batch)
        return station, batch


class BatchWriter:
    """Runs the jobs of a station in one commit. Use it in one thread only.

    Args:
        ledger: The ledger of one station. Those of other stations share its connection.
        observer: Receives the size and duration of each commit; None if nobody needs them.

    Attributes:
        committed_at: The time of the last durable commit, by `time.monotonic`; minus infinity
            before the first.
    """

    def __init__(self, ledger: Ledger, observer: CommitObserver | None = None) -> None:
        self._ledger, self._observer = ledger, observer
        self.committed_at = -math.inf
        self._ledgers = {ledger.station_code: ledger}
        self._erased_at: dict[str, datetime] = {}

    def close(self) -> None:
        """Close the ledger."""
        self._ledger.close()

    def run(self, station: str, jobs: Iterable[Job[Any]]) -> list[Any]:
        """Run jobs in one commit. Return the result of each job, or the error it raised.

        If a job raises an error, only its own changes are rolled back.
        """
        batch = list(jobs)
        try:
            return self._commit(self._ledger_of(station), batch)
        except (Busy, DiskFull, Gone, ReadOnly, Uncertain) as error:
            # No job caused this error. Jobs that may be recorded already must not run again.
            return [error] * len(batch)
        except StoreError as error:
            # The engine refused a statement of one job. Run the jobs one by one to find it.
            if len(batch) == 1:
                return [error]
            return [result for job in batch for result in self.run(station, [job])]
        except BaseException as error:  # Every job gets a result, and the caller continues.
            return [error] * len(batch)

    def _ledger_of(self, station: str) -> Ledger:
        if station not in self._ledgers:
            if len(self._ledgers) > _MAX_LEDGERS:
                self._ledgers = {self._ledger.station_code: self._ledger}
            self._ledgers[station] = self._ledger.for_station(station)
        return self._ledgers[station]

    def _commit(self, ledger: Ledger, batch: list[Job[Any]]) -> list[Any]:
        begin = perf_counter()
        results: list[Any] = []
        with ledger.transaction():
            self._erase_expired_answers(ledger)
            for job in batch:
                try:
                    with ledger.savepoint():
                        results.append(job(ledger))
                except StoreError:
                    raise
                except Exception as error:
                    results.append(error)
        self.committed_at = monotonic()
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
