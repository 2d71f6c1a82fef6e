"""Rows about lots: what arrived together, what was repacked, and quantities given in packs."""

from __future__ import annotations

from datetime import date
from typing import Literal

from supplies.domain.entry_rows.base import EntryRow
from supplies.domain.product_expiry import ExpiryBasis


class Lot(EntryRow, frozen=True, kw_only=True, tag="lots"):
    """Goods of one item that arrived together. If a lot has several rows, the latest is valid.

    Attributes:
        origin: The account from which the goods came.
        expires_month: The month of expiry, if only a month is known; otherwise None. `expires_on`
            is then the last day of this month.
        value_minor: The value in minor units of `currency`, such as cents; None if no value was
            given.
    """

    lot: str
    item: str
    origin: str
    batch: str | None = None
    expires_on: date | None = None
    value_minor: int | None = None
    currency: str | None = None
    expires_month: str | None = None


class LotParent(EntryRow, frozen=True, kw_only=True, tag="lot_parents"):
    """A lot that a conversion made, paired with one of the lots from which it was made.

    When a conversion is corrected, all of its pairs are recorded again. Only the pairs of the
    latest entry are valid.
    """

    lot: str
    parent: str


class ProductExpiry(EntryRow, frozen=True, kw_only=True, tag="product_expiries"):
    """The expiry that the command of a conversion gives for one of its products.

    The product's own expiry is computed from this row and the consumed lots, and is stored with the
    product's lot.

    Attributes:
        lot: The lot of the product.
        basis: What decides the expiry of the product.
        expires_on: The expiry in the command; None if the command has none. If the basis is
            "reason", None means that the product does not expire.
        expires_month: As in `Lot`.
    """

    lot: str
    basis: ExpiryBasis
    expires_on: date | None = None
    expires_month: str | None = None


class ProductPledge(EntryRow, frozen=True, kw_only=True, tag="product_pledges"):
    """How much of a product of a conversion fulfilled a pledge.

    If a conversion is corrected, the rows of all its products are recorded again. The rows of the
    latest entry are valid.

    Attributes:
        on_pledge: The part of `quantity` that fulfilled the pledge. The rest is an additional gift.
    """

    lot: str
    item: str
    pledge: str
    quantity: int
    on_pledge: int


class PackedLine(EntryRow, frozen=True, kw_only=True, tag="packed_lines"):
    """A line of a command whose quantity was given in packs.

    Attributes:
        field: Name of the command's list that contains the line; "lines" if the command is a need,
            which has only one line.
        line: Number of the line, from 1.
        quantity: Number of packs.
        size: Number of base units in one pack when the line was first recorded. It stays the same
            when the registered size changes later.
    """

    field: Literal["lines", "consumed", "produced", "spilled"]
    line: int
    item: str
    pack: str
    quantity: int
    size: int
