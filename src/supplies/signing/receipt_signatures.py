"""Compose the message that a station signs for a receipt, and check signed receipts.

The public keys of the station are enough to check a receipt: no secret or database is needed. The
private keys are in `supplies.signing.station_keys`.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Literal, NamedTuple

import msgspec

from supplies.domain.entries import salted_digest
from supplies.errors import InvalidField, SuppliesError, template
from supplies.papers.receipt import (
    DonationReceipt,
    PrintMarks,
    Proof,
    ReceiptPaper,
    ReceiptRecord,
    SignedMarks,
)

NotGenuineReason = Literal[
    "altered",
    "other-key",
    "unknown-key",
    "other-version",
    "unsigned-marks",
    "no-attachment",
    "no-receipt",
]
"""Why a receipt is not genuine.

- "altered": the signed data contradict each other, or do not match the page.
- "other-key": another station signed the receipt.
- "unknown-key": the signing key is not in the file of public keys.
- "other-version": another version of the program drew the page, so that it cannot be compared.
- "unsigned-marks": marks such as "void" are not signed.
- "no-attachment": the file has no signed data.
- "no-receipt": the file is not a receipt.
"""

PublicKeys = Mapping[str, str]
"""The public keys of a station: a mapping from key id to public key in base64."""

_decode_record = msgspec.json.Decoder(ReceiptRecord).decode
_decode_document = msgspec.json.Decoder(DonationReceipt).decode


class NotGenuine(SuppliesError):
    """Raised if a file is not a genuine receipt of this station.

    Attributes:
        fault: The reason.
        record: The signed data, if the signature is valid and only the page or the marks could not
            be checked; otherwise None.
    """

    slug = "not-genuine"
    title = template("Not a genuine receipt")

    def __init__(
        self, fault: NotGenuineReason, detail: str, record: ReceiptRecord | None = None
    ) -> None:
        super().__init__(detail)
        self.fault, self.record = fault, record


class IssuedReceipt(NamedTuple):
    """The data that a station signs: the content of a receipt, or marks on a reprint.

    Attributes:
        digest: Digest of the stored content of the receipt, hexadecimal.
        seq, hash: Number and hash of an entry. If `marks` is None, it is the entry that issued the
            receipt; otherwise, the last entry that caused a mark.
        marks: The marks, such as "void" or "copy", as JSON, if the marks are to be signed. None if
            the content is to be signed.
    """

    station: str
    number: str
    issued_on: date
    digest: str
    seq: int
    hash: str
    marks: str | None = None


class ReceiptSignature(NamedTuple):
    """The check code and the signature of a receipt. `public_key` and `signature` are in base64."""

    check_code: str
    key_id: str
    public_key: str
    signature: str


ReceiptSigner = Callable[[IssuedReceipt], ReceiptSignature]
"""A function that signs a receipt.

Views get this function instead of the private keys.
"""


def signed_message(
    *, number: str, issued_on: date, digest: str, seq: int, entry_hash: str, check_code: str
) -> bytes:
    """Return the bytes that are signed for a receipt: seven lines of UTF-8, each ending with LF.

    The digest covers the whole content of the receipt. The number and hash of the entry and the
    check code are signed too, so the signature covers everything printed on an original receipt.
    """
    fields = ("supplies-receipt-1", number, issued_on.isoformat(), digest, seq, entry_hash)
    return "".join(f"{line}\n" for line in (*fields, check_code)).encode()


def marks_message(*, number: str, digest: str, seq: int, entry_hash: str, statement: str) -> bytes:
    """Return the bytes that are signed for the marks on a receipt: six lines of UTF-8.

    Each line ends with LF.

    Args:
        digest: Digest of the content of the receipt.
        seq, entry_hash: Number and hash of the last entry that caused a mark.
        statement: The marks as JSON.
    """
    fields = ("supplies-marks-1", number, digest, seq, entry_hash, statement)
    return "".join(f"{line}\n" for line in fields).encode()


# --- decoding the signed data --------------------------------------------------------------------


def read_record(content: bytes) -> ReceiptRecord:
    """Decode the signed data in the attachment of a receipt.

    Raises:
        NotGenuine: the attachment cannot be decoded.
    """
    try:
        return _decode_record(content)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise NotGenuine(
            "altered", f"the receipt attached to this paper cannot be read: {error}"
        ) from error


def decode_document(record: ReceiptRecord) -> DonationReceipt:
    """Decode the content of a receipt from its signed data.

    Raises:
        NotGenuine: the content cannot be decoded.
    """
    try:
        return _decode_document(record.document)
    except (msgspec.DecodeError, UnicodeEncodeError) as error:
        raise NotGenuine(
            "altered", f"the document attached to this paper cannot be read: {error}"
        ) from error


def paper_from_record(record: ReceiptRecord) -> ReceiptPaper:
    """Return the content and marks of a receipt from its signed data, so that it can be drawn."""
    document, marks = decode_document(record), msgspec.structs.asdict(record.marks)
    return ReceiptPaper(
        document=document,
        proof=Proof(
            seq=record.entry.seq,
            hash=record.entry.hash,
            digest=record.digest,
            check_code=record.check_code,
            url=f"{document.station.host}/v/{record.number}?c={record.check_code}",
            **marks,
        ),
    )


# --- checking the signed data --------------------------------------------------------------------


def check_record(record: ReceiptRecord) -> None:
    """Check that signed data are consistent and that their signature is valid.

    This function does not check whether the signing key belongs to the station; `check_key` does.

    Raises:
        NotGenuine: the data are inconsistent, or the signature is invalid.
    """
    if not _signed_with(record):
        raise NotGenuine(
            "altered", "this paper was altered: its signature does not fit its content"
        )
    if salted_digest(_salt(record), record.document.encode()) != record.digest:
        raise NotGenuine(
            "altered", "this paper was altered: the attached document is not the one signed"
        )
    document = decode_document(record)
    if (document.number, document.issued_on) != (record.number, record.issued_on):
        raise NotGenuine(
            "altered",
            "this paper was altered: its number or date differs from the attached document",
        )


def check_marks(record: ReceiptRecord) -> None:
    """Check that the marks on a receipt are the signed ones.

    Marks without a signature are accepted; see `has_unsigned_marks`.

    Raises:
        NotGenuine: the marks differ from the signed ones, or the signature is invalid.
    """
    signed = record.signed_marks
    if signed is msgspec.UNSET:
        return
    message = marks_message(
        number=record.number,
        digest=record.digest,
        seq=signed.entry.seq,
        entry_hash=signed.entry.hash,
        statement=signed.statement,
    )
    if not is_signed_with(signed.public_key, signed.signature, message) or (
        _decode_marks(signed.statement) != record.marks
    ):
        raise NotGenuine(
            "altered", "this paper was altered: its marks are not those that were signed"
        )


def has_unsigned_marks(record: ReceiptRecord) -> bool:
    """Return whether a receipt has marks, such as "void", that are not signed."""
    return record.signed_marks is msgspec.UNSET and record.marks != PrintMarks()


def _decode_marks(statement: str) -> PrintMarks | None:
    try:
        return msgspec.json.decode(statement, type=PrintMarks)
    except msgspec.DecodeError:
        return None


def check_key(record: ReceiptRecord, keys: PublicKeys) -> None:
    """Check that the station's own keys signed a receipt and its marks.

    Raises:
        NotGenuine: a key does not belong to the station.
    """
    _check_key(record, keys)
    if record.signed_marks is not msgspec.UNSET:
        _check_key(record.signed_marks, keys)


def _check_key(record: ReceiptRecord | SignedMarks, keys: PublicKeys) -> None:
    if keys.get(record.key_id) == record.public_key:
        return
    if record.key_id in keys:
        raise NotGenuine(
            "other-key", "this paper was signed with another station's key, not with this station's"
        )
    if record.public_key in keys.values():
        raise NotGenuine("altered", "this paper was altered: it names its key by another id")
    raise NotGenuine(
        "unknown-key",
        f"this paper was signed with a key {_short(record.key_id)} that is not in the given file "
        f"({', '.join(keys)}): ask the station for its present public keys",
    )


def _signed_with(record: ReceiptRecord) -> bool:
    message = signed_message(
        number=record.number,
        issued_on=record.issued_on,
        digest=record.digest,
        seq=record.entry.seq,
        entry_hash=record.entry.hash,
        check_code=record.check_code,
    )
    return is_signed_with(record.public_key, record.signature, message)


def is_signed_with(public_key: str, signature: str, message: bytes) -> bool:
    """Return whether an Ed25519 signature of a message is valid.

    Args:
        public_key, signature: In base64.
    """
    # Imported here because importing this package takes longer than all else in this module.
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(_raw(public_key)).verify(_raw(signature), message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _salt(record: ReceiptRecord) -> bytes:
    try:
        return bytes.fromhex(record.salt)
    except ValueError:
        return b""  # `check_record` then reports that the digest differs


def _short(text: str) -> str:
    """Return a text if it looks like a key id. Otherwise, return a phrase that is safe to print."""
    return text if re.fullmatch(r"[\w-]{1,20}", text) else "without a readable name"


# --- public key files ----------------------------------------------------------------------------

_LINE = re.compile(r"(k[1-9][0-9]{0,5}) ed25519 ([A-Za-z0-9+/]{43}=)")


def write_public_keys(keys: PublicKeys) -> str:
    """Return the content of a public key file. Each key is one line."""
    head = "# Public keys for receipts. To check one: supplies receipt check FILE.pdf --key THIS\n"
    return head + "".join(f"{key_id} ed25519 {key}\n" for key_id, key in keys.items())


def read_public_keys(text: str, named: str) -> PublicKeys:
    """Parse the content of a public key file.

    Args:
        named: The name of the file, for error messages.

    Raises:
        InvalidField: the text is not the content of a public key file.
    """
    lines = [line.strip() for line in text.splitlines()]
    found = [_LINE.fullmatch(line) for line in lines if line and not line.startswith("#")]
    keys = {match[1]: match[2] for match in found if match is not None}
    if not found or len(keys) != len(found):
        raise InvalidField(
            f"{named} is not a file of public keys; a station writes one with "
            "`supplies station key public -o station.pub`"
        )
    return keys


def _raw(text: str) -> bytes:
    """Decode base64.

    Only canonical base64 is accepted, so that the same signature cannot be written in two ways.

    Raises:
        ValueError: the text is not canonical base64.
    """
    try:
        raw = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError("not base64") from error
    if base64.b64encode(raw).decode() != text:
        raise ValueError("not canonical base64")
    return raw
