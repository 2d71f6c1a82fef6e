"""A failure made small: the fewest steps that still fail in the same way."""

from __future__ import annotations

from collections.abc import Callable

from simulation.run import Simulation, WrongError

ATTEMPTS = 200
"""How often a run is repeated at most while it is made smaller."""

EVERYTHING = 1_000_000
"""Lines of the trace that are kept of a run that was made small: all."""


def shrink(
    steps: list[int], fails: Callable[[list[int]], bool], attempts: int = ATTEMPTS
) -> list[int]:
    """Leave out ever smaller parts of what fails, as long as the rest still fails."""
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
        # Single steps once more, as long as that helps: one may have been needed by another.
        if size > 1 or len(steps) == before:
            size //= 2
    return steps


def shrunk(
    simulation: Simulation, wrong: WrongError, attempts: int = ATTEMPTS
) -> tuple[list[int], WrongError]:
    """The fewest steps found that fail as this run did, and how they fail."""
    smallest = wrong

    def fails(steps: list[int]) -> bool:
        nonlocal smallest
        try:
            simulation.run(steps, lines=EVERYTHING)
        except WrongError as again:
            if again.kind == wrong.kind:
                smallest = again
                return True
        return False

    return shrink(wrong.steps, fails, attempts), smallest
