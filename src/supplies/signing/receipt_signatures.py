"""What the signature of a receipt covers, and how the record in a receipt is verified.

This module needs no secret and no books: whoever has a receipt and the station's public keys can
check it. The secrets are in `supplies.signing.station_keys`.
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
from supplies.errors import InvalidField, SuppliesError
from supplies.papers.receipt import DonationReceipt, Proof, ReceiptPaper, ReceiptRecord

NotGenuineReason = Literal[
    "altered", "other-key", "unknown-key", "other-version", "no-attachment", "no-receipt"
]
"""Why a receipt is not genuine."""

PublicKeys = Mapping[str, str]
"""A station's public keys in base64, by key id."""

_decode_record = msgspec.json.Decoder(ReceiptRecord).decode
_decode_document = msgspec.json.Decoder(DonationReceipt).decode


class NotGenuine(SuppliesError):
    """The file is not a genuine receipt of this station. fault: the reason.

    record: the signed data, if they are valid and only the page could not be compared.
    """

    slug = "not-genuine"
    title = "Not a genuine receipt"

    def __init__(
        self, fault: NotGenuineReason, detail: str, record: ReceiptRecord | None = None
    ) -> None:
        super().__init__(detail)
        self.fault, self.record = fault, record


class IssuedReceipt(NamedTuple):
    """The data of an issued receipt on which check code and signature depend."""

    station: str
    number: str
    issued_on: date
    digest: str
    seq: int
    hash: str


class ReceiptSignature(NamedTuple):
    """Check code and signature of a receipt. public_key, signature: base64."""

    check_code: str
    key_id: str
    public_key: str
    signature: str


ReceiptSigner = Callable[[IssuedReceipt], ReceiptSignature]
"""Function that signs a receipt, so that views need no access to a key."""


def signed_message(
    *, number: str, issued_on: date, digest: str, seq: int, entry_hash: str, check_code: str
) -> bytes:
    """Return the signed bytes of a receipt: seven lines of UTF-8, each ended by LF.

    The digest covers the whole document. With entry and check code, everything printed on an
    original is signed.
    """
    fields = ("supplies-receipt-1", number, issued_on.isoformat(), digest, seq, entry_hash)
    return "".join(f"{line}\n" for line in (*fields, check_code)).encode()


# --- records and their papers --------------------------------------------------------------------


def read_record(content: bytes) -> ReceiptRecord:
    """Decode the record in an attachment.

    Raises:
        NotGenuine: the attachment is not a record.
    """
    try:
        return _decode_record(content)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise NotGenuine(
            "altered", f"the receipt attached to this paper cannot be read: {error}"
        ) from error


def decode_document(record: ReceiptRecord) -> DonationReceipt:
    """Decode the document in a record, as it was issued.

    Raises:
        NotGenuine: the document is not a receipt.
    """
    try:
        return _decode_document(record.document)
    except (msgspec.DecodeError, UnicodeEncodeError) as error:
        raise NotGenuine(
            "altered", f"the document attached to this paper cannot be read: {error}"
        ) from error


def paper_from_record(record: ReceiptRecord) -> ReceiptPaper:
    """Return the receipt as printed, according to its record."""
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


# --- checks of a record --------------------------------------------------------------------------


def check_record(record: ReceiptRecord) -> None:
    """Check that a record is consistent and signed by the key that it names.

    `check_key` checks whether that key belongs to the station.

    Raises:
        NotGenuine: the record is inconsistent, or its signature is invalid.
    """
    if not _signed_with(record):
        raise NotGenuine("altered", "this paper was altered: its signature does not fit it")
    if salted_digest(_salt(record), record.document.encode()) != record.digest:
        raise NotGenuine(
            "altered", "this paper was altered: the attached document is not the one signed"
        )
    document = decode_document(record)
    if (document.number, document.issued_on) != (record.number, record.issued_on):
        raise NotGenuine(
            "altered", "this paper was altered: its number or day is not its document's"
        )


def check_key(record: ReceiptRecord, keys: PublicKeys) -> None:
    """Check that the signing key is one of the station's keys.

    Raises:
        NotGenuine: the key is not the station's.
    """
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
        f"this paper was signed with a key {_short(record.key_id)} that the given file does not "
        f"hold ({', '.join(keys)}): ask the station for its present public keys",
    )


def _signed_with(record: ReceiptRecord) -> bool:
    # Imported here because it takes longer than the rest of this module.
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    message = signed_message(
        number=record.number,
        issued_on=record.issued_on,
        digest=record.digest,
        seq=record.entry.seq,
        entry_hash=record.entry.hash,
        check_code=record.check_code,
    )
    try:
        key = Ed25519PublicKey.from_public_bytes(_raw(record.public_key))
        key.verify(_raw(record.signature), message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _salt(record: ReceiptRecord) -> bytes:
    try:
        return bytes.fromhex(record.salt)
    except ValueError:
        return b""  # then the digest differs, and that is reported


def _short(text: str) -> str:
    """Make text from an untrusted file safe for an error message."""
    return text if re.fullmatch(r"[\w-]{1,20}", text) else "of no usable name"


# --- the file of public keys ---------------------------------------------------------------------

_LINE = re.compile(r"(k[1-9][0-9]{0,5}) ed25519 ([A-Za-z0-9+/]{43}=)")


def write_public_keys(keys: PublicKeys) -> str:
    """Return the content of a public key file: one line per key."""
    head = "# Public keys for receipts. To check one: supplies receipt check FILE.pdf --key THIS\n"
    return head + "".join(f"{key_id} ed25519 {key}\n" for key_id, key in keys.items())


def read_public_keys(text: str, named: str) -> PublicKeys:
    """Parse a public key file. named: its name, for errors.

    Raises:
        InvalidField: the text is not a public key file.
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
    """Decode base64 in its canonical form only, so that a signature has a single spelling."""
    try:
        raw = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError("not base64") from error
    if base64.b64encode(raw).decode() != text:
        raise ValueError("not canonical base64")
    return raw
