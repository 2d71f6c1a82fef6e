"""`supplies forget due|as-in`: people whose time is over, and those forgotten in other books."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, time

from supplies.access import log
from supplies.access.first import BY
from supplies.access.gate import Gate
from supplies.cli.books import open_ledger
from supplies.cli.tables import as_json, listed
from supplies.commands import Command, ForgetDonor, ForgetRecipient
from supplies.errors import AgainstBooks, InvalidField
from supplies.ledger import Ledger, zone_of
from supplies.retention import (
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


def forget_due(arguments: argparse.Namespace) -> int:
    """List who is due; with --yes forget them, and what is due of the access log."""
    with open_ledger(arguments) as ledger:
        today = ledger.today()
        with ledger.reading() as books:
            found = due(books, today)
            since, kept = log_kept_since(books, today), retention(books)
        if kept == Retention():
            raise InvalidField(
                "no period is set; `supplies station set --keep-recipients DAYS` sets one"
            )
        if arguments.json and not arguments.yes:
            return as_json(found)
        if not arguments.yes:
            listed(found)
            print(_FOR_GOOD if found else "Nobody is due to be forgotten.")
            return 0
        status = _forget(ledger, found)
        if since is not None:
            midnight = datetime.combine(since, time(), zone_of(ledger.books.station))
            with ledger.administering() as books:
                lines = log.erase(Gate(books, ledger.clock()), before=midnight)
            print(f"{lines} lines of the access log, older than {since}, are gone.")
        return status


def forget_as_in(arguments: argparse.Namespace) -> int:
    """Forget here whoever was forgotten there: old books that were restored know them again."""
    with open_ledger(arguments) as ledger:
        station = ledger.station_code
        with (
            Ledger.open(arguments.books, station=station, create=False) as other,
            other.reading() as books,
        ):
            gone = forgotten(books)
        with ledger.reading() as books:
            found = [one for one in gone if known(books, one)]
        if arguments.yes:
            return _forget(ledger, found)
        listed(found)
        print(_FOR_GOOD if found else "Nobody who was forgotten there is known here.")
        return 0


def _forget(ledger: Ledger, people: Sequence[Person]) -> int:
    """Forget them one by one; 1 where somebody has something open and stays."""
    done = 0
    for one in people:
        try:
            ledger.record(_COMMANDS[one.who](one.code), by=BY)
            done += 1
        except AgainstBooks as error:
            print(f"supplies: {error}", file=sys.stderr)
    print(f"{done} of {len(people)} people were forgotten.")
    return 0 if done == len(people) else 1
