"""Compute the authentication codes (HMAC-SHA256) of seals and of lines of the access log.

A seal is a row that proves the content of another row. See `seals.py`.

The keys for these codes are derived from the private keys in the key file, separately for each
station. So somebody who has the database but not the key file cannot make a valid code.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from supplies.errors import StoreError
from supplies.signing.sealed_tables import LOG_COLUMNS, encode_columns
from supplies.signing.station_keys import KEYS_SETTING, StationKeys, key_file

NO_MAC = bytes(32)
"""The value that stands for the previous code when the first code is computed."""

SEAL_COLUMNS = ("seq", "kind", "sealed", "row_key", "digest", "at")
"""The columns of a seal from which its code is computed."""

_LABEL = b"supplies-seals-1\n"


def seal_keys(database: str, station: str) -> list[bytes]:
    """Return the keys for the codes of a station's seals and access log, oldest first.

    New codes are made with the newest key. Return an empty list if the database has no key file.

    Raises:
        StoreError: the key file is damaged, or others can read it.
    """
    file = find_key_file(database)
    return [] if file is None else seal_keys_in(file, station)


def seal_keys_in(file: Path, station: str) -> list[bytes]:
    """Return the keys for the codes of a station's seals and access log, from a given key file.

    The oldest key comes first. Return an empty list if the file does not exist.

    Raises:
        StoreError: the key file is damaged, or others can read it.
    """
    return [_derive(private, station) for private in _keys_in(file).private_keys()]


def find_key_file(database: str) -> Path | None:
    """Return the path of the key file.

    Return None for a database on a server if `SUPPLIES_KEYS` is not set. The paths are cached,
    because each change of a sealed row needs them.
    """
    return _find_key_file(database, os.environ.get(KEYS_SETTING), os.getcwd())


@lru_cache(maxsize=64)
def _find_key_file(database: str, setting: str | None, folder: str) -> Path | None:
    try:
        return Path(folder) / key_file(database)
    except StoreError:
        return None


@lru_cache(maxsize=64)
def _keys_in(file: Path) -> StationKeys:
    return StationKeys(file)


@lru_cache(maxsize=10_000)
def _derive(private: bytes, station: str) -> bytes:
    return hmac.digest(private, _LABEL + station.encode(), "sha256")


def seal_mac(key: bytes, before: bytes, seal: Sequence[Any]) -> bytes:
    """Return the authentication code of a seal.

    Args:
        before: The code of the previous seal.
        seal: The values of `SEAL_COLUMNS`.
    """
    return hmac.digest(key, b"seal\n" + before + encode_columns(SEAL_COLUMNS, seal), "sha256")


def line_mac(key: bytes, before: bytes, line: Sequence[Any]) -> bytes:
    """Return the authentication code of a line of the access log.

    Args:
        before: The code of the previous line.
        line: The values of `LOG_COLUMNS`.
    """
    return hmac.digest(key, b"line\n" + before + encode_columns(LOG_COLUMNS, line), "sha256")
