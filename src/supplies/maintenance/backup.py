"""Back up and restore a database file: copied as a snapshot, verified, then renamed.

The copy is made while others write. It grows under a draft's name beside the one asked for, is
recomputed from its first entry to its last, is on the disk, and then takes its name: what bears
the name of a backup is one. Nothing that is there already is overwritten.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from supplies.errors import AlreadyDone, InvalidField, NotADatabase
from supplies.signing.station_keys import StationKeys, key_file
from supplies.storage.atomic_files import (
    draft_file,
    fsync,
    read_file,
    refuse_to_replace,
    rename_into_place,
    write_new_file,
)
from supplies.storage.engines import database_file
from supplies.verification.verify import Progress, Verified, verify

if TYPE_CHECKING:
    from supplies.storage.sqlite.store import SqliteStore

KEYS_SUFFIX = ".key"
"""Suffix of the key file beside a backup or a database."""

_ON_A_SERVER = (
    "books on a server are backed up by `supplies copy` into a file, or by PostgreSQL itself: "
    "`pg_dump --format=custom --file=FILE DATABASE`, back into an empty database with "
    "`pg_restore --dbname=DATABASE FILE`, then `supplies verify`; "
    "the file that SUPPLIES_KEYS names is copied apart"
)


def back_up(
    database: str, to: Path, *, with_keys: bool = False, progress: Progress | None = None
) -> Verified:
    """Copy the books into a new file while they are in use; return what was verified.

    with_keys: the station's keys too, beside it. progress: told how many entries of how many
    are verified in the copy. Raises AlreadyDone where there is such a file,
    BooksBroken or GuardMissing where what was copied is not sound: then nothing is left behind.
    """
    books = _file_of(database)
    if not books.exists():
        raise NotADatabase(f"there is no database at {books}; name the one to back up")
    keys_to = to.with_suffix(KEYS_SUFFIX)
    if keys_to == to:
        raise InvalidField(f"{to} is the name of a file of keys; name the backup FILE.db")
    refuse_to_replace(to)
    if with_keys:
        refuse_to_replace(keys_to)
    with _copied(books, to, progress) as (draft, verified):
        if with_keys:
            # After the books: whatever key signed a receipt in the copy is in the file by now.
            StationKeys.for_database(database).public_keys()
            write_new_file(keys_to, key_file(database).read_bytes())
        rename_into_place(draft, to)
    return verified


def restore(backup: Path, database: str, *, progress: Progress | None = None) -> Verified:
    """Restore a backup and migrate it to this version; return what was verified.

    The keys come with it where they lie beside it. progress: told how many entries of how many
    are verified. Raises AlreadyDone where there are books, or other keys, in that place.
    """
    to = _file_of(database)
    if not backup.exists():
        raise NotADatabase(f"there is no backup at {backup}; name the file of one")
    for path in (to, to.with_name(f"{to.name}-wal")):
        refuse_to_replace(path)
    keys = _keys_to_restore(backup, key_file(database))
    with _copied(backup, to, progress) as (draft, verified):
        if keys is not None:
            write_new_file(key_file(database), keys)
        rename_into_place(draft, to)
    return verified


def _keys_to_restore(backup: Path, place: Path) -> bytes | None:
    """Return the keys beside a backup; None if they are in place already or missing."""
    beside = backup.with_suffix(KEYS_SUFFIX)
    if not beside.exists():
        return None
    content = read_file(beside)
    if not place.exists():
        return content
    if read_file(place) != content:
        raise AlreadyDone(
            f"{place} holds other keys than the backup's {beside}; move away the one that is wrong"
        )
    return None


@contextmanager
def _copied(source: Path, to: Path, progress: Progress | None) -> Iterator[tuple[Path, Verified]]:
    """Yield a verified copy of the source under a draft name; delete it unless it was renamed."""
    from supplies.storage.sqlite.files import copy_file
    from supplies.storage.sqlite.store import SqliteStore

    with draft_file(to) as draft:
        copy_file(source, draft)
        store = SqliteStore(str(draft), create=False)
        try:
            verified = _sound(store, progress)
        finally:
            store.close()
        fsync(draft)
        yield draft, verified


def _sound(store: SqliteStore, progress: Progress | None) -> Verified:
    store.check_integrity()
    verified = verify(store, progress=progress)
    store.leave_wal_mode()
    return verified


def _file_of(database: str) -> Path:
    file = database_file(database)
    if file is None:
        raise InvalidField(_ON_A_SERVER)
    return file
