"""Write a count with its English noun, in the singular or plural."""

from __future__ import annotations


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """Return a number with a noun in the right form.

    Args:
        plural: The plural of `noun`, if it is not `noun` with an s.

    >>> counted(1, "entry", "entries"), counted(0, "receipt")
    ('1 entry', '0 receipts')
    """
    return f"{number} {noun if number == 1 else plural or noun + 's'}"
