"""The face that papers are set in: loaded once, when first asked for, and always embedded.

reportlab draws a box for a character that a face lacks, and says nothing; on a receipt that would
be a donor's name. So every string passes through `check`, which refuses it with the character
named.
"""

from __future__ import annotations

import lzma
import re
import threading
from functools import cache, lru_cache
from importlib.resources import files
from io import BytesIO
from typing import Any

# reportlab ships neither types nor stubs: its objects are Any, and stay in here and in layout.
from reportlab.pdfbase import pdfmetrics, ttfonts

from supplies.papers.glyph_coverage import GlyphMissing

FACE = "Supplies"

__all__ = ["FACE", "GlyphMissing", "check", "legible", "load", "lock", "width"]

lock = threading.RLock()
"""Held while the face is loaded or subset: reportlab reads the font file with one shared cursor."""


# Most of a paper is said on every paper: in a batch each string is looked at once.
@lru_cache(maxsize=4096)
def check(text: str) -> None:
    """Raise `GlyphMissing` if a character of the text would be drawn as a box."""
    if not _characters().issuperset(map(ord, text)):
        raise GlyphMissing(next(sign for sign in text if ord(sign) not in _characters()), text)


def legible(text: str) -> str:
    """The text with □ for what the face lacks: only for words that the books say in full."""
    return "".join(sign if ord(sign) in _characters() else "□" for sign in text)


@lru_cache(maxsize=4096)
def width(text: str, size: float) -> float:
    """How wide a string is, in points."""
    check(text)
    return float(load().stringWidth(text, size))


@cache
def _characters() -> frozenset[int]:
    return frozenset(load().face.charToGlyph)


_loaded: Any = None


def load() -> Any:
    """The face, made known to reportlab so that a canvas can name it."""
    global _loaded
    if _loaded is None:
        with lock:
            if _loaded is None:
                _loaded = _registered()
    return _loaded


def _registered() -> Any:
    packed = files(__package__).joinpath("regular.ttf.xz").read_bytes()
    # Only what is drawn is embedded; reportlab would add all of ASCII to every paper.
    font = ttfonts.TTFont(FACE, BytesIO(lzma.decompress(packed)), asciiReadable=False)
    pdfmetrics.registerFont(font)
    ttfonts.makeToUnicodeCMap = _to_unicode
    return font


_reportlabs = ttfonts.makeToUnicodeCMap


def _to_unicode(name: str, subset: list[int]) -> str:
    """The table for copying text, with what lies beyond U+FFFF as the UTF-16BE it must be.

    reportlab writes the bare code point, of which readers take the first four digits: 𠮷 became ₻.
    """
    table: str = _reportlabs(name, subset)
    return re.sub(
        r"<([0-9A-F]{5,6})>",
        lambda found: f"<{chr(int(found[1], 16)).encode('utf-16-be').hex().upper()}>",
        table,
    )
