"""Requests to two applications on the same books, with faults: each is recorded once."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulation.service import FAULTS, simulate


@pytest.mark.usefixtures("engines")
@pytest.mark.parametrize(("engine", "seed"), [("sqlite", 1), ("postgresql", 2)])
def test_requests_to_two_applications_with_faults_are_recorded_once(
    tmp_path: Path, engine: str, seed: int
) -> None:
    assert set(simulate(tmp_path, seed, 75, engine)) == set(FAULTS)
