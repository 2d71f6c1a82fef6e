"""Money: currencies, amounts, and the value of goods with its evidence."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from supplies.domain.fields import ShortText, StrictStruct


class Money(StrictStruct, frozen=True, kw_only=True):
    """An amount of an ISO 4217 currency, in minor units such as fen or cents."""

    minor: Annotated[int, Meta(ge=0, le=10**15)]
    currency: Annotated[str, Meta(pattern=r"^[A-Z]{3}$(?!\n)")]


class Value(Money, frozen=True, kw_only=True):
    """The value of goods, and the evidence for it. The evidence is required."""

    evidence: ShortText
