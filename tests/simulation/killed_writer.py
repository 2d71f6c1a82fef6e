"""A writer in its own process that is killed in the middle of a command."""

from __future__ import annotations

import multiprocessing
import os
import signal
from datetime import datetime
from functools import cache
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext

from simulation.seeded_salts import SeededSalts
from simulation.station import UserRequest, send
from simulation.storage import open_connection
from supplies.ledger.recorded import Recorded

SECONDS = 60
"""Maximum number of seconds that the writer may take."""


@cache
def _context() -> ForkServerContext:
    """Return a context whose processes start with the program already loaded."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(
        ["__main__", "simulation.killed_writer", "supplies.storage.postgresql.store"]
    )
    return context


def run_killed_writer(
    url: str, station: str, now: datetime, salts: str, requests: list[UserRequest], point: int
) -> tuple[list[str], bool]:
    """Run a process that records these requests and kills itself at a point of the last one.

    Return the ids that it acknowledged, and whether it was killed before it had finished.
    """
    receiver, sender = _context().Pipe(duplex=False)
    writer = _context().Process(
        target=_write, args=(sender, url, station, now, salts, requests, point)
    )
    writer.start()
    sender.close()
    acknowledged = []
    with receiver:
        try:
            while receiver.poll(SECONDS):
                acknowledged.append(receiver.recv())
        except EOFError:
            writer.join(SECONDS)
    ended = writer.exitcode
    assert ended in (0, -signal.SIGKILL), f"the writer ended with {ended}"
    writer.close()
    return acknowledged, ended != 0


def _write(
    answers: Connection,
    url: str,
    station: str,
    now: datetime,
    seed: str,
    requests: list[UserRequest],
    point: int,
) -> None:
    salts = SeededSalts()
    salts.restart(seed)
    with salts.patched():
        connection = open_connection(url, station, lambda: now)
        for number, request in enumerate(requests):
            last = number == len(requests) - 1
            with connection.store.injecting({point: _kill_this_process} if last else {}):
                answer = send(connection, request)
            if isinstance(answer, Recorded):
                answers.send(answer.id)


def _kill_this_process() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
