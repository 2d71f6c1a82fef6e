"""`make bench`: run all benchmarks and print their figures.

Arguments name the benchmarks to run alone.
"""

from __future__ import annotations

import sys

from benchmarks import engines, ledger, limits, papers, service, sizes

BENCHMARKS = {
    "ledger": ledger.run,
    "limits": limits.run,
    "engines": engines.run,
    "papers": papers.run,
    "service": service.run,
    "sizes": sizes.run,
}

if __name__ == "__main__":
    for name in sys.argv[1:] or BENCHMARKS:
        BENCHMARKS[name]()
