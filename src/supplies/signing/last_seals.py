"""Remember the last committed seal in a file beside the key file.

A seal is a row that proves the content of another row. Seals alone cannot show that the last of
them were removed, or that all rows were replaced by an older copy. So each process that commits
seals writes the last one to a file in the directory `KEYFILE.seals`. Somebody who has only the
database cannot change this file. The file may lag behind the database, but is never ahead of it:
every seal that the file names was committed.

There is one file for each database and station, so that several databases can use one key file.
"""

from __future__ import annotations

import fcntl
import hashlib
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import Final, Literal

import msgspec

from supplies.errors import StoreError
from supplies.signing.seal_macs import find_key_file
from supplies.storage.atomic_files import PRIVATE
from supplies.storage.engines import database_file
from supplies.storage.store import Store

_FORMAT: Final = "supplies-seals-1"

_MAX_BYTES = 4096

_log = logging.getLogger("supplies")


class LastSeal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The last seal and the last line of the access log that a process has committed.

    Attributes:
        database, station: The books that contain the seal and the line.
        seq, mac: Number and code (hexadecimal) of the seal.
        line, line_mac: Number and code of the line; 0 and an empty text if there is none.
    """

    format: Literal["supplies-seals-1"] = _FORMAT
    database: str
    station: str
    seq: int
    mac: str
    line: int
    line_mac: str


def read_last_seal(database: str, station: str) -> LastSeal | None:
    """Return the last committed seal from its file, or None if there is no file.

    Raises:
        StoreError: the file cannot be read, or is damaged.
    """
    path = last_seal_file(database, station)
    if path is None:
        return None
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StoreError(f"{path} cannot be read ({error.strerror})") from error
    return _decode(path, content) if content else None


def is_last_seal_kept(database: str, station: str) -> bool:
    """Return whether a file contains the last committed seal of this station."""
    path = last_seal_file(database, station)
    return path is not None and path.exists() and path.stat().st_size > 0


def forget_last_seal(database: str, station: str) -> None:
    """Delete the file with the last committed seal.

    Call this if the books are new, or were replaced by another copy.

    Raises:
        StoreError: the file cannot be deleted.
    """
    path = last_seal_file(database, station)
    if path is not None:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise StoreError(f"{path} cannot be deleted ({error.strerror})") from error


def keep_last_seals(store: Store) -> None:
    """For each station with new seals, write the last one to a file. Call after a commit.

    If writing fails, the committed changes stay, so only a warning is logged.
    """
    stations, store.sealed = store.sealed, set()
    for station in stations:
        try:
            _keep(store, station)
        except (OSError, StoreError) as error:
            _log.warning("the last seal of station %s was not recorded: %s", station, error)


def last_seal_file(database: str, station: str) -> Path | None:
    """Return the path of the file with the last seal, or None if the key file does not exist."""
    keys = find_key_file(database)
    return None if keys is None else _last_seal_file(keys, _name(database), station)


@lru_cache(maxsize=1000)
def _last_seal_file(keys: Path, name: str, station: str) -> Path:
    digest = hashlib.sha256(f"{name}\n{station}".encode()).hexdigest()[:32]
    return seals_folder(keys) / digest


def seals_folder(keys: Path) -> Path:
    """Return the path of the folder with the last seals, which is beside the key file."""
    return keys.with_name(f"{keys.name}.seals")


def is_last_seal_file(path: Path) -> bool:
    """Return whether a file contains a last seal. If the file cannot be read, return False."""
    with suppress(OSError), path.open("rb") as file:
        return _FORMAT.encode() in file.read(100)
    return False


def _name(database: str) -> str:
    return _name_in(database, os.getcwd())


@lru_cache(maxsize=64)
def _name_in(database: str, folder: str) -> str:
    file = database_file(database)
    return database if file is None else os.path.abspath(Path(folder) / file)


def _decode(path: Path, content: bytes) -> LastSeal:
    # If a process was killed after it wrote a shorter line, the end of the older line follows.
    try:
        return msgspec.json.decode(content.partition(b"\n")[0], type=LastSeal)
    except msgspec.DecodeError as error:
        raise StoreError(
            f"{path} is damaged; if you know why, delete it, and verify the books first"
        ) from error


def _keep(store: Store, station: str) -> None:
    path = last_seal_file(store.url, station)
    if path is None:
        return
    with _locked(path) as file:
        content = os.pread(file, _MAX_BYTES, 0)
        before = _decode(path, content) if content else None
        here = {"station": station}
        seal = store.one(
            "SELECT seq, mac FROM seals WHERE station = :station ORDER BY seq DESC LIMIT 1", here
        )
        line = store.one(
            "SELECT seq, mac FROM access_log WHERE station = :station AND mac IS NOT NULL "
            "ORDER BY seq DESC LIMIT 1",
            here,
        )
        if seal is None or (before is not None and find_missing(store, before) is not None):
            return  # The record of what is missing stays, so that verification reports it.
        after = LastSeal(
            database=_name(store.url),
            station=station,
            seq=seal[0],
            mac=bytes(seal[1]).hex(),
            line=0 if line is None else line[0],
            line_mac="" if line is None else bytes(line[1]).hex(),
        )
        encoded = msgspec.json.encode(after)
        os.pwrite(file, encoded + b"\n", 0)
        os.ftruncate(file, len(encoded) + 1)


def find_missing(store: Store, seen: LastSeal) -> Literal["seals", "access_log"] | None:
    """Return which table lacks the seal or log line that the file names, or None.

    The table is `seals` or `access_log`. If sealing was started anew after this seal, nothing
    counts as missing. A line that was erased after its retention period does not count as missing
    either.

    Args:
        seen: The seal and the line of the access log that the file names.
    """
    if _mac_at(store, "seals", seen.station, seen.seq) != seen.mac:
        missing: Literal["seals", "access_log"] = "seals"
    elif not seen.line or _mac_at(store, "access_log", seen.station, seen.line) == seen.line_mac:
        return None
    else:
        missing = "access_log"
    seals = store.all(
        "SELECT kind, seq, row_key FROM seals WHERE station = :station "
        "AND kind IN ('start', 'log')",
        {"station": seen.station},
    )
    if any(kind == "start" and seq > seen.seq for kind, seq, _ in seals):
        return None
    erased = [tuple(map(int, key.split())) for kind, _, key in seals if kind == "log"]
    if missing == "access_log" and any(first <= seen.line <= last for first, last in erased):
        return None
    return missing


def _mac_at(store: Store, table: str, station: str, seq: int) -> str | None:
    row = store.one(
        f"SELECT mac FROM {table} WHERE station = :station AND seq = :seq",
        {"station": station, "seq": seq},
    )
    return None if row is None or row[0] is None else bytes(row[0]).hex()


@contextmanager
def _locked(path: Path) -> Iterator[int]:
    """Open and lock the file, so that no process replaces a newer seal with an older one."""
    try:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE)
    except FileNotFoundError:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file
    finally:
        os.close(file)
