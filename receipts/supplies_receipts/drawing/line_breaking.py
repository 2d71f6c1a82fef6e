"""Break text into lines by the rules of Chinese and English.

Chinese text may be broken between any two characters. But no line begins with closing punctuation
or ends with opening punctuation. A word of letters or digits is broken only if it is wider than a
whole line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from supplies_receipts.drawing.clusters import clusters, joins

_CLOSING = "，。、；：？！）》」』】〕〉”’…—·%‰℃,.;:?!)]}"
_OPENING = "（《「『【〔〈“‘([{"

_TOKEN = re.compile(r"[ \t\u3000]+|[^\s“”‘’…—·\u2e80-\U0010ffff]+|.")

Measure = Callable[[str], float]


def break_lines(text: str, width: float, measure: Measure) -> list[str]:
    """Break a text into lines that are at most `width` wide. A tab becomes a space.

    Line breaks in the text are kept. A single character that is wider than `width` gets a line of
    its own.

    Args:
        measure: Returns the width of a text, in the unit of `width`.
    """
    lines: list[str] = []
    for given in text.replace("\t", " ").split("\n"):
        if measure(given) <= width:  # This holds for almost every text.
            lines.append(given.strip())
        else:
            lines += _filled(list(_parts(given, width, measure)), width, measure)
    return lines


def truncated(text: str, width: float, measure: Measure) -> str:
    """Return the text, or, if it is wider than `width`, its beginning with an ellipsis.

    Args:
        measure: Returns the width of a text, in the unit of `width`.
    """
    if measure(text) <= width:
        return text
    kept = clusters(text)
    while kept and measure(f"{''.join(kept)}…") > width:
        kept.pop()
    return f"{''.join(kept).rstrip()}…"


def _parts(text: str, width: float, measure: Measure) -> Iterator[str]:
    """Yield the parts of a text between which a line may be broken.

    They are words, spaces, and single Chinese characters together with the punctuation beside them.
    """
    part = ""
    for token in _TOKEN.findall(text):
        bound = token[0] in _CLOSING or (part and (part[-1] in _OPENING or joins(part, token[0])))
        if part and not bound:
            yield from _whole(part, width, measure)
            part = ""
        part += token
    if part:
        yield from _whole(part, width, measure)


def _whole(part: str, width: float, measure: Measure) -> Iterator[str]:
    """Yield a part that must not be broken, or its characters if it is wider than a line."""
    if measure(part) <= width:
        yield part
    else:
        yield from clusters(part)


def _filled(parts: list[str], width: float, measure: Measure) -> Iterator[str]:
    line, used = "", 0.0
    for part in parts:
        wide = measure(part)
        if line and used + wide > width:
            yield line.rstrip()
            line, used = "", 0.0
        if line or not part.isspace():
            line, used = line + part, used + wide
    yield line.rstrip()
