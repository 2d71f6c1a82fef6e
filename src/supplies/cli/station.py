"""`supplies station …`: the stations of a database, what papers say of one, and how they look."""

from __future__ import annotations

import argparse
import base64
from pathlib import Path
from typing import Any

import msgspec

from supplies.books.catalogue import check_noun
from supplies.books.reader import Books
from supplies.cli.books import open_ledger
from supplies.cli.tables import as_json, pairs, table
from supplies.domain.catalogue_records import Station
from supplies.errors import InvalidField
from supplies.ledger.ledger import Ledger
from supplies.stations.organisation import all_stations, head_of, put_under
from supplies.stations.paper_settings import LOGO_BYTES, StationShown, amend_station, station_shown
from supplies.storage.store import open_store

_WHERE = {
    "station": ("name", "name_en", "credit_code", "address", "phone", "host", "zone", "series"),
    "papers": ("languages", "values", "jurisdiction", "statement", "statement_en"),
    "retention": ("keep_recipients", "keep_donors", "keep_access_log"),
    "organisation": ("under",),
}
"""Where each option of `station set` belongs."""


def station_add(arguments: argparse.Namespace) -> int:
    """Register a further station in books that are there already."""
    station = Station(
        code=arguments.code,
        name=arguments.name,
        name_en=arguments.name_en,
        zone=arguments.zone,
        series=arguments.series,
    )
    check_noun(station)
    opened = Ledger.open(arguments.database, station=station.code, create=False)
    with opened as ledger, ledger.administering() as books:
        ledger.register(station)
        if arguments.under is not None:
            put_under(books, arguments.under)
    print(
        f"The books of {station.name} ({station.code}) are ready. Let its first coordinator in:\n"
        f"  supplies user add LOGIN --role coordinator --station {station.code}"
    )
    return 0


def station_list(arguments: argparse.Namespace) -> int:
    """Print all stations of the database, and which is under which."""
    store = open_store(arguments.database, create=False)
    try:
        listed = all_stations(store)
    finally:
        store.close()
    if arguments.json:
        return as_json(listed)
    table(
        ["station", "name", "receipts", "zone", "under"],
        [[line.code, line.name, line.series, line.zone, line.head] for line in listed],
    )
    return 0


def station_show(arguments: argparse.Namespace) -> int:
    """Print what holds now."""
    with open_ledger(arguments) as ledger, ledger.reading() as books:
        shown, head = station_shown(books), head_of(books)
    if arguments.json:
        return as_json(shown)
    _print(shown, head)
    return 0


def station_set(arguments: argparse.Namespace) -> int:
    """Change what was named; receipts that were issued stay as they were."""
    changes: dict[str, dict[str, Any]] = {
        where: _given(arguments, names) for where, names in _WHERE.items()
    }
    if arguments.logo is not None:
        changes["papers"]["logo"] = _logo(arguments.logo)
    for name in arguments.no:
        field = name.replace("-", "_")
        where = next((where for where, names in _WHERE.items() if field in names), "papers")
        if field in changes[where]:
            raise InvalidField(f"--{name} is set and taken away in one command; say one of them")
        changes[where][field] = None
    if not any(changes.values()):
        raise InvalidField("say what to change; `supplies station set --help` names the settings")
    with open_ledger(arguments) as ledger, ledger.administering() as books:
        _change(books, **changes)
        name, head = books.station.name, head_of(books)
    if changes["station"] or changes["papers"]:
        print(f"Receipts of {name} issued from now on say so; earlier ones stay as they were.")
    if changes["retention"]:
        print("Who is due by that is listed by `supplies forget due`.")
    if changes["organisation"]:
        print(f"{name} is under {head or 'nobody'} now.")
    return 0


def _change(
    books: Books,
    *,
    station: dict[str, Any],
    papers: dict[str, Any],
    retention: dict[str, Any],
    organisation: dict[str, Any],
) -> None:
    kept = {f"{name.removeprefix('keep_')}_days": days for name, days in retention.items()}
    inner = {"papers": papers, "retention": kept}
    settings = {**station, **{name: told for name, told in inner.items() if told}}
    if settings:
        amend_station(books, settings)
    if organisation:
        put_under(books, organisation["under"])


def _given(arguments: argparse.Namespace, names: tuple[str, ...]) -> dict[str, Any]:
    found = {name: getattr(arguments, name) for name in names}
    return {name: value for name, value in found.items() if value is not None}


def _logo(name: str) -> str:
    try:
        with Path(name).open("rb") as file:
            content = file.read(LOGO_BYTES + 1)
    except OSError as error:
        raise InvalidField(f"{name} cannot be read ({error.strerror}); name a PNG") from error
    if len(content) > LOGO_BYTES:
        raise InvalidField(
            f"{name} has more than {LOGO_BYTES} bytes; make it smaller: it is on every receipt"
        )
    return base64.b64encode(content).decode()


def _print(shown: StationShown, head: str | None) -> None:
    told = msgspec.to_builtins(shown)
    papers, kept = told.pop("papers"), told.pop("retention")
    papers["logo"] = None if papers["logo"] is None else "a PNG"
    kept = {
        f"keep_{name.removesuffix('_days')}": days and f"{days} days" for name, days in kept.items()
    }
    settings = {**told, "under": head, **papers, **kept}
    pairs({name.replace("_", "-"): value for name, value in settings.items()})
