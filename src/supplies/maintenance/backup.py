"""Back up and restore a database file.

A backup is a snapshot, so other programs may write while it is made. Until the backup is verified
and flushed to the disk, its file has a temporary name. So a file with the final name of a backup is
always complete. Existing files are never overwritten.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from supplies.errors import AlreadyDone, InvalidField, NotADatabase
from supplies.maintenance.protected_files import refuse_files_of_books
from supplies.signing.last_seals import forget_last_seal
from supplies.signing.station_keys import StationKeys, key_file
from supplies.storage.atomic_files import (
    draft_file,
    exists,
    fsync,
    read_file,
    refuse_to_replace,
    rename_into_place,
    write_file,
)
from supplies.storage.engines import database_file
from supplies.verification.verify import Progress, Verified, verify

if TYPE_CHECKING:
    from supplies.storage.sqlite.store import SqliteStore

KEYS_SUFFIX = ".key"
"""Suffix of the key file that belongs to a backup or a database."""

_ON_A_SERVER = (
    "books on a server are backed up by `supplies copy` into a file, or by PostgreSQL itself: "
    "`pg_dump --format=custom --file=FILE DATABASE`, back into an empty database with "
    "`pg_restore --dbname=DATABASE FILE`, then `supplies verify`; "
    "copy the file that SUPPLIES_KEYS names separately"
)


def back_up(
    database: str, to: Path, *, with_keys: bool = False, progress: Progress | None = None
) -> Verified:
    """Copy the books into a new file while they are in use. Return what was verified.

    The database is read twice: to copy it, and to verify the copy. If the backup fails, no file is
    left behind. If only users, settings or access log were changed without the station's keys, the
    backup is made, and the result says so.

    Args:
        with_keys: Whether to copy the station's keys too, into a file beside the backup.
        progress: Called with the number of verified entries and the number of all entries.

    Raises:
        AlreadyDone: a file of this name exists.
        NotADatabase: there is no database to back up.
        InvalidField: the books are on a server, or the name is the name of a key file.
        BooksBroken: verification of the copy found a difference.
        GuardMissing: a trigger or table of the copy is missing or changed.
    """
    books = _file_of(database)
    if not books.exists():
        raise NotADatabase(f"there is no database at {books}; name the one to back up")
    refuse_to_replace(to)
    refuse_files_of_books(to, database)
    keys_to = to.with_suffix(KEYS_SUFFIX)
    if keys_to == to:
        raise InvalidField(f"{to} is the name of a key file; name the backup FILE.db")
    if with_keys:
        refuse_to_replace(keys_to)
        refuse_files_of_books(keys_to, database)
    with _verified_copy(books, to, key_file(database), progress) as (draft, verified):
        if with_keys:
            # Keys are copied after the books, so that the file has the keys of all copied receipts.
            StationKeys.for_database(database).public_keys()
            write_file(keys_to, key_file(database).read_bytes())
        rename_into_place(draft, to)
    return verified


def restore(backup: Path, database: str, *, progress: Progress | None = None) -> Verified:
    """Restore a backup into a new file, and migrate it to this version. Return what was verified.

    If there is a key file beside the backup, it is restored too.

    Args:
        database: The path of the new file.
        progress: Called with the number of verified entries and the number of all entries.

    Raises:
        AlreadyDone: `database` exists already, or its key file exists with other keys.
        NotADatabase: `backup` does not exist, or is not a database of this program.
        InvalidField: `database` is on a server.
        BooksBroken: verification of the backup found a difference.
        GuardMissing: a trigger or table of the backup is missing or changed.
    """
    to = _file_of(database)
    if not exists(backup):
        raise NotADatabase(f"there is no backup at {backup}; name the file of one")
    for path in (to, to.with_name(f"{to.name}-wal")):
        refuse_to_replace(path)
    keys = _keys_to_restore(backup, key_file(database))
    beside = backup.with_suffix(KEYS_SUFFIX)
    compared = beside if beside.exists() else key_file(database)
    with _verified_copy(backup, to, compared, progress) as (draft, verified):
        if keys is not None:
            write_file(key_file(database), keys)
        rename_into_place(draft, to)
    # The last seal is of books that were here before, and the backup may be older.
    for station in verified.stations:
        forget_last_seal(database, station.station)
    return verified


def _keys_to_restore(backup: Path, place: Path) -> bytes | None:
    """Return the content of the key file beside a backup.

    Return None if the file does not exist, or if the database already has a key file with the same
    content.

    Args:
        place: The path of the restored key file.
    """
    beside = backup.with_suffix(KEYS_SUFFIX)
    if not beside.exists():
        return None
    content = read_file(beside)
    if not place.exists():
        return content
    if read_file(place) != content:
        raise AlreadyDone(
            f"{place} contains other keys than the backup's {beside}; move the wrong one away"
        )
    return None


@contextmanager
def _verified_copy(
    source: Path, to: Path, keys: Path, progress: Progress | None
) -> Iterator[tuple[Path, Verified]]:
    """Yield the temporary path of a verified copy, and what was verified.

    After the `with` block, delete the copy unless it was renamed.

    Args:
        to: The final path of the copy. The temporary file is in the same directory.
        keys: The key file with which seals are checked.
    """
    from supplies.storage.sqlite.files import copy_file
    from supplies.storage.sqlite.store import SqliteStore

    with draft_file(to) as draft:
        copy_file(source, draft)
        store = SqliteStore(str(draft), create=False)
        try:
            verified = _verify_copy(store, keys, progress)
        finally:
            store.close()
        fsync(draft)
        yield draft, verified


def _verify_copy(store: SqliteStore, keys: Path, progress: Progress | None) -> Verified:
    verified = verify(store, progress=progress, keys_of_copy=keys, integrity=True)
    store.leave_wal_mode()
    return verified


def _file_of(database: str) -> Path:
    file = database_file(database)
    if file is None:
        raise InvalidField(_ON_A_SERVER)
    return file
