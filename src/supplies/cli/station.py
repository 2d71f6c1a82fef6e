"""`supplies station show|set`: what the papers say of the station, and how they look."""

from __future__ import annotations

import argparse
import base64
from pathlib import Path
from typing import Any

import msgspec

from supplies.cli.books import open_ledger
from supplies.errors import InvalidField
from supplies.settings import LOGO_BYTES, StationShown, amend_station, station_shown

_STATION = ("name", "name_en", "credit_code", "address", "phone", "host", "zone", "series")
_PAPERS = ("languages", "values", "jurisdiction", "statement", "statement_en")


def station_show(arguments: argparse.Namespace) -> int:
    """Print what holds now."""
    with open_ledger(arguments) as ledger, ledger.reading() as books:
        shown = station_shown(books)
    if arguments.json:
        print(msgspec.json.encode(shown).decode())
        return 0
    _print(shown)
    return 0


def station_set(arguments: argparse.Namespace) -> int:
    """Change what was named; receipts that were issued stay as they were."""
    station: dict[str, Any] = _given(arguments, _STATION)
    papers: dict[str, Any] = _given(arguments, _PAPERS)
    if arguments.logo is not None:
        papers["logo"] = _logo(arguments.logo)
    for name in arguments.no:
        field = name.replace("-", "_")
        kind = station if field in _STATION else papers
        if field in kind:
            raise InvalidField(f"--{name} is set and taken away in one command; say one of them")
        kind[field] = None
    if not station and not papers:
        raise InvalidField("say what to change; `supplies station set --help` names the settings")
    changes = {**station, "papers": papers} if papers else station
    with open_ledger(arguments) as ledger, ledger.administering() as books:
        shown = amend_station(books, changes)
    print(f"Receipts of {shown.name} issued from now on say so; earlier ones stay as they were.")
    return 0


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


def _print(shown: StationShown) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("setting", "value", show_header=False)
    told = msgspec.to_builtins(shown)
    papers = told.pop("papers")
    papers["logo"] = None if papers["logo"] is None else "a PNG"
    for name, value in {**told, **papers}.items():
        table.add_row(name.replace("_", "-"), "" if value is None else str(value))
    Console().print(table)
