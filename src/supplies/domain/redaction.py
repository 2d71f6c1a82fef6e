"""Mask names, telephone numbers and small counts for people who need not see them in full."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

FEWER_THAN_FIVE: Literal["<5"] = "<5"
"""Replaces a count from 1 to 4, because so small a count could identify people."""

_SMALLEST_SHOWN_COUNT = 5

RedactedCount = int | Literal["<5"]
"""A number of people or households, or `FEWER_THAN_FIVE`."""


def mask_phone(phone: str) -> str:
    """Mask a telephone number, as in 138****8000. Only two digits of a short number are shown."""
    keep = 3 if len(phone) >= 8 else 0
    tail = 4 if len(phone) >= 8 else min(2, len(phone) // 2)
    return phone[:keep] + "*" * (len(phone) - keep - tail) + phone[len(phone) - tail :]


def mask_name(name: str) -> str:
    """Mask a name: 张三丰 becomes 张**, Zhang San becomes Z**."""
    return name[:1] + "**"


def mask_count(count: int) -> RedactedCount:
    """Mask a count of people: 36 stays 36, but 3 becomes "<5", because it could identify them."""
    return FEWER_THAN_FIVE if 0 < count < _SMALLEST_SHOWN_COUNT else count


def mask_in_text(text: str, secrets: Iterable[str | None]) -> str:
    """Mask the personal data of a person in a text.

    Args:
        secrets: The names, telephone number and address of the person. Elements that are None are
            ignored.
    """
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = text.replace(secret, "**")
    return text
