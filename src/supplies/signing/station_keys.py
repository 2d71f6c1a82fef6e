"""The keys with which stations sign receipts and make check codes.

The keys are in a file that only its owner can read. They are not in the database, so a copy of the
books is not enough to forge a receipt. The environment variable `SUPPLIES_KEYS` names the file. If
it is not set, the file is beside the database file. For a database on a server, it must be set.

The codes of seals, which protect users, settings and access log, are computed from these keys too.

Keys are never removed, so a receipt has the same signature each time it is printed. A new key signs
only the receipts that are issued after the key was made.
"""

from __future__ import annotations

import base64
import hmac
import os
import secrets
import stat
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec

from supplies.errors import InvalidField, StoreError
from supplies.signing.checkpoints import Checkpoint
from supplies.signing.receipt_signatures import (
    IssuedReceipt,
    PublicKeys,
    ReceiptSignature,
    marks_message,
    signed_message,
)
from supplies.storage.atomic_files import fsync
from supplies.storage.engines import database_file
from supplies.storage.store import Store

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_LENGTH = 8
"""Number of characters of a check code. Each character encodes 5 bits, so a code has 40 bits."""

KEYS_SETTING = "SUPPLIES_KEYS"
"""Environment variable that names the key file."""

_KEY_BYTES = 32

_FORMAT: Final = "supplies-keys-1"


class _Key(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A key that signs receipts of all stations in the database.

    Attributes:
        code_secret: The secret from which check codes are computed, hexadecimal.
        private: The private key, hexadecimal.
        after: For each station, the number of its last entry when the key was made.
    """

    id: str
    code_secret: str
    private: str
    after: dict[str, int]


class _KeyFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The content of the key file: all keys ever made for this database, oldest first."""

    format: Literal["supplies-keys-1"] = _FORMAT
    keys: list[_Key]


class MissingKeys(StoreError):
    """Raised if the key file does not exist."""


class _ReadInThread(threading.local):
    """The keys that `read_keys_once` keeps in one thread, by path; None outside of it."""

    keys: dict[Path, list[_Key]] | None = None


_read_in_thread = _ReadInThread()


@contextmanager
def read_keys_once() -> Iterator[None]:
    """Read each key file only once within the `with` block, in this thread.

    Use it for a write transaction: a new key is made only while nobody else can write.
    """
    _read_in_thread.keys = {}
    try:
        yield
    finally:
        _read_in_thread.keys = None


class StationKeys:
    """The keys of the stations in one database.

    The key file is read before each use or, within `read_keys_once`, before the first use. It is
    decoded again if its content has changed. Size, inode and times of the file do not always show
    that: a file that replaces another within one tick of the file system's clock can have the same.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._content: bytes | None = None
        self._decoded: list[_Key] = []

    @classmethod
    def for_database(cls, database: str) -> StationKeys:
        """Read the keys that belong to a database.

        Raises:
            StoreError: the key file is missing or damaged.
            InvalidField: the name of the database is reserved for key files.
        """
        keys = cls(key_file(database))
        keys._keys()
        return keys

    def __reduce__(self) -> tuple[Any, ...]:
        """Return how to get these keys in another process. The keys themselves are left out."""
        return _keys_of_file, (self._path,)

    def check_code(self, issued: IssuedReceipt) -> str:
        """Return the check code of a receipt: eight characters.

        Only somebody who has the secret of the key can compute the code.
        """
        return _code(self._for(issued), issued)

    def sign(self, issued: IssuedReceipt) -> ReceiptSignature:
        """Return the check code and the signature of a receipt, or of its marks such as "void".

        The receipt is signed with the key that was in use when the entry in `issued` was recorded.
        """
        key = self._for(issued)
        code, private = _code(key, issued), _private(key.private)
        if issued.marks is None:
            message = signed_message(
                number=issued.number,
                issued_on=issued.issued_on,
                digest=issued.digest,
                seq=issued.seq,
                entry_hash=issued.hash,
                check_code=code,
            )
        else:
            message = marks_message(
                number=issued.number,
                digest=issued.digest,
                seq=issued.seq,
                entry_hash=issued.hash,
                statement=issued.marks,
            )
        signature = base64.b64encode(private.sign(message)).decode()
        return ReceiptSignature(code, key.id, _public(key.private), signature)

    def sign_checkpoint(
        self, station: str, seq: int, entry_hash: str, *, by: str, at: datetime
    ) -> Checkpoint:
        """Return a checkpoint for an entry, signed with the newest key.

        Args:
            station: The station whose books contain the entry.
            entry_hash: Hash of the entry, hexadecimal.
            by: The station that signs.
            at: The time of signing.
        """
        key = self._keys()[-1]
        private = _private(key.private)
        unsigned = Checkpoint(
            station=station,
            seq=seq,
            hash=entry_hash,
            by=by,
            at=at,
            key_id=key.id,
            public_key=_public(key.private),
            signature="",
        )
        signature = base64.b64encode(private.sign(unsigned.message)).decode()
        return msgspec.structs.replace(unsigned, signature=signature)

    def public_keys(self) -> PublicKeys:
        """Return the public keys of all keys, old and new, by key id."""
        return {key.id: _public(key.private) for key in self._keys()}

    def private_keys(self) -> list[bytes]:
        """Return the private keys, oldest first; an empty list if the key file does not exist."""
        try:
            return [bytes.fromhex(key.private) for key in self._keys()]
        except MissingKeys:
            return []

    def add(self, after: Mapping[str, int]) -> str:
        """Add a key that signs all receipts issued after this call. Return its id.

        Call this function only while nobody else can write to the books.

        Args:
            after: For each station, the number of its last entry.

        Raises:
            StoreError: the key file is missing, or cannot be written.
        """
        keys = self._keys()
        new = _new_key(f"k{len(keys) + 1}", after)
        try:
            _write(self._path, [*keys, new], replacing=True)
        except OSError as error:
            raise _file_error(self._path, error) from error
        return new.id

    def _for(self, issued: IssuedReceipt) -> _Key:
        keys = self._keys()
        fitting = [key for key in keys if issued.seq > key.after.get(issued.station, 0)]
        return (fitting or keys)[-1 if fitting else 0]

    def _keys(self) -> list[_Key]:
        known = _read_in_thread.keys
        if known is None:
            return self._read_keys()
        if self._path not in known:
            known[self._path] = self._read_keys()
        return known[self._path]

    def _read_keys(self) -> list[_Key]:
        try:
            content = _read(self._path)
        except (FileNotFoundError, NotADirectoryError) as error:
            raise MissingKeys(
                f"the station's keys {self._path} are missing: put the file back from its backup, "
                "or make a new key with `supplies station key new`"
            ) from error
        except OSError as error:
            raise _file_error(self._path, error) from error
        if content != self._content:
            self._decoded, self._content = _decode(self._path, content), content
        return self._decoded


@cache
def _keys_of_file(path: Path) -> StationKeys:
    return StationKeys(path)


def key_file(database: str) -> Path:
    """Return the path of the key file that belongs to a database.

    The path is the value of the environment variable `SUPPLIES_KEYS`. If it is not set, the key
    file is beside the database file.

    Raises:
        StoreError: the books are on a server and `SUPPLIES_KEYS` is not set.
        InvalidField: the name of the database is reserved for key files.
    """
    named = os.environ.get(KEYS_SETTING)
    if named:
        return Path(named)
    file = database_file(database)
    if file is None:
        raise StoreError(
            "books on a database server need a file for the station's keys: name it, for example "
            f"{KEYS_SETTING}=/var/lib/supplies/station.key, and use the same file wherever "
            "receipts are printed"
        )
    beside = file.with_suffix(".key")
    if beside == file:
        raise InvalidField(f"{file} is the name of a key file; name the books FILE.db")
    return beside


def check_key_file(database: str) -> None:
    """Check that the keys can be read or, if there is no key file yet, that its directory exists.

    Raises:
        StoreError: the file cannot be read or is damaged, or its directory does not exist.
        InvalidField: the name of the database is reserved for key files.
    """
    path = key_file(database)
    try:
        if path.exists():
            _decode(path, _read(path))
        else:
            path.parent.stat()
    except OSError as error:
        raise _file_error(path, error) from error


def is_key_file(path: Path) -> bool:
    """Return whether a file contains station keys. If the file cannot be read, return False."""
    try:
        with path.open("rb") as file:
            return _FORMAT.encode() in file.read(100)
    except OSError:
        return False


def create_first_key(database: str) -> bool:
    """Create the key file with one key, unless the file exists.

    Return whether the file was created.

    Raises:
        StoreError: the file cannot be written.
        InvalidField: the name of the database is reserved for key files.
    """
    path = key_file(database)
    try:
        if path.exists():
            return False
        return _write(path, [_new_key("k1", {})], replacing=False)
    except OSError as error:
        raise _file_error(path, error) from error


def create_key_for_first_receipt(store: Store) -> None:
    """Create the first key, unless the books contain a receipt or a sealed row.

    For books on a server, nothing is created unless `SUPPLIES_KEYS` names the key file.

    Raises:
        StoreError: the file cannot be written.
        InvalidField: the name of the database is reserved for key files.
    """
    if database_file(store.url) is None and not os.environ.get(KEYS_SETTING):
        return
    if not _are_in_use(store):
        create_first_key(store.url)


def ensure_keys(store: Store, database: str) -> bool:
    """Check that there are keys. Create the first key if no key was ever used.

    Return whether a key was created. If receipts or sealed rows exist but the key file does not,
    the file was lost or has another name. Then no key is created, because receipts and seals cannot
    be checked with a new key.

    Args:
        database: The database that `store` has opened.

    Raises:
        StoreError: receipts or sealed rows exist but the keys are missing, or the key file is
            damaged.
        InvalidField: the name of the database is reserved for key files.
    """
    made = not _are_in_use(store) and create_first_key(database)
    StationKeys.for_database(database)
    return made


def _are_in_use(store: Store) -> bool:
    """Return whether the books contain a signed receipt or a sealed row."""
    return any(
        store.one(f"SELECT 1 FROM {table} LIMIT 1") is not None for table in ("receipts", "seals")
    )


def _code(key: _Key, issued: IssuedReceipt) -> str:
    """Compute the check code: the first 40 bits of HMAC-SHA256 of receipt number and digest."""
    secret, message = bytes.fromhex(key.code_secret), f"{issued.number}:{issued.digest}".encode()
    bits = int.from_bytes(hmac.digest(secret, message, "sha256")[:5], "big")
    return "".join(_CROCKFORD[bits >> shift & 31] for shift in range(5 * (CODE_LENGTH - 1), -1, -5))


def _new_key(key_id: str, after: Mapping[str, int]) -> _Key:
    return _Key(
        id=key_id,
        code_secret=secrets.token_hex(_KEY_BYTES),
        private=secrets.token_hex(_KEY_BYTES),
        after=dict(after),
    )


@cache
def _private(secret: str) -> Ed25519PrivateKey:
    # Imported here because only a few commands of the command line sign a receipt.
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(secret))


@cache
def _public(secret: str) -> str:
    return base64.b64encode(_private(secret).public_key().public_bytes_raw()).decode()


# --- reading and writing the key file ----------------------------------------------------------


def _read(path: Path) -> bytes:
    with path.open("rb", buffering=0) as file:
        if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
            raise StoreError(
                f"other users can read the station's keys {path}{_source(path)}: "
                f"run chmod 600 {path} first"
            )
        return file.read()


def _decode(path: Path, content: bytes) -> list[_Key]:
    try:
        keys = msgspec.json.decode(content, type=_KeyFile).keys
        sizes = {
            len(bytes.fromhex(text)) for key in keys for text in (key.private, key.code_secret)
        }
    except ValueError as error:  # neither JSON, nor of this format, nor hexadecimal
        raise _damaged_file_error(path) from error
    if sizes != {_KEY_BYTES} or [key.id for key in keys] != [f"k{n + 1}" for n in range(len(keys))]:
        raise _damaged_file_error(path)
    return keys


def _write(path: Path, keys: list[_Key], *, replacing: bool) -> bool:
    """Write the key file atomically. Return whether it was written.

    If the file exists and `replacing` is false, the file is not changed.
    """
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(msgspec.json.format(msgspec.json.encode(_KeyFile(keys=keys))) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        if replacing:
            draft.replace(path)
        else:
            path.hardlink_to(draft)
    except FileExistsError:
        return False  # another process created it first
    finally:
        with suppress(FileNotFoundError):
            draft.unlink()
    # Flush the directory too, so that a key in use survives a power failure.
    fsync(path.parent)
    return True


def _damaged_file_error(path: Path) -> StoreError:
    return StoreError(
        f"{path}{_source(path)} is not a file of station keys, or is damaged: restore it from its "
        "backup"
    )


def _file_error(path: Path, error: OSError) -> StoreError:
    return StoreError(
        f"the station's keys {path}{_source(path)} cannot be used ({error.strerror}): "
        "the file must be readable and writable by this user"
    )


def _source(path: Path) -> str:
    named = os.environ.get(KEYS_SETTING)
    return f" (from {KEYS_SETTING})" if named and Path(named) == path else ""
