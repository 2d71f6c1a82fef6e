"""Compare the ledger with plain sqlite3 that writes the same rows in the same transactions."""

from __future__ import annotations

import itertools
import statistics
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import perf_counter

from benchmarks.bare import BareSqlite, Rows, read_rows
from benchmarks.bars import check_bar
from benchmarks.workload import COMMANDS_PER_ROUND, STATION, open_books, yield_commands
from supplies.ledger.ledger import Ledger
from supplies.ledger.recorded import Recorded
from supplies.ledger.writer import Request
from supplies.verification.verify import verify
from supplies.views.entries import list_entries

COMMANDS = 2_100
READ_ENTRIES = 10_000
SLICE = 50 * COMMANDS_PER_ROUND
GROUP = 50 * COMMANDS_PER_ROUND


def run() -> None:
    """Print the results of this benchmark."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        plan = _record_plan(place / "plan.db")
        _compare_commits(place, plan)
        _compare_grouped_commits(place, plan)
        _time_reads(place)


def _record_plan(path: Path) -> list[Rows]:
    """Record the commands once. Return the rows of each command, for plain sqlite3 to write."""
    with open_books(path) as ledger:
        ledger.store.run("PRAGMA synchronous = OFF")
        ranges = []
        for command in itertools.islice(yield_commands(ledger), COMMANDS):
            recorded = ledger.record(command, by="u_1")
            ranges.append((recorded.seq, recorded.last))
        return [read_rows(ledger.store, first, last) for first, last in ranges]


def _create_bare(path: Path) -> BareSqlite:
    BareSqlite.create(str(path), [STATION])
    return BareSqlite(str(path), STATION)


def _compare_commits(place: Path, plan: list[Rows]) -> None:
    """Compare transactions of one command each. The ledger and plain sqlite3 take turns."""
    ours: list[float] = []
    baseline: list[float] = []
    bare = _create_bare(place / "bare.db")
    with open_books(place / "ours.db") as ledger:
        commands = yield_commands(ledger)
        for start in range(0, COMMANDS - SLICE + 1, SLICE):
            begin = perf_counter()
            for command in itertools.islice(commands, SLICE):
                ledger.record(command, by="u_1")
            ours.append(perf_counter() - begin)
            begin = perf_counter()
            for rows in plan[start : start + SLICE]:
                bare.write(rows)
            baseline.append(perf_counter() - begin)
    _print_ratio("Ledger.record, durable each", ours, baseline, SLICE)


def _compare_grouped_commits(place: Path, plan: list[Rows]) -> None:
    """Compare transactions that contain many commands each."""
    ours: list[float] = []
    baseline: list[float] = []
    bare = _create_bare(place / "bare-grouped.db")
    with open_books(place / "grouped.db") as ledger:
        commands = yield_commands(ledger)
        for start in range(0, COMMANDS - GROUP + 1, GROUP):
            requests = [Request(command=c, by="u_1") for c in itertools.islice(commands, GROUP)]
            begin = perf_counter()
            answers = ledger.record_many(requests)
            ours.append(perf_counter() - begin)
            assert all(isinstance(answer, Recorded) for answer in answers)
            begin = perf_counter()
            bare.write(*plan[start : start + GROUP])
            baseline.append(perf_counter() - begin)
    _print_ratio(f"Ledger.record_many, {GROUP} a commit", ours, baseline, GROUP)


def _print_ratio(what: str, ours: list[float], baseline: list[float], each: int) -> None:
    ratio = statistics.median(t / o for o, t in zip(ours, baseline, strict=True))
    check_bar(what, ratio)
    print(
        f"{what:38} {each / statistics.median(ours):8.0f}/s   bare sqlite3, same rows "
        f"{each / statistics.median(baseline):8.0f}/s   ratio {ratio:.2f}"
    )


def _time_reads(place: Path) -> None:
    with open_books(place / "read.db") as ledger:
        _record_entries(ledger, READ_ENTRIES)
        with ledger.reading() as books:
            key = next(iter(books.nonzero_balances("received:R-1")))
        _time(f"one balance, {READ_ENTRIES} entries", partial(ledger.balance, *key), 2000)
        _time(f"a page of history, {READ_ENTRIES} entries", partial(_read_page, ledger), 50)
        begin = perf_counter()
        verified = verify(ledger.store, None)
        took = perf_counter() - begin
        print(f"verify, {verified.entries} entries: {took:.2f} s")


def _record_entries(ledger: Ledger, size: int) -> None:
    ledger.store.run("PRAGMA synchronous = OFF")
    commands = yield_commands(ledger)
    while ledger.books.last_entry().seq < size:
        ledger.record_many(
            [Request(command=c, by="u_1") for c in itertools.islice(commands, GROUP)]
        )


def _read_page(ledger: Ledger) -> None:
    with ledger.reading() as books:
        list_entries(books, limit=100)


def _time(what: str, do: Callable[[], object], times: int) -> None:
    samples = []
    for _ in range(times):
        begin = perf_counter()
        do()
        samples.append(perf_counter() - begin)
    print(f"{what}: {statistics.median(samples) * 1e6:.1f} µs")
