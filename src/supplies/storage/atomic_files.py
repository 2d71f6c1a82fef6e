"""Write files atomically, readable by their owner only, and never overwrite one.

Each grows under a draft's name beside its own, is on the disk, and only then takes its name.
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
    """Yield an empty draft beside the future file; delete it afterwards unless it was renamed."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    try:
        _create_empty(draft)
        yield draft
    finally:
        for leftover in (draft, *(Path(f"{draft}{end}") for end in ("-wal", "-shm", "-journal"))):
            leftover.unlink(missing_ok=True)


def refuse_to_replace(path: Path) -> None:
    """Refuse to overwrite an existing file. Raises AlreadyDone."""
    if path.exists():
        raise AlreadyDone(f"{path} exists already and is not overwritten; name another file")


def write_new_file(path: Path, content: bytes) -> None:
    """Write a new file with these bytes."""
    with draft_file(path) as draft:
        draft.write_bytes(content)
        fsync(draft)
        rename_into_place(draft, path)


def rename_into_place(draft: Path, path: Path) -> None:
    """Rename a draft that is on the disk to its final name."""
    # Asked again: verifying took a while, and another may have made one meanwhile.
    refuse_to_replace(path)
    try:
        draft.rename(path)
    except OSError as error:
        raise _file_error(path, error) from error
    fsync(path.parent)


def read_file(path: Path) -> bytes:
    """Return the content of a file."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise _file_error(path, error) from error


def fsync(path: Path) -> None:
    """Flush a file, or the entries of a directory, to the disk (fsync)."""
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
