"""Translate SQLite errors to errors of this library, with plain messages."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from supplies.errors import (
    Busy,
    DiskFull,
    NotADatabase,
    NotEnough,
    ReadOnly,
    StoreError,
    SuppliesError,
)

BUSY_TIMEOUT_MS = 20_000
"""How long a writer waits for the transaction of another writer, in milliseconds."""

WAL_UNAVAILABLE = (
    sqlite3.SQLITE_READONLY_DIRECTORY,
    sqlite3.SQLITE_READONLY_CANTINIT,
    sqlite3.SQLITE_READONLY_CANTLOCK,
    sqlite3.SQLITE_READONLY_RECOVERY,
)
"""SQLite error codes for a file that can be read, but whose write-ahead log cannot be written."""

_LOCKED_BY_OTHER = (
    "another program has locked {path} for "
    f"{BUSY_TIMEOUT_MS // 1000} seconds; nothing was recorded, try again"
)
_NO_PERMISSION = (
    "{path} cannot be written; nothing was recorded: "
    "give this user the right to write the file and its directory"
)
_READERS_WRITE = (
    "{path} cannot be written, and readers must write its log too: copy it, with {path.name}-wal "
    "if there is one, to a place that can be written, or use a backup"
)
_DISK_FULL = "the disk of {path} is full; nothing was recorded: free some space"
_CANNOT_OPEN = (
    "{path} cannot be opened; check that this user may read and write it and its directory"
)

_BY_CODE: dict[int, tuple[type[StoreError], str]] = {
    sqlite3.SQLITE_NOTADB: (
        NotADatabase,
        "{path} is not a database; name the file of a ledger, or a new one",
    ),
    sqlite3.SQLITE_CORRUPT: (NotADatabase, "{path} is damaged ({text}); restore it from a backup"),
    sqlite3.SQLITE_BUSY: (Busy, _LOCKED_BY_OTHER),
    sqlite3.SQLITE_LOCKED: (Busy, _LOCKED_BY_OTHER),
    sqlite3.SQLITE_INTERRUPT: (Busy, "{path}: this took too long and was ended; try again"),
    sqlite3.SQLITE_READONLY: (ReadOnly, _NO_PERMISSION),
    **dict.fromkeys(WAL_UNAVAILABLE, (ReadOnly, _READERS_WRITE)),
    sqlite3.SQLITE_FULL: (DiskFull, _DISK_FULL),
    sqlite3.SQLITE_CANTOPEN: (StoreError, _CANNOT_OPEN),
}
"""Error class and message for each SQLite error code.

The extended error code is looked up first, then the primary one.
"""


def translate_error(error: sqlite3.Error, path: Path) -> SuppliesError:
    """Return the error of this library for an error of SQLite."""
    text, extended = str(error), getattr(error, "sqlite_errorcode", 0)
    code = extended & 0xFF
    if code == sqlite3.SQLITE_CONSTRAINT and "floor" in text:
        return NotEnough("more was requested than the account contains")
    found = _BY_CODE.get(extended) or _BY_CODE.get(code)
    if found is None:
        return StoreError(f"{path}: {text}; nothing was recorded")
    kind, sentence = found
    return kind(sentence.format(path=path, text=text))
