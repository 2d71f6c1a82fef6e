"""`supplies serve`: the REST service and its pages."""

from __future__ import annotations

import gc
import os
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import click
from click.exceptions import Exit

from supplies.cli.arguments import all_books_options
from supplies.cli.click_extensions import Command

if TYPE_CHECKING:
    from supplies.ledger.ledger import Ledger


@click.command(
    cls=Command, epilog="Every setting has an environment variable too: see docs/configuration.md."
)
@all_books_options
@click.option(
    "--host",
    help="Network address to listen on. Until somebody can sign in, only an address that other "
    "computers cannot reach is allowed. [default: 127.0.0.1]",
)
@click.option("--port", type=int, help="Port to listen on, from 1 to 65535. [default: 8000]")
@click.option(
    "--workers",
    type=int,
    metavar="N",
    help="Number of worker processes, from 1 to 64. [default: 1]",
)
def serve(
    database: str,
    station: str | None,
    host: str | None,
    port: int | None,
    workers: int | None,
) -> None:
    """Run the web service for people and programs until Ctrl-C.

    The first start prints a URL at which the first coordinator sets a password.
    """
    gc.disable()  # Each worker turns it on when it has started.
    from supplies_service.serve import check_address, plan_checkpoints
    from supplies_service.serve import serve as run_service
    from supplies_service.settings import Settings, unknown_variables

    from supplies.access import users
    from supplies.access.access_context import AccessContext
    from supplies.access.bootstrap import first_sign_in
    from supplies.cli.opening import local_time
    from supplies.signing.station_keys import ensure_keys, key_file

    settings = Settings.from_environment(
        os.environ, database=database, station=station, host=host, port=port, workers=workers
    )
    for name in unknown_variables(os.environ):
        print(f"supplies: {name} is not a setting; see docs/configuration.md", file=sys.stderr)
    with _open_first_station(database, station) as ledger:
        with ledger.reading() as books:
            anybody = users.has_coordinator(AccessContext(books, ledger.clock()))
        # All checks come first, before keys are made and addresses printed.
        address = check_address(settings, has_coordinator=anybody)
        checkpoints = plan_checkpoints(settings)
        key_is_new = ensure_keys(ledger.store, database)
        served = _begin_stations(ledger, only=station)
        with ledger.admin_transaction() as books:
            first = first_sign_in(AccessContext(books, ledger.clock()))
            this_station = books.station
    if key_is_new:
        print(
            f"There was no key to sign receipts with; a new one is in {key_file(database)}, "
            "readable by you alone: back it up.",
            flush=True,
        )
    greeting = (
        f"The books of {'all stations' if len(served) > 1 else served[0]} are at "
        f"http://{_in_url(address[0])}:{address[1]}/ (Ctrl-C stops)."
    )
    if first is not None:
        greeting = (
            f"Nobody can sign in yet. The first coordinator, {first.login}, sets a password at "
            f"this address, once, until {local_time(first.expires_at, this_station)}:\n"
            f"  http://{_in_url(settings.host)}:{settings.port}{first.path}\n{greeting}"
        )
    status = run_service(settings, address, checkpoints, greeting=greeting)
    if status:
        raise Exit(status)


def _begin_stations(ledger: Ledger, *, only: str | None) -> list[str]:
    """Warn of local addresses of the served stations, and begin to seal their users and settings.

    Return the codes of the stations.

    Args:
        only: Code of the only served station; None means all stations of the database.
    """
    from supplies.access.access_context import AccessContext
    from supplies.cli.opening import warn_of_local_address
    from supplies.stations.organisation import all_stations
    from supplies.stations.public_address import is_local_address

    with ledger.reading() as books:
        codes = [one.code for one in all_stations(ledger.store)] if only is None else []
        codes = codes or [ledger.station_code]
        for code in codes:
            station = books.for_station(code).station
            # An address that works in one network only causes a warning when it is set.
            if is_local_address(station.host):
                # Only the log goes to standard error: one JSON object in each line.
                warn_of_local_address(station, to=sys.stdout)
    for code in codes:
        with ledger.for_station(code).admin_transaction() as books:
            AccessContext(books, ledger.clock()).seals.begin()
    return codes


def _open_first_station(database: str, station: str | None) -> Ledger:
    """Open the books of the station for which the first coordinator is created.

    Use `station` or, if that is None, the default station of the database.
    """
    from supplies.cli.opening import open_ledger
    from supplies.ledger.ledger import Ledger
    from supplies.stations.organisation import default_station
    from supplies.storage.engines import open_store

    if station is not None:
        return open_ledger(database, station)
    with closing(open_store(database, create=False)) as store:
        first = default_station(store)
    return Ledger.open(database, station=first, create=False)


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host
