"""Commands of many lines: the work grows in proportion to the lines, on both engines."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple

import pytest
from support.engines import Engines
from support.ledger_fixture import StationLedger

import supplies
from benchmarks.large_commands import PREPARATIONS, prepare
from benchmarks.workload import STATION, clock, open_books
from supplies.domain import commands as c
from supplies.domain.fields import MAX_LINES
from supplies.errors import InvalidField
from supplies.ledger.ledger import Ledger
from supplies.ledger.rules import deliveries, repacking
from supplies.storage.sqlite.store import SqliteStore

SIZES = (10, 20, 40)

STATEMENTS_PER_LINE = 15
"""Largest number of SQL statements that a command may run for each line.

The most are run by the correction of a gift whose lines are each promised by a pledge of its own.
"""

STATEMENTS_PER_LINE_ON_A_SERVER = 10
"""As `STATEMENTS_PER_LINE`, on PostgreSQL.

There, one statement reads what several lines ask for. The most are run by a receipt of many
donations.
"""

STATEMENTS_FOR_ALL_LINES = 40
"""Largest number of SQL statements that a command may run beside those for its lines."""

ROUNDING = 1.25
"""Indexes are trees, so twice the rows take a little more than twice the steps."""

MOST_EXTRA_WORK = 5_000_000
"""Largest number of lines of Python that a command of `MAX_LINES` lines may run beyond linear work.

The number is extrapolated from `SIZES`. Five million lines take about half a second.
"""


class Work(NamedTuple):
    """What a command does: SQL statements, steps of SQLite in tens, and executed lines of Python.

    Only statements whose result the command waits for are counted.
    """

    statements: int
    steps: int
    lines: int


@pytest.mark.parametrize("name", PREPARATIONS)
def test_the_number_of_queries_of_postgresql_is_limited(
    engines: Engines, tmp_path: Path, name: str
) -> None:
    size = SIZES[1]
    with engines.books("postgresql", tmp_path) as url, open_books(url) as ledger:
        command = prepare(ledger, name, size)
        at_most = STATEMENTS_PER_LINE_ON_A_SERVER * size + STATEMENTS_FOR_ALL_LINES
        assert _statements(ledger, command) <= at_most


@pytest.fixture(scope="module")
def new_books(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of the books that `open_books` makes, to be copied."""
    path = tmp_path_factory.mktemp("new") / "books.db"
    open_books(path).close()
    return path


@pytest.mark.parametrize("same_item", [False, True], ids=["different items", "one item"])
@pytest.mark.parametrize("name", PREPARATIONS)
def test_the_work_grows_with_the_lines(
    new_books: Path, tmp_path: Path, name: str, same_item: bool
) -> None:
    done = []
    for size in SIZES:
        copy = str(shutil.copy(new_books, tmp_path / f"{size}.db"))
        with Ledger.open(copy, station=STATION, clock=clock) as ledger:
            command = prepare(ledger, name, size, same_item=same_item)
            done.append(_work(ledger, command))
    first, second = _growth([work.statements for work in done])
    assert second <= STATEMENTS_PER_LINE * (SIZES[2] - SIZES[1])
    assert second <= 2 * first + 2
    first, second = _growth([work.steps for work in done])
    if name != "convert":  # its work also grows with the number of products
        assert second <= 2 * ROUNDING * first
    first, second = _growth([work.lines for work in done])
    of_a_square = (second - 2 * first) / ((SIZES[2] - SIZES[1]) * (SIZES[2] - SIZES[0]))
    assert of_a_square * MAX_LINES**2 <= MOST_EXTRA_WORK


def _growth(counts: list[int]) -> tuple[int, int]:
    """Return by how much the work grows from each size to the next. Linear work grows twofold."""
    return counts[1] - counts[0], counts[2] - counts[1]


def test_a_dispatch_of_too_many_lines_is_refused(
    station: StationLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliveries, "MAX_DISPATCH_LINES", 1)
    station.stock(20)
    allocations = [station.allocate(5), station.allocate(5, recipient="R-2")]
    with pytest.raises(InvalidField, match="at most 1 lines") as refusal:
        station.dispatch(*allocations)
    assert [fault.pointer for fault in refusal.value.faults] == ["/allocations/1"]
    station.dispatch(allocations[0])


def test_a_conversion_of_too_many_lots_into_too_many_lines_is_refused(
    station: StationLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repacking, "MAX_PARENT_ROWS", 3)
    station.stock(5)
    station.stock(5)
    made = [c.ConvertedLine(item="soap", quantity=1)] * 2
    consumed = [c.LotLine(item="mask", quantity=8)]
    with pytest.raises(InvalidField, match=r"2 products made of 2 lots"):
        station(c.Convert(location="store", consumed=consumed, produced=made))


def _statements(ledger: Ledger, command: c.Command) -> int:
    """Record a command. Return the number of statements whose result it waits for."""
    counted = 0
    store: Any = ledger.store
    with pytest.MonkeyPatch.context() as patch:
        for method in ("all", "one", "run"):
            original = getattr(store, method)

            def count(*args: Any, original: Any = original) -> Any:
                nonlocal counted
                counted += 1
                return original(*args)

            patch.setattr(store, method, count)
        ledger.record(command, by="u_1")
    return counted


def _work(ledger: Ledger, command: c.Command) -> Work:
    """Record a command in a SQLite file. Return the work that it does."""
    steps, lines, folder = 0, 0, str(Path(supplies.__file__).parent)

    def count_steps() -> int:
        nonlocal steps
        steps += 1
        return 0

    def count_line(_: FrameType, event: str, __: object) -> Any:
        nonlocal lines
        lines += event == "line"
        return count_line

    def begin(frame: FrameType, _: str, __: object) -> Any:
        return count_line if frame.f_code.co_filename.startswith(folder) else None

    assert isinstance(ledger.store, SqliteStore)
    connection, former = ledger.store.connection, sys.gettrace()
    connection.set_progress_handler(count_steps, 10)
    sys.settrace(begin)
    try:
        statements = _statements(ledger, command)
    finally:
        sys.settrace(former)
        connection.set_progress_handler(None, 0)
    return Work(statements, steps, lines)
