"""`make simulate SEED=… STEPS=… ENGINE=sqlite|postgresql`: docs/simulation.md tells of it."""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter

from support.engines import ENGINES, RUNNING

from simulation.report import found, parse_steps, smallest, summary
from simulation.run import Simulation, WrongError

SECONDS = 10
"""From one line about the progress to the next, at least."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="simulation", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--steps", type=int, default=5_000)
    parser.add_argument("--engine", choices=ENGINES, default="sqlite")
    parser.add_argument("--only", help="just these steps, as in 17,300-312: what a failure names")
    told = parser.parse_args()
    simulation = Simulation(told.seed, told.engine, RUNNING)
    steps = parse_steps(told.only) if told.only else range(told.steps)
    try:
        trace = simulation.run(steps, progress=_Progress(len(steps)))
    except WrongError as wrong:
        print(found(simulation, wrong), flush=True)
        print(smallest(simulation, wrong))
        return 1
    finally:
        RUNNING.stop()
    print(f"seed {told.seed}, {told.engine}, {len(steps)} steps: all is well")
    print(summary(simulation.tally))
    print(f"trace {trace}")
    return 0


class _Progress:
    """A line now and then on how far it is."""

    def __init__(self, steps: int) -> None:
        self.steps, self.begun, self.told = steps, time.monotonic(), 0.0

    def __call__(self, done: int, tally: Counter[str]) -> None:
        passed = time.monotonic() - self.begun
        if passed - self.told >= SECONDS:
            self.told = passed
            speed = f"{1000 * passed / done:.1f} ms a step, {tally['recorded']} commands recorded"
            print(f"{done} of {self.steps} steps, {speed}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
