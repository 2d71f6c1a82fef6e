"""`supplies init` and `supplies verify`; and how every command opens the books."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import msgspec

from supplies.books.catalogue import check_noun
from supplies.cli.words import progress
from supplies.domain.catalogue_records import Station
from supplies.errors import BooksBroken, InvalidField, ReadOnly, StoreError
from supplies.ledger.ledger import Ledger, system_clock
from supplies.signing.station_keys import key_file, keys_ready
from supplies.storage.store import Store, file_of, open_store

if TYPE_CHECKING:
    from supplies.verification.verify import Verified
    from supplies.views.receipts import PaperInBooks


def stations_of(store: Store, named: str | None) -> list[str]:
    """The station asked for, or else all there are; one at least."""
    codes = [str(code) for (code,) in store.all("SELECT code FROM stations ORDER BY code")]
    if named is not None and named not in codes:
        known = ", ".join(codes) or "none"
        raise InvalidField(f"there is no station {named} in {store.url} (its stations: {known})")
    if not codes:
        raise InvalidField(f"there is no station in {store.url}; make one with `supplies init`")
    return codes if named is None else [named]


def station_of(store: Store, named: str | None) -> str:
    """The station asked for, or the only one there is."""
    codes = stations_of(store, named)
    if len(codes) > 1:
        raise InvalidField(f"say which station with --station: {', '.join(codes)}")
    return codes[0]


def open_ledger(arguments: argparse.Namespace) -> Ledger:
    """The ledger that a command's --database and --station name; it must be there already."""
    with closing(open_store(arguments.database, create=False)) as store:
        station = station_of(store, arguments.station)
    return Ledger.open(arguments.database, station=station, create=False)


@contextmanager
def open_ledgers(arguments: argparse.Namespace) -> Iterator[list[Ledger]]:
    """The ledger of the station that --station names, or else of each in the database."""
    with closing(open_store(arguments.database, create=False)) as store:
        first, *others = stations_of(store, arguments.station)
    with Ledger.open(arguments.database, station=first, create=False) as ledger:
        yield [ledger, *map(ledger.at, others)]


def init(arguments: argparse.Namespace) -> int:
    """Make the books and register the station."""
    station = Station(
        code=arguments.station or "station",
        name=arguments.name,
        name_en=arguments.name_en,
        zone=arguments.zone,
        series=arguments.series,
    )
    check_noun(station)  # before there is a file
    keys = key_file(arguments.database)
    # The keys within the same transaction: where they cannot be had, no station is left behind.
    opened = Ledger.open(arguments.database, station=station.code)
    with opened as ledger, ledger.administering():
        ledger.register(station)
        made = keys_ready(ledger.store, arguments.database)
        url = ledger.store.url
    where = url if file_of(arguments.database) is None else arguments.database
    print(f"The books of {station.name} ({station.code}) are ready in {where}.")
    if made:
        print(f"The key that signs its receipts is in {keys}, readable by you alone: back it up.")
    return 0


def verify(arguments: argparse.Namespace) -> int:
    """Recompute the books; 1 if anything is not what the entries say.

    With --receipt also 1 where that paper is not in them.
    """
    from supplies.verification.verify import verify as verify_books

    # Unguarded books are looked at too: that is when one wants to know.
    store = open_store(arguments.database, create=False, guarded=False)
    try:
        station = None if arguments.station is None else station_of(store, arguments.station)
        store.check_pages()
        with progress("Verifying entries") as told:
            verified = verify_books(store, station, progress=told)
        store.check_guards()
        held = None if arguments.receipt is None else _held(arguments, store)
    except BooksBroken as broken:
        if arguments.json:
            print(msgspec.json.encode(_told(broken)).decode())
        else:
            print(f"supplies: {broken}", file=sys.stderr)
        return 1
    finally:
        store.close()
    _note(arguments.database, verified)
    if arguments.json:
        told = msgspec.to_builtins(verified)
        print(msgspec.json.encode(told if held is None else {**told, "receipt": held}).decode())
    else:
        print(
            f"{verified.entries} entries, {verified.transfers} transfers and "
            f"{verified.receipts} receipts are as the chain says. The books are sound."
        )
        if held is not None:
            said = f"{arguments.receipt}: {held.says}."
            print(said, file=sys.stdout if held.in_books else sys.stderr)
    return 0 if held is None or held.in_books else 1


def _note(database: str, verified: Verified) -> None:
    """Keep that the books were found sound; where they may not be written they still are."""
    from supplies.verification.log import note_sound

    try:
        store = open_store(database, create=False)
        try:
            note_sound(store, verified, system_clock())
        finally:
            store.close()
    except ReadOnly:
        print("supplies: they may not be written, so this was not noted in them", file=sys.stderr)
    except StoreError as error:
        print(f"supplies: that they are sound was not noted: {error}", file=sys.stderr)


def _held(arguments: argparse.Namespace, store: Store) -> PaperInBooks:
    """What the books know of a paper: those of its number's station, or of the one asked for."""
    from supplies_receipts import check_receipt

    from supplies.cli.proof import read_paper
    from supplies.signing.receipt_signatures import NotGenuine
    from supplies.views.receipts import PaperInBooks, paper_in_books

    doubt = ""
    try:
        record = check_receipt(read_paper(arguments.receipt), None)
    except NotGenuine as error:
        if error.record is None:
            return PaperInBooks(number=None, in_books=False, says=error.detail)
        record, doubt = error.record, f"; but {error.detail}"
    holder = store.one(
        "SELECT station FROM receipts WHERE number = :number", {"number": record.number}
    )
    # A paper that nobody issued is not in any station's books: the first can say so.
    anyone = store.one("SELECT code FROM stations ORDER BY code") or ("",)
    station = arguments.station or (holder or anyone)[0]
    with (
        Ledger.open(arguments.database, station=station, create=False) as ledger,
        ledger.reading() as books,
    ):
        found = paper_in_books(books, record)
    return msgspec.structs.replace(found, says=found.says + doubt)


def _told(broken: BooksBroken) -> dict[str, object]:
    return {
        "sound": False,
        "station": broken.station,
        "seq": broken.seq,
        "table": broken.table,
        "column": broken.column,
        "expected": broken.expected,
        "found": broken.found,
    }
