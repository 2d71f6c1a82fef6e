"""A run: steps that follow from a seed, until a check fails. The books are replaced from time to
time.
"""

from __future__ import annotations

import tempfile
import traceback
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

from support.command_generators import SeededRandom
from support.engines import Engines

from simulation.seeded_salts import SeededSalts
from simulation.steps import Step
from simulation.trace import Trace
from simulation.world import World, open_world

STEPS_PER_WORLD = 500
"""Number of steps on the same books. They take some weeks at two stations."""

STEPS_PER_CHECK = 50
"""Number of steps between two checks of all tables."""

TRACE_LINES = 12
"""Number of lines of the trace that a failure shows."""

Progress = Callable[[int, Counter[str]], None]


class SimulationFailure(Exception):
    """A check failed. The cause of this error is the error of the check.

    Attributes:
        steps: The steps that were run on the same books.
        last: The last lines of the trace.
    """

    def __init__(self, steps: list[int], last: Iterable[str], found: Exception) -> None:
        super().__init__(f"step {steps[-1]}: {type(found).__name__}: {found}")
        self.steps, self.last, self.found = steps, list(last), found

    @property
    def kind(self) -> tuple[str, str]:
        """The type of the error and the line that raised it. They identify a failure."""
        where = traceback.extract_tb(self.found.__traceback__)[-1]
        return type(self.found).__name__, f"{Path(where.filename).name}:{where.lineno}"


@dataclass
class Simulation:
    """A simulation with one seed on one engine.

    Attributes:
        faults: Whether faults occur. Without faults both engines give the same trace.
        tally: How often each event happened.
    """

    seed: int
    engine: str
    engines: Engines
    faults: bool = True
    tally: Counter[str] = field(default_factory=Counter)

    def run(
        self, steps: Iterable[int], *, lines: int = TRACE_LINES, progress: Progress | None = None
    ) -> str:
        """Run these steps in order and return the hash of the trace.

        Raises:
            SimulationFailure: a check failed.
        """
        trace, salts, done = Trace(lines), SeededSalts(), 0
        with salts.patched(), tempfile.TemporaryDirectory(prefix="supplies-simulation-") as folder:
            for number, some in groupby(steps, key=lambda step: step // STEPS_PER_WORLD):
                below = Path(folder) / str(number)
                below.mkdir()
                done += self._run_world(number, some, below, trace, salts)
                if progress is not None:
                    progress(done, self.tally)
        return trace.hash

    def _run_world(
        self, number: int, steps: Iterable[int], folder: Path, trace: Trace, salts: SeededSalts
    ) -> int:
        """Run these steps on new books and check them at the end. Return the number of steps."""
        seed = f"{self.seed}/books {number}"
        salts.restart(seed)
        with open_world(
            SeededRandom(seed), self.engine, self.engines, folder, trace, self.tally
        ) as world:
            done: list[int] = []
            try:
                for step in steps:
                    done.append(step)
                    trace.step = step
                    self._step(world, step, salts)
                    if len(done) % STEPS_PER_CHECK == 0:
                        world.check()
                world.finish()
            except Exception as found:
                raise SimulationFailure(done, trace.last, found) from found
        return len(done)

    def _step(self, world: World, step: int, salts: SeededSalts) -> None:
        seed = f"{self.seed}/{step}"
        salts.restart(seed)
        Step(world, SeededRandom(seed), seed).run(faults=self.faults)
