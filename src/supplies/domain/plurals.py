"""English counts with their nouns."""

from __future__ import annotations


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """Return a count with its noun.

    Args:
        plural: The plural of `noun` if it does not end in s.

    >>> counted(1, "entry", "entries"), counted(0, "receipt")
    ('1 entry', '0 receipts')
    """
    return f"{number} {noun if number == 1 else plural or noun + 's'}"
