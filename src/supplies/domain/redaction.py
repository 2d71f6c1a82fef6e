"""Names and telephones as papers show them to people who need not know them in full."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

FEW: Literal["<5"] = "<5"
"""What is said instead of a count so small that it points at people."""

_LEAST = 5

Count = int | Literal["<5"]
"""How many people or households, or that they are few."""


def mask_phone(phone: str) -> str:
    """13800138000 becomes 138****8000; short numbers keep their last two digits."""
    keep = 3 if len(phone) >= 8 else 0
    tail = 4 if len(phone) >= 8 else min(2, len(phone) // 2)
    return phone[:keep] + "*" * (len(phone) - keep - tail) + phone[len(phone) - tail :]


def mask_name(name: str) -> str:
    """张三丰 becomes 张**, Zhang San becomes Z**: the family name's first character stays."""
    return name[:1] + "**"


def mask_count(count: int) -> Count:
    """36 stays 36, 3 becomes "<5": who lives nearby would know who the three are."""
    return FEW if 0 < count < _LEAST else count


def mask_within(text: str, secrets: Iterable[str | None]) -> str:
    """A sentence for outsiders, with what is known of a person struck out wherever it is said."""
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = text.replace(secret, "**")
    return text
