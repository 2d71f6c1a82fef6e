"""Write a number with its English noun in the singular or plural."""

from __future__ import annotations


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """Return a number followed by its noun, in the singular or plural.

    Args:
        plural: The plural of `noun`; None appends an s.

    >>> counted(1, "entry", "entries"), counted(0, "receipt")
    ('1 entry', '0 receipts')
    """
    return f"{number} {noun if number == 1 else plural or noun + 's'}"
