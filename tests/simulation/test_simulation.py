"""Simulated weeks: no failure, reproducible runs, and planted bugs that are found."""

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

from simulation.report import format_failure, format_smallest_failure, parse_steps, replay_command
from simulation.run import Simulation, SimulationFailure
from simulation.shrink import shrink
from supplies.domain.commands import Command
from supplies.ledger.ledger import Ledger
from supplies.ledger.recorded import Recorded
from supplies.ledger.rules import RULES
from supplies.storage.sqlite.store import SqliteStore

SEEDS = [*(("sqlite", seed) for seed in (1, 2)), *(("postgresql", seed) for seed in (4,))]
STEPS = 1_000
"""Steps for each seed. `make simulate` takes any number, and any seed on each engine."""

FEW = 60
"""Maximum number of attempts at reducing a failure. It is low, so that other tests do not wait."""

SELDOM = 8
"""Number of kinds of command that may be missing by chance from a run of this length."""


@pytest.mark.parametrize(("engine", "seed"), SEEDS)
def test_simulated_weeks_with_faults_break_no_invariant(
    engines: Engines, engine: str, seed: int
) -> None:
    simulation = Simulation(seed, engine, engines)
    try:
        simulation.run(range(STEPS))
    except SimulationFailure as failure:
        pytest.fail(
            "\n".join(
                (
                    format_failure(simulation, failure),
                    format_smallest_failure(simulation, failure, FEW),
                )
            )
        )
    tally = simulation.tally
    assert tally["recorded"] > STEPS // 3
    never = {kind.__name__ for kind in RULES} - set(tally)
    assert len(never) <= SELDOM, f"never recorded: {never}"
    for what in ("the machine stops", "it is interrupted", "a writer is killed", "conflicts"):
        assert tally[what] > 0, f"{what}: never"
    assert tally["unanswered"] > tally["the machine stops"]
    assert tally["refused: idempotency-conflict"] > 0


# --- reproducible runs ---------------------------------------------------------------------------


def test_a_seed_leaves_the_same_trace_in_another_process(engines: Engines, tmp_path: Path) -> None:
    """The trace does not depend on hash order, threads or the system clock."""
    own_hash = Simulation(77, "sqlite", engines).run(range(300))
    other_process = subprocess.run(
        [sys.executable, "-m", "simulation", "--seed", "77", "--steps", "300"],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1]), "PYTHONHASHSEED": "77"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert other_process.stdout.splitlines()[-1] == f"trace {own_hash}"


def test_without_faults_both_engines_leave_the_same_trace(engines: Engines) -> None:
    """Same answers with the same messages, and same entries with the same hashes."""
    traces = {
        engine: Simulation(5, engine, engines, faults=False).run(range(200))
        for engine in ("sqlite", "postgresql")
    }
    assert traces["sqlite"] == traces["postgresql"]


def test_different_seeds_give_different_traces(engines: Engines) -> None:
    first, second = (Simulation(seed, "sqlite", engines).run(range(40)) for seed in (1, 2))
    assert first != second


# --- planted bugs --------------------------------------------------------------------------------


@pytest.fixture
def a_transfer_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that drops the transfer of an entry's second line."""
    many = SqliteStore.run_many

    def forgetful(self: SqliteStore, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        lost = sql.startswith("INSERT INTO transfers")
        many(self, sql, [row for row in rows if not (lost and row[2] == 2)])

    monkeypatch.setattr(SqliteStore, "run_many", forgetful)


@pytest.fixture
def a_repeat_is_recorded_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """A ledger that records a repeated request as a new one."""
    record = Ledger.record

    def anew(self: Ledger, command: Command, *, by: str, id: str) -> Recorded:
        seen = self.books.value(
            "SELECT 1 FROM entries WHERE station = :station AND id = :id", id=id
        )
        another = str(uuid.uuid5(uuid.UUID(id), str(self.books.last_entry().seq)))
        return record(self, command, by=by, id=another if seen else id)

    monkeypatch.setattr(Ledger, "record", anew)


@pytest.fixture
def an_answer_precedes_the_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that answers, and rolls back the transaction that wrote the fifth entry."""
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
    "bug", ["a_transfer_is_lost", "a_repeat_is_recorded_twice", "an_answer_precedes_the_commit"]
)
def test_a_planted_bug_is_found_and_reduced_to_a_few_steps(
    engines: Engines, request: pytest.FixtureRequest, bug: str
) -> None:
    request.getfixturevalue(bug)
    simulation = Simulation(3, "sqlite", engines)
    with pytest.raises(SimulationFailure) as failure:
        simulation.run(range(200))
    report = format_failure(simulation, failure.value)
    assert report.startswith(f"seed 3, sqlite, step {failure.value.steps[-1]}: AssertionError")
    report = format_smallest_failure(simulation, failure.value)
    again = re.search(r"make simulate SEED=3 ENGINE=sqlite ONLY=(.*)", report)
    assert again is not None
    steps = parse_steps(again[1])
    assert len(steps) <= 5
    with pytest.raises(SimulationFailure) as same:
        simulation.run(steps)
    assert same.value.kind == failure.value.kind


# --- shrinking -----------------------------------------------------------------------------------


def test_shrinking_removes_unneeded_steps() -> None:
    assert shrink(list(range(500)), lambda steps: {17, 18, 320} <= set(steps)) == [17, 18, 320]


def test_shrinking_stops_at_the_attempt_limit() -> None:
    tried: list[list[int]] = []

    def fails(steps: list[int]) -> bool:
        tried.append(steps)
        return len(steps) > 90

    assert len(shrink(list(range(100)), fails, attempts=7)) > 90
    assert len(tried) == 7


def test_steps_are_written_as_ranges_and_read_back() -> None:
    simulation = Simulation(9, "sqlite", Engines())
    command = replay_command(simulation, [3, 4, 5, 9])
    assert command == "make simulate SEED=9 ENGINE=sqlite ONLY=3-5,9"
    assert parse_steps("3-5,9") == [3, 4, 5, 9]
