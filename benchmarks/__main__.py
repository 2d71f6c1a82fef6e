"""`make bench`: run all benchmarks and print their results.

Arguments name the benchmarks to run, instead of all. `python -m benchmarks growth --entries 1000000
--engine postgresql` chooses the size of the books.
"""

from __future__ import annotations

import sys

from benchmarks import engines, growth, ledger, limits, pages, papers, phone, service, sizes
from benchmarks.bars import print_missed_bars

BENCHMARKS = {
    "ledger": ledger.run,
    "growth": growth.run,
    "limits": limits.run,
    "engines": engines.run,
    "papers": papers.run,
    "pages": pages.run,
    "phone": phone.run,
    "service": service.run,
    "sizes": sizes.run,
}

if __name__ == "__main__":
    if sys.argv[1:2] == ["growth"]:
        growth.main(sys.argv[2:])
    for name in sys.argv[1:] or BENCHMARKS:
        BENCHMARKS[name]()
    print_missed_bars()
