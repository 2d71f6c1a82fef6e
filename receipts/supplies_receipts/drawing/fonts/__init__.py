"""The regular face of the papers: loaded once, when first needed, and always embedded.

A text that it does not cover is set by `shaping`, with the further faces.
"""

from __future__ import annotations

import lzma
import re
import threading
from functools import cache, lru_cache
from importlib.resources import files
from io import BytesIO
from typing import Any

# reportlab has neither types nor stubs: its objects are Any and stay in this module and `canvas`.
from reportlab.pdfbase import pdfmetrics, ttfonts

FACE = "Supplies"

lock = threading.RLock()
"""Held while the font is loaded or subset: reportlab reads the font file with one shared cursor."""


# Most texts are the same on every paper: in a batch each string is looked at once.
@lru_cache(maxsize=4096)
def covers(text: str) -> bool:
    """Return whether the regular face has all characters of a text."""
    return _characters().issuperset(map(ord, text))


def covers_all(characters: frozenset[int]) -> bool:
    """Return whether the regular face has all these characters."""
    return characters <= _characters()


@lru_cache(maxsize=4096)
def width(text: str, size: float) -> float:
    """Return the width in points of a string that the regular face covers. size: points."""
    return float(load().stringWidth(text, size))


@cache
def _characters() -> frozenset[int]:
    return frozenset(load().face.charToGlyph)


_loaded: Any = None


def load() -> Any:
    """Load the font and register it with reportlab, once."""
    global _loaded
    if _loaded is None:
        with lock:
            if _loaded is None:
                _loaded = _registered()
    return _loaded


def _registered() -> Any:
    packed = files(__package__).joinpath("regular.ttf.xz").read_bytes()
    # Embed only the glyphs drawn; reportlab would add all of ASCII to every paper.
    font = ttfonts.TTFont(FACE, BytesIO(lzma.decompress(packed)), asciiReadable=False)
    pdfmetrics.registerFont(font)
    ttfonts.makeToUnicodeCMap = _to_unicode
    return font


_reportlabs = ttfonts.makeToUnicodeCMap

drawn_text: dict[tuple[str, int], str] = {}
"""Text of the private characters as which glyphs of further faces are drawn, by title and code."""


def _to_unicode(name: str, subset: list[int]) -> str:
    """Return the PDF table for copying text, with characters beyond U+FFFF as UTF-16BE.

    reportlab writes the bare code point, and readers take its first four digits: 𠮷 became ₻.
    """
    table: str = _reportlabs(name, subset)
    title = name.partition("+")[2]

    def said(found: re.Match[str]) -> str:
        code = int(found[1], 16)
        text = drawn_text.get((title, code), chr(code)) or _NOTHING
        return f"<{text.encode('utf-16-be').hex().upper()}>"

    return re.sub(r"<([0-9A-F]{5,6})>", said, table)


_NOTHING = ""
"""What a glyph stands for whose characters another glyph stands for already."""
