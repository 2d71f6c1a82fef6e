"""Simulated weeks: all is well on both engines, a run can be repeated, and a bug is found."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from support.engines import Engines

from simulation.report import found, parse_steps, replay, smallest
from simulation.run import Simulation, WrongError
from simulation.shrink import shrink
from supplies.domain.commands import Command
from supplies.ledger.ledger import Ledger
from supplies.ledger.recorded import Recorded
from supplies.ledger.rules import RULES
from supplies.storage.sqlite.store import SqliteStore

SEEDS = range(1, 6)
STEPS = 1_000
"""So many on each seed: 5,000 an engine. `make simulate` takes as many as one likes."""

FEW = 60
"""Attempts at making a failure small: the rest of the tests waits."""

SELDOM = 4
"""How many kinds of command may be missing from so few steps."""


@pytest.mark.parametrize("seed", SEEDS)
def test_all_is_well_after_weeks_of_people_and_faults(
    engines: Engines, engine: str, seed: int
) -> None:
    simulation = Simulation(seed, engine, engines)
    try:
        simulation.run(range(STEPS))
    except WrongError as wrong:
        pytest.fail("\n".join((found(simulation, wrong), smallest(simulation, wrong, FEW))))
    tally = simulation.tally
    assert tally["recorded"] > STEPS // 3
    never = {kind.__name__ for kind in RULES} - set(tally)
    assert len(never) <= SELDOM, f"never recorded: {never}"
    for what in ("the machine stops", "it is interrupted", "a writer is killed", "conflicts"):
        assert tally[what] > 0, f"{what}: never"
    assert tally["unanswered"] > tally["the machine stops"]
    assert tally["refused: idempotency-conflict"] > 0


# --- the same again ------------------------------------------------------------------------------


def test_a_seed_leaves_the_same_trace_in_another_process(engines: Engines, tmp_path: Path) -> None:
    """Neither the order of hashes, nor threads, nor the clock on the wall decide anything."""
    here = Simulation(77, "sqlite", engines).run(range(300))
    there = subprocess.run(
        [sys.executable, "-m", "simulation", "--seed", "77", "--steps", "300"],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1]), "PYTHONHASHSEED": "77"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert there.stdout.splitlines()[-1] == f"trace {here}"


def test_without_faults_both_engines_leave_the_same_trace(engines: Engines) -> None:
    """The same answers in the same words, and the same entries with the same hashes."""
    traces = {
        engine: Simulation(5, engine, engines, faults=False).run(range(200))
        for engine in ("sqlite", "postgresql")
    }
    assert traces["sqlite"] == traces["postgresql"]


def test_another_seed_is_another_run(engines: Engines) -> None:
    first, second = (Simulation(seed, "sqlite", engines).run(range(40)) for seed in (1, 2))
    assert first != second


# --- a bug is found ------------------------------------------------------------------------------


@pytest.fixture
def a_transfer_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that says it moved the goods of an entry's second line, and did not."""
    many = SqliteStore.run_many

    def forgetful(self: SqliteStore, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        lost = sql.startswith("INSERT INTO transfers")
        many(self, sql, [row for row in rows if not (lost and row[2] == 2)])

    monkeypatch.setattr(SqliteStore, "many", forgetful)


@pytest.fixture
def a_repeat_is_recorded_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """A ledger that takes a request it has seen before for a new one."""
    record = Ledger.record

    def anew(self: Ledger, command: Command, *, by: str, id: str) -> Recorded:
        seen = self.books.value(
            "SELECT 1 FROM entries WHERE station = :station AND id = :id", id=id
        )
        another = str(uuid.uuid5(uuid.UUID(id), str(self.books.head()[0])))
        return record(self, command, by=by, id=another if seen else id)

    monkeypatch.setattr(Ledger, "record", anew)


@pytest.fixture
def an_answer_comes_too_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that answers, and lets go of what brought the books to their fifth entry."""
    writing = SqliteStore.writing

    @contextmanager
    def undone(self: SqliteStore) -> Iterator[None]:
        with writing(self):
            yield
            if self.one("SELECT max(seq) FROM heads") == (5,):
                self.run("ROLLBACK")
                self.run("BEGIN IMMEDIATE")

    monkeypatch.setattr(SqliteStore, "writing", undone)


@pytest.mark.parametrize(
    "bug", ["a_transfer_is_lost", "a_repeat_is_recorded_anew", "an_answer_comes_too_soon"]
)
def test_a_planted_bug_is_found_and_told_in_a_few_steps(
    engines: Engines, request: pytest.FixtureRequest, bug: str
) -> None:
    request.getfixturevalue(bug)
    simulation = Simulation(3, "sqlite", engines)
    with pytest.raises(WrongError) as wrong:
        simulation.run(range(200))
    told = found(simulation, wrong.value)
    assert told.startswith(f"seed 3, sqlite, step {wrong.value.steps[-1]}: AssertionError")
    told = smallest(simulation, wrong.value)
    again = re.search(r"make simulate SEED=3 ENGINE=sqlite ONLY=(.*)", told)
    assert again is not None
    steps = parse_steps(again[1])
    assert len(steps) <= 5
    with pytest.raises(WrongError) as same:
        simulation.run(steps)
    assert same.value.kind == wrong.value.kind


# --- made small ----------------------------------------------------------------------------------


def test_what_is_not_needed_is_left_out() -> None:
    assert shrink(list(range(500)), lambda steps: {17, 18, 320} <= set(steps)) == [17, 18, 320]


def test_shrinking_ends_after_so_many_attempts() -> None:
    tried: list[list[int]] = []

    def fails(steps: list[int]) -> bool:
        tried.append(steps)
        return len(steps) > 90

    assert len(shrink(list(range(100)), fails, attempts=7)) > 90
    assert len(tried) == 7


def test_a_list_of_steps_is_written_in_ranges_and_read_back() -> None:
    simulation = Simulation(9, "sqlite", Engines())
    command = replay(simulation, [3, 4, 5, 9])
    assert command == "make simulate SEED=9 ENGINE=sqlite ONLY=3-5,9"
    assert parse_steps("3-5,9") == [3, 4, 5, 9]
