"""Write files atomically, readable only by their owner, and never overwrite one.

A file is written under a draft name in the same directory, flushed to the disk, and then renamed.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from supplies.errors import AlreadyDone, StoreError


@contextmanager
def draft_file(path: Path) -> Iterator[Path]:
    """Yield an empty draft beside the future file. Delete it afterwards unless it was renamed.

    Raises:
        StoreError: the draft cannot be created.
    """
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    try:
        _create_empty(draft)
        yield draft
    finally:
        for leftover in (draft, *(Path(f"{draft}{end}") for end in ("-wal", "-shm", "-journal"))):
            leftover.unlink(missing_ok=True)


def refuse_to_replace(path: Path) -> None:
    """Check that a file does not exist.

    Raises:
        AlreadyDone: it exists.
    """
    if path.exists():
        raise AlreadyDone(f"{path} exists already and is not overwritten; name another file")


def write_new_file(path: Path, content: bytes) -> None:
    """Write a new file.

    Raises:
        AlreadyDone: a file of this name exists.
        StoreError: it cannot be written.
    """
    with draft_file(path) as draft:
        draft.write_bytes(content)
        fsync(draft)
        rename_into_place(draft, path)


def rename_into_place(draft: Path, path: Path) -> None:
    """Rename a draft that is on the disk to its final name.

    Raises:
        AlreadyDone: a file of that name exists.
        StoreError: the disk refuses.
    """
    # Checked again: another process may have created the file during the verification.
    refuse_to_replace(path)
    try:
        draft.rename(path)
    except OSError as error:
        raise _file_error(path, error) from error
    fsync(path.parent)


def read_file(path: Path) -> bytes:
    """Return the content of a file.

    Raises:
        StoreError: it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise _file_error(path, error) from error


def fsync(path: Path) -> None:
    """Flush a file, or the entries of a directory, to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _create_empty(path: Path) -> None:
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except OSError as error:
        raise _file_error(path.parent, error) from error


def _file_error(path: Path, error: OSError) -> StoreError:
    return StoreError(f"{path} cannot be read or written ({error.strerror}); name another place")
