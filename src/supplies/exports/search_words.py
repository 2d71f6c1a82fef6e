"""Split texts into words for full-text search in Chinese and English.

SQLite's full-text search treats consecutive Chinese characters as one word. So it would not find
口罩 in 一次性口罩. This module therefore adds each part of such a sequence as a word of its own.
"""

from __future__ import annotations

import re

_CHINESE = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+")

LONGEST_PART = 6
"""Maximum number of Chinese characters in a part that becomes a search word.

Besides such parts, each whole sequence of Chinese characters becomes a search word.
"""


def search_words(*texts: str | None) -> str:
    """Return the search words of texts, separated by spaces. A search compares these words.

    >>> search_words("医用口罩 KN95")
    '医 医用 医用口 医用口罩 用 用口 用口罩 口 口罩 罩 KN95'
    """
    words: dict[str, None] = {}
    for text in texts:
        rest = 0
        for run in _CHINESE.finditer(text or ""):
            words |= dict.fromkeys((text or "")[rest : run.start()].split())
            words |= dict.fromkeys(_parts(run[0]))
            rest = run.end()
        words |= dict.fromkeys((text or "")[rest:].split())
    return " ".join(words)


def _parts(run: str) -> list[str]:
    parts = [
        run[start:end]
        for start in range(len(run))
        for end in range(start + 1, min(start + LONGEST_PART, len(run)) + 1)
    ]
    return parts if len(run) <= LONGEST_PART else [*parts, run]
