"""`make bench`: each bench prints its own lines; name one to run it alone."""

from __future__ import annotations

import sys

from benchmarks import engines, ledger, papers, service

BENCHES = {
    "ledger": ledger.run,
    "engines": engines.run,
    "papers": papers.run,
    "service": service.run,
}

if __name__ == "__main__":
    for name in sys.argv[1:] or BENCHES:
        BENCHES[name]()
