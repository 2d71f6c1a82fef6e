"""Mask names, telephone numbers and small counts for people who need not see them in full."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

FEWER_THAN_FIVE: Literal["<5"] = "<5"
"""Shown instead of a count from 1 to 4, because so few people could be identified."""

_SMALLEST_SHOWN_COUNT = 5

RedactedCount = int | Literal["<5"]
"""A number of people or households, or `FEWER_THAN_FIVE` if it is from 1 to 4."""


def mask_phone(phone: str) -> str:
    """Mask a telephone number, as in 138****8000. Of short numbers, only two digits are shown."""
    keep = 3 if len(phone) >= 8 else 0
    tail = 4 if len(phone) >= 8 else min(2, len(phone) // 2)
    return phone[:keep] + "*" * (len(phone) - keep - tail) + phone[len(phone) - tail :]


def mask_name(name: str) -> str:
    """Mask a name: 张三丰 becomes 张**, Zhang San becomes Z**."""
    return name[:1] + "**"


def mask_count(count: int) -> RedactedCount:
    """Mask a small count of people: 36 stays 36, but 3 becomes "<5"."""
    return FEWER_THAN_FIVE if 0 < count < _SMALLEST_SHOWN_COUNT else count


def mask_in_text(text: str, secrets: Iterable[str | None]) -> str:
    """Replace the personal data of a person in a text by asterisks.

    Args:
        secrets: The names, telephone number and address of the person. None elements are ignored.
    """
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = text.replace(secret, "**")
    return text
