"""`supplies forget due|as-in`: people whose time is over, and those forgotten in other books."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time

import msgspec

from supplies.access import access_log as log
from supplies.access.access_context import Gate
from supplies.access.bootstrap import BY
from supplies.cli.books import open_ledgers
from supplies.cli.tables import as_json, listed
from supplies.domain.commands import Command, ForgetDonor, ForgetRecipient
from supplies.errors import AgainstBooks
from supplies.ledger.ledger import Ledger, zone_of
from supplies.stations.retention import (
    Person,
    Retention,
    Who,
    due,
    forgotten,
    known,
    log_kept_since,
    retention,
)

_COMMANDS: Mapping[Who, Callable[[str], Command]] = {
    "recipient": lambda code: ForgetRecipient(recipient=code),
    "donor": lambda code: ForgetDonor(donor=code),
}

_FOR_GOOD = "To forget them say --yes: their names, addresses and texts are erased for good."


class _Known(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody of a station, in a list over several."""

    station: str
    who: Who
    code: str


class _Due(_Known, frozen=True, kw_only=True):
    last_on: date


def forget_due(arguments: argparse.Namespace) -> int:
    """List who is due; with --yes forget them, and what is due of the access log."""
    found: list[_Due] = []
    unset: list[str] = []
    status = 0
    with open_ledgers(arguments) as ledgers:
        for ledger in ledgers:
            code, today = ledger.station_code, ledger.today()
            with ledger.reading() as books:
                people, since = due(books, today), log_kept_since(books, today)
                if retention(books) == Retention():
                    unset.append(code)
                    continue
            found += [_Due(station=code, **msgspec.structs.asdict(one)) for one in people]
            if arguments.yes:
                status |= _forget(ledger, people)
                if since is not None:
                    _erase_log(ledger, since)
    if arguments.json and not arguments.yes:
        return as_json(found)
    if unset:
        print(
            f"No period is set at {', '.join(unset)}; "
            "`supplies station set --keep-recipients DAYS` sets one."
        )
    if not arguments.yes:
        listed(found)
        print(_FOR_GOOD if found else "Nobody is due to be forgotten.")
    return status


def forget_as_in(arguments: argparse.Namespace) -> int:
    """Forget here whoever was forgotten there: old books that were restored know them again."""
    found: list[_Known] = []
    status = 0
    with open_ledgers(arguments) as ledgers:
        first = ledgers[0].station_code
        with Ledger.open(arguments.books, station=first, create=False) as others:
            for ledger in ledgers:
                code = ledger.station_code
                with others.at(code).reading() as books:
                    gone = forgotten(books)
                with ledger.reading() as books:
                    people = [one for one in gone if known(books, one)]
                found += [_Known(station=code, who=one.who, code=one.code) for one in people]
                if arguments.yes:
                    status |= _forget(ledger, people)
    if not arguments.yes:
        listed(found)
        print(_FOR_GOOD if found else "Nobody who was forgotten there is known here.")
    return status


def _forget(ledger: Ledger, people: Sequence[Person]) -> int:
    """Forget them one by one; 1 where somebody has something open and stays."""
    code, done = ledger.station_code, 0
    for one in people:
        try:
            ledger.record(_COMMANDS[one.who](one.code), by=BY)
            done += 1
        except AgainstBooks as error:
            print(f"supplies: station {code}: {error}", file=sys.stderr)
    print(f"Station {code}: {done} of {len(people)} people were forgotten.")
    return 0 if done == len(people) else 1


def _erase_log(ledger: Ledger, since: date) -> None:
    code = ledger.station_code
    midnight = datetime.combine(since, time(), zone_of(ledger.books.station))
    with ledger.administering() as books:
        lines = log.erase(Gate(books, ledger.clock()), before=midnight)
    print(f"Station {code}: {lines} lines of the access log, older than {since}, are gone.")
