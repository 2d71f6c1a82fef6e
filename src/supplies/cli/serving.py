"""`supplies serve`: the REST service on this machine."""

from __future__ import annotations

import argparse
import os
import sys

from supplies.access.first import way_in
from supplies.access.gate import Gate
from supplies.cli.books import open_ledger
from supplies.keys import key_file, make_keys


def serve(arguments: argparse.Namespace) -> int:
    """Serve until stopped."""
    from supplies_service.serve import serve as run
    from supplies_service.settings import Settings, unknown

    said = {name: getattr(arguments, name) for name in ("database", "station", "host", "port")}
    settings = Settings.of(os.environ, **said, workers=arguments.workers)
    for name in unknown(os.environ):
        print(f"supplies: {name} is no setting; see docs/serving.md", file=sys.stderr)
    with open_ledger(arguments) as ledger:
        station = ledger.station_code
        with ledger.administering() as books:
            path = way_in(Gate(books, ledger.clock()))
    if make_keys(arguments.database):
        print(
            f"There was no key to sign receipts with; a new one is in "
            f"{key_file(arguments.database)}, readable by you alone: back it up.",
            flush=True,
        )
    if path is not None:
        print(
            "Nobody can sign in yet. The first coordinator sets a password at this address, "
            f"once, within a day:\n  http://{_shown(settings.host)}:{settings.port}{path}",
            flush=True,
        )
    return run(settings, station=station, people=path is None)


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host
