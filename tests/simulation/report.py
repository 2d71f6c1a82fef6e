"""Texts about a run and its failures."""

from __future__ import annotations

import traceback
from collections import Counter
from collections.abc import Iterator

from simulation.run import Simulation, SimulationFailure
from simulation.shrink import MAX_ATTEMPTS, shrink_failure


def format_failure(simulation: Simulation, failure: SimulationFailure) -> str:
    """Return a failure as text, with its seed and the last events."""
    return "\n".join(
        (
            f"seed {simulation.seed}, {simulation.engine}, {failure}",
            "",
            "the last events (step, station, user, command → answer):",
            *failure.last,
            "",
            "reproduce with all earlier steps on these books:",
            f"    {replay_command(simulation, failure.steps)}",
        )
    )


def format_smallest_failure(
    simulation: Simulation, failure: SimulationFailure, attempts: int = MAX_ATTEMPTS
) -> str:
    """Return as text the fewest steps that reproduce a failure, with all their events."""
    steps, again = shrink_failure(simulation, failure, attempts)
    return "\n".join(
        (
            f"it takes {len(steps)} steps:",
            *again.last,
            "",
            *traceback.format_exception(again.found, chain=False),
            "reproduce:",
            f"    {replay_command(simulation, steps)}",
        )
    )


def replay_command(simulation: Simulation, steps: list[int]) -> str:
    """Return the command that runs only these steps."""
    only = ",".join(_ranges(steps))
    return f"make simulate SEED={simulation.seed} ENGINE={simulation.engine} ONLY={only}"


def _ranges(steps: list[int]) -> Iterator[str]:
    """Return steps as text, such as 3-5 and 9 for 3, 4, 5 and 9."""
    first = last = steps[0]
    for step in [*steps[1:], None]:
        if step != last + 1:
            yield str(first) if first == last else f"{first}-{last}"
            first = step
        last = step


def parse_steps(only: str) -> list[int]:
    """Read the list of steps that `replay_command` writes."""
    steps = []
    for part in only.split(","):
        first, _, last = part.partition("-")
        steps += range(int(first), int(last or first) + 1)
    return sorted(set(steps))


def summary(tally: Counter[str]) -> str:
    """Return how often each event happened, the most frequent first."""
    return ", ".join(f"{count} × {what}" for what, count in tally.most_common() if count)
