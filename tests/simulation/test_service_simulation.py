"""Requests to two applications on the same books, with faults: each is recorded once."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulation.service import FAULTS, simulate


@pytest.mark.parametrize("seed", [1, 2])
def test_requests_to_two_applications_with_faults_are_recorded_once(
    tmp_path: Path, seed: int
) -> None:
    assert set(simulate(tmp_path, seed, steps=75)) == set(FAULTS)
