"""Compare a report that the command line prints as a table with the same report as JSON."""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.bars import check_bar
from benchmarks.workload import open_books
from supplies.domain.commands import NoteNeed
from supplies.ledger.ledger import Ledger
from supplies.ledger.writer import Request

NEEDS = 1_454
"""Number of lines of the table."""

ROUNDS = 5


def run() -> None:
    """Print the results of this benchmark."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "books.db"
        with open_books(path) as ledger:
            _record_needs(ledger)
        taken: dict[str, list[float]] = {"table": [], "JSON": []}
        for _ in range(ROUNDS):
            taken["table"].append(_cpu_of_report(path))
            taken["JSON"].append(_cpu_of_report(path, "--json"))
        pairs = zip(taken["table"], taken["JSON"], strict=True)
        ratio = statistics.median(table / json for table, json in pairs)
        check_bar("supplies report needs, table compared with JSON", ratio)
        table, json = (statistics.median(each) for each in taken.values())
        print(
            f"supplies report needs, {NEEDS} lines: {table * 1e3:.0f} ms of CPU, as JSON "
            f"{json * 1e3:.0f} ms, ratio {ratio:.1f}"
        )


def _record_needs(ledger: Ledger) -> None:
    commands = (
        NoteNeed(recipient=f"R-{number % 50}", item="mask", quantity=number % 90 + 1)
        for number in range(NEEDS)
    )
    ledger.record_many([Request(command=command, by="u_1") for command in commands])


def _cpu_of_report(path: Path, *options: str) -> float:
    """Return the CPU seconds of a process that prints the report of needs."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    shown = subprocess.run(
        [sys.executable, "-m", "supplies", "report", "needs", "--database", str(path), *options],
        check=True,
        capture_output=True,
        text=True,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert shown.stdout.count("mask") >= NEEDS, shown.stdout[-500:]
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
