"""Expiry of repacked goods, from that of the goods they were made of and from what was stated."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Literal, NamedTuple, Protocol

ExpiryBasis = Literal["parents", "line", "reason"]
"""What decides the expiry of a product.

"parents": the goods it was made of. "line": the expiry that its line states, as far as the goods it
was made of allow it. "reason": the expiry that its line states with a reason.
"""


class Expiry(NamedTuple):
    """The last day of use, and the month if only that is printed; None if the goods do not expire.

    Attributes:
        month: None if a day is printed.
    """

    on: date | None
    month: str | None = None


class _Described(Protocol):
    @property
    def expires_on(self) -> date | None: ...

    @property
    def expires_month(self) -> str | None: ...


def earliest_expiry(lots: Iterable[_Described]) -> Expiry:
    """Return the expiry of the goods that expire first, or `Expiry(None)` if none of them expires.

    If some expire on the same day, those of which a day is printed come first.
    """
    expiring = [
        (lot.expires_on, lot.expires_month or "", lot.expires_month)
        for lot in lots
        if lot.expires_on is not None
    ]
    if not expiring:
        return Expiry(None)
    day, _, month = min(expiring, key=lambda each: each[:2])
    return Expiry(day, month)


def product_expiry(basis: ExpiryBasis, stated: Expiry, parents: Expiry) -> Expiry:
    """Return the expiry of a product.

    Args:
        basis: What decides the expiry.
        stated: The expiry that the line of the product states.
        parents: The earliest expiry of the goods that it was made of.

    >>> product_expiry("line", Expiry(date(2020, 5, 1)), Expiry(date(2020, 3, 1))).on
    datetime.date(2020, 3, 1)
    """
    if basis == "reason":
        return stated
    if basis == "parents" or stated.on is None:
        return parents
    return parents if parents.on is not None and parents.on < stated.on else stated
