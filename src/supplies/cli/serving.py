"""`supplies serve`: the REST service on this machine."""

from __future__ import annotations

import argparse
import os
import sys

from supplies.access import users
from supplies.access.access_context import Gate
from supplies.access.bootstrap import way_in
from supplies.cli.books import open_ledger
from supplies.ledger.ledger import Ledger
from supplies.signing.station_keys import key_file, keys_ready
from supplies.stations.organisation import all_stations, first_station
from supplies.storage.store import open_store


def serve(arguments: argparse.Namespace) -> int:
    """Serve until stopped."""
    from supplies_service.serve import place
    from supplies_service.serve import serve as run
    from supplies_service.settings import Settings, unknown

    said = {name: getattr(arguments, name) for name in ("database", "station", "host", "port")}
    settings = Settings.of(os.environ, **said, workers=arguments.workers)
    for name in unknown(os.environ):
        print(f"supplies: {name} is no setting; see docs/configuration.md", file=sys.stderr)
    with _home(arguments) as ledger:
        with ledger.reading() as books:
            people = users.anybody(Gate(books, ledger.clock()))
        # What may refuse to serve is asked before anything is made or told.
        where = place(settings, people=people)
        new_key = keys_ready(ledger.store, arguments.database)
        with ledger.administering() as books:
            path = way_in(Gate(books, ledger.clock()))
        others = arguments.station is None and len(all_stations(ledger.store)) > 1
        whose = "all stations" if others else ledger.station_code
    if new_key:
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
    return run(settings, where, whose=whose)


def _home(arguments: argparse.Namespace) -> Ledger:
    """The ledger whose coordinator comes in first: of the station named, or of the first."""
    if arguments.station is not None:
        return open_ledger(arguments)
    store = open_store(arguments.database, create=False)
    try:
        first = first_station(store)
    finally:
        store.close()
    return Ledger.open(arguments.database, station=first, create=False)


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host
