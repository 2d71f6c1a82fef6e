"""A run: steps from a seed, fresh books from time to time, and the first thing that is wrong."""

from __future__ import annotations

import tempfile
import traceback
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

from support.command_generators import Dice
from support.engines import Engines

from simulation.salts import Salts
from simulation.steps import Step
from simulation.trace import Trace
from simulation.world import World, world

BOOKS = 500
"""Steps until the books are finished and fresh ones begun: some weeks at two stations."""

CHECKED = 50
"""Steps from one look at all tables to the next."""

LINES = 12
"""Lines of the trace that are kept to be shown."""

Progress = Callable[[int, Counter[str]], None]


class WrongError(Exception):
    """Something is as it must not be. The cause is what was found.

    steps: those taken on the books that it was found in. last: the lines of the trace before it.
    """

    def __init__(self, steps: list[int], last: Iterable[str], found: Exception) -> None:
        super().__init__(f"step {steps[-1]}: {type(found).__name__}: {found}")
        self.steps, self.last, self.found = steps, list(last), found

    @property
    def kind(self) -> tuple[str, str]:
        """What tells this failure from others: the error's type and the line that raised it."""
        where = traceback.extract_tb(self.found.__traceback__)[-1]
        return type(self.found).__name__, f"{Path(where.filename).name}:{where.lineno}"


@dataclass
class Simulation:
    """What follows from a seed on an engine.

    faults: without them both engines leave the same trace. tally: how often what happened.
    """

    seed: int
    engine: str
    engines: Engines
    faults: bool = True
    tally: Counter[str] = field(default_factory=Counter)

    def run(
        self, steps: Iterable[int], *, lines: int = LINES, progress: Progress | None = None
    ) -> str:
        """Take these steps, in order; the trace's hash. Raises WrongError."""
        trace, salts, done = Trace(lines), Salts(), 0
        with salts.in_use(), tempfile.TemporaryDirectory(prefix="supplies-simulation-") as folder:
            for number, some in groupby(steps, key=lambda step: step // BOOKS):
                below = Path(folder) / str(number)
                below.mkdir()
                done += self._books(number, some, below, trace, salts)
                if progress is not None:
                    progress(done, self.tally)
        return trace.hash

    def _books(
        self, number: int, steps: Iterable[int], folder: Path, trace: Trace, salts: Salts
    ) -> int:
        """Take these steps on fresh books, and finish those; how many they were."""
        seed = f"{self.seed}/books {number}"
        salts.begin(seed)
        with world(Dice(seed), self.engine, self.engines, folder, trace, self.tally) as here:
            taken: list[int] = []
            try:
                for step in steps:
                    taken.append(step)
                    trace.step = step
                    self._step(here, step, salts)
                    if len(taken) % CHECKED == 0:
                        here.check()
                here.finish()
            except Exception as found:
                raise WrongError(taken, trace.last, found) from found
        return len(taken)

    def _step(self, here: World, step: int, salts: Salts) -> None:
        seed = f"{self.seed}/{step}"
        salts.begin(seed)
        Step(here, Dice(seed), seed).happen(faults=self.faults)
