"""`make bench`: compare the speed of the ledger and the service with that of simpler programs.

Without arguments, it runs the benchmarks of `IN_MINUTES`, which take a few minutes. To run other
benchmarks, name them as arguments; `all` runs every benchmark and takes an hour. `python -m
benchmarks growth --entries 1000000 --engine postgresql` chooses the size of the books.
"""

from __future__ import annotations

import sys
from functools import partial

from benchmarks import (
    command_line,
    engines,
    growth,
    imports,
    ledger,
    limits,
    pages,
    papers,
    phone,
    service,
    sizes,
)
from benchmarks.bars import print_missed_bars

BENCHMARKS = {
    "ledger": ledger.run,
    "imports": imports.run,
    "growth": partial(growth.run, engines=["sqlite"]),
    "growth-10000": partial(growth.run, [10_000], ["sqlite"]),
    "growth-postgresql": partial(growth.run, engines=["postgresql"]),
    "limits": limits.run,
    "engines": engines.run,
    "papers": papers.run,
    "pages": pages.run,
    "phone": phone.run,
    "service": service.run,
    "command-line": command_line.run,
    "sizes": sizes.run,
}

IN_MINUTES = ("ledger", "imports", "command-line", "growth-10000", "service")
"""The benchmarks that run if the command line names none."""

if __name__ == "__main__":
    if sys.argv[1:2] == ["growth"]:
        growth.main(sys.argv[2:])
    for name in BENCHMARKS if sys.argv[1:] == ["all"] else sys.argv[1:] or IN_MINUTES:
        BENCHMARKS[name]()
    print_missed_bars()
