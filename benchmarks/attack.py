"""`make attack`: overload a running service for some seconds, and measure how it responds.

Each attack runs alone against `supplies serve`. The books contain many entries and open needs, and
receipts of 500 lines. Before and during an attack, a process of its own requests the health of the
service continuously. Both times are compared, so that other load on the machine affects both. The
results are compared with the limits in attack.toml. If any result exceeds its limit, the exit
status is 1.
"""

from __future__ import annotations

import sys
import tempfile
import time
import tomllib
from collections import Counter
from pathlib import Path

from benchmarks.attacked_service import Target, make_books, serving
from benchmarks.attacks import ATTACKS, SECONDS, Attack, Tally, wait
from benchmarks.health_probe import Probe

BARS: dict[str, int] = tomllib.loads(
    Path(__file__).with_name("attack.toml").read_text(encoding="utf-8")
)


def main() -> int:
    """Run the attacks named on the command line, or all. Return the exit status."""
    names = [name for name in ATTACKS if not sys.argv[1:] or name in sys.argv[1:]]
    missed = list[str]()
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "books.db"
        tokens = make_books(database)
        print(
            f"{'attack':32} {'requests':>8} {'refused':>8} {'errors':>7} {'quiet ms':>8} "
            f"{'p99 ms':>7} {'× quiet':>7} {'MiB':>5}"
        )
        for name in names:
            with serving(database, tokens) as target:
                quiet, _ = measure(target, wait)
                row, errors = measure(target, ATTACKS[name])
            row["times_as_slow"] = row["p99_ms"] / quiet["p99_ms"]
            print(
                f"{name:32} {row['requests']:8} {row['refused']:8} {row['errors']:7} "
                f"{quiet['p99_ms']:8.0f} {row['p99_ms']:7.0f} {row['times_as_slow']:7.1f} "
                f"{row['memory_mib']:5.0f}",
                flush=True,
            )
            missed += [
                f"{name}: {bar} is {row[bar]:.0f}, at most {most} is allowed {dict(errors) or ''}"
                for bar, most in BARS.items()
                if row[bar] > most
            ]
    print("\n".join(["missed bars:", *missed]) if missed else "all bars are reached")
    return 1 if missed else 0


def measure(target: Target, attack: Attack) -> tuple[dict[str, float], Counter[str]]:
    """Run an attack. Return its row of the printed table, and its errors."""
    probe = Probe(target)
    with probe:
        tally = Tally(time.monotonic() + SECONDS)
        attack(target, tally)
    errors = tally.errors + probe.errors
    row: dict[str, float] = {
        "requests": tally.answered,
        "refused": tally.refused,
        "errors": errors.total(),
        "p99_ms": probe.p99 * 1000,
        "memory_mib": probe.memory / 2**20,
    }
    return row, errors


if __name__ == "__main__":
    sys.exit(main())
