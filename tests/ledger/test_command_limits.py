"""Commands of many lines: the work grows in proportion to the lines, on both engines."""

from __future__ import annotations

import sys
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from support.engines import Engines, without_fsync
from support.ledger_fixture import StationLedger

from benchmarks.limits import PREPARATIONS, prepare
from benchmarks.workload import open_books
from supplies.domain import commands as c
from supplies.errors import InvalidField
from supplies.ledger import journal, lot_selection
from supplies.ledger.ledger import Ledger
from supplies.ledger.rules import deliveries, repacking
from supplies.storage.sqlite.store import SqliteStore

SIZES = (10, 20, 40)
"""Numbers of lines of the commands whose steps and calls are counted."""

FEW = (5, 10, 20)
"""Numbers of lines of the commands whose queries are counted. Queries vary less than steps."""

STATEMENTS_PER_LINE = 14
"""Largest number of SQL statements that a command may run for each line."""

ROUNDING = 1.25
"""Indexes are trees, so twice the rows take a little more than twice the steps."""


@pytest.mark.parametrize("name", PREPARATIONS)
def test_the_number_of_queries_grows_with_the_lines(
    engines: Engines, engine: str, tmp_path: Path, name: str
) -> None:
    asked = []
    for size in FEW:
        folder = tmp_path / str(size)
        folder.mkdir()
        with (
            engines.books(engine, folder) as url,
            without_fsync(open_books(url)) as ledger,
        ):
            command = prepare(ledger, name, size)
            asked.append(_queries(ledger, command))
    first, second = asked[1] - asked[0], asked[2] - asked[1]
    assert second <= STATEMENTS_PER_LINE * (FEW[2] - FEW[1])
    assert second <= 2 * first + 2


@pytest.mark.parametrize("name", [name for name in PREPARATIONS if name != "convert"])
def test_the_steps_of_sqlite_grow_with_the_lines(tmp_path: Path, name: str) -> None:
    steps = []
    for size in SIZES:
        with without_fsync(open_books(tmp_path / f"{size}.db")) as ledger:
            command = prepare(ledger, name, size)
            steps.append(_steps(ledger, command))
    first, second = steps[1] - steps[0], steps[2] - steps[1]
    assert second <= 2 * ROUNDING * first


@pytest.mark.parametrize("name", ["cancel pledge", "move lots of one item"])
def test_the_calls_of_the_journal_grow_with_the_lines(tmp_path: Path, name: str) -> None:
    calls = []
    for size in SIZES:
        with without_fsync(open_books(tmp_path / f"{size}.db")) as ledger:
            command = prepare(ledger, name, size)
            calls.append(_calls(ledger, command))
    first, second = calls[1] - calls[0], calls[2] - calls[1]
    assert second <= 2 * ROUNDING * first


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


def _queries(ledger: Ledger, command: c.Command) -> int:
    """Return the number of statements whose result a command waits for."""
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


def _steps(ledger: Ledger, command: c.Command) -> int:
    """Return the number of steps of SQLite's virtual machine, in tens."""
    counted = 0

    def count() -> int:
        nonlocal counted
        counted += 1
        return 0

    assert isinstance(ledger.store, SqliteStore)
    ledger.store.connection.set_progress_handler(count, 10)
    ledger.record(command, by="u_1")
    ledger.store.connection.set_progress_handler(None, 0)
    return counted


def _calls(ledger: Ledger, command: c.Command) -> int:
    """Return the number of calls that the journal and the choice of lots make."""
    counted = 0

    def count(frame: FrameType, event: str, _: object) -> None:
        nonlocal counted
        caller = frame.f_back if event == "call" else frame
        if event in ("call", "c_call") and caller is not None:
            counted += caller.f_code.co_filename in (journal.__file__, lot_selection.__file__)

    sys.setprofile(count)
    try:
        ledger.record(command, by="u_1")
    finally:
        sys.setprofile(None)
    return counted
