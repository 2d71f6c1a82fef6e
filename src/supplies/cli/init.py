"""`supplies init`: create the books of a station."""

from __future__ import annotations

import click

from supplies.cli.arguments import database_option, station_details_options
from supplies.cli.click_extensions import Command


@click.command(cls=Command)
@database_option
@click.option(
    "--station",
    "code",
    metavar="CODE",
    envvar="SUPPLIES_STATION",
    default="station",
    show_default=True,
    show_envvar=True,
    help="Code of the new station: letters and digits.",
)
@station_details_options
def init(
    database: str,
    code: str,
    name: str,
    name_en: str | None,
    host: str,
    zone: str,
    series: str,
) -> None:
    """Create the books of a station.

    The database is created if it does not exist. If it already has books, the station is added to
    them. A key file for signing receipts is created beside the database.
    """
    from supplies.cli.opening import warn_of_local_address
    from supplies.domain.catalogue_checks import check_catalogue_record
    from supplies.domain.catalogue_records import Station
    from supplies.errors import AlreadyDone
    from supplies.ledger.ledger import Ledger
    from supplies.signing.last_seals import forget_last_seal
    from supplies.signing.station_keys import check_key_file, ensure_keys, key_file
    from supplies.storage.engines import database_file

    station = Station(code=code, name=name, name_en=name_en, host=host, zone=zone, series=series)
    check_catalogue_record(station)  # refused before the file is created
    check_key_file(database)
    keys = key_file(database)
    # In one transaction: if no key can be made, the station is not registered.
    opened = Ledger.open(database, station=code, new_station=True)
    with opened as ledger, ledger.admin_transaction() as books:
        where = ledger.store.url if database_file(database) is None else database
        if books.catalogue.get(Station, code) is not None:
            raise AlreadyDone(
                f"{where} has the books of station {code} already, so nothing was created; "
                "change its details with `supplies station set`"
            )
        ledger.register(station)
        key_is_new = ensure_keys(ledger.store, database)
        forget_last_seal(database, code)  # of books that had this name before
    print(f"The books of {name} ({code}) are ready in {where}.")
    warn_of_local_address(station)
    if key_is_new:
        print(f"The key that signs its receipts is in {keys}, readable by you alone: back it up.")
