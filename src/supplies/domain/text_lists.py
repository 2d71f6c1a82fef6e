"""Write a list of texts into one cell of a table, and read it again."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

_MARKS = "、,，;；|"
"""The marks by which people divide texts in a cell."""


def join_texts(texts: Sequence[str]) -> str:
    """Return texts as the text of one cell. `divide_texts` restores them.

    If one of them contains a mark that divides texts, the result is a JSON list.

    >>> join_texts(["眼罩", "护目镜"])
    '眼罩; 护目镜'
    >>> join_texts(["gloves, nitrile", "手套"])
    '["gloves, nitrile","手套"]'
    """
    if any(text.startswith("[") or any(mark in text for mark in _MARKS) for text in texts):
        return msgspec.json.encode(texts).decode()
    return "; ".join(texts)


def divide_texts(text: str) -> list[str]:
    """Return the texts in a cell: the elements of a JSON list, or the texts between marks.

    >>> divide_texts("眼罩、护目镜")
    ['眼罩', '护目镜']
    """
    if text.startswith("["):
        try:
            return msgspec.json.decode(text, type=list[str])
        except msgspec.MsgspecError:
            pass
    for mark in _MARKS:
        text = text.replace(mark, "|")
    return [part.strip() for part in text.split("|") if part.strip()]
