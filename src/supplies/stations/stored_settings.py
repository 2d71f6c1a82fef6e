"""Read and write the settings of a station, which are stored in one row as a JSON object."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from supplies.books.reader import Books
from supplies.signing.seals import Seals


def read_settings(books: Books) -> dict[str, Any]:
    """Return all stored settings of the station by name; an empty dictionary if there are none."""
    kept = books.value("SELECT settings FROM station_settings WHERE station = :station")
    found: dict[str, Any] = {} if kept is None else msgspec.json.decode(kept)
    return found


def store_settings(books: Books, settings: Mapping[str, Any]) -> None:
    """Replace all stored settings of the station. Call this within `Ledger.admin_transaction()`."""
    Seals(books.store, books.station_code).put(
        "station_settings", settings=msgspec.json.encode(settings).decode()
    )
