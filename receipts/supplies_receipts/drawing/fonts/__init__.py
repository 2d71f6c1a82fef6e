"""The regular font of the papers. It is loaded when first needed, and embedded in every PDF.

If a text contains characters that this font does not have, `shaping` draws it with other fonts.
"""

from __future__ import annotations

import lzma
import re
import threading
from functools import cache, lru_cache
from importlib.resources import files
from io import BytesIO
from typing import Any

# reportlab has no type hints. Its objects are Any, and are used only here and in `canvas`.
from reportlab.pdfbase import pdfmetrics, ttfonts

FACE = "Supplies"

lock = threading.RLock()
"""A lock for loading fonts and for making subsets of them.

It is needed because reportlab reads a font file with one file position for all threads.
"""


# Most texts are the same on every paper, so in a batch each string is checked only once.
@lru_cache(maxsize=4096)
def covers(text: str) -> bool:
    """Return whether the regular font has all characters of a text."""
    return _characters().issuperset(map(ord, text))


def covers_all(characters: frozenset[int]) -> bool:
    """Return whether the regular font has all these characters, given as code points."""
    return characters <= _characters()


@lru_cache(maxsize=4096)
def width(text: str, size: float) -> float:
    """Return the width of a text in points. The regular font must have all its characters."""
    return float(load().stringWidth(text, size))


@cache
def _characters() -> frozenset[int]:
    return frozenset(load().face.charToGlyph)


_loaded: Any = None


def load() -> Any:
    """Return the font. On the first call, load it and register it with reportlab."""
    global _loaded
    if _loaded is None:
        with lock:
            if _loaded is None:
                _loaded = _registered()
    return _loaded


def _registered() -> Any:
    packed = files(__package__).joinpath("regular.ttf.xz").read_bytes()
    # Only the glyphs that are drawn are embedded. reportlab would add all of ASCII.
    font = ttfonts.TTFont(FACE, BytesIO(lzma.decompress(packed)), asciiReadable=False)
    pdfmetrics.registerFont(font)
    ttfonts.makeToUnicodeCMap = _to_unicode
    return font


_reportlabs = ttfonts.makeToUnicodeCMap

drawn_text: dict[tuple[str, int], str] = {}
"""The texts that glyphs represent, so that text can be copied from a PDF.

The key is the title of the font, and the private code point by which the glyph is drawn.
"""


def _to_unicode(name: str, subset: list[int]) -> str:
    """Return the PDF table that maps glyphs to text, so that text can be copied from the PDF.

    Characters beyond U+FFFF are written as UTF-16BE. reportlab would write the bare code point, and
    PDF viewers read only its first four digits: 𠮷 would become ₻.
    """
    table: str = _reportlabs(name, subset)
    title = name.partition("+")[2]

    def character_of(found: re.Match[str]) -> str:
        code = int(found[1], 16)
        text = drawn_text.get((title, code), chr(code)) or _NOTHING
        return f"<{text.encode('utf-16-be').hex().upper()}>"

    return re.sub(r"<([0-9A-F]{5,6})>", character_of, table)


_NOTHING = ""
"""The text of a glyph if another glyph has the same characters, so that they are copied once."""
