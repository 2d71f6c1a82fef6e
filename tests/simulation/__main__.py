"""Command line of the simulator: `make simulate SEED=… STEPS=… ENGINE=sqlite|postgresql`."""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter

from support.engines import ENGINES, RUNNING

from simulation.report import format_failure, format_smallest_failure, parse_steps, summary
from simulation.run import Simulation, SimulationFailure

SECONDS = 10
"""Minimum number of seconds between two lines of progress."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="simulation", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--steps", type=int, default=5_000)
    parser.add_argument("--engine", choices=ENGINES, default="sqlite")
    parser.add_argument("--only", help="just these steps, as in 17,300-312: what a failure names")
    options = parser.parse_args()
    simulation = Simulation(options.seed, options.engine, RUNNING)
    steps = parse_steps(options.only) if options.only else range(options.steps)
    try:
        trace = simulation.run(steps, progress=_Progress(len(steps)))
    except SimulationFailure as failure:
        print(format_failure(simulation, failure), flush=True)
        print(format_smallest_failure(simulation, failure))
        return 1
    finally:
        RUNNING.stop()
    print(f"seed {options.seed}, {options.engine}, {len(steps)} steps: no failure found")
    print(summary(simulation.tally))
    print(f"trace {trace}")
    return 0


class _Progress:
    """Prints a line of progress from time to time."""

    def __init__(self, steps: int) -> None:
        self.steps, self.begun, self.printed = steps, time.monotonic(), 0.0

    def __call__(self, done: int, tally: Counter[str]) -> None:
        passed = time.monotonic() - self.begun
        if passed - self.printed >= SECONDS:
            self.printed = passed
            speed = f"{1000 * passed / done:.1f} ms a step, {tally['recorded']} commands recorded"
            print(f"{done} of {self.steps} steps, {speed}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
