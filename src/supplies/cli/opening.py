"""Open the books that the options `--database` and `--station` select."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, TextIO

from supplies.errors import InvalidField
from supplies.ledger.clock import zone_of
from supplies.ledger.ledger import Ledger
from supplies.storage.engines import open_store
from supplies.storage.store import Store

if TYPE_CHECKING:
    from supplies.domain.catalogue_records import Station


def open_ledger(database: str, station: str | None) -> Ledger:
    """Open the books of one station.

    Args:
        station: The code of the station. None means the only station of the database.

    Raises:
        InvalidField: the database has no such station, or has several and `station` is None.
        StoreError: the database cannot be opened.
    """
    with closing(open_store(database, create=False)) as store:
        code = find_station(store, station)
    return Ledger.open(database, station=code, create=False)


@contextmanager
def open_ledgers(database: str, station: str | None) -> Iterator[list[Ledger]]:
    """Open the books of one station, or of each station of the database if `station` is None.

    Raises:
        InvalidField: the database has no such station.
        StoreError: the database cannot be opened.
    """
    with closing(open_store(database, create=False)) as store:
        first, *others = _find_stations(store, station)
    with Ledger.open(database, station=first, create=False) as ledger:
        yield [ledger, *map(ledger.for_station, others)]


def find_station(store: Store, named: str | None) -> str:
    """Return the code of the station on which a command works.

    The station is `named` or, if `named` is None, the only station of the database.

    Raises:
        InvalidField: the database has no such station, or has several and `named` is None.
    """
    codes = _find_stations(store, named)
    if len(codes) > 1:
        raise InvalidField(f"choose a station with --station: {', '.join(codes)}")
    return codes[0]


def _find_stations(store: Store, named: str | None) -> list[str]:
    codes = [str(code) for (code,) in store.all("SELECT code FROM stations ORDER BY code")]
    if named is not None and named not in codes:
        known = ", ".join(codes) or "none"
        raise InvalidField(f"unknown station {named} in {store.url} (its stations: {known})")
    if not codes:
        raise InvalidField(f"there is no station in {store.url}; make one with `supplies init`")
    return codes if named is None else [named]


def local_time(timestamp: str, station: Station) -> str:
    """Convert a stored UTC timestamp to a time in the station's time zone, to the minute."""
    return f"{datetime.fromisoformat(timestamp).astimezone(zone_of(station)):%Y-%m-%d %H:%M}"


def warn_of_local_address(station: Station, *, to: TextIO | None = None) -> None:
    """Print a warning if the QR codes of a station's receipts lead to a local address.

    Args:
        to: The stream to print to. None means standard error.
    """
    from supplies.stations.public_address import local_address_warning

    warning = local_address_warning(station)
    if warning is not None:
        print(f"supplies: warning: {warning}", file=to or sys.stderr, flush=True)
