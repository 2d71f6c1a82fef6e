"""The stations that a service serves, and the station of each request.

All stations share the connections for reading, the group commit queues and the keys. The secret
that a caller sends contains the code of the caller's station. That station is the station of the
request, unless the request selects another one.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from contextlib import ExitStack
from functools import cached_property
from typing import Any, TypeVar
from zlib import crc32

from litestar.connection import ASGIConnection

from supplies.access.access_context import AccessContext
from supplies.errors import StoreError
from supplies.ledger.clock import Clock
from supplies.ledger.ledger import Ledger
from supplies.signing.station_keys import StationKeys
from supplies.stations.organisation import default_station
from supplies.storage.engines import database_file, open_store
from supplies_service.books_jobs import BooksJob
from supplies_service.group_commit import GroupCommitQueue
from supplies_service.long_work import LongWork
from supplies_service.observability.event_loop_watchdog import EventLoopWatchdog
from supplies_service.observability.metrics import Metrics
from supplies_service.write_batches import MAX_BATCH, Job
from supplies_service.writer_process import WriterProcess, pack

T = TypeVar("T")

Connection = ASGIConnection[Any, Any, Any, Any]
"""A request in the form that middlewares receive."""

_MAX_CACHED = 1000
"""Maximum number of stations in memory. Beyond it, the least recently used is removed."""

_QUEUES = 4
"""Number of commit queues if the database engine can write for several stations at once."""

_SCOPE_KEY = "supplies_station"
"""The key in a request's ASGI scope that holds the request's `StationService`."""


class StationService:
    """The books, commit queue and keys of one station.

    Attributes:
        code: The station's code.
        ledger: The ledger for short reads on the event loop.
        queue: The queue for writes. Several stations may share a queue.
        writer: The process that writes; None if only the queue writes.
        station_keys: The keys that sign receipts.
        write_probe: The last check that the books can be written; None before the first check.
    """

    def __init__(
        self,
        ledger: Ledger,
        shared_ledger: Ledger,
        queue: GroupCommitQueue,
        station_keys: StationKeys,
        writer: WriterProcess | None = None,
    ) -> None:
        self.code = ledger.station_code
        self.ledger, self.queue, self.station_keys = ledger, queue, station_keys
        self.writer = writer
        self._shared_ledger = shared_ledger
        self.write_probe: asyncio.Task[None] | None = None

    @cached_property
    def thread_ledger(self) -> Ledger:
        """The ledger for long reads in a thread. Only one long read runs at a time.

        Use this only in a thread, because its first use may have to wait for the reads of other
        threads.
        """
        return self._shared_ledger.for_station(self.code)

    async def write(self, job: Job[T]) -> T:
        """Run a job in a group commit. Return its result once the commit is durable.

        Raises:
            Busy: the queue is full or slow; nothing was written.
            Uncertain: it is unknown whether the change was written.
        """
        if self.writer is not None and self.writer.is_running:
            packed = pack(job)
            if packed is not None:
                result: T = await self.writer.run(packed, station=self.code)
                return result
        return await self.queue.run(job, station=self.code)

    def idle_seconds(self) -> float:
        """Seconds since commands were last committed, or infinity if they never were."""
        if self.writer is not None and self.writer.is_running:
            return self.writer.idle_seconds()
        return self.queue.idle_seconds()

    async def admin_write(self, job: Callable[[AccessContext], T]) -> T:
        """Run a job that changes data outside the hash chain, such as users.

        When this method returns, the change is durable.

        Raises:
            Busy: the queue is full or slow; nothing was written.
            Uncertain: it is unknown whether the change was written.
        """
        return await self.write(lambda ledger: job(AccessContext(ledger.books, ledger.clock())))


class Stations:
    """All stations of a service. Call `stop` to close the books.

    Args:
        database: A file or a `postgresql://` URL.
        only: The code of the one station to serve. If None, all stations of the database are
            served.
        clock: Returns the current time, with a time zone.
        metrics: Counts the group commits.
        max_batch: The maximum number of requests in one commit.
        writer: A process that writes; None if this process writes by itself.

    Attributes:
        checkpoints: The latest signed checkpoint of each station, by station code. Each is a pair:
            the number of the station's last entry when it was signed, and the signed text.
        long_work: Runs long reads and draws papers in threads.
        books_job: The latest verification or backup that was started from a page; None before the
            first. Only one runs at a time.

    Raises:
        StoreError: the books cannot be opened.
        NotFound: the database has no such station.
    """

    def __init__(
        self,
        database: str,
        *,
        only: str | None,
        clock: Clock,
        metrics: Metrics,
        max_batch: int = MAX_BATCH,
        writer: WriterProcess | None = None,
    ) -> None:
        self.metrics, self.only, self._writer = metrics, only, writer
        first = only or _default_station(database)
        self.checkpoints: dict[str, tuple[int, str]] = {}
        self.long_work = LongWork()
        self.books_job: BooksJob | None = None
        self._cached: OrderedDict[str, StationService] = OrderedDict()
        with ExitStack() as opened:

            def open_books() -> Ledger:
                return opened.enter_context(
                    Ledger.open(database, station=first, clock=clock, create=False)
                )

            self._ledger, self._thread_ledger = open_books(), open_books()
            self._database, self._clock = database, clock
            self._key = StationKeys.for_database(database)
            self._queues = [
                GroupCommitQueue(open_books(), observer=metrics, max_batch=max_batch)
                for _ in range(1 if only is not None or database_file(database) else _QUEUES)
            ]
            self._books = opened.pop_all()
        self._watchdog = EventLoopWatchdog(self._ledger.store)
        self.default = self._add(self._ledger.station_code)

    async def start(self) -> None:
        """Connect with the process that writes, if there is one."""
        if self._writer is not None:
            await self._writer.connect(self.metrics)

    async def stop(self) -> None:
        """Stop a running verification or backup, write the queued jobs, then close the books."""
        if self.books_job is not None:
            await self.books_job.stop()
        if self._writer is not None:
            await self._writer.stop()
        for queue in self._queues:
            await queue.stop()
        await self._watchdog.stop()
        self._books.close()

    def open_ledger(self, station: str) -> Ledger:
        """Open the books of a station on a separate database connection. The caller closes them.

        Use the ledger in a thread for long reads, so that other reads do not wait for them.
        """
        return Ledger.open(self._database, station=station, clock=self._clock, create=False)

    # --- lookup ------------------------------------------------------------------------------

    def find(self, station: str | None) -> StationService | None:
        """Return a station by its code, or None if this service does not serve that station.

        Args:
            station: The code in the caller's secret. It is None for secrets of older versions,
                which contain no code and are valid only if the service serves a single station.
        """
        if station is None:
            return None if self.has_several() else self.default
        if self.only not in (None, station):
            return None
        cached = self._cached.get(station)
        if cached is not None:
            self._cached.move_to_end(station)
            return cached
        exists = self._query("SELECT 1 FROM stations WHERE code = :code", code=station)
        return self._add(station) if exists else None

    def find_issuer(self, number: str) -> StationService | None:
        """Return the station that issued a receipt, or None if no served station did.

        Receipt numbers are unique among all stations.
        """
        issuer = self._query("SELECT station FROM receipts WHERE number = :number", number=number)
        return self.find(str(issuer[0][0])) if issuer else None

    def has_several(self) -> bool:
        """Return whether more than one station is served."""
        if self.only is not None:
            return False
        return len(self._query("SELECT code FROM stations ORDER BY code LIMIT 2")) > 1

    def hosts(self) -> list[str]:
        """Return the web addresses that served stations print on their papers."""
        rows = self._query(
            "SELECT DISTINCT host FROM stations WHERE :only IN ('', code)", only=self.only or ""
        )
        return [str(host) for (host,) in rows]

    def database_version(self) -> object:
        """Return the version of the database, which each commit changes.

        Return None if the database engine has no such version.
        """
        # If the database cannot be read, the handling of the request reports it.
        try:
            version = self._ledger.database_version()
        except StoreError:
            return None
        # Versions of two connections differ, because each counts only the commits of others.
        return None if version is None else (self, version)

    def lost_writer(self) -> bool:
        """Return whether there was a process that writes, and it has ended."""
        return self._writer is not None and not self._writer.is_running

    def count_queued(self) -> int:
        """Return the number of accepted requests whose changes are not durable yet."""
        sent = 0 if self._writer is None else self._writer.pending
        return sent + sum(queue.pending for queue in self._queues)

    def _query(self, sql: str, **params: str) -> list[tuple[Any, ...]]:
        with self._ledger.read_without_transaction() as books:
            return books.all(sql, **params)

    def _add(self, station: str) -> StationService:
        # A station always uses the same queue, so that its requests can share commits.
        queue = self._queues[crc32(station.encode()) % len(self._queues)]
        service = StationService(
            self._ledger.for_station(station),
            self._thread_ledger,
            queue,
            self._key,
            self._writer,
        )
        self._cached[station] = service
        while len(self._cached) > _MAX_CACHED:
            self._cached.popitem(last=False)
        return service


def open_ledger(database: str, only: str | None, clock: Clock) -> Ledger:
    """Open the ledger of the station `only`, or of the default station if it is None.

    Raises:
        StoreError: the database cannot be opened.
        NotFound: the database has no such station.
    """
    return Ledger.open(
        database, station=only or _default_station(database), clock=clock, create=False
    )


def _default_station(database: str) -> str:
    store = open_store(database, create=False)
    try:
        return default_station(store)
    finally:
        store.close()


# --- the station of a request --------------------------------------------------------------------


def served_stations(connection: Connection) -> Stations:
    """Return all stations of the service that handles a request."""
    stations: Stations = connection.app.state.stations
    return stations


def current_station(connection: Connection) -> StationService:
    """Return the station of a request.

    Until `set_current_station` is called for the request, it is the default station.
    """
    scope: Any = connection.scope
    service: StationService | None = scope.get(_SCOPE_KEY)
    return service or served_stations(connection).default


def set_current_station(connection: Connection, service: StationService) -> None:
    """Set the station of a request."""
    scope: Any = connection.scope
    scope[_SCOPE_KEY] = service
