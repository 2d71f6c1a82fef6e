"""Checkpoints: signed lines of text with the number and hash of a station's last entry.

Anybody who keeps a checkpoint outside the books can prove later that this entry was removed or
rewritten. A checkpoint contains no personal data. No secret is needed to check its signature.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

import msgspec

from supplies.domain.entries import format_timestamp
from supplies.domain.fields import is_valid_code
from supplies.errors import InvalidField
from supplies.signing.receipt_signatures import PublicKeys, is_signed_with

_FORMAT: Final = "supplies-checkpoint-1"

MAX_FILE_BYTES = 16 * 2**20
"""Maximum size of a file of checkpoints, in bytes. A larger file is not read."""


class Checkpoint(msgspec.Struct, frozen=True, kw_only=True):
    """A signed statement about the last entry in the books of a station.

    A station can also sign a checkpoint for an entry of another station, if its own books refer to
    that entry.

    Attributes:
        station: The station whose books contain the entry.
        seq, hash: Number and hash (hexadecimal) of the entry; if the station has no entry, 0 and 64
            zeros.
        by: The station that signed the checkpoint.
        at: The time of signing, in UTC.
        public_key, signature: In base64.
    """

    station: str
    seq: int
    hash: str
    by: str
    at: datetime
    key_id: str
    public_key: str
    signature: str

    def __str__(self) -> str:
        """Return the checkpoint as one line of text, without a line feed."""
        fields = (*self._signed_fields, self.key_id, self.public_key, self.signature)
        return " ".join((_FORMAT, *fields))

    @property
    def message(self) -> bytes:
        """Return the bytes that are signed: six lines of UTF-8, each ending with LF."""
        return "".join(f"{line}\n" for line in (_FORMAT, *self._signed_fields)).encode()

    @property
    def _signed_fields(self) -> tuple[str, ...]:
        return (self.station, str(self.seq), self.hash, self.by, format_timestamp(self.at))


def check_checkpoint(checkpoint: Checkpoint, keys: PublicKeys | None) -> None:
    """Check the signature of a checkpoint.

    Args:
        keys: The public keys of the station that signed the checkpoint. If None, any key is
            accepted.

    Raises:
        InvalidField: the signature is invalid, or the key is not one of `keys`.
    """
    if not is_signed_with(checkpoint.public_key, checkpoint.signature, checkpoint.message):
        raise InvalidField(f"{_described(checkpoint)} was altered: its signature does not match")
    if keys is not None and keys.get(checkpoint.key_id) != checkpoint.public_key:
        raise InvalidField(
            f"{_described(checkpoint)} is signed with a key that is not in the station's key file "
            f"({', '.join(keys)}): it is forged, or the keys were replaced"
        )


def write_checkpoints(checkpoints: Iterable[Checkpoint]) -> str:
    """Return the content of a file of checkpoints. Each checkpoint is one line."""
    return "".join(f"{checkpoint}\n" for checkpoint in checkpoints)


def read_checkpoints(text: str, named: str) -> list[Checkpoint]:
    """Parse the content of a file of checkpoints. Signatures are not checked.

    The text may also be an email that contains checkpoints: lines that begin with `#`, lines
    without a checkpoint and text before a checkpoint are ignored.

    Args:
        named: The name of the file, for error messages.

    Raises:
        InvalidField: a checkpoint is invalid, or the file contains none.
    """
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        _, start, rest = line.partition(_FORMAT + " ")
        if not start or line.lstrip().startswith("#"):
            continue
        try:
            found.append(_parse(rest.split()))
        except ValueError as error:
            raise InvalidField(f"line {number} of {named} is not a checkpoint") from error
    if not found:
        raise InvalidField(
            f"{named} contains no checkpoint; `supplies verify --checkpoint FILE` writes one"
        )
    return found


def _parse(fields: list[str]) -> Checkpoint:
    station, seq, entry_hash, by, at, key_id, public_key, signature = fields
    if not (is_valid_code(station) and is_valid_code(by)) or len(bytes.fromhex(entry_hash)) != 32:
        raise ValueError("not a station and a hash")
    return Checkpoint(
        station=station,
        seq=int(seq),
        hash=entry_hash,
        by=by,
        at=datetime.fromisoformat(at).astimezone(UTC),
        key_id=key_id,
        public_key=public_key,
        signature=signature,
    )


def _described(checkpoint: Checkpoint) -> str:
    return (
        f"the checkpoint of {checkpoint.at:%Y-%m-%d} for entry {checkpoint.seq} of station "
        f"{checkpoint.station}"
    )
