"""A station's secret, and the check code that it gives each paper.

The secret stands in a file of its own, readable by its owner alone, and never in the database: who
holds a copy of the books cannot forge a paper's code. The file is the one that `SUPPLIES_KEYS`
names, else it lies beside the books; books that are no file have no such place.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from supplies.errors import StoreError
from supplies.store import file_of

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_LENGTH = 8
"""Characters of a check code: 40 bits, five to a character."""

KEYS_SETTING = "SUPPLIES_KEYS"
"""Names the file of the key."""


class StationKey:
    """The secret of the stations in one database."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    @classmethod
    def beside(cls, database: str) -> StationKey:
        """The key that belongs to a database, made if there is none yet.

        Raises StoreError where it cannot be read or made, or nothing says where it is.
        """
        path = _path(database)
        try:
            return cls(_read(path) if path.exists() else _make(path))
        except OSError as error:
            raise StoreError(
                f"the station's key {path} cannot be used ({error.strerror}): "
                "it must be readable and writable by this user"
            ) from error

    def check_code(self, number: str, digest: str) -> str:
        """Eight characters that only this key gives to this paper (HMAC-SHA256, 40 bits)."""
        mac = hmac.new(self._secret, f"{number}:{digest}".encode(), hashlib.sha256).digest()
        bits = int.from_bytes(mac[:5], "big")
        return "".join(
            _CROCKFORD[bits >> shift & 31] for shift in range(5 * (CODE_LENGTH - 1), -1, -5)
        )


def _path(database: str) -> Path:
    named = os.environ.get(KEYS_SETTING)
    if named:
        return Path(named)
    file = file_of(database)
    if file is None:
        raise StoreError(
            "books on a server have no file for the station's key beside them: name one, as in "
            f"{KEYS_SETTING}=/etc/supplies/station.key, with the same content wherever papers "
            "are printed"
        )
    return file.with_suffix(".key")


def _read(path: Path) -> bytes:
    secret = bytes.fromhex(path.read_text(encoding="ascii").strip())
    if path.stat().st_mode & 0o077:
        raise StoreError(f"the station's key {path} may be read by others: chmod 600 it first")
    return secret


def _make(path: Path) -> bytes:
    secret = secrets.token_bytes(32)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _read(path)  # another process was quicker
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(secret.hex() + "\n")
    return secret
