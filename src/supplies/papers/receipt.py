"""The content of a donation receipt: as stored, as printed, and as data attached to its PDF."""

from __future__ import annotations

from datetime import date
from typing import Literal

import msgspec

from supplies.papers.common import (
    BilingualText,
    DonorName,
    Letterhead,
    PaperPart,
    ShownUnit,
    StatedPacks,
    UnitWords,
)


class Amount(PaperPart, frozen=True, kw_only=True):
    """An amount of money, in minor units of its currency, such as cents."""

    minor: int
    currency: str


class ReceiptLine(PaperPart, frozen=True, kw_only=True):
    """Goods on a receipt, with the quantity in base units.

    Fields that later versions of the program added are absent on older receipts.

    Attributes:
        value: The money value of the goods; None if it is not printed.
        in_words, in_words_en: The quantity in Chinese financial numerals, and in English words.
        unit_words: The words for the unit; absent if the unit has none.
        expires_month: The month of expiry, such as 2027-05, if only a month is known; otherwise
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
        or_earlier: True if a donation may have been received before `received_on`; otherwise
            absent.
        received_on, received_until: First and last day of the donations. They are equal if all came
            on one day.
        wish: What the donor wanted done with the goods, in the donor's own words; None if the donor
            had no wish.
        checked_by: The second person who checked the goods (复核人).
        agreement: Number of the donation agreement.
        fiscal_ticket: Number of the receipt for tax (公益事业捐赠票据) that a partner charity
            issued.
        statement: The legal wording of the jurisdiction or the station; None on receipts issued
            before this field existed.
        thanks: The words with which the station thanks the donor.
        edition: The layout of the paper. It is absent on receipts issued before this field existed.
            These are drawn in the first layout, which has smaller type, prints the ids of the
            donations and does not name the page for checking receipts. Layout 2 prints some days as
            in 2020-02-05 in Chinese too, and its title of the seal crosses the circle.
        replaces: Numbers of the receipts that this receipt replaces.
    """

    number: str
    issued_on: date
    station: Letterhead
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
    edition: Literal[2, 3] | msgspec.UnsetType = msgspec.UNSET

    @property
    def layout(self) -> int:
        """The layout of the paper. It is 1 for receipts that were issued without an `edition`."""
        return 1 if self.edition is msgspec.UNSET else self.edition


class GivenBackGoods(PaperPart, frozen=True, kw_only=True):
    """Goods of one item that were given back to the donor, with quantities in base units.

    The item is on the receipt, or it was made by repacking goods of the receipt.

    Attributes:
        received: The quantity that was received, after corrections and without the part that was
            repacked into other items. For an item made by repacking, the quantity made.
    """

    name: str
    name_en: str | None
    received: int
    given_back: int


class GivenBackMark(PaperPart, frozen=True, kw_only=True):
    """The mark which says that goods of a receipt were given back to the donor.

    Attributes:
        all: True if all goods of the receipt were given back, False if only a part of them.
    """

    all: bool
    goods: list[GivenBackGoods]


class Proof(PaperPart, frozen=True, kw_only=True):
    """What a printed receipt shows so that it can be checked: entry, digest, check code, marks.

    Attributes:
        url: The URL in the QR code.
        replaced_by: Number of the receipt that replaces this one; None if none does.
        copy: Number of the copy; None on the original.
        given_back: The goods that were given back to the donor; absent if there are none.
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
    """The number and the hash (hexadecimal) of an entry."""

    seq: int
    hash: str


class PrintMarks(PaperPart, frozen=True, kw_only=True):
    """Marks that a later printing of a receipt shows, such as "void" or the number of a copy.

    The original has no marks. The signature of the receipt does not cover them; they have a
    signature of their own (`SignedMarks`).

    Attributes:
        void_on, void_reason: When and why the receipt was voided; None if it is valid.
        replaced_by: Number of the receipt that replaces this one; None if none does.
        copy, copied_on: Number and day of the copy; None on the original.
        given_back: The goods that were given back to the donor; absent if there are none.
    """

    void_on: date | None = None
    void_reason: str | None = None
    replaced_by: str | None = None
    copy: int | None = None
    copied_on: date | None = None
    given_back: GivenBackMark | msgspec.UnsetType = msgspec.UNSET


class SignedMarks(PaperPart, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The marks on one printing of a receipt, signed by the station.

    Attributes:
        statement: The marks as JSON.
        entry: The latest of the entries that caused the marks.
        public_key, signature: Ed25519, in base64. The signed bytes are those of
            `supplies.signing.receipt_signatures.marks_message`.
    """

    statement: str
    entry: EntryReference
    key_id: str
    public_key: str
    signature: str


class ReceiptRecord(PaperPart, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The machine-readable record that is attached to the PDF of a receipt.

    Attributes:
        document: The content of the receipt as issued.
        digest: SHA-256 of `salt` and `document`. digest and salt are hexadecimal.
        public_key, signature: Ed25519, in base64. The signed bytes are those of
            `supplies.signing.receipt_signatures.signed_message`.
        signed_marks: The signature of `marks`; absent if there are no marks, or if the paper was
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
