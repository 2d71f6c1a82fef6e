"""The content of a donation receipt: as stored, as printed, and as attached to the PDF."""

from __future__ import annotations

from datetime import date
from typing import Literal

import msgspec

from supplies.papers.common import (
    BilingualText,
    DonorName,
    PaperPart,
    ShownUnit,
    StatedPacks,
    StationHead,
    UnitWords,
)


class Amount(PaperPart, frozen=True, kw_only=True):
    """Money in minor units of a currency."""

    minor: int
    currency: str


class ReceiptLine(PaperPart, frozen=True, kw_only=True):
    """A line of a receipt: goods received, in base units.

    A field that a later version of the program added is absent on older receipts.

    Attributes:
        value: The money value of the goods; None if it is not printed.
        in_words, in_words_en: The quantity in Chinese financial numerals, and in English words.
        unit_words: The words for the unit; absent if the unit has none.
        expires_month: The expiry as printed on the goods, if only a month is printed; otherwise
            absent.
        stated: The quantity in packs, as given; absent if it was given in base units, or in packs
            of one base unit.
        pack_words: The words for the pack; absent if the pack has none.
        shown_unit: The larger unit in which the quantity is printed; absent if it is printed in
            base units.
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
    unit_words: UnitWords | msgspec.UnsetType = msgspec.UNSET
    expires_month: str | msgspec.UnsetType = msgspec.UNSET
    stated: StatedPacks | msgspec.UnsetType = msgspec.UNSET
    pack_words: UnitWords | msgspec.UnsetType = msgspec.UNSET
    shown_unit: ShownUnit | msgspec.UnsetType = msgspec.UNSET


class DonationReceipt(PaperPart, frozen=True, kw_only=True):
    """The content of a donation receipt (捐赠物资接收凭证), stored when it is issued.

    Attributes:
        or_earlier: True if only the latest possible day of a donation is known; otherwise absent.
        received_on, received_until: First and last day of the donations. They are equal if all came
            on one day.
        wish: The donor's wish in the donor's own words; None if there was none.
        checked_by: The second person who checked the goods (复核人).
        agreement: Number of the donation agreement.
        fiscal_ticket: Number of a fiscal ticket of a partner charity.
        statement: The wording that the jurisdiction or the station prints; None in documents issued
            before this field existed.
        thanks: The words with which the station thanks the donor.
        edition: The layout of the paper. Absent on receipts issued before this field existed, which
            are drawn in the old layout: with smaller type, and without the path of the page that
            checks receipts.
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
    or_earlier: bool | msgspec.UnsetType = msgspec.UNSET
    thanks: BilingualText | msgspec.UnsetType = msgspec.UNSET
    edition: Literal[2] | msgspec.UnsetType = msgspec.UNSET


class GivenBackGoods(PaperPart, frozen=True, kw_only=True):
    """One item that was given back to the donor, in whole or in part, in base units.

    The item is on the receipt, or it was made by repacking goods of the receipt.

    Attributes:
        received: The quantity received, with all corrections, less what was repacked. For an item
            made by repacking, the quantity made.
    """

    name: str
    name_en: str | None
    received: int
    given_back: int


class GivenBackMark(PaperPart, frozen=True, kw_only=True):
    """The goods of a receipt that were given back to the donor.

    Attributes:
        all: Whether all goods of the receipt were given back.
    """

    all: bool
    goods: list[GivenBackGoods]


class Proof(PaperPart, frozen=True, kw_only=True):
    """The parts of a paper by which it can be found in the books: the entry and the check code.

    Attributes:
        url: The address in the QR code.
        replaced_by: Number of the receipt that replaces this one, or None.
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
    given_back: GivenBackMark | msgspec.UnsetType = msgspec.UNSET


class ReceiptPaper(PaperPart, frozen=True, kw_only=True):
    """A donation receipt as printed."""

    document: DonationReceipt
    proof: Proof


class EntryReference(PaperPart, frozen=True, kw_only=True):
    """Number and hash (hexadecimal) of an entry."""

    seq: int
    hash: str


class PrintMarks(PaperPart, frozen=True, kw_only=True):
    """Marks that a later printing adds, such as "void" or the number of a copy.

    An original has no marks. The signature of the receipt does not cover the marks. They have a
    signature of their own (`SignedMarks`).
    """

    void_on: date | None = None
    void_reason: str | None = None
    replaced_by: str | None = None
    copy: int | None = None
    copied_on: date | None = None
    given_back: GivenBackMark | msgspec.UnsetType = msgspec.UNSET


class SignedMarks(PaperPart, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The station's signature of the marks of one printing.

    Attributes:
        statement: The marks as JSON.
        entry: The last of the entries that made the marks.
        public_key, signature: Ed25519, in base64. The signed bytes are those of
            `supplies.signing.receipt_signatures.marks_message`.
    """

    statement: str
    entry: EntryReference
    key_id: str
    public_key: str
    signature: str


class ReceiptRecord(PaperPart, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The machine-readable receipt that is attached to its PDF.

    Attributes:
        document: The content as issued.
        digest: SHA-256 of `salt` and `document`. digest and salt are hexadecimal.
        public_key, signature: Ed25519, in base64. The signed bytes are those of
            `supplies.signing.receipt_signatures.signed_message`.
        signed_marks: The signature of `marks`. Absent if there are none, or if the paper was
            printed before marks were signed.
        drawn_by: Version of the program that drew the page.
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
    signed_marks: SignedMarks | msgspec.UnsetType = msgspec.UNSET
    drawn_by: str = ""
