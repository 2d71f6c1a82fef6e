"""Create and copy database files, and notice if an open one was deleted or replaced."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

from supplies.errors import Gone, StoreError
from supplies.storage.sqlite.errors import BUSY_TIMEOUT_MS, WAL_UNAVAILABLE, translate_error

_OF_THE_SOURCE = (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CANTOPEN, *WAL_UNAVAILABLE)
"""Error codes of SQLite which show that the file to be copied is at fault, and not the copy."""


class DatabaseFiles:
    """Remembers which database file and write-ahead log a store opened.

    So the store notices if one of these files is deleted or replaced. The files are recognized by
    their device and inode numbers.
    """

    def __init__(self, path: Path) -> None:
        # The path is absolute, because the program may change its working directory.
        here = str(path.absolute())
        self._opened = {each: _identity(each) for each in (here, f"{here}-wal")}

    def check(self, *, keeps_a_log: Callable[[], bool]) -> None:
        """Check that neither file was deleted or replaced after it was opened.

        The operating system allows a process to go on writing to a deleted file. The data would be
        lost when the process ends.

        Args:
            keeps_a_log: Returns whether the database still has a write-ahead log.

        Raises:
            Gone: one of the files was deleted or replaced.
        """
        for path, opened in self._opened.items():
            found = _identity(path)
            if found == opened:
                continue
            if opened is None or (path.endswith("-wal") and not keeps_a_log()):
                # The log is created when it is first needed, and disappears when WAL mode ends.
                self._opened[path] = found
            else:
                raise Gone(
                    f"{path} was deleted or replaced while it was in use; nothing was recorded: "
                    "stop this program, put it back, and verify the books before it is started"
                )


def _identity(path: str) -> tuple[int, int] | None:
    try:
        found = os.stat(path)  # The path is text, because building a Path takes longer.
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def create_private_file(path: Path) -> None:
    """Create a file that only its owner can read, if the file does not exist.

    SQLite gives the write-ahead log the same file mode.
    """
    # Errors are ignored here, because opening the file with SQLite reports them.
    with suppress(OSError):
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))


def copy_file(source: Path, target: Path) -> None:
    """Copy the books into an empty file. Other programs may write to the books meanwhile.

    The copy contains one consistent state of the books.

    Raises:
        NotADatabase: the source is not a SQLite file.
        StoreError: one of the files cannot be used.
    """
    # With mode=rw, SQLite does not create a missing file.
    there_already = f"{source.absolute().as_uri()}?mode=rw"
    try:
        with (
            closing(sqlite3.connect(there_already, uri=True)) as here,
            closing(sqlite3.connect(target)) as there,
        ):
            here.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
            # All pages are copied in one step. Otherwise each write would restart the copy.
            here.backup(there, pages=-1)
    except sqlite3.Error as error:
        if error.sqlite_errorcode in _OF_THE_SOURCE:
            raise translate_error(error, source) from error
        raise StoreError(f"{source} cannot be copied to {target}: {error}") from error
