"""`supplies forget …`: erase personal data, of people or in the text of an entry."""

from __future__ import annotations

import sys
from datetime import datetime, time
from typing import TYPE_CHECKING

import click
from click.exceptions import Exit

from supplies.cli.arguments import (
    DAY,
    ENTRY_NUMBER,
    all_books_options,
    books_options,
    json_option,
)
from supplies.cli.click_extensions import Group
from supplies.domain.plurals import counted
from supplies.errors import InvalidField

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from supplies.domain.commands import Command
    from supplies.ledger.ledger import Ledger
    from supplies.stations.retention import Person

_HOW_TO_FORGET = "To forget them add --yes: their names, addresses and texts are erased for good."

_HOW_TO_CONFIRM = "If the clock is right, name the present day: --as-of YYYY-MM-DD"

_yes_option = click.option(
    "--yes",
    is_flag=True,
    help="Erase the data for good. Without this option, it is only listed.",
)


@click.group(cls=Group)
def forget() -> None:
    """Erase personal data, of people or in the text of an entry."""


@forget.command()
@all_books_options
@_yes_option
@click.option(
    "--as-of",
    "as_of",
    type=DAY,
    help="The present day. It must be given if the books make the clock doubtful.",
)
@json_option
def due(database: str, station: str | None, yes: bool, as_of: date | None, as_json: bool) -> None:
    """List donors and recipients whose retention period is over, or erase their data.

    With --yes, names, addresses and free texts about them are erased. Lines of the access log that
    are older than their own retention period are erased too. The exit status is 1 if somebody
    cannot be forgotten yet.

    If nothing was stored in the books during the last month, the clock may be wrong, and nothing is
    erased. In this case, give the date of today with --as-of.
    """
    from supplies.cli.opening import open_ledgers
    from supplies.cli.tables import print_json
    from supplies.stations.retention import Retention, access_log_kept_since, retention
    from supplies.stations.retention import people_due as people_due

    found: list[dict[str, object]] = []
    without_period: list[str] = []
    everybody_forgotten = True
    with open_ledgers(database, station) as ledgers:
        doubt = _check_clock(ledgers, as_of)
        if yes and doubt is not None:
            raise InvalidField(f"{doubt}: nothing was erased. {_HOW_TO_CONFIRM}")
        for ledger in ledgers:
            code, today = ledger.station_code, as_of or ledger.today()
            with ledger.reading() as books:
                people, log_since = people_due(books, today), access_log_kept_since(books, today)
                if retention(books) == Retention():
                    without_period.append(code)
                    continue
            found += [
                {"station": code, "who": one.who, "code": one.code, "last_on": one.last_on}
                for one in people
            ]
            if yes:
                everybody_forgotten &= _forget(ledger, people)
                if log_since is not None:
                    _erase_access_log(ledger, log_since)
    if as_json and not yes:
        print_json(found)
        return
    if without_period:
        print(
            f"No retention period is set for {', '.join(without_period)}; "
            "set one with `supplies station set --keep-recipients DAYS`."
        )
    if not yes:
        _print_list(found, "Nobody is due to be forgotten.")
        if doubt is not None:
            print(f"supplies: warning: {doubt}. {_HOW_TO_CONFIRM}", file=sys.stderr)
    if not everybody_forgotten:
        raise Exit(1)


@forget.command("as-in")
@click.argument("other", metavar="BOOKS")
@all_books_options
@_yes_option
def as_in(database: str, station: str | None, other: str, yes: bool) -> None:
    """List people and texts that were forgotten in BOOKS but not here, or erase them here too.

    BOOKS is another database of the same stations. Use this after restoring a backup, because the
    backup still contains people and texts that were forgotten later.
    """
    from supplies.cli.opening import open_ledgers
    from supplies.ledger.ledger import Ledger
    from supplies.stations.retention import forgotten_people, forgotten_texts, has_text, is_known

    found: list[dict[str, object]] = []
    everybody_forgotten = True
    with open_ledgers(database, station) as ledgers:
        first = ledgers[0].station_code
        with Ledger.open(other, station=first, create=False) as others:
            for ledger in ledgers:
                code = ledger.station_code
                with others.for_station(code).reading() as books:
                    forgotten_there, texts_there = forgotten_people(books), forgotten_texts(books)
                with ledger.reading() as books:
                    people = [one for one in forgotten_there if is_known(books, one)]
                    texts = [
                        entry for entry, text in texts_there.items() if has_text(books, entry, text)
                    ]
                found += [{"station": code, "who": one.who, "code": one.code} for one in people]
                found += [{"station": code, "who": "entry", "code": entry} for entry in texts]
                if yes:
                    everybody_forgotten &= _forget(ledger, people)
                    everybody_forgotten &= _forget_texts(ledger, texts)
    if not yes:
        _print_list(found, "Everybody who was forgotten there is forgotten here too.")
    if not everybody_forgotten:
        raise Exit(1)


@forget.command()
@click.argument("entry", metavar="ENTRY", type=ENTRY_NUMBER)
@books_options
@_yes_option
def text(database: str, station: str | None, entry: int, yes: bool) -> None:
    """Print the notes and reasons of an entry, or erase them, for example if a note names a person.

    ENTRY is the number of the entry, for example 12. The entry itself and its quantities stay. The
    receipt of a donation is printed from the text of the donation: correct the donation first, then
    erase the old text.
    """
    from supplies.access.bootstrap import COMMAND_LINE_AUTHOR
    from supplies.cli.opening import open_ledger
    from supplies.cli.tables import print_pairs
    from supplies.domain.commands import ForgetText
    from supplies.views.entries import get_entry

    with open_ledger(database, station) as ledger:
        if yes:
            done = ledger.record(ForgetText(entry=entry), by=COMMAND_LINE_AUTHOR)
            print(f"The text of entry {entry} was erased by entry {done.seq}.")
            return
        with ledger.reading() as books:
            found = get_entry(books, entry)
    if found.texts is None:
        print(f"The notes and reasons of entry {entry} were erased.")
        return
    if not found.texts:
        print(f"Entry {entry} has no notes or reasons.")
        return
    print_pairs({each.field: each.text for each in found.texts})
    print("To erase them for good add --yes.")


def _check_clock(ledgers: Sequence[Ledger], as_of: date | None) -> str | None:
    """Return why the clock may be wrong. Return None if it seems right or `--as-of` is given.

    Raises:
        InvalidField: the day of `--as-of` is after the day that the clock shows.
    """
    from supplies.stations.clock_check import clock_doubt

    if as_of is not None:
        today = min(ledger.today() for ledger in ledgers)
        if as_of > today:
            raise InvalidField(f"--as-of {as_of} is in the future; today is {today}")
        return None
    for ledger in ledgers:
        with ledger.reading() as books:
            doubt = clock_doubt(books, ledger.clock())
        if doubt is not None:
            return doubt
    return None


def _print_list(people: Sequence[dict[str, object]], if_empty: str) -> None:
    from supplies.cli.tables import print_table

    if not people:
        print(if_empty)
        return
    names = [name.replace("_", " ") for name in people[0]]
    print_table(names, [list(one.values()) for one in people])
    print(_HOW_TO_FORGET)


def _forget(ledger: Ledger, people: Sequence[Person]) -> bool:
    """Erase the data of people one by one.

    Return False if somebody cannot be forgotten yet, because of an open need, pledge or delivery.
    """
    from supplies.access.bootstrap import COMMAND_LINE_AUTHOR
    from supplies.errors import AgainstBooks, Forgotten

    code, done = ledger.station_code, 0
    for one in people:
        try:
            ledger.record(_forget_command(one), by=COMMAND_LINE_AUTHOR)
            done += 1
        except Forgotten:
            done += 1  # The person was forgotten with another code of theirs.
        except AgainstBooks as error:
            print(f"supplies: station {code}: {error}", file=sys.stderr)
    print(f"Station {code}: {done} of {counted(len(people), 'person', 'people')} forgotten.")
    return done == len(people)


def _forget_texts(ledger: Ledger, entries: Sequence[int]) -> bool:
    """Erase the texts of entries.

    Return False if a text cannot be erased yet, because an open conflict needs it.
    """
    from supplies.access.bootstrap import COMMAND_LINE_AUTHOR
    from supplies.domain.commands import ForgetText
    from supplies.errors import Forgotten, Unaccounted

    all_erased = True
    for entry in entries:
        try:
            ledger.record(ForgetText(entry=entry), by=COMMAND_LINE_AUTHOR)
        except Forgotten:
            continue  # The text was erased with the data of its person.
        except Unaccounted as error:
            print(f"supplies: station {ledger.station_code}: {error}", file=sys.stderr)
            all_erased = False
    return all_erased


def _forget_command(one: Person) -> Command:
    from supplies.domain.commands import ForgetDonor, ForgetRecipient

    if one.who == "donor":
        return ForgetDonor(donor=one.code)
    return ForgetRecipient(recipient=one.code)


def _erase_access_log(ledger: Ledger, since: date) -> None:
    from supplies.access import access_log
    from supplies.access.access_context import AccessContext
    from supplies.ledger.clock import zone_of

    code = ledger.station_code
    midnight = datetime.combine(since, time(), zone_of(ledger.books.station))
    with ledger.admin_transaction() as books:
        lines = access_log.erase_lines(AccessContext(books, ledger.clock()), before=midnight)
    erased = counted(lines, "line")
    print(f"Station {code}: erased {erased} of the access log from before {since}.")
