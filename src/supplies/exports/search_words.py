"""Split texts into words for full-text search in Chinese and English.

SQLite's full-text search treats consecutive Chinese characters as one word. So it would not find
口罩 in 一次性口罩. This module therefore adds each part of such a sequence as a word of its own. It
also gives a day the words by which people call it.
"""

from __future__ import annotations

import re
from datetime import date

_CHINESE = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+")
_MIXED = re.compile(r"(?=\S*[0-9A-Za-z])\S+")
"""Words with Latin letters or digits, which may also have Chinese characters, such as KN95口罩."""

_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August", "September"),
    *("October", "November", "December"),
)

LONGEST_PART = 6
"""Maximum number of Chinese characters in a part that becomes a search word.

Besides such parts, each whole sequence of Chinese characters becomes a search word.
"""


def search_words(*texts: str | None) -> str:
    """Return the search words of texts, separated by spaces. A search compares these words.

    >>> search_words("医用口罩 KN95")
    '医 医用 医用口 医用口罩 用 用口 用口罩 口 口罩 罩 KN95'
    >>> search_words("KN95口罩")
    'KN95 口 口罩 罩 KN95口罩'
    """
    words: dict[str, None] = {}
    for text in texts:
        rest = 0
        for run in _CHINESE.finditer(text or ""):
            words |= dict.fromkeys((text or "")[rest : run.start()].split())
            words |= dict.fromkeys(_parts(run[0]))
            rest = run.end()
        words |= dict.fromkeys((text or "")[rest:].split())
        if rest:
            words |= dict.fromkeys(_MIXED.findall(text or ""))
    return " ".join(words)


def day_words(day: str) -> str:
    """Return the search words of a day in ISO format, in Chinese and English.

    >>> day_words("2020-02-05")
    '2020-02-05 2月5日 2020年2月5日 5 February'
    """
    on = date.fromisoformat(day)
    chinese = f"{on.month}月{on.day}日"
    return f"{day} {chinese} {on.year}年{chinese} {on.day} {_MONTHS[on.month - 1]}"


def _parts(run: str) -> list[str]:
    parts = [
        run[start:end]
        for start in range(len(run))
        for end in range(start + 1, min(start + LONGEST_PART, len(run)) + 1)
    ]
    return parts if len(run) <= LONGEST_PART else [*parts, run]
