"""`supplies station …`: the stations of a database and their settings."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from supplies.cli.arguments import (
    books_options,
    database_option,
    json_option,
    station_details_options,
)
from supplies.cli.click_extensions import Group
from supplies.cli.station_keys import key
from supplies.cli.witness import witness
from supplies.domain.plurals import counted
from supplies.errors import InvalidField

if TYPE_CHECKING:
    from supplies.books.reader import Books
    from supplies.stations.paper_settings import StationWithSettings

_Function = TypeVar("_Function", bound=Callable[..., Any])

_SETTINGS = {
    "station": ("name", "name_en", "credit_code", "address", "phone", "host", "zone", "series"),
    "papers": ("languages", "values", "jurisdiction", "statement", "statement_en", "logo", "units"),
    "retention": ("recipients_days", "donors_days", "access_log_days"),
    "organisation": ("under",),
}
"""The names of the settings that `station set` changes, by the object that contains them."""

_TEXTS = {
    "name": "Name of the station, printed on papers.",
    "name-en": "English name of the station.",
    "credit-code": "Unified social credit code (统一社会信用代码) of the station.",
    "address": "Postal address of the station.",
    "phone": "Telephone number of the station.",
    "host": "Address that the QR codes of receipts lead to, as in https://example.org.",
    "zone": "Time zone, as in Asia/Shanghai.",
    "series": "Prefix of the numbers of new receipts, as in JZ.",
    "jurisdiction": "Country whose law determines the statement on receipts, as in cn.",
    "statement": "Chinese statement on receipts, in place of the jurisdiction's.",
    "statement-en": "English statement on receipts, in place of the jurisdiction's.",
}

_RETENTION = {
    "keep-recipients": (
        "recipients_days",
        "Days from the last entry about a household until its data is due to be erased.",
    ),
    "keep-donors": (
        "donors_days",
        "Days from the last entry about a private donor until the data is due to be erased.",
    ),
    "keep-access-log": (
        "access_log_days",
        "Days to keep each line of the access log, at least 183.",
    ),
}

_REMOVABLE = (
    "name-en",
    "credit-code",
    "address",
    "phone",
    "statement",
    "statement-en",
    "logo",
    "under",
    *_RETENTION,
)


@click.group(cls=Group)
def station() -> None:
    """Add stations, change their settings, manage their keys."""


@station.command()
@click.argument("code", metavar="CODE")
@database_option
@station_details_options
@click.option(
    "--under",
    metavar="CODE",
    help="Code of the station that heads the organisation. Its coordinators may read these books.",
)
def add(
    database: str,
    code: str,
    name: str,
    name_en: str | None,
    host: str,
    zone: str,
    series: str,
    under: str | None,
) -> None:
    """Add a station to an existing database.

    CODE is the code of the new station: letters and digits.
    """
    from supplies.cli.opening import warn_of_local_address
    from supplies.domain.catalogue_checks import check_catalogue_record
    from supplies.domain.catalogue_records import Station
    from supplies.ledger.ledger import Ledger
    from supplies.stations.organisation import set_head

    new = Station(code=code, name=name, name_en=name_en, host=host, zone=zone, series=series)
    check_catalogue_record(new)
    opened = Ledger.open(database, station=code, create=False, new_station=True)
    with opened as ledger, ledger.admin_transaction() as books:
        ledger.register(new)
        if under is not None:
            set_head(books, under)
    print(
        f"The books of {name} ({code}) are ready. Add its first coordinator:\n"
        f"  supplies user add LOGIN --role coordinator --station {code}"
    )
    warn_of_local_address(new)


@station.command("list")
@database_option
@json_option
def list_stations(database: str, as_json: bool) -> None:
    """Print all stations of the database."""
    from supplies.cli.tables import print_columns, print_json
    from supplies.stations.organisation import all_stations
    from supplies.storage.engines import open_store

    with closing(open_store(database, create=False)) as store:
        stations = all_stations(store)
    if as_json:
        print_json(stations)
        return
    print_columns(
        {
            "station": lambda one: one.code,
            "name": lambda one: one.name,
            "receipts": lambda one: one.series,
            "zone": lambda one: one.zone,
            "under": lambda one: one.head,
        },
        stations,
    )


@station.command()
@books_options
@click.option(
    "--yes", is_flag=True, help="Accept them. Without it, only the difference is printed."
)
def seal(database: str, station: str | None, yes: bool) -> None:
    """Accept users, credentials, settings and access log as they are now.

    Use it if `supplies verify` reports a change of these rows and you know the reason: rows were
    changed in SQL, another key file is used, or an older copy of the books was put back. The
    change is not reported again. Look at `supplies user list` first.
    """
    from supplies.cli.opening import open_ledger
    from supplies.domain.entries import format_timestamp
    from supplies.errors import BooksBroken
    from supplies.signing.seals import Seals
    from supplies.verification.reader import Reader
    from supplies.verification.seals import check_seals

    with open_ledger(database, station) as ledger:
        code = ledger.station_code
        if not yes:
            try:
                with ledger.reading() as books:
                    check_seals(Reader(books.store, code))
            except BooksBroken as difference:
                print(difference)
                print("To accept all rows as they are now add --yes.")
            else:
                print(f"Nothing of station {code} was changed without its keys.")
            return
        with ledger.admin_transaction() as books:
            Seals(books.store, code, format_timestamp(ledger.clock())).begin_again()
    print(f"Users, credentials, settings and access log of station {code} are sealed.")


@station.command()
@books_options
@json_option
def show(database: str, station: str | None, as_json: bool) -> None:
    """Print the settings of a station."""
    from supplies.cli.opening import open_ledger
    from supplies.cli.tables import print_json
    from supplies.stations.organisation import head_of
    from supplies.stations.paper_settings import station_with_settings

    with open_ledger(database, station) as ledger, ledger.reading() as books:
        settings, head = station_with_settings(books), head_of(books)
    if as_json:
        print_json(settings)
    else:
        _print_settings(settings, head)


def _setting_options(function: _Function) -> _Function:
    """Add an option for each setting of a station whose value is a text or a number of days."""
    days = [
        click.option(f"--{name}", field, metavar="DAYS", type=int, help=text)
        for name, (field, text) in _RETENTION.items()
    ]
    texts = [click.option(f"--{name}", metavar="TEXT", help=text) for name, text in _TEXTS.items()]
    for option in reversed([*texts, *days]):
        function = option(function)
    return function


@station.command("set")
@books_options
@_setting_options
@click.option(
    "--languages",
    type=click.Choice(["zh+en", "zh", "en"]),
    help="Languages of the papers: Chinese with English beneath, or one of them.",
)
@click.option(
    "--values",
    type=click.Choice(["never", "evidenced"]),
    help="Values of goods on receipts: print none, or only those with evidence.",
)
@click.option(
    "--under",
    metavar="CODE",
    help="Code of the station that heads the organisation. Its coordinators may read these books.",
)
@click.option(
    "--logo", metavar="FILE", help="PNG file with the logo, printed at the top of receipts."
)
@click.option(
    "--unit",
    "units",
    multiple=True,
    metavar="CODE=ZH,EN,PLURAL",
    help="Words for a unit on papers, as in crate=筐,crate,crates. May be repeated.",
)
@click.option(
    "--no",
    "removed",
    multiple=True,
    type=click.Choice(_REMOVABLE),
    metavar="NAME",
    help=f"Remove a setting, as in --no logo. NAME is one of: {', '.join(_REMOVABLE)}.",
)
def set_settings(
    database: str,
    station: str | None,
    removed: tuple[str, ...],
    units: tuple[str, ...],
    **settings: str | int | None,
) -> None:
    """Change settings of a station. Options that are not given leave their settings unchanged.

    Receipts issued earlier stay as they are.
    """
    from supplies.cli.opening import open_ledger, warn_of_local_address
    from supplies.stations.organisation import head_of

    changes = _changes(settings, removed)
    if units:
        changes["papers"]["units"] = dict(map(_parse_unit, units))
    if not any(changes.values()):
        raise InvalidField("nothing to change; `supplies station set --help` names the settings")
    with open_ledger(database, station) as ledger, ledger.admin_transaction() as books:
        _change(books, **changes)
        name, head = books.station.name, head_of(books)
        warn_of_local_address(books.station)
    if changes["station"] or changes["papers"]:
        print(f"The change is on receipts of {name} issued from now on; earlier ones stay.")
    if changes["retention"]:
        print("To list people whose retention period is over: supplies forget due")
    if changes["organisation"]:
        print(
            f"{name} is now under {head}."
            if head
            else f"{name} is no longer under another station."
        )


def _changes(
    settings: dict[str, str | int | None], removed: tuple[str, ...]
) -> dict[str, dict[str, Any]]:
    """Return the changed settings, grouped as in `_SETTINGS`.

    The value None removes a setting.

    Raises:
        InvalidField: a setting is both set and removed, or the logo cannot be used.
    """
    given: dict[str, str | int | None] = {
        name: value for name, value in settings.items() if value is not None
    }
    if "logo" in given:
        given["logo"] = _read_logo(str(given["logo"]))
    for option in removed:
        field = _RETENTION[option][0] if option in _RETENTION else option.replace("-", "_")
        if given.get(field) is not None:
            raise InvalidField(f"--{option} and --no {option} contradict each other: give one")
        given[field] = None
    return {
        group: {name: given[name] for name in names if name in given}
        for group, names in _SETTINGS.items()
    }


def _change(
    books: Books,
    *,
    station: dict[str, Any],
    papers: dict[str, Any],
    retention: dict[str, Any],
    organisation: dict[str, Any],
) -> None:
    import msgspec

    from supplies.stations.organisation import set_head
    from supplies.stations.paper_settings import amend_station, paper_settings

    if "units" in papers:
        known = msgspec.to_builtins(paper_settings(books).units or {})
        papers = {**papers, "units": {**known, **papers["units"]}}
    nested = {"papers": papers, "retention": retention}
    settings = {**station, **{name: values for name, values in nested.items() if values}}
    if settings:
        amend_station(books, settings)
    if organisation:
        set_head(books, organisation["under"])


def _parse_unit(text: str) -> tuple[str, dict[str, str]]:
    """Parse a unit such as `crate=筐,crate,crates`. Return its code and its names.

    Raises:
        InvalidField: the text does not have this form.
    """
    code, _, words = text.partition("=")
    parts = [part.strip() for part in words.split(",")]
    if not code or len(parts) != 3 or not all(parts):
        raise InvalidField(f"invalid --unit {text!r}: write it as crate=筐,crate,crates")
    return code.strip(), dict(zip(("zh", "en", "en_many"), parts, strict=True))


def _read_logo(name: str) -> str:
    """Read a logo from a file. Return it in base64.

    Raises:
        InvalidField: the file cannot be read or is too large.
    """
    import base64

    from supplies.stations.paper_settings import LOGO_BYTES

    try:
        with Path(name).open("rb") as file:
            content = file.read(LOGO_BYTES + 1)
    except OSError as error:
        raise InvalidField(f"{name} cannot be read ({error.strerror}); name a PNG") from error
    if len(content) > LOGO_BYTES:
        raise InvalidField(
            f"{name} is larger than {LOGO_BYTES} bytes; make it smaller: every receipt includes it"
        )
    return base64.b64encode(content).decode()


def _print_settings(settings: StationWithSettings, head: str | None) -> None:
    import msgspec

    from supplies.cli.tables import print_pairs

    values = msgspec.to_builtins(settings)
    papers, retention = values.pop("papers"), values.pop("retention")
    papers["logo"] = None if papers["logo"] is None else "a PNG"
    papers["units"] = ", ".join(papers.get("units", {})) or None
    periods = {
        option: None if retention[field] is None else counted(retention[field], "day")
        for option, (field, _) in _RETENTION.items()
    }
    shown = {**values, "under": head, **papers, **periods}
    print_pairs({name.replace("_", "-"): value for name, value in shown.items()})


station.add_command(key)
station.add_command(witness)
