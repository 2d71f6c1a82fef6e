"""Many phones over simulated weeks: no report is lost, and none is counted twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulation.phones import simulate


@pytest.mark.parametrize("seed", [1, 2])
def test_reports_of_many_phones_are_booked_once_and_none_is_lost(tmp_path: Path, seed: int) -> None:
    done = simulate(str(tmp_path / "books.db"), seed, steps=250)
    assert len(done) == 8  # every kind of step
