"""A writer in a process of its own, which is killed in the middle of what it does."""

from __future__ import annotations

import multiprocessing
import os
import signal
from datetime import datetime
from functools import cache
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext

from simulation.office import Asked, send
from simulation.places import open_door
from simulation.salts import Salts
from supplies.ledger.recorded import Recorded

SECONDS = 60
"""How long a writer is waited for before the run is said to hang."""


@cache
def _context() -> ForkServerContext:
    """Processes that come from one which has loaded the program already."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(
        ["__main__", "simulation.killed", "supplies.storage.postgresql.store"]
    )
    return context


def give_and_be_killed(
    url: str, station: str, now: datetime, salts: str, requests: list[Asked], moment: int
) -> tuple[list[str], bool]:
    """Let a process give these and kill itself at a moment of the last.

    The ids that were acknowledged, and whether it was killed before it had done.
    """
    here, there = _context().Pipe(duplex=False)
    writer = _context().Process(
        target=_write, args=(there, url, station, now, salts, requests, moment)
    )
    writer.start()
    there.close()
    acknowledged = []
    with here:
        try:
            while here.poll(SECONDS):
                acknowledged.append(here.recv())
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
    requests: list[Asked],
    moment: int,
) -> None:
    salts = Salts()
    salts.begin(seed)
    with salts.in_use():
        door = open_door(url, station, lambda: now)
        for number, asked in enumerate(requests):
            last = number == len(requests) - 1
            with door.store.striking({moment: _be_killed} if last else {}):
                answer = send(door, asked)
            if isinstance(answer, Recorded):
                answers.send(answer.id)


def _be_killed() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
