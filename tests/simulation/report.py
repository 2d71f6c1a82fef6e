"""What is told of a run."""

from __future__ import annotations

import traceback
from collections import Counter
from collections.abc import Iterator

from simulation.run import Simulation, WrongError
from simulation.shrink import ATTEMPTS, shrunk


def found(simulation: Simulation, wrong: WrongError) -> str:
    """A failure with its seed and the last commands."""
    return "\n".join(
        (
            f"seed {simulation.seed}, {simulation.engine}, {wrong}",
            "",
            "the last that happened (step, station, who, command → answer):",
            *wrong.last,
            "",
            "again, with all before it on these books:",
            f"    {replay(simulation, wrong.steps)}",
        )
    )


def smallest(simulation: Simulation, wrong: WrongError, attempts: int = ATTEMPTS) -> str:
    """The fewest steps that bring a failure about, and all that happens in them."""
    steps, again = shrunk(simulation, wrong, attempts)
    return "\n".join(
        (
            f"it takes {len(steps)} steps:",
            *again.last,
            "",
            *traceback.format_exception(again.found, chain=False),
            "again:",
            f"    {replay(simulation, steps)}",
        )
    )


def replay(simulation: Simulation, steps: list[int]) -> str:
    """The command that takes just these steps."""
    only = ",".join(_ranges(steps))
    return f"make simulate SEED={simulation.seed} ENGINE={simulation.engine} ONLY={only}"


def _ranges(steps: list[int]) -> Iterator[str]:
    """3, 4, 5, 9 as 3-5 and 9."""
    first = last = steps[0]
    for step in [*steps[1:], None]:
        if step != last + 1:
            yield str(first) if first == last else f"{first}-{last}"
            first = step
        last = step


def parse_steps(only: str) -> list[int]:
    """What `replay` wrote, read back."""
    steps = []
    for part in only.split(","):
        first, _, last = part.partition("-")
        steps += range(int(first), int(last or first) + 1)
    return sorted(set(steps))


def summary(tally: Counter[str]) -> str:
    """How often what happened, the most frequent first."""
    return ", ".join(f"{count} × {what}" for what, count in tally.most_common() if count)
