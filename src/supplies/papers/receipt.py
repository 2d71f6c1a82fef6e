"""The donation receipt: what it freezes, prints and attaches."""

from __future__ import annotations

from datetime import date
from typing import Literal

from supplies.papers.common import BilingualText, DonorName, PaperPart, StationHead


class Amount(PaperPart, frozen=True, kw_only=True):
    """Money in minor units of a currency."""

    minor: int
    currency: str


class ReceiptLine(PaperPart, frozen=True, kw_only=True):
    """Goods received, in base units. in_words: Chinese financial numerals; in_words_en English.

    value: None where none is printed.
    """

    name: str
    name_en: str | None
    unit: str
    quantity: int
    in_words: str
    in_words_en: str
    batch: str | None
    expires_on: date | None
    value: Amount | None = None


class DonationReceipt(PaperPart, frozen=True, kw_only=True):
    """捐赠物资接收凭证: what a receipt freezes when it takes its number.

    received_on: the day of the gift; the first and last where it covers several.
    wish: the donor's own words, None if they had none. checked_by: 复核人. agreement: number of the
    donation agreement. fiscal_ticket: number of a fiscal ticket that a partner charity issued.
    statement: None in documents frozen before it was a setting.
    """

    number: str
    issued_on: date
    station: StationHead
    donor: DonorName
    donations: list[str]
    received_on: date
    received_until: date
    location: str
    handled_by: str
    wish: str | None
    lines: list[ReceiptLine]
    replaces: list[str]
    checked_by: str | None = None
    agreement: str | None = None
    fiscal_ticket: str | None = None
    statement: BilingualText | None = None


class Proof(PaperPart, frozen=True, kw_only=True):
    """What links a paper to the books: its entry, and the check code in the QR code.

    url: where the QR leads. replaced_by: None unless a newer receipt replaces this one.
    """

    seq: int
    hash: str
    digest: str
    check_code: str
    url: str
    void_on: date | None = None
    void_reason: str | None = None
    replaced_by: str | None = None
    copy: int | None = None
    copied_on: date | None = None


class ReceiptPaper(PaperPart, frozen=True, kw_only=True):
    """A donation receipt as it is printed."""

    document: DonationReceipt
    proof: Proof


class EntryReference(PaperPart, frozen=True, kw_only=True):
    """The number of an entry, and its hash in hex."""

    seq: int
    hash: str


class PrintMarks(PaperPart, frozen=True, kw_only=True):
    """Marks that a later printing adds. An original has none; marks are not signed."""

    void_on: date | None = None
    void_reason: str | None = None
    replaced_by: str | None = None
    copy: int | None = None
    copied_on: date | None = None


class ReceiptRecord(PaperPart, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The machine-readable receipt that is attached inside its own PDF.

    document: the frozen document, exactly the text whose bytes were digested. digest: SHA-256 of
    salt and document, hex, as salt is. public_key, signature: Ed25519, base64; what is signed is
    told by `supplies.signing.receipt_signatures.signed`. drawn_by: the program whose page this is.
    """

    format: Literal["supplies-receipt-1"] = "supplies-receipt-1"
    number: str
    issued_on: date
    digest: str
    salt: str
    document: str
    entry: EntryReference
    check_code: str
    key_id: str
    public_key: str
    signature: str
    marks: PrintMarks = PrintMarks()
    drawn_by: str = ""
