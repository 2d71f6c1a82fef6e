"""Backup and restore of books in a file: copied at one moment, verified, and only then named so.

The copy is made while others write. It grows under a draft's name beside the one asked for, is
recomputed from its first entry to its last, is on the disk, and then takes its name: what bears
the name of a backup is one. Nothing that is there already is overwritten.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from supplies.chain import Progress, Verified, verify
from supplies.errors import AlreadyDone, InvalidField, NotADatabase, StoreError
from supplies.keys import StationKeys, key_file
from supplies.store import file_of

if TYPE_CHECKING:
    from supplies.store.sqlite import SqliteStore

KEYS_SUFFIX = ".key"
"""The keys of a backup lie beside it under its name with this, as those of the books do."""

_ON_A_SERVER = (
    "books on a server are backed up and restored by PostgreSQL itself: "
    "`pg_dump --format=custom --file=FILE DATABASE`, back into an empty database with "
    "`pg_restore --dbname=DATABASE FILE`, then `supplies verify`; "
    "the file that SUPPLIES_KEYS names is copied apart"
)


def back_up(
    database: str, to: Path, *, with_keys: bool = False, progress: Progress | None = None
) -> Verified:
    """Copy the books, while they are in use, into a new file; what was verified in it.

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
    _refuse_to_replace(to)
    if with_keys:
        _refuse_to_replace(keys_to)
    with _copied(books, to, progress) as (draft, verified):
        if with_keys:
            # After the books: whatever key signed a receipt in the copy is in the file by now.
            StationKeys.beside(database).public()
            _put(keys_to, key_file(database).read_bytes())
        _take_its_name(draft, to)
    return verified


def restore(backup: Path, database: str, *, progress: Progress | None = None) -> Verified:
    """Make books out of a backup, brought up to this program's version; what was verified in them.

    The keys come with it where they lie beside it. progress: told how many entries of how many
    are verified. Raises AlreadyDone where there are books, or other keys, in that place.
    """
    to = _file_of(database)
    if not backup.exists():
        raise NotADatabase(f"there is no backup at {backup}; name the file of one")
    for path in (to, to.with_name(f"{to.name}-wal")):
        _refuse_to_replace(path)
    keys = _keys_to_restore(backup, key_file(database))
    with _copied(backup, to, progress) as (draft, verified):
        if keys is not None:
            _put(key_file(database), keys)
        _take_its_name(draft, to)
    return verified


def _keys_to_restore(backup: Path, place: Path) -> bytes | None:
    """The keys that lie beside a backup; None where they are in their place, or there are none."""
    beside = backup.with_suffix(KEYS_SUFFIX)
    if not beside.exists():
        return None
    content = _read(beside)
    if not place.exists():
        return content
    if _read(place) != content:
        raise AlreadyDone(
            f"{place} holds other keys than the backup's {beside}; move away the one that is wrong"
        )
    return None


@contextmanager
def _copied(source: Path, to: Path, progress: Progress | None) -> Iterator[tuple[Path, Verified]]:
    """A draft beside `to` with all of the source in it, sound; it goes unless it took its name."""
    from supplies.store.sqlite import SqliteStore, copy_file

    draft = to.with_name(f"{to.name}.{secrets.token_hex(4)}")
    try:
        _make_empty(draft)
        copy_file(source, draft)
        store = SqliteStore(str(draft), create=False)
        try:
            verified = _sound(store, progress)
        finally:
            store.close()
        _settle(draft)
        yield draft, verified
    finally:
        for leftover in (draft, *(Path(f"{draft}{end}") for end in ("-wal", "-shm", "-journal"))):
            leftover.unlink(missing_ok=True)


def _sound(store: SqliteStore, progress: Progress | None) -> Verified:
    store.check_pages()
    verified = verify(store, progress=progress)
    store.into_one_file()
    return verified


def _file_of(database: str) -> Path:
    file = file_of(database)
    if file is None:
        raise InvalidField(_ON_A_SERVER)
    return file


def _refuse_to_replace(path: Path) -> None:
    if path.exists():
        raise AlreadyDone(f"{path} exists already and is not overwritten; name another file")


# --- files, each whole or not at all, readable by their owner alone ------------------------------


def _make_empty(path: Path) -> None:
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except OSError as error:
        raise _unusable(path.parent, error) from error


def _put(path: Path, content: bytes) -> None:
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    try:
        _make_empty(draft)
        draft.write_bytes(content)
        _settle(draft)
        _take_its_name(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def _take_its_name(draft: Path, path: Path) -> None:
    # Asked again: verifying took a while, and another may have made one meanwhile.
    _refuse_to_replace(path)
    try:
        draft.rename(path)
    except OSError as error:
        raise _unusable(path, error) from error
    _settle(path.parent)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise _unusable(path, error) from error


def _settle(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _unusable(path: Path, error: OSError) -> StoreError:
    return StoreError(f"{path} cannot be read or written ({error.strerror}); name another place")
