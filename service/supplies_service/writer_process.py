"""A process that writes to a database file, for one process that answers requests.

Two threads of one process cannot run Python at the same time, and an SQL statement passes the
interpreter lock to the other thread many times. With a process of its own, writing and answering
requests use two processors.

The processes are connected by a pair of sockets. Each message is its length and a pickled object:
jobs in one direction, the results of a commit in the other. Only jobs that can be pickled are sent.
A job that is a local function runs in the thread of `GroupCommitQueue`. Both may write at the same
time, like two programs that open the file.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import math
import os
import pickle
import signal
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from select import select
from time import monotonic
from typing import Any, NamedTuple, NoReturn

from supplies.errors import StoreError, SuppliesError
from supplies.ledger.ledger import Ledger
from supplies.storage.engines import database_file
from supplies_service.group_commit import (
    MAX_QUEUED,
    TIMEOUT_SECONDS,
    is_full,
    is_stopping,
    is_uncertain,
)
from supplies_service.observability.logs import LOGGER, RemoteError, error_chain
from supplies_service.write_batches import (
    MAX_BATCH,
    BatchWriter,
    CommitObserver,
    Job,
    SendableJob,
    StationQueues,
)

_LENGTH_BYTES = 4
"""Number of bytes before each message that tell its length."""

_RECEIVE_BYTES = 1 << 20

_logger = logging.getLogger(LOGGER)


class _Results(NamedTuple):
    """The results of a batch of jobs.

    Attributes:
        results: The number of each job, and its result as `sendable` returns it.
        commits: The number of jobs and the seconds of each durable commit.
    """

    results: list[tuple[int, Any]]
    commits: list[tuple[int, float]]


def pack(job: Job[Any]) -> bytes | None:
    """Return a job in the form in which it is sent to the writer process.

    Return None if it cannot be sent, because it has or is a local function.
    """
    if not isinstance(job, SendableJob):
        return None
    try:
        return pickle.dumps(job)
    except (pickle.PicklingError, AttributeError, TypeError):
        return None


class WriterProcess(asyncio.Protocol):
    """A process that writes, as seen by the process that started it.

    Attributes:
        is_running: Whether the process accepts jobs. If it ends unexpectedly, it is not started
            again.
    """

    def __init__(self, connection: socket.socket, pid: int) -> None:
        self._connection, self._pid = connection, pid
        self._observer: CommitObserver | None = None
        self._futures: dict[int, asyncio.Future[Any]] = {}
        self._unsent: list[bytes] = []
        self._received = _Messages()
        self._last_number = 0
        self._committed_at = -math.inf
        self.is_running = self._is_stopping = False

    @property
    def pending(self) -> int:
        """The number of accepted jobs that have no result yet."""
        return len(self._futures)

    def idle_seconds(self) -> float:
        """Seconds since the last durable commit, or infinity before the first commit."""
        return monotonic() - self._committed_at

    async def connect(self, observer: CommitObserver | None = None) -> None:
        """Connect the running event loop with the process. Call this before `run`.

        Args:
            observer: Receives the size and duration of each commit; None if nobody needs them.
        """
        self._observer, self._loop = observer, asyncio.get_running_loop()
        self._has_ended = self._loop.create_future()
        # The system remembers a process that has ended until somebody waits for it.
        self._ended_process = self._loop.create_task(self._wait_for_end())
        await self._loop.create_unix_connection(lambda: self, sock=self._connection)

    async def run(self, packed: bytes, *, station: str) -> Any:
        """Run a job in the next commit of a station. Return its result once the commit is durable.

        An accepted job runs even if its caller is cancelled.

        Args:
            packed: The result of `pack`.

        Raises:
            Busy: too many jobs wait, or the service is stopping; nothing was written.
            Uncertain: there was no result in time, or the process ended. The job may be durable, or
                become so.
        """
        if self._is_stopping:
            raise is_stopping()
        if self.pending >= MAX_QUEUED:
            raise is_full(self.pending)
        self._last_number = number = self._last_number + 1
        future = self._futures[number] = self._loop.create_future()
        # Requests that the event loop handles at the same time are sent together.
        if not self._unsent:
            self._loop.call_soon(self._send)
        self._unsent.append(_message((number, station, packed)))
        timer = self._loop.call_later(TIMEOUT_SECONDS, _stop_waiting, future)
        try:
            return await future
        finally:
            timer.cancel()

    async def stop(self) -> None:
        """Refuse new jobs, wait until all accepted jobs are written, and end the process."""
        self._is_stopping = True
        if self._futures:
            await asyncio.wait(self._futures.values())
        self._transport.close()
        await self._has_ended
        await self._ended_process

    def kill(self) -> None:
        """Kill the process, because it does not end in time. Call this in the event loop.

        Callers that wait get the error `Uncertain`.
        """
        if not self._ended_process.done():
            _logger.error("the writer process did not end in time and was killed")
            with suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGKILL)

    # --- called by the event loop --------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Accept jobs from now on."""
        assert isinstance(transport, asyncio.Transport)
        self._transport, self.is_running = transport, True

    def data_received(self, data: bytes) -> None:
        """Return results to the callers of their jobs."""
        for message in self._received.add(data):
            for requests, seconds in message.commits:
                self._committed_at = monotonic()
                if self._observer is not None:
                    self._observer.count_commit(requests, seconds)
            for number, sent in message.results:
                result = received(sent)
                future = self._futures.pop(number)
                if future.done():  # The caller was cancelled, or waits no longer.
                    continue
                if isinstance(result, BaseException):
                    future.set_exception(result)
                else:
                    future.set_result(result)

    def connection_lost(self, error: Exception | None) -> None:
        """Tell all callers that it is unknown whether their jobs were written."""
        self.is_running = False
        for future in self._futures.values():
            if not future.done():
                future.set_exception(is_uncertain())
        self._futures.clear()
        self._has_ended.set_result(None)
        if not self._is_stopping:
            _logger.error("the writer process has ended; this process writes by itself from now on")

    async def _wait_for_end(self) -> None:
        await self._has_ended
        await asyncio.to_thread(os.waitpid, self._pid, 0)

    def _send(self) -> None:
        messages, self._unsent = self._unsent, []
        self._transport.write(b"".join(messages))


def _stop_waiting(future: asyncio.Future[Any]) -> None:
    if not future.done():
        future.set_exception(is_uncertain())


class _Messages:
    """Joins received bytes into messages."""

    def __init__(self) -> None:
        self._received = bytearray()

    def add(self, data: bytes) -> Iterator[Any]:
        """Yield the messages that are complete with these bytes."""
        received = self._received
        received += data
        while len(received) >= _LENGTH_BYTES:
            end = _LENGTH_BYTES + int.from_bytes(received[:_LENGTH_BYTES], "little")
            if len(received) < end:
                return
            message = bytes(received[_LENGTH_BYTES:end])
            del received[:end]
            yield pickle.loads(message)  # noqa: S301  # from the other process of the pair


def _message(content: object) -> bytes:
    data = pickle.dumps(content)
    return len(data).to_bytes(_LENGTH_BYTES, "little") + data


# --- the process that writes ---------------------------------------------------------------------


def fork_writer(
    database: str, open_ledger: Callable[[], Ledger], *, max_batch: int = MAX_BATCH
) -> WriterProcess | None:
    """Start a process that writes to a database file. Return None if the database is on a server.

    The process is a copy of this one, so it needs little memory of its own. Call this before this
    process has further threads or has opened the database.

    Args:
        open_ledger: Opens the ledger of one station of the database, in the new process.
        max_batch: The maximum number of jobs in one commit.
    """
    if not database_file(database):
        return None
    own_end, other_end = socket.socketpair()
    pid = os.fork()
    if pid == 0:
        _run_as_child(other_end, open_ledger, max_batch)
    other_end.close()
    return WriterProcess(own_end, pid)


def _run_as_child(
    connection: socket.socket, open_ledger: Callable[[], Ledger], max_batch: int
) -> NoReturn:
    """Write until the other process closes the connection, then end this process."""
    status = 1
    try:
        # These are sent to the whole group of processes. The other process decides when to end.
        for sent_to_all in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(sent_to_all, signal.SIG_IGN)
        _close_other_files(connection.fileno())
        gc.freeze()
        gc.enable()
        _Child(connection, open_ledger(), max_batch).run()
        status = 0
    except BaseException as error:
        _logger.error("the writer process failed", exc_info=error)
    finally:
        os._exit(status)


def _close_other_files(keep: int) -> None:
    """Close all files but the standard ones. The port stays in use while a process has it open."""
    os.closerange(3, keep)
    os.closerange(keep + 1, os.sysconf("SC_OPEN_MAX"))


class _Child:
    """The process that writes."""

    def __init__(self, connection: socket.socket, ledger: Ledger, max_batch: int) -> None:
        self._connection, self._max_batch = connection, max_batch
        self._commits: list[tuple[int, float]] = []
        self._writer = BatchWriter(ledger, self)
        self._queued: StationQueues[_PackedJob] = StationQueues()
        self._received = _Messages()
        self._is_connected = True

    def count_commit(self, requests: int, seconds: float) -> None:
        """Remember a commit, so that the other process can count it."""
        self._commits.append((requests, seconds))

    def run(self) -> None:
        """Run jobs until the connection is closed and all received jobs have ended."""
        while self._receive():
            station, batch = self._queued.take(self._max_batch)
            results = self._writer.run(station, batch)
            sent = [
                (job.number, sendable(result)) for job, result in zip(batch, results, strict=True)
            ]
            commits, self._commits = self._commits, []
            with suppress(ConnectionError):  # The other process was killed.
                self._connection.sendall(_message(_Results(sent, commits)))
        self._writer.close()

    def _receive(self) -> bool:
        """Queue all jobs that have been sent. Wait for one if none is queued.

        Return False if the connection is closed and no job is queued.
        """
        while self._is_connected and (not self._queued or select([self._connection], [], [], 0)[0]):
            data = b""
            with suppress(ConnectionError):
                data = self._connection.recv(_RECEIVE_BYTES)
            self._is_connected = bool(data)
            for number, station, packed in self._received.add(data):
                self._queued.add(station, _PackedJob(number, packed))
        return bool(self._queued)


@dataclass(frozen=True, slots=True)
class _PackedJob:
    """A job as it was received."""

    number: int
    packed: bytes

    def __call__(self, ledger: Ledger) -> Any:
        """Run the job."""
        return pickle.loads(self.packed)(ledger)  # noqa: S301  # from the other process of the pair


def sendable(result: Any) -> Any:
    """Return a result of a job in a form that can be pickled; see `received`.

    An error that will be logged is sent with its traceback. Other errors than those of the library
    may be of a class that cannot be pickled, so only their traceback is sent.
    """
    if not isinstance(result, BaseException):
        return result
    if not isinstance(result, SuppliesError):
        return _Raised(None, error_chain(result))
    return _Raised(result, error_chain(result) if isinstance(result, StoreError) else ())


def received(result: Any) -> Any:
    """Return a result of a job, or its error, as it was before `sendable`."""
    if not isinstance(result, _Raised):
        return result
    remote = RemoteError(result.chain)
    if result.error is None:
        return remote
    result.error.__cause__ = remote if result.chain else None
    return result.error


class _Raised(NamedTuple):
    """An error in place of a result.

    Attributes:
        error: None if only the traceback is sent.
        chain: The classes and tracebacks of the error and its causes, for the log.
    """

    error: SuppliesError | None
    chain: Sequence[dict[str, Any]] = ()
