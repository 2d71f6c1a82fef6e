"""Files that are there whole or not at all, readable by their owner alone, and never overwritten.

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
    """An empty draft beside a file to be; it goes, with its log, unless it took the name."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    try:
        _make_empty(draft)
        yield draft
    finally:
        for leftover in (draft, *(Path(f"{draft}{end}") for end in ("-wal", "-shm", "-journal"))):
            leftover.unlink(missing_ok=True)


def refuse_to_replace(path: Path) -> None:
    """Raise AlreadyDone where there is such a file."""
    if path.exists():
        raise AlreadyDone(f"{path} exists already and is not overwritten; name another file")


def put(path: Path, content: bytes) -> None:
    """Make a file of these bytes."""
    with draft_file(path) as draft:
        draft.write_bytes(content)
        settle(draft)
        rename_into_place(draft, path)


def rename_into_place(draft: Path, path: Path) -> None:
    """Let a draft that is on the disk be the file."""
    # Asked again: verifying took a while, and another may have made one meanwhile.
    refuse_to_replace(path)
    try:
        draft.rename(path)
    except OSError as error:
        raise _unusable(path, error) from error
    settle(path.parent)


def read(path: Path) -> bytes:
    """All of a file."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise _unusable(path, error) from error


def settle(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _make_empty(path: Path) -> None:
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except OSError as error:
        raise _unusable(path.parent, error) from error


def _unusable(path: Path, error: OSError) -> StoreError:
    return StoreError(f"{path} cannot be read or written ({error.strerror}); name another place")
