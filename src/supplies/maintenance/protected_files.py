"""Prevent commands from writing their output over the files of books."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from supplies.errors import InvalidField, StoreError
from supplies.signing.last_seals import is_last_seal_file, seals_folder
from supplies.signing.station_keys import KEYS_SETTING, is_key_file, key_file
from supplies.storage.atomic_files import SQLITE_LOGS, exists
from supplies.storage.engines import database_file

_DATABASE_MAGIC = (b"SQLite format 3\0", b"\x37\x7f\x06\x82", b"\x37\x7f\x06\x83")
"""The first bytes of SQLite database files, and of SQLite write-ahead logs."""

EXPORT_MARK = 0x53557870
"""The SQLite application id of files that `supplies export` wrote.

Commands may overwrite such a file, although it is a database.
"""

_MARK_AT = 68
"""Byte offset of the application id, which has four bytes, in the header of a SQLite database."""


def refuse_files_of_books(path: Path, database: str) -> None:
    """Check that a path is not a database, its log, or a file with keys or the last seal.

    A folder of last seals, and files in it, are refused too. Symbolic and hard links are
    recognized. The write-ahead log of these books is refused even if it does not exist, because
    SQLite would read what is written there.

    Raises:
        InvalidField: the path leads to such a file, or is not a file name.
        StoreError: the file cannot be read.
    """
    there = exists(path)
    for protected in _files_of(database):
        if _same_file(path, protected):
            raise InvalidField(f"{path} is a file of the books ({protected}); name another file")
    folders = (seals_folder(keys).resolve() for keys in _key_files(database))
    if any(path.resolve().is_relative_to(folder) for folder in folders):
        raise InvalidField(f"{path} is in the folder of the last seals; name another file")
    if not there or not path.is_file():
        return
    try:
        with path.open("rb") as file:
            header = file.read(_MARK_AT + 4)
    except OSError as error:
        raise StoreError(f"{path} cannot be read ({error.strerror}); name another file") from error
    if header.startswith(_DATABASE_MAGIC) and header[_MARK_AT:] != EXPORT_MARK.to_bytes(4, "big"):
        raise InvalidField(f"{path} is a database; name another file")
    if is_key_file(path):
        raise InvalidField(f"{path} contains the keys of a station; name another file")
    if is_last_seal_file(path):
        raise InvalidField(f"{path} records the last seal of a station; name another file")


def _files_of(database: str) -> list[Path]:
    logs = [Path(f"{file}{end}") for file in _database_files(database) for end in SQLITE_LOGS]
    return [*_database_files(database), *logs, *_key_files(database)]


def _database_files(database: str) -> list[Path]:
    file = database_file(database)
    # The log of a database that is opened by a link is beside the file itself.
    return [] if file is None else [file, file.resolve()]


def _key_files(database: str) -> list[Path]:
    files = [file.with_suffix(".key") for file in _database_files(database)]
    return [*files, key_file(database)] if files or os.environ.get(KEYS_SETTING) else []


def _same_file(path: Path, protected: Path) -> bool:
    with suppress(OSError):
        if path.samefile(protected):
            return True
    return path.resolve() == protected.resolve()
