"""`supplies backup` and `supplies restore`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from supplies.cli.arguments import json_option, whole_database_options
from supplies.cli.click_extensions import Command
from supplies.cli.seal_lines import exit_if_changed, print_seals
from supplies.domain.plurals import counted

if TYPE_CHECKING:
    from supplies.verification.verify import Verified


@click.command(cls=Command)
@click.argument("file", metavar="FILE")
@whole_database_options
@click.option(
    "--with-keys",
    is_flag=True,
    help="Also copy the private keys that sign receipts, into a .key file beside FILE.",
)
@json_option
def backup(
    database: str,
    file: str,
    with_keys: bool,
    as_json: bool,
) -> None:
    """Copy the books while they are in use, and verify the copy.

    FILE is the backup to write. It must not exist yet. The exit status is 1 if the backup is
    complete, but somebody without the keys of the station changed users, settings or the access
    log.
    """
    from supplies.cli.progress import progress_bar
    from supplies.maintenance.backup import KEYS_SUFFIX, back_up
    from supplies.signing.station_keys import key_file
    from supplies.storage.engines import database_file

    target = Path(file)
    with progress_bar("Backing up entries") as report:
        verified = back_up(database, target, with_keys=with_keys, progress=report)
    _store_result(database, target, verified)
    keys = target.with_suffix(KEYS_SUFFIX) if with_keys else None
    if as_json:
        _print_json(verified, target, keys)
        exit_if_changed(verified)
        return
    print(f"{_count(verified)} are in {target}, verified.")
    if keys is not None:
        print(f"The keys are in {keys}: anyone who has both files can forge receipts.")
    elif database_file(database) is not None:
        print(f"The keys {key_file(database)} are not included; see --with-keys.")
    print_seals(verified)
    exit_if_changed(verified)


@click.command(cls=Command)
@click.argument("file", metavar="FILE")
@click.argument("target", metavar="[TO]", required=False)
@whole_database_options
@json_option
def restore(
    database: str,
    file: str,
    target: str | None,
    as_json: bool,
) -> None:
    """Create books from a backup, and verify them.

    FILE is the backup. TO is the new file for the books. Without TO, the books are created at the
    path that --database names.
    """
    from supplies.cli.progress import progress_bar
    from supplies.maintenance.backup import restore as restore_books
    from supplies.signing.station_keys import key_file
    from supplies.storage.engines import database_file

    new_database = target or database
    with progress_bar("Restoring entries") as report:
        verified = restore_books(Path(file), new_database, progress=report)
    keys = key_file(new_database)
    has_keys = keys.exists()
    if as_json:
        _print_json(verified, Path(str(database_file(new_database))), keys if has_keys else None)
        exit_if_changed(verified)
        return
    print(f"{_count(verified)} are in {database_file(new_database)}, verified.")
    if not has_keys:
        print(f"The backup has no keys: copy the station's keys to {keys} before serving.")
    print_seals(verified)
    exit_if_changed(verified)


def _store_result(database: str, target: Path, verified: Verified) -> None:
    """Store in the books that a backup was made. If this fails, only print a warning."""
    from supplies.errors import StoreError
    from supplies.ledger.clock import system_clock
    from supplies.maintenance.backup_log import log_backup
    from supplies.storage.engines import open_store

    try:
        # A backup is often made before an upgrade, which must not migrate the books already.
        store = open_store(database, create=False, made=False)
        try:
            log_backup(store, target, verified, system_clock())
        finally:
            store.close()
    except StoreError as error:
        print(f"supplies: this backup was not logged in the books: {error}", file=sys.stderr)


def _count(verified: Verified) -> str:
    entries = counted(verified.entries, "entry", "entries")
    return f"{entries} and {counted(verified.receipts, 'receipt')}"


def _print_json(verified: Verified, file: Path, keys: Path | None) -> None:
    import msgspec

    from supplies.cli.tables import print_json

    places = {"file": str(file), "keys": None if keys is None else str(keys)}
    print_json({**places, **msgspec.to_builtins(verified)})
