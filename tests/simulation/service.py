"""Requests of many clients to two applications on the same books, with faults that a seed decides.

The applications run in this process, without a network. A client may send its body slowly or only
half of it, lose the answer, or send the same request to both applications at once. The disk may be
full, and a worker may stop after the commit and before the answer. A model knows which requests
were recorded. Whatever was not answered is sent again with the same key.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import sqlite3
import sys
import tempfile
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import Any, NamedTuple
from unittest.mock import patch

from litestar import Litestar
from supplies_service import group_commit
from supplies_service.app import create_app
from supplies_service.observability.logs import LOGGER
from support.engines import ENGINES, RUNNING, without_fsync
from support.ledger_fixture import register_all
from support.rest_client import issue_credentials

from supplies.ledger.ledger import Ledger
from supplies.signing.station_keys import KEYS_SETTING, create_first_key
from supplies.storage.sqlite.store import SqliteStore
from supplies.verification.verify import verify

STEPS_PER_CHECK = 25
"""Number of steps between two verifications of the books."""

FAULTS = {
    "none": 30,
    "slow body": 10,
    "cut body": 12,
    "lost answer": 16,
    "full disk": 8,
    "stopped worker": 8,
    "both applications": 16,
}
"""How often each fault happens, as a weight."""


class Answer(NamedTuple):
    """The status and the body of a response."""

    status: int
    body: bytes


@dataclass
class Sent:
    """A request that a client sends until it is answered.

    Attributes:
        quantity: The donated pieces; 0 for a request that adds a user.
        recorded: Whether the books contain it.
        answer: The first answer; None if there was none yet.
    """

    key: str
    path: str
    body: bytes
    quantity: int
    recorded: bool = False
    answer: Answer | None = None


@dataclass
class Clock:
    """A clock that the simulation moves."""

    now: datetime = field(default_factory=lambda: datetime(2020, 2, 10, 4, tzinfo=UTC))

    def __call__(self) -> datetime:
        return self.now


class Worker:
    """An application that runs in a task of its own, as in a process of its own."""

    def __init__(self, database: str, clock: Clock) -> None:
        self.app = create_app(database, "lx", clock=clock)
        self._started, self._stopping = asyncio.Event(), asyncio.Event()
        self._task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        async with self.app.lifespan():
            self._started.set()
            await self._stopping.wait()

    async def started(self) -> Worker:
        """Wait until the books are open."""
        await self._started.wait()
        return self

    async def stop(self) -> None:
        """Close the books."""
        self._stopping.set()
        await self._task


class ServiceSimulation:
    """Two applications on the same books, and a model of what they recorded.

    Args:
        database: The address of an empty ledger. Its key file must not exist yet.
        seed: Decides requests and faults.
    """

    def __init__(self, database: str, seed: int) -> None:
        self.database, self.seed, self.clock = database, seed, Clock()
        self.ledger = without_fsync(Ledger.open(database, station="lx", clock=self.clock))
        create_first_key(database)
        register_all(self.ledger)
        self.token = issue_credentials(self.ledger)["coordinator"]
        self.users = self._count("users")
        self.requests: list[Sent] = []
        self.answered_reads = 0
        self.tally: Counter[str] = Counter()
        self._workers: list[Worker] = []

    async def run(self, steps: int) -> Counter[str]:
        """Run steps, and return how often each fault happened.

        Raises:
            AssertionError: the books differ from the model, or an answer is wrong.
        """
        try:
            self._workers = [await self._start(), await self._start()]
            for number in range(steps):
                await self._step(Random(f"{self.seed} {number}"), number)
                self._compare()
                if number % STEPS_PER_CHECK == STEPS_PER_CHECK - 1:
                    self._verify()
            for one in self.requests:
                if one.answer is None:
                    await self._answered(one, await self._send(0, one))
            self._compare()
            self._verify()
        finally:
            for worker in self._workers:
                await worker.stop()
            self.ledger.close()
        return self.tally

    async def _start(self) -> Worker:
        return await Worker(self.database, self.clock).started()

    # --- steps ---------------------------------------------------------------------------------

    async def _step(self, draw: Random, number: int) -> None:
        self.clock.now += timedelta(seconds=draw.randrange(400))
        fault = draw.choices([*FAULTS], [*FAULTS.values()])[0]
        self.tally[fault] += 1
        at = draw.randrange(2)
        if draw.random() < 0.2:
            await self._read(at, full=fault == "full disk")
            return
        one = self._request(draw, number)
        faults: dict[str, Callable[[int, Sent], Awaitable[None]]] = {
            "cut body": self._cut,
            "lost answer": self._lose,
            "full disk": self._fill,
            "stopped worker": self._stop_worker,
            "both applications": self._send_to_both,
        }
        if fault in faults:
            await faults[fault](at, one)
        else:
            await self._answered(one, await self._send(at, one, parts=9 if "slow" in fault else 1))

    def _request(self, draw: Random, number: int) -> Sent:
        """Return a new request, or one that was sent before, whether it was answered or not."""
        if self.requests and draw.random() < 0.4:
            return draw.choice(self.requests[-12:])
        key = f"key-{self.seed}-{number}"
        if draw.random() < 0.2:
            body: dict[str, Any] = {"login": f"user{number}", "role": "auditor"}
            one = Sent(key, "/api/users", json.dumps(body).encode(), 0)
        else:
            quantity = draw.randrange(1, 1000)
            lines = [{"item": "mask", "quantity": quantity}]
            body = {"donor": "D-1", "location": "store", "handled_by": "陈某", "lines": lines}
            one = Sent(key, "/api/donations", json.dumps(body).encode(), quantity)
        self.requests.append(one)
        return one

    async def _answered(self, one: Sent, answer: Answer | None) -> None:
        """Check the answer to a whole request. It is recorded now, if it was not before."""
        assert answer is not None
        assert answer.status == 201, answer
        if one.answer is not None and one.quantity:
            assert answer.body == one.answer.body, (answer.body, one.answer.body)
        one.recorded, one.answer = True, one.answer or answer

    async def _read(self, at: int, *, full: bool) -> None:
        """Read the record of a person. The line in the access log comes before the answer."""
        if full:
            with full_disk(self._workers[at].app):
                answer = await self._get(at, "/api/donors/D-1")
            assert status_of(answer) == 503, answer
            return
        answer = await self._get(at, "/api/donors/D-1")
        assert status_of(answer) == 200, answer
        self.answered_reads += 1

    async def _cut(self, at: int, one: Sent) -> None:
        """The connection ends in the middle of the body: nothing is recorded."""
        answer = await self._send(at, one, cut=True)
        assert answer is None or answer.status >= 400, answer

    async def _lose(self, at: int, one: Sent) -> None:
        """The connection ends after the body: the request is recorded, and nobody hears of it."""
        await self._send(at, one, lost=True)
        one.recorded = True

    async def _fill(self, at: int, one: Sent) -> None:
        """The disk is full: nothing is recorded. An earlier answer may need a line in the log."""
        with full_disk(self._workers[at].app):
            answer = await self._send(at, one)
        assert status_of(answer) in ((201, 503) if one.recorded else (503,)), answer

    async def _stop_worker(self, at: int, one: Sent) -> None:
        """A worker stops after the commit and before the answer. Another one takes its place."""
        committed = asyncio.Event()

        deliver = group_commit._set_results

        def stop(results: list[Any]) -> None:
            if self._count("answers", f"AND request_key = '{one.key}'"):
                committed.set()
            else:  # an earlier commit, which stores when the token was used
                deliver(results)

        with patch.object(group_commit, "_set_results", stop):
            task = asyncio.create_task(self._send(at, one))
            waiting = asyncio.create_task(committed.wait())
            await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
            waiting.cancel()
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        one.recorded = True
        await self._workers[at].stop()
        self._workers[at] = await self._start()

    async def _send_to_both(self, at: int, one: Sent) -> None:
        """A client that hears nothing sends the same request to the other worker meanwhile."""
        answers = await asyncio.gather(self._send(at, one), self._send(1 - at, one))
        for answer in answers:
            await self._answered(one, answer)

    # --- the model -----------------------------------------------------------------------------

    def _compare(self) -> None:
        """Compare the books with the requests that were recorded."""
        recorded = [one for one in self.requests if one.recorded]
        gifts = [one.quantity for one in recorded if one.quantity]
        found = self.ledger.store.one(
            "SELECT coalesce(sum(quantity), 0), count(*) FROM transfers "
            "WHERE station = 'lx' AND target = 'stock:store'"
        )
        assert found == (sum(gifts), len(gifts)), (found, sum(gifts), len(gifts))
        assert self._count("users") - self.users == len(recorded) - len(gifts)
        lines = self._count("access_log", "AND subject = 'D-1' AND method = 'GET'")
        assert lines >= self.answered_reads

    def _verify(self) -> None:
        (station,) = verify(self.ledger.store).stations
        assert station.access.state == "unchanged"
        assert station.access.has_last_seal

    def _count(self, table: str, more: str = "") -> int:
        row = self.ledger.store.one(f"SELECT count(*) FROM {table} WHERE station = 'lx' {more}")
        return 0 if row is None else int(row[0])

    # --- the connection ------------------------------------------------------------------------

    async def _get(self, at: int, path: str) -> Answer | None:
        return await _request(self._workers[at].app, "GET", path, self.token)

    async def _send(
        self, at: int, one: Sent, *, parts: int = 1, cut: bool = False, lost: bool = False
    ) -> Answer | None:
        return await _request(
            self._workers[at].app,
            "POST",
            one.path,
            self.token,
            key=one.key,
            body=one.body,
            parts=parts,
            cut=cut,
            lost=lost,
        )


def status_of(answer: Answer | None) -> int | None:
    """Return the status of an answer, or None if there was none."""
    return None if answer is None else answer.status


class _FullAtCommit:
    """A connection to a file whose disk is full at each commit."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def execute(self, sql: str, *params: Any) -> sqlite3.Cursor:
        if sql == "COMMIT":
            error = sqlite3.OperationalError("database or disk is full")
            error.sqlite_errorcode = sqlite3.SQLITE_FULL
            raise error
        return self._connection.execute(sql, *params)


FULL_SERVER = (
    "DO $$ BEGIN RAISE EXCEPTION 'no space left on device' USING ERRCODE = '53100'; END $$"
)
"""SQL with the error that PostgreSQL reports if its disk is full."""


@contextmanager
def full_disk(app: Litestar) -> Iterator[None]:
    """Let each commit of an application find a full disk within the `with` block."""
    with ExitStack() as faults:
        for queue in app.state.stations._queues:
            store = queue.ledger.store
            if isinstance(store, SqliteStore):
                full = _FullAtCommit(store.connection)
                faults.enter_context(patch.object(store, "connection", full))
            else:
                fail = partial(_commit_on_full_server, store._commit)
                faults.enter_context(patch.object(store, "_commit", fail))
        yield


def _commit_on_full_server(commit: Callable[[Any], None], transaction: Any) -> None:
    """Commit a transaction on a server that then reports that its disk is full."""
    with patch.object(transaction, "commit", partial(transaction.execute, FULL_SERVER)):
        commit(transaction)


async def _request(
    app: Litestar,
    method: str,
    path: str,
    token: str,
    *,
    key: str = "",
    body: bytes = b"",
    parts: int = 1,
    cut: bool = False,
    lost: bool = False,
) -> Answer | None:
    """Send a request to an application, and return the answer, or None if there was none.

    Args:
        parts: The number of pieces in which the body arrives.
        cut: Whether the connection ends after half of the body.
        lost: Whether the connection ends after the body, before the answer.
    """
    headers = [(b"host", b"127.0.0.1:8000"), (b"authorization", f"Bearer {token}".encode())]
    if method == "POST":
        headers += [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
            (b"idempotency-key", key.encode()),
        ]
    size = max(1, -(-len(body) // (2 if cut else parts)))
    pieces = [body[start : start + size] for start in range(0, len(body), size)] or [b""]
    if cut:
        pieces = pieces[:1]
    messages: list[dict[str, Any]] = [
        {"type": "http.request", "body": piece, "more_body": cut or index < len(pieces) - 1}
        for index, piece in enumerate(pieces)
    ]
    status, content = 0, b""

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(0)
        return messages.pop(0) if messages else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        nonlocal status, content
        if message["type"] == "http.response.start":
            status = message["status"]
        content += message.get("body", b"")

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": headers,
        "client": ("127.0.0.1", 5000),
        "server": ("127.0.0.1", 8000),
        "extensions": {},
    }
    await app(scope, receive, send)  # type: ignore[arg-type]
    return None if cut or lost or not status else Answer(status, content)


def simulate(folder: Path, seed: int, steps: int, engine: str) -> Counter[str]:
    """Run a simulation. Return how often each fault happened.

    Args:
        folder: An empty folder, for the books if they are a file, and for their keys.
        engine: "sqlite" or "postgresql".

    Raises:
        AssertionError: the books differ from the model, or an answer is wrong.
    """
    with (
        patch.dict(os.environ, {KEYS_SETTING: str(folder / "station.key")}),
        RUNNING.books(engine, folder) as url,
    ):
        return asyncio.run(ServiceSimulation(url, seed).run(steps))


def main() -> int:
    parser = argparse.ArgumentParser(prog="simulation.service", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--steps", type=int, default=500)
    parser.add_argument("--engine", choices=ENGINES, default="sqlite")
    options = parser.parse_args()
    logging.getLogger(LOGGER).setLevel(logging.CRITICAL + 1)  # Full disks are expected.
    try:
        with tempfile.TemporaryDirectory(prefix="supplies-service-") as folder:
            tally = simulate(Path(folder), options.seed, options.steps, options.engine)
    finally:
        RUNNING.stop()
    print(
        f"seed {options.seed}, {options.engine}, {options.steps} requests to two applications: "
        "no failure found"
    )
    print(", ".join(f"{count} × {fault}" for fault, count in tally.most_common()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
