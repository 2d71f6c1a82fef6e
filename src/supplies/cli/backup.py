"""`supplies backup` and `supplies restore`."""

from __future__ import annotations

import argparse
from pathlib import Path

import msgspec

from supplies.cli.words import progress
from supplies.maintenance.backup import KEYS_SUFFIX, back_up
from supplies.maintenance.backup import restore as restore_books
from supplies.signing.station_keys import key_file
from supplies.storage.store import file_of
from supplies.verification.verify import Verified


def backup(arguments: argparse.Namespace) -> int:
    """Copy the books while they are in use, and verify the copy."""
    to = Path(arguments.file)
    with progress("Backing up entries") as told:
        verified = back_up(arguments.database, to, with_keys=arguments.with_keys, progress=told)
    keys = to.with_suffix(KEYS_SUFFIX) if arguments.with_keys else None
    if arguments.json:
        print(_as_json(verified, to, keys))
        return 0
    print(f"{_counted(verified)} are in {to}, verified.")
    if keys is not None:
        print(f"The station's keys are in {keys}: who has both can forge a paper.")
    elif file_of(arguments.database) is not None:
        print(f"The keys {key_file(arguments.database)} are not in it; see --with-keys.")
    return 0


def restore(arguments: argparse.Namespace) -> int:
    """Make books out of a backup where there are none."""
    database = arguments.to or arguments.database
    with progress("Restoring entries") as told:
        verified = restore_books(Path(arguments.file), database, progress=told)
    keys = key_file(database)
    has_keys = keys.exists()
    if arguments.json:
        print(_as_json(verified, Path(str(file_of(database))), keys if has_keys else None))
        return 0
    print(f"{_counted(verified)} are in {file_of(database)}, verified.")
    if not has_keys:
        print(f"The backup has no keys with it: put the station's back as {keys} before serving.")
    return 0


def _counted(verified: Verified) -> str:
    return f"{verified.entries} entries and {verified.receipts} receipts"


def _as_json(verified: Verified, file: Path, keys: Path | None) -> str:
    told = {"file": str(file), "keys": None if keys is None else str(keys)}
    return msgspec.json.encode({**told, **msgspec.to_builtins(verified)}).decode()
