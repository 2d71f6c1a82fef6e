"""Rows about receipts."""

from __future__ import annotations

from datetime import date

from supplies.domain.entry_rows.base import EntryRow


class Receipt(EntryRow, frozen=True, kw_only=True, tag="receipts"):
    """A receipt that was issued.

    Attributes:
        digest: Digest of the stored content of the receipt, hexadecimal.
    """

    number: str
    series: str
    year: int
    ordinal: int
    issued_on: date
    digest: str


class ReceiptDonation(EntryRow, frozen=True, kw_only=True, tag="receipt_donations"):
    """A donation that a receipt confirms. A receipt has one such row per donation."""

    number: str
    donation: str


class ReceiptReplacement(EntryRow, frozen=True, kw_only=True, tag="receipt_replacements"):
    """The replacement of an older receipt by a newer one."""

    number: str
    replaced: str


class ReceiptVoid(EntryRow, frozen=True, kw_only=True, tag="receipt_voids"):
    """The voiding of a receipt."""

    number: str


class Reprint(EntryRow, frozen=True, kw_only=True, tag="reprints"):
    """A further printing of a receipt, which is marked as a numbered copy.

    Attributes:
        copy: Number of the copy, from 1.
    """

    number: str
    copy: int
