"""Read checkpoints from files and from services of other stations."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from http.client import HTTPException
from pathlib import Path
from urllib.request import urlopen

from supplies.errors import InvalidField
from supplies.signing.checkpoints import (
    MAX_FILE_BYTES,
    Checkpoint,
    check_checkpoint,
    read_checkpoints,
)
from supplies.signing.receipt_signatures import PublicKeys

TIMEOUT_SECONDS = 30.0
"""Maximum number of seconds for a download, and for each wait for the server's next bytes."""

_PART_BYTES = 2**16


def read_witnesses(
    stations: Collection[str], names: Sequence[str], keys: PublicKeys | None
) -> list[Checkpoint]:
    """Read checkpoints from files and web addresses, and check their signatures.

    Args:
        stations: The stations whose checkpoints must be signed with one of `keys`.
        keys: The public keys of these stations. If None, any key is accepted. Checkpoints of other
            stations may have any key.
        names: The files and web addresses.

    Raises:
        InvalidField: a file cannot be read, or a checkpoint was altered or forged.
    """
    found = [each for name in names for each in read_checkpoints(_read(name), name)]
    for each in found:
        check_checkpoint(each, keys if each.by in stations else None)
    return found


def read_file(name: str) -> str:
    """Return the content of a file of checkpoints.

    Raises:
        InvalidField: the file cannot be read, is too large or is not text.
    """
    try:
        with Path(name).open("rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise InvalidField(
            f"{name} cannot be read ({error.strerror}); name a file of checkpoints"
        ) from error
    return _decode(content, name)


def _read(name: str) -> str:
    return _download(name) if name.startswith(("http://", "https://")) else read_file(name)


def _download(address: str) -> str:
    end = time.monotonic() + TIMEOUT_SECONDS
    content = b""
    try:
        with urlopen(address, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310  # http or https
            while part := answer.read1(_PART_BYTES):
                content += part
                if len(content) > MAX_FILE_BYTES:
                    break
                if time.monotonic() > end:
                    raise TimeoutError(f"it took longer than {TIMEOUT_SECONDS:g} seconds")
    except (OSError, HTTPException, ValueError) as error:  # URLError is an OSError.
        raise InvalidField(
            f"{address} cannot be read ({error}); name the address of a service, as in "
            "https://example.org/api/witness"
        ) from error
    return _decode(content, address)


def _decode(content: bytes, name: str) -> str:
    if len(content) > MAX_FILE_BYTES:
        raise InvalidField(f"{name} is larger than {MAX_FILE_BYTES} bytes")
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise InvalidField(f"{name} is not a file of checkpoints") from error
