"""Breaking text into lines as Chinese and English readers expect.

Chinese breaks between any two characters, except that a line neither begins with closing
punctuation nor ends with opening punctuation; a word of letters or digits stays whole unless it
alone is wider than the line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

_CLOSING = "，。、；：？！）》」』】〕〉”’…—·%‰℃,.;:?!)]}"
_OPENING = "（《「『【〔〈“‘([{"

_TOKEN = re.compile(r"[ \t\u3000]+|[^\s“”‘’…—·\u2e80-\U0010ffff]+|.")

Measure = Callable[[str], float]


def broken(text: str, room: float, measure: Measure) -> list[str]:
    """The lines of a text, none wider than the room. Its own line ends are kept, a tab is a space.

    A single character wider than the room stands on a line of its own.
    """
    lines: list[str] = []
    for given in text.replace("\t", " ").split("\n"):
        if measure(given) <= room:  # as almost every text of a paper does
            lines.append(given.strip())
        else:
            lines += _filled(list(_parts(given, room, measure)), room, measure)
    return lines


def shortened(text: str, room: float, measure: Measure) -> str:
    """The text, or as much of it as fits in the room and an ellipsis."""
    if measure(text) <= room:
        return text
    kept = text
    while kept and measure(f"{kept}…") > room:
        kept = kept[:-1]
    return f"{kept.rstrip()}…"


def _parts(text: str, room: float, measure: Measure) -> Iterator[str]:
    """What may not be broken, in order: words, spaces, and characters with their punctuation."""
    held = ""
    for token in _TOKEN.findall(text):
        if held and token[0] not in _CLOSING and held[-1] not in _OPENING:
            yield from _whole(held, room, measure)
            held = ""
        held += token
    if held:
        yield from _whole(held, room, measure)


def _whole(part: str, room: float, measure: Measure) -> Iterator[str]:
    """The part, or its characters where it alone is wider than a line."""
    if measure(part) <= room:
        yield part
    else:
        yield from part


def _filled(parts: list[str], room: float, measure: Measure) -> Iterator[str]:
    line, used = "", 0.0
    for part in parts:
        wide = measure(part)
        if line and used + wide > room:
            yield line.rstrip()
            line, used = "", 0.0
        if line or not part.isspace():
            line, used = line + part, used + wide
    yield line.rstrip()
