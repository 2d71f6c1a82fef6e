"""`make bench`: each bench prints its own lines; name one to run it alone."""

from __future__ import annotations

import sys

from benchmarks import engines, ledger, papers, service, sizes

BENCHES = {
    "ledger": ledger.run,
    "engines": engines.run,
    "papers": papers.run,
    "service": service.run,
    "sizes": sizes.run,
}

if __name__ == "__main__":
    for name in sys.argv[1:] or BENCHES:
        BENCHES[name]()
