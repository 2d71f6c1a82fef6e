"""Compute the expiry of a product of a conversion."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Literal, NamedTuple, Protocol

ExpiryBasis = Literal["parents", "line", "reason"]
"""What decides the expiry of a product of a conversion.

"parents": the product expires with the consumed goods. "line": it expires on the day that the
command gives, but no later than the consumed goods. "reason": it expires on the day that the
command gives, even if it is later, because the command also gives a reason.
"""


class Expiry(NamedTuple):
    """The expiry of goods.

    Attributes:
        on: The last day of use; None if the goods do not expire.
        month: The month of expiry, if only a month is known; otherwise None.
    """

    on: date | None
    month: str | None = None


class _Described(Protocol):
    @property
    def expires_on(self) -> date | None: ...

    @property
    def expires_month(self) -> str | None: ...


def earliest_expiry(lots: Iterable[_Described]) -> Expiry:
    """Return the earliest expiry of these lots; `Expiry(None)` if none of them expires.

    If several lots expire on the same day, one that shows the day is preferred to one that shows
    only the month.
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
    """Return the expiry of a product of a conversion.

    Args:
        basis: What decides the expiry.
        stated: The expiry that the command gives for the product.
        parents: The earliest expiry of the consumed goods.

    >>> product_expiry("line", Expiry(date(2020, 5, 1)), Expiry(date(2020, 3, 1))).on
    datetime.date(2020, 3, 1)
    """
    if basis == "reason":
        return stated
    if basis == "parents" or stated.on is None:
        return parents
    return parents if parents.on is not None and parents.on < stated.on else stated
