"""Reduce a failure to the fewest steps that still fail in the same way."""

from __future__ import annotations

from collections.abc import Callable

from simulation.run import Simulation, SimulationFailure

MAX_ATTEMPTS = 200
"""Maximum number of runs that are tried to reduce a failure."""

ALL_LINES = 1_000_000
"""Number of trace lines that are kept of a reduced run: all of them."""


def shrink(
    steps: list[int], fails: Callable[[list[int]], bool], attempts: int = MAX_ATTEMPTS
) -> list[int]:
    """Remove ever smaller parts of the steps as long as the rest still fails."""
    size = len(steps) // 2
    while size:
        before, at = len(steps), 0
        while at < len(steps) and attempts:
            fewer = steps[:at] + steps[at + size :]
            attempts -= 1
            if fewer and fails(fewer):
                steps = fewer
            else:
                at += size
        # Single steps are tried again while that helps, because steps depend on each other.
        if size > 1 or len(steps) == before:
            size //= 2
    return steps


def shrink_failure(
    simulation: Simulation, failure: SimulationFailure, attempts: int = MAX_ATTEMPTS
) -> tuple[list[int], SimulationFailure]:
    """Return the fewest steps found that fail in the same way, and their failure."""
    smallest = failure

    def fails(steps: list[int]) -> bool:
        nonlocal smallest
        try:
            simulation.run(steps, lines=ALL_LINES)
        except SimulationFailure as again:
            if again.kind == failure.kind:
                smallest = again
                return True
        return False

    return shrink(failure.steps, fails, attempts), smallest
