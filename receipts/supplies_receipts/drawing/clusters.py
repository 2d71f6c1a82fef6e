"""Split text into characters as readers see them: a letter with its accents, or a whole emoji."""

from __future__ import annotations

import re
import unicodedata

IGNORABLE = re.compile(
    "[\u00ad\u034f\u061c\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff"
    "\U000e0000-\U000e0fff]"
)
"""Regular expression for characters that print nothing, such as an invisible joiner."""

_JOINER = "\u200d"


def clusters(text: str) -> list[str]:
    """Split a text into parts that a line break must not divide.

    A part is one character together with the marks that belong to it.
    """
    found: list[str] = []
    for character in text:
        if found and joins(found[-1], character):
            found[-1] += character
        else:
            found.append(character)
    return found


def joins(cluster: str, character: str) -> bool:
    """Return whether a character belongs to the same cluster as the text before it."""
    code = ord(character)
    if code < 0x300:
        return False
    return (
        unicodedata.category(character)[0] == "M"
        or character == _JOINER
        or cluster[-1] == _JOINER
        or 0x1F3FB <= code <= 0x1F3FF  # skin tones
        or (0x1F1E6 <= code <= 0x1F1FF and len(cluster) == 1 and _is_regional(cluster))
        or IGNORABLE.match(character) is not None
        or 0x1160 <= code <= 0x11FF  # vowels and finals of decomposed Hangul
    )


def _is_regional(character: str) -> bool:
    return 0x1F1E6 <= ord(character) <= 0x1F1FF
