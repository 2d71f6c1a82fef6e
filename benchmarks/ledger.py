"""Compare the ledger with plain sqlite3 that reads or writes the same rows.

Writing is compared in small books and in books of 100,000 entries.
"""

from __future__ import annotations

import hashlib
import itertools
import statistics
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import perf_counter, process_time

import msgspec

from benchmarks.bare import BareSqlite, Rows, read_rows
from benchmarks.bars import check_bar
from benchmarks.workload import (
    COMMANDS_PER_ROUND,
    STATION,
    clock,
    open_books,
    yield_commands,
)
from supplies.ledger.ledger import Ledger
from supplies.ledger.recorded import Recorded
from supplies.ledger.writer import Request
from supplies.signing.checkpoints import Checkpoint
from supplies.verification.verify import verify
from supplies.views.entries import list_entries

COMMANDS = 2_100
LARGE = 100_000
"""Number of entries in the large books."""

SLICE = 50 * COMMANDS_PER_ROUND
GROUP = 50 * COMMANDS_PER_ROUND


def run() -> None:
    """Print the results of this benchmark."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        plan = _record_plan(place / "plan.db")
        with open_books(place / "ours.db") as ledger:
            _compare_commits(place, ledger, plan)
        with open_books(place / "grouped.db") as ledger:
            _compare_grouped_commits(place, ledger, plan)
        with open_books(place / "large.db") as ledger:
            _record_entries(ledger, LARGE)
            _time_reads(ledger)
            _compare_verification(ledger)
            _compare_commits(place, ledger, plan, f", {LARGE} entries")
            _compare_grouped_commits(place, ledger, plan, f", {LARGE} entries")


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


def _compare_commits(place: Path, ledger: Ledger, plan: list[Rows], books: str = "") -> None:
    """Compare transactions of one command each. The ledger and plain sqlite3 take turns."""
    ours: list[float] = []
    baseline: list[float] = []
    bare = _create_bare(place / f"bare{books}.db")
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
    _print_ratio(f"Ledger.record, durable each{books}", ours, baseline, SLICE)


def _compare_grouped_commits(
    place: Path, ledger: Ledger, plan: list[Rows], books: str = ""
) -> None:
    """Compare transactions that contain many commands each."""
    ours: list[float] = []
    baseline: list[float] = []
    bare = _create_bare(place / f"bare-grouped{books}.db")
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
    _print_ratio(f"Ledger.record_many, {GROUP} a commit{books}", ours, baseline, GROUP)


def _print_ratio(what: str, ours: list[float], baseline: list[float], each: int) -> None:
    ratio = statistics.median(t / o for o, t in zip(ours, baseline, strict=True))
    check_bar(what, ratio)
    print(
        f"{what:54} {each / statistics.median(ours):8.0f}/s   bare sqlite3, same rows "
        f"{each / statistics.median(baseline):8.0f}/s   ratio {ratio:.2f}"
    )


def _time_reads(ledger: Ledger) -> None:
    with ledger.reading() as books:
        key = next(iter(books.nonzero_balances("received:R-1")))
    _time(f"one balance, {LARGE} entries", partial(ledger.balance, *key), 2000)
    _time(f"a page of history, {LARGE} entries", partial(_read_page, ledger), 50)


def _compare_verification(ledger: Ledger) -> None:
    """Compare verification with a program that only recomputes the hash chain.

    Verification since a checkpoint near the end is compared with that of all entries.
    """
    last = ledger.books.last_entry().seq
    near = last - last // 200
    checkpoint = Checkpoint(
        station=STATION,
        seq=near,
        hash=str(ledger.books.entry_hash(near)),
        by=STATION,
        at=clock(),
        key_id="",
        public_key="",
        signature="",
    )
    ways: dict[str, Callable[[], object]] = {
        "chain": partial(_recompute_chain, ledger),
        "all": partial(verify, ledger.store, None),
        "since": partial(verify, ledger.store, None, since=[checkpoint]),
    }
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(3):
        for name, do in ways.items():
            begin = process_time()
            do()
            taken[name].append(process_time() - begin)
    chain, whole, since = (statistics.median(each) for each in taken.values())
    pairs = list(zip(taken["all"], taken["chain"], taken["since"], strict=True))
    ratio = statistics.median(ours / floor for ours, floor, _ in pairs)
    part = statistics.median(new / ours for ours, _, new in pairs)
    check_bar("verification, CPU of the chain alone", ratio)
    check_bar("verification since a checkpoint, CPU of all", part)
    print(
        f"verification of {last} entries: {whole:.2f} s of CPU, the chain alone {chain:.2f} s, "
        f"ratio {ratio:.1f}; of the last {last - near}: {since:.2f} s, {part:.2f} of all"
    )


def _recompute_chain(ledger: Ledger) -> None:
    """Read, decode and hash all entries: the least work that verification can do."""
    last = bytes(32)
    decode = msgspec.json.Decoder().decode
    rows = ledger.store.all(
        "SELECT body, hash FROM entries WHERE station = :s ORDER BY seq", {"s": STATION}
    )
    for body, stored in rows:
        decode(body)
        last = hashlib.sha256(last + body).digest()
        assert last == stored


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
