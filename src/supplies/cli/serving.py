"""`supplies serve`: the REST service on this machine."""

from __future__ import annotations

import argparse

from supplies.cli.books import open_ledger


def serve(arguments: argparse.Namespace) -> int:
    """Serve until stopped."""
    from supplies_service.serve import serve as run

    with open_ledger(arguments) as ledger:
        station = ledger.station_code
    return run(arguments.database, station=station, host=arguments.host, port=arguments.port)
