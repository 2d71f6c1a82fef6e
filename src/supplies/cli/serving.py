"""`supplies serve`: the REST service on this machine."""

from __future__ import annotations

import argparse

from supplies.cli.books import open_ledger
from supplies.keys import key_file, make_keys


def serve(arguments: argparse.Namespace) -> int:
    """Serve until stopped."""
    from supplies_service.serve import serve as run

    with open_ledger(arguments) as ledger:
        station = ledger.station_code
    if make_keys(arguments.database):
        print(
            f"There was no key to sign receipts with; a new one is in "
            f"{key_file(arguments.database)}, readable by you alone: back it up.",
            flush=True,
        )
    return run(arguments.database, station=station, host=arguments.host, port=arguments.port)
