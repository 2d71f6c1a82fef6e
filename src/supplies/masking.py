"""Names and telephones as papers show them to people who need not know them in full."""

from __future__ import annotations


def mask_phone(phone: str) -> str:
    """13800138000 becomes 138****8000; short numbers keep their last two digits."""
    keep = 3 if len(phone) >= 8 else 0
    tail = 4 if len(phone) >= 8 else min(2, len(phone) // 2)
    return phone[:keep] + "*" * (len(phone) - keep - tail) + phone[len(phone) - tail :]


def mask_name(name: str) -> str:
    """张三丰 becomes 张**, Zhang San becomes Z**: the family name's first character stays."""
    return name[:1] + "**"
