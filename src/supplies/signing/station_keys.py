"""Station keys, and the check codes and signatures that they give receipts.

The keys are in a file that only its owner can read, never in the database, so that a copy of the
books is not enough to forge a receipt. `SUPPLIES_KEYS` names the file; by default it is beside the
database file. A database on a server has no default. Keys are never removed, so a receipt has the
same signature at each printing; a new key signs receipts issued after it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
import stat
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import msgspec

from supplies.errors import InvalidField, StoreError
from supplies.signing.receipt_signatures import (
    IssuedReceipt,
    PublicKeys,
    ReceiptSignature,
    signed_message,
)
from supplies.storage.atomic_files import fsync
from supplies.storage.engines import database_file
from supplies.storage.store import Store

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_LENGTH = 8
"""Number of characters of a check code. It has 40 bits, five in each character."""

KEYS_SETTING = "SUPPLIES_KEYS"
"""Environment variable that names the key file."""

_KEY_BYTES = 32

_FORMAT: Final = "supplies-keys-1"


class _Key(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One signing key of the stations.

    code_secret: the secret from which the check codes of receipts are made. private: the private
    key. Both are hexadecimal. after: for each station, the number of its last entry when the key
    was made.
    """

    id: str
    code_secret: str
    private: str
    after: dict[str, int]


class _KeyFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All keys that the stations of one database ever had, oldest first."""

    format: Literal["supplies-keys-1"] = _FORMAT
    keys: list[_Key]


class StationKeys:
    """The keys of the stations in one database. The file is read again when it changes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, ...] = ()
        self._read: list[_Key] = []

    @classmethod
    def for_database(cls, database: str) -> StationKeys:
        """Return the keys of a database.

        Raises:
            StoreError: the key file is missing or damaged.
        """
        keys = cls(key_file(database))
        keys._keys()
        return keys

    def check_code(self, issued: IssuedReceipt) -> str:
        """Return the check code of a receipt: eight characters that depend on a secret."""
        return _code(self._for(issued), issued)

    def sign(self, issued: IssuedReceipt) -> ReceiptSignature:
        """Return check code and signature, with the key in use when the receipt was issued."""
        key = self._for(issued)
        code, private = _code(key, issued), _private(key.private)
        message = signed_message(
            number=issued.number,
            issued_on=issued.issued_on,
            digest=issued.digest,
            seq=issued.seq,
            entry_hash=issued.hash,
            check_code=code,
        )
        signature = base64.b64encode(private.sign(message)).decode()
        return ReceiptSignature(code, key.id, _public(key.private), signature)

    def public_keys(self) -> PublicKeys:
        """Return all public keys by id, old ones included."""
        return {key.id: _public(key.private) for key in self._keys()}

    def add(self, after: Mapping[str, int]) -> str:
        """Add a key for receipts issued after these entries. Return its id.

        after: number of each station's last entry. Call it while nobody else can write to the
        books.
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
        try:
            found = self._path.stat()
            seen = (found.st_ino, found.st_mtime_ns, found.st_size, found.st_mode)
            if seen != self._seen:
                self._read, self._seen = _read(self._path), seen
        except FileNotFoundError as error:
            raise StoreError(
                f"the station's keys {self._path} are missing: put the file back from its backup, "
                "or make a new key with `supplies station key new`"
            ) from error
        except OSError as error:
            raise _file_error(self._path, error) from error
        return self._read


def key_file(database: str) -> Path:
    """Return the path of the key file: $SUPPLIES_KEYS, else beside the database file.

    Raises:
        StoreError: the books are on a server and SUPPLIES_KEYS is not set.
        InvalidField: the database has the name of a key file.
    """
    named = os.environ.get(KEYS_SETTING)
    if named:
        return Path(named)
    file = database_file(database)
    if file is None:
        raise StoreError(
            "books on a server have no file for the station's keys beside them: name one, as in "
            f"{KEYS_SETTING}=/var/lib/supplies/station.key, with the same content wherever papers "
            "are printed"
        )
    beside = file.with_suffix(".key")
    if beside == file:
        raise InvalidField(f"{file} is the name of a file of keys; name the books FILE.db")
    return beside


def check_key_file(database: str) -> None:
    """Check that keys can be read from the key file, or that its directory exists.

    Raises:
        StoreError: the file cannot be used, is damaged, or its directory does not exist.
        InvalidField: the database has the name of a key file.
    """
    path = key_file(database)
    try:
        if path.exists():
            _read(path)
        else:
            path.parent.stat()
    except OSError as error:
        raise _file_error(path, error) from error


def is_key_file(path: Path) -> bool:
    """Return whether a file contains station keys. A file that cannot be read does not."""
    try:
        with path.open("rb") as file:
            return _FORMAT.encode() in file.read(100)
    except OSError:
        return False


def create_first_key(database: str) -> bool:
    """Create the first key if there is none. Return whether it was created.

    Raises:
        StoreError: the file cannot be written.
    """
    path = key_file(database)
    try:
        if path.exists():
            return False
        return _write(path, [_new_key("k1", {})], replacing=False)
    except OSError as error:
        raise _file_error(path, error) from error


def create_key_for_first_receipt(store: Store) -> None:
    """Create the first key of a database before its first receipt is issued.

    store: the books. Books on a server have keys only if SUPPLIES_KEYS names a file. If a receipt
    was issued before, nothing is created; see `ensure_keys`.

    Raises:
        StoreError: the file cannot be written.
    """
    if database_file(store.url) is None and not os.environ.get(KEYS_SETTING):
        return
    if store.one("SELECT 1 FROM receipts LIMIT 1") is None:
        create_first_key(store.url)


def ensure_keys(store: Store, database: str) -> bool:
    """Ensure that there are keys. Return whether the first was just created.

    store: the books of that database. After the first receipt no first key is created: a missing
    file was lost, or another name was given, and genuine receipts would not match a new key.

    Raises:
        StoreError: the keys are missing although receipts were issued, or the file is damaged.
    """
    issued = store.one("SELECT 1 FROM receipts LIMIT 1") is not None
    made = not issued and create_first_key(database)
    StationKeys.for_database(database)
    return made


def _code(key: _Key, issued: IssuedReceipt) -> str:
    """Return the first 40 bits of HMAC-SHA256 over number and digest."""
    secret, message = bytes.fromhex(key.code_secret), f"{issued.number}:{issued.digest}".encode()
    bits = int.from_bytes(hmac.new(secret, message, hashlib.sha256).digest()[:5], "big")
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
    # Imported here because few commands sign a receipt.
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(secret))


@cache
def _public(secret: str) -> str:
    return base64.b64encode(_private(secret).public_key().public_bytes_raw()).decode()


# --- the file --------------------------------------------------------------------------------


def _read(path: Path) -> list[_Key]:
    with path.open("rb") as file:
        if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
            raise StoreError(
                f"the station's keys {path}{_source(path)} may be read by others: "
                "chmod 600 it first"
            )
        content = file.read()
    try:
        keys = msgspec.json.decode(content, type=_KeyFile).keys
        sizes = {
            len(bytes.fromhex(text)) for key in keys for text in (key.private, key.code_secret)
        }
    except ValueError as error:  # not JSON, not ours, not hex
        raise _damaged_file_error(path) from error
    if sizes != {_KEY_BYTES} or [key.id for key in keys] != [f"k{n + 1}" for n in range(len(keys))]:
        raise _damaged_file_error(path)
    return keys


def _write(path: Path, keys: list[_Key], *, replacing: bool) -> bool:
    """Write the file atomically. If not `replacing`, return False if it exists."""
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
