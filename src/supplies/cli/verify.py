"""`supplies verify`: recompute the books, and look up a receipt in them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NamedTuple

import click
from click.exceptions import Exit

from supplies.cli.arguments import all_books_options, json_option
from supplies.cli.click_extensions import Command
from supplies.cli.seal_lines import seal_sentence
from supplies.domain.plurals import counted

if TYPE_CHECKING:
    from supplies.cli.checkpoints import CheckpointFile
    from supplies.errors import BooksBroken
    from supplies.signing.receipt_signatures import PublicKeys
    from supplies.storage.store import Store
    from supplies.verification.verify import Verified
    from supplies.views.receipt_papers import PaperInBooks


@click.command(cls=Command)
@all_books_options
@click.option(
    "--receipt", metavar="FILE", help="PDF of a receipt: also check that it is in the books."
)
@click.option(
    "--key",
    metavar="FILE",
    help="File with the public keys of the station. Default: the keys of the database.",
)
@click.option(
    "--witness",
    "witnesses",
    metavar="FILE|URL",
    multiple=True,
    help="Checkpoints that were kept elsewhere: also check that their entries are in the books. "
    "May be given several times.",
)
@click.option(
    "--checkpoint",
    metavar="FILE",
    help="Add a signed checkpoint of each verified station to this file.",
)
@click.option(
    "--since",
    metavar="FILE",
    help="File of checkpoints: verify only what was recorded after the newest checkpoint of each "
    "station. The entries before it are trusted.",
)
@click.option(
    "--processes",
    type=int,
    default=1,
    show_default=True,
    help="With more than one, other processes check the balances and the database file at the same "
    "time. The result is the same. One station uses at most 3.",
)
@click.option(
    "--jsonl",
    metavar="FILE",
    help="Verify only the hash chain of this file, which `supplies export jsonl` wrote. The "
    "database is not read.",
)
@json_option
def verify(
    database: str,
    station: str | None,
    receipt: str | None,
    key: str | None,
    witnesses: tuple[str, ...],
    checkpoint: str | None,
    since: str | None,
    processes: int,
    jsonl: str | None,
    as_json: bool,
) -> None:
    """Recompute the books from their entries and compare each row.

    The exit status is 1 if a stored row differs from the recomputed one, or if an entry of an
    earlier verification or of a checkpoint is missing; the first difference is printed. With
    --receipt, the exit status is also 1 if that receipt is not in the books, and 3 if it is in them
    but its page, its marks such as VOID, or the key that signed it could not be compared.
    """
    from supplies.cli.verify_lines import print_verified_file
    from supplies.errors import BooksBroken, InvalidField

    if jsonl is not None and (receipt, checkpoint, since) != (None, None, None):
        raise InvalidField("--jsonl cannot be combined with --receipt, --checkpoint or --since")
    try:
        if jsonl is not None:
            print_verified_file(jsonl, station, key, witnesses, as_json=as_json)
            return
        result = _verify(database, station, receipt, key, witnesses, checkpoint, since, processes)
    except BooksBroken as difference:
        _print_difference(difference, as_json)
        raise Exit(1) from None
    _store_result(database, result.verified)
    if as_json:
        _print_json(result)
    else:
        _print_text(result, receipt)
    found = result.found
    if found is not None and not found.in_books:
        raise Exit(1)
    if found is not None and found.unchecked:
        raise Exit(PARTLY_COMPARED)


PARTLY_COMPARED = 3
"""Exit status if a receipt is in the books, but could not be compared completely."""


_MAX_NAMED = 5
"""Maximum number of entries whose numbers a remark lists.

If there are more, the remark says how many.
"""


def _numbered(entries: list[int]) -> str:
    named = ", ".join(map(str, entries[:_MAX_NAMED]))
    more = len(entries) - _MAX_NAMED
    noun = "entry" if len(entries) == 1 else "entries"
    return f"{noun} {named}" + (f" and {more} more" if more > 0 else "")


class _Result(NamedTuple):
    """The result of a verification that found no difference.

    Attributes:
        verified: The totals, and the result for each station.
        witnesses: How many checkpoints were given.
        compared: How many of the given checkpoints belong to verified stations.
        file: The file to which checkpoints were added; None if no file was given.
        found: The result of comparing the given receipt with the books; None if no receipt was
            given.
    """

    verified: Verified
    witnesses: int
    compared: int
    file: CheckpointFile | None
    found: PaperInBooks | None


def _verify(
    database: str,
    station: str | None,
    receipt: str | None,
    key: str | None,
    witnesses: tuple[str, ...],
    checkpoint: str | None,
    since: str | None,
    processes: int,
) -> _Result:
    """Verify the books, and compare the given checkpoints and the given receipt with them.

    Raises:
        BooksBroken: a stored row differs, or an entry is missing.
    """
    from supplies.cli.checkpoints import CheckpointFile, check_any_applies, read_trusted
    from supplies.cli.opening import find_station
    from supplies.cli.progress import progress_bar
    from supplies.storage.engines import open_store
    from supplies.verification.checkpoint_sources import read_witnesses
    from supplies.verification.verify import verify as verify_books

    # Books whose guards are missing are verified too, because they need it most.
    store = open_store(database, create=False, guarded=False)
    try:
        code = None if station is None else find_station(store, station)
        file = None if checkpoint is None else CheckpointFile(checkpoint, database)
        keys = _public_keys(database, key)
        here = {str(found) for (found,) in store.all("SELECT code FROM stations")}
        known = read_witnesses(here, witnesses, keys)
        trusted = [] if since is None else read_trusted(here, since, keys)
        with progress_bar("Verifying entries") as report:
            verified = verify_books(
                store,
                code,
                witnesses=known,
                since=trusted,
                progress=report,
                integrity=since is None,
                processes=processes,
            )
        _check_guards(store)
        compared = check_any_applies(known, {each.station for each in verified.stations})
        if file is not None:
            file.add(store, verified)
        found = None if receipt is None else _find_receipt(database, station, receipt, keys, store)
        return _Result(verified, len(known), compared, file, found)
    finally:
        store.close()


def _check_guards(store: Store) -> None:
    """Check the guards of books whose rows were compared and found right.

    Raises:
        StoreError: a trigger or table is missing or was changed.
    """
    from supplies.errors import GuardMissing, StoreError

    try:
        store.check_guards()
    except GuardMissing as missing:
        raise StoreError(
            f"every row agrees with the hash chain, but {missing.guard}; restore the books from a "
            "backup"
        ) from None


def _print_json(result: _Result) -> None:
    import msgspec

    from supplies.cli.tables import print_json

    shown = msgspec.to_builtins(result.verified)
    if result.witnesses:
        shown["checkpoints"] = result.compared
    if result.found is not None:
        shown["receipt"] = result.found
    print_json(shown)


def _print_text(result: _Result, receipt: str | None) -> None:
    verified, found = result.verified, result.found
    print(
        f"{counted(verified.entries, 'entry', 'entries')}, "
        f"{counted(verified.transfers, 'transfer')} and "
        f"{counted(verified.receipts, 'receipt')} agree with the hash chain. "
        + _conclusion(verified)
    )
    if result.compared:
        print(f"The entries of {counted(result.compared, 'checkpoint')} are in the books.")
    if result.file is not None:
        print(f"A checkpoint of each station is in {result.file}; keep a copy of it elsewhere.")
    for each in verified.stations:
        print(seal_sentence(each.station, each.access))
        if each.clock_set_back:
            print(
                f"Remark: the clock of station {each.station} was set back before "
                f"{_numbered(each.clock_set_back)}. Their numbers give the order."
            )
    if found is not None:
        stream = sys.stdout if found.in_books and not found.unchecked else sys.stderr
        print(f"{receipt}: {found.says}.", file=stream)


def _conclusion(verified: Verified) -> str:
    """Return the closing sentence of the output.

    It says that the books are sound or, with `--since`, which entries were not verified.
    """
    if not any(each.since for each in verified.stations):
        return "The books are sound."
    return " ".join(
        f"Entries up to {each.since} of station {each.station} were not verified: they are trusted "
        f"because a signed checkpoint confirms the hash of entry {each.since}."
        for each in verified.stations
        if each.since
    )


def _store_result(database: str, verified: Verified) -> None:
    """Store in the books that they were verified. If this fails, only print a warning."""
    from supplies.errors import ReadOnly, StoreError
    from supplies.ledger.clock import system_clock
    from supplies.storage.engines import open_store
    from supplies.verification.log import log_verification

    try:
        store = open_store(database, create=False)
        try:
            log_verification(store, verified, system_clock())
        finally:
            store.close()
    except ReadOnly:
        print(
            "supplies: the books are read-only, so this verification was not logged in them",
            file=sys.stderr,
        )
    except StoreError as error:
        print(f"supplies: this verification was not logged: {error}", file=sys.stderr)


def _find_receipt(
    database: str, station: str | None, file: str, keys: PublicKeys | None, store: Store
) -> PaperInBooks:
    """Look up a receipt in the books of a station.

    Args:
        station: The code of the station. None means the station that issued the receipt.
        keys: The public keys of the station. None means that the signing key cannot be checked.
    """
    import msgspec
    from supplies_receipts import check_receipt

    from supplies.cli.receipt_check import read_paper
    from supplies.ledger.ledger import Ledger
    from supplies.signing.receipt_signatures import NotGenuine, check_key
    from supplies.views.receipt_papers import PaperInBooks, find_paper_in_books

    doubts, unchecked = [], []
    try:
        record = check_receipt(read_paper(file), None)
    except NotGenuine as error:
        if error.record is None:
            return PaperInBooks(number=None, in_books=False, says=str(error))
        record = error.record
        unchecked.append("marks" if error.fault == "unsigned-marks" else "page")
        doubts.append(str(error))
    issuer = store.one(
        "SELECT station FROM receipts WHERE number = :number", {"number": record.number}
    )
    # If no station here issued the receipt, any station gives the result "not in these books".
    any_station = store.one("SELECT code FROM stations ORDER BY code") or ("",)
    code = station or (issuer or any_station)[0]
    with Ledger.open(database, station=code, create=False) as ledger, ledger.reading() as books:
        found = find_paper_in_books(books, record)
    if not found.in_books:
        return found
    if keys is None:
        unchecked.append("key")
        doubts.append("the key that signed it was not checked; name the public keys with --key")
    else:
        try:
            check_key(record, keys)
        except NotGenuine as error:
            return PaperInBooks(number=record.number, in_books=False, says=str(error))
    says = "; but ".join([found.says, *doubts])
    return msgspec.structs.replace(found, says=says, unchecked=tuple(unchecked))


def _public_keys(database: str, key: str | None) -> PublicKeys | None:
    """Return the public keys in the file `key`.

    If `key` is None, return the public keys of the database, or None if it has none.
    """
    from supplies.cli.receipt_check import read_public_key_file
    from supplies.errors import StoreError
    from supplies.signing.station_keys import StationKeys

    if key is not None:
        return read_public_key_file(key)
    try:
        return StationKeys.for_database(database).public_keys()
    except StoreError:
        return None


def _print_difference(difference: BooksBroken, as_json: bool) -> None:
    from supplies.cli.tables import print_json

    if not as_json:
        print(f"supplies: {difference}", file=sys.stderr)
        return
    print_json(
        {
            "sound": False,
            "station": difference.station,
            "seq": difference.seq,
            "table": difference.table,
            "column": difference.column,
            "expected": difference.expected,
            "found": difference.found,
        }
    )
