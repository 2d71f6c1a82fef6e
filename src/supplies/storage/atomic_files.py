"""Write files completely or not at all. By default, only the owner of a file can read it.

The content is first written to a temporary file in the same directory. This file is flushed to the
disk and then renamed to the final name.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from supplies.errors import AlreadyDone, InvalidField, StoreError

PRIVATE = 0o600
"""File mode: only the owner can read and write the file."""

_MAX_NAME_BYTES = 255 - len(".01234567-journal")
"""Maximum length of a file name in bytes.

It is below the limit of file systems, because two other files have longer names: the temporary file
that is written first, and the journal of SQLite beside that file.
"""


@contextmanager
def draft_file(path: Path, mode: int = PRIVATE) -> Iterator[Path]:
    """Yield an empty temporary file in the directory of the final file.

    After the `with` block, the file is deleted unless it was renamed.

    Args:
        mode: The file mode, before the umask is subtracted.

    Raises:
        StoreError: the file cannot be created.
    """
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    try:
        _create_empty(draft, mode)
        yield draft
    finally:
        with suppress(OSError):  # A file with too long a name was never created.
            for end in ("", "-wal", "-shm", "-journal"):
                Path(f"{draft}{end}").unlink(missing_ok=True)


SQLITE_LOGS = ("-wal", "-shm", "-journal")
"""What SQLite adds to the name of a database for the files beside it."""


def check_file_name(path: Path) -> None:
    """Check that a path can name a file.

    Raises:
        InvalidField: the path is empty, `.` or `/`, the file name is too long, or SQLite would
            take the file for the log of a database that exists.
    """
    if path.name in ("", ".."):
        name = "an empty name" if path == Path() else f"'{path}'"
        raise InvalidField(f"{name} is not the name of a file; name one, as in books.db")
    for end in SQLITE_LOGS:
        database = path.with_name(path.name.removesuffix(end) or "_")
        if path.name.endswith(end) and database.is_file():
            raise InvalidField(
                f"{path} is the name of a log that belongs to {database}; name another file"
            )
    if len(os.fsencode(path.name)) > _MAX_NAME_BYTES:
        raise InvalidField(
            f"the name of the file, {path.name[:32]}…, is longer than {_MAX_NAME_BYTES} bytes; "
            "choose a shorter name"
        )


def exists(path: Path) -> bool:
    """Return whether a file or directory with this path exists.

    Raises:
        InvalidField: the path cannot name a file.
        StoreError: the directory cannot be read.
    """
    check_file_name(path)
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise _file_error(path, error) from error
    return True


def refuse_to_replace(path: Path) -> None:
    """Check that no file exists at a path.

    Raises:
        AlreadyDone: the file exists.
        InvalidField: the path cannot name a file.
        StoreError: the directory cannot be read.
    """
    if exists(path):
        raise AlreadyDone(f"{path} exists already and is not overwritten; name another file")


def write_file(path: Path, content: bytes, *, mode: int = PRIVATE, replace: bool = False) -> None:
    """Write a file completely or not at all.

    Args:
        mode: The file mode, before the umask is subtracted.
        replace: Whether to replace a file that exists.

    Raises:
        AlreadyDone: the file exists, and `replace` is false.
        StoreError: the file cannot be written.
    """
    with new_file(path, mode=mode, replace=replace) as draft:
        draft.write_bytes(content)


@contextmanager
def new_file(path: Path, *, mode: int = PRIVATE, replace: bool = False) -> Iterator[Path]:
    """Yield a temporary file for the `with` block to write. Rename it to `path` after the block.

    If the block raises an error, the temporary file is deleted.

    Args:
        mode: The file mode, before the umask is subtracted.
        replace: Whether to replace a file that exists.

    Raises:
        AlreadyDone: the file exists, and `replace` is false.
        StoreError: the file cannot be written.
    """
    with draft_file(path, mode) as draft:
        try:
            yield draft
            fsync(draft)
        except OSError as error:
            raise _file_error(path, error) from error
        rename_into_place(draft, path, replace=replace)


def rename_into_place(draft: Path, path: Path, *, replace: bool = False) -> None:
    """Give a temporary file its final name. It must be flushed to the disk already.

    Raises:
        AlreadyDone: a file of that name exists, and `replace` is false.
        StoreError: the temporary file cannot be renamed.
    """
    if not replace:
        # Another process may have created the file in the meantime.
        refuse_to_replace(path)
    try:
        draft.rename(path)
    except OSError as error:
        raise _file_error(path, error) from error
    fsync(path.parent)


def read_file(path: Path) -> bytes:
    """Return the content of a file.

    Raises:
        StoreError: the file cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise _file_error(path, error) from error


def fsync(path: Path) -> None:
    """Flush the content of a file to the disk. For a directory, flush its list of file names."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _create_empty(path: Path, mode: int) -> None:
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode))
    except OSError as error:
        raise _file_error(path.parent, error) from error


def _file_error(path: Path, error: OSError) -> StoreError:
    return StoreError(f"{path} cannot be read or written ({error.strerror}); choose another place")
