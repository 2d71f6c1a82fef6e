"""`supplies serve`: the REST service on this machine."""

from __future__ import annotations

import argparse

from supplies.access.first import way_in
from supplies.access.gate import Gate
from supplies.cli.books import open_ledger
from supplies.keys import key_file, make_keys


def serve(arguments: argparse.Namespace) -> int:
    """Serve until stopped."""
    from supplies_service.serve import serve as run

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
            f"once, within a day:\n  http://{_shown(arguments.host)}:{arguments.port}{path}",
            flush=True,
        )
    return run(
        arguments.database,
        station=station,
        host=arguments.host,
        port=arguments.port,
        people=path is None,
    )


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host
