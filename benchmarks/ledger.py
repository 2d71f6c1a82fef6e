"""The ledger beside bare sqlite3 that writes the same rows, durable each and in groups."""

from __future__ import annotations

import itertools
import statistics
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import perf_counter

from benchmarks.bare import Bare, Rows, rows_of
from benchmarks.workload import CYCLE, STATION, open_books, work
from supplies.ledger.ledger import Ledger
from supplies.ledger.recorded import Recorded
from supplies.ledger.writer import Request
from supplies.verification.verify import verify
from supplies.views.entries import list_entries

COMMANDS = 10_000
SLICE = 50 * CYCLE
GROUP = 50 * CYCLE


def run() -> None:
    """Print every figure of the ledger's own speed."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        plan = _plan(place / "plan.db")
        _beside_bare(place, plan)
        _grouped_beside_bare(place, plan)
        _reading(place)


def _plan(path: Path) -> list[Rows]:
    """What bare sqlite3 is to write, command by command: recorded once, then read back."""
    with open_books(path) as ledger:
        ledger.store.run("PRAGMA synchronous = OFF")
        ranges = []
        for command in itertools.islice(work(ledger), COMMANDS):
            recorded = ledger.record(command, by="u_1")
            ranges.append((recorded.seq, recorded.last))
        return [rows_of(ledger.store, first, last) for first, last in ranges]


def _bare(path: Path) -> Bare:
    Bare.make(str(path), [STATION])
    return Bare(str(path), STATION)


def _beside_bare(place: Path, plan: list[Rows]) -> None:
    """One durable commit a command, a slice of the one, a slice of the other."""
    ours: list[float] = []
    theirs: list[float] = []
    bare = _bare(place / "bare.db")
    with open_books(place / "ours.db") as ledger:
        commands = work(ledger)
        for start in range(0, COMMANDS - SLICE + 1, SLICE):
            begin = perf_counter()
            for command in itertools.islice(commands, SLICE):
                ledger.record(command, by="u_1")
            ours.append(perf_counter() - begin)
            begin = perf_counter()
            for rows in plan[start : start + SLICE]:
                bare.write(rows)
            theirs.append(perf_counter() - begin)
    _compare("Ledger.record, durable each", ours, theirs, SLICE)


def _grouped_beside_bare(place: Path, plan: list[Rows]) -> None:
    """One durable commit a group of commands."""
    ours: list[float] = []
    theirs: list[float] = []
    bare = _bare(place / "bare-grouped.db")
    with open_books(place / "grouped.db") as ledger:
        commands = work(ledger)
        for start in range(0, COMMANDS - GROUP + 1, GROUP):
            requests = [Request(command=c, by="u_1") for c in itertools.islice(commands, GROUP)]
            begin = perf_counter()
            answers = ledger.record_many(requests)
            ours.append(perf_counter() - begin)
            assert all(isinstance(answer, Recorded) for answer in answers)
            begin = perf_counter()
            bare.write(*plan[start : start + GROUP])
            theirs.append(perf_counter() - begin)
    _compare(f"Ledger.record_many, {GROUP} a commit", ours, theirs, GROUP)


def _compare(what: str, ours: list[float], theirs: list[float], each: int) -> None:
    ratio = statistics.median(t / o for o, t in zip(ours, theirs, strict=True))
    print(
        f"{what:38} {each / statistics.median(ours):8.0f}/s   bare sqlite3, same rows "
        f"{each / statistics.median(theirs):8.0f}/s   ratio {ratio:.2f}"
    )


def _reading(place: Path) -> None:
    for size in (10_000, 100_000):
        with open_books(place / f"read-{size}.db") as ledger:
            _fill(ledger, size)
            with ledger.reading() as books:
                key = next(iter(books.nonzero_balances("received:R-1")))
            _time(f"one balance, {size} entries", partial(ledger.balance, *key), 2000)
            _time(f"a page of history, {size} entries", partial(_history, ledger), 50)
            begin = perf_counter()
            verified = verify(ledger.store, None)
            took = perf_counter() - begin
            print(f"verify, {verified.entries} entries: {took:.2f} s")


def _fill(ledger: Ledger, size: int) -> None:
    ledger.store.run("PRAGMA synchronous = OFF")
    commands = work(ledger)
    while ledger.books.head()[0] < size:
        ledger.record_many(
            [Request(command=c, by="u_1") for c in itertools.islice(commands, GROUP)]
        )


def _history(ledger: Ledger) -> None:
    with ledger.reading() as books:
        list_entries(books, limit=100)


def _time(what: str, do: Callable[[], object], times: int) -> None:
    samples = []
    for _ in range(times):
        begin = perf_counter()
        do()
        samples.append(perf_counter() - begin)
    print(f"{what}: {statistics.median(samples) * 1e6:.1f} µs")
